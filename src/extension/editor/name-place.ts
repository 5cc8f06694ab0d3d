import { scanSource, type SourceLanguage, type SourceReference } from '../../core/references/scan-source.ts';

/** Where the name of a secret is being typed. Offsets in UTF-16 units, the end exclusive. */
export interface NamePlace {
  /** Of the characters of the name that are there, before and behind the cursor. */
  readonly start: number;
  readonly end: number;
  readonly kind: SourceReference['kind'];
  /** The process that it is for. */
  readonly process: string | null;
}

/** Stands in for the name while the scanner is asked whether it would be one. */
const PROBE = 'PROBE_7Q';
/** What may have to be closed before the text is whole: an editor closes quotes by itself, but not every one. */
const CLOSERS = ['', "'", '"', "']", '"]', '}"'];

/**
 * Whether a name at an offset would be that of a secret: the scanner itself is asked, with a name put there. So
 * comments, other things called `secrets`, and texts without interpolation are told apart as they are everywhere.
 */
export function namePlaceAt(text: string, offset: number, language: SourceLanguage): NamePlace | undefined {
  const before = /\w*$/.exec(text.slice(Math.max(0, offset - 200), offset))?.[0].length ?? 0;
  const start = offset - before;
  const end = offset + (/^\w*/.exec(text.slice(offset, offset + 200))?.[0].length ?? 0);
  // Most texts are never asked about: the sign before the name has to be one of these.
  if (!/['".]/.test(text[start - 1] ?? '') || !text.includes('secret')) return undefined;
  for (const closer of CLOSERS) {
    const probed = `${text.slice(0, start)}${PROBE}${closer}${text.slice(end)}`;
    const found = scanSource(probed, language).references.find(
      (reference) => reference.offset === start && reference.name === PROBE,
    );
    if (found !== undefined) return { start, end, kind: found.kind, process: found.process };
  }
  return undefined;
}

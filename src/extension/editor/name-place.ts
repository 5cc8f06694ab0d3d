import { scanSource } from '../../core/references/scan-source.ts';
import type { SourceLanguage, SourceReference } from '../../core/references/scan.ts';

/** Where the name of a secret is being typed. Offsets in UTF-16 units, the end exclusive. */
export interface NamePlace {
  /** Of the characters of the name that are there, before and behind the cursor. */
  readonly start: number;
  readonly end: number;
  readonly kind: SourceReference['kind'];
  /** The process that it is for. */
  readonly process: string | null;
}

/** So far before a name the word `secret` is looked for: a list of names may have many lines. In characters. */
const NEAR = 4_000;

/** Whether the scanner is worth asking: quotes and dots are typed at many other places. */
function mayBePlace(before: string): boolean {
  return before.slice(-60).includes('secrets') || (/['"]$/.test(before) && before.includes('secret'));
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
  if (!mayBePlace(text.slice(Math.max(0, start - NEAR), start))) return undefined;
  for (const closer of CLOSERS) {
    const probed = `${text.slice(0, start)}${PROBE}${closer}${text.slice(end)}`;
    const found = scanSource(probed, language).references.find(
      (reference) => reference.offset === start && reference.name === PROBE,
    );
    if (found !== undefined) return { start, end, kind: found.kind, process: found.process };
  }
  return undefined;
}

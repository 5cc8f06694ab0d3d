import { scanSource } from '../../core/references/scan-source.ts';
import type { SourceLanguage, SourceReference } from '../../core/references/scan.ts';

/** Range in which the name of a secret is being typed. Offsets in UTF-16 units, the end exclusive. */
export interface NameRange {
  /** Start of the typed characters of the name, which are before and after the cursor. */
  readonly start: number;
  readonly end: number;
  readonly kind: SourceReference['kind'];
  /** The process that it is for. */
  readonly process: string | null;
}

/** Number of characters before a name that are searched for `secret`: a list of names may have many lines. */
const NEAR = 4_000;

/** Tells whether the scanner has to be asked: most quotes and dots have nothing to do with secrets. */
function mayBeName(before: string): boolean {
  return before.slice(-60).includes('secrets') || (/['"]$/.test(before) && before.includes('secret'));
}

/** Text that the scanner gets instead of the name. */
const PROBE = 'PROBE_7Q';
/** Ends that may be missing in the text: an editor closes quotes by itself, but not every editor does. */
const CLOSERS = ['', "'", '"', "']", '"]', '}"'];

/**
 * Finds the range of the name at an offset, if it would be that of a secret: the scanner gets the text with a name put
 * there. So comments, other variables called `secrets`, and texts without interpolation are treated as in all code.
 */
export function nameRangeAt(text: string, offset: number, language: SourceLanguage): NameRange | undefined {
  const before = /\w*$/.exec(text.slice(Math.max(0, offset - 200), offset))?.[0].length ?? 0;
  const start = offset - before;
  const end = offset + (/^\w*/.exec(text.slice(offset, offset + 200))?.[0].length ?? 0);
  if (!mayBeName(text.slice(Math.max(0, start - NEAR), start))) return undefined;
  for (const closer of CLOSERS) {
    const probed = `${text.slice(0, start)}${PROBE}${closer}${text.slice(end)}`;
    const found = scanSource(probed, language).references.find(
      (reference) => reference.offset === start && reference.name === PROBE,
    );
    if (found !== undefined) return { start, end, kind: found.kind, process: found.process };
  }
  return undefined;
}

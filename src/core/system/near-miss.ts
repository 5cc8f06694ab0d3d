import { distance } from 'fastest-levenshtein';
import { type Phrase, phrase } from './phrase.ts';
import { printable } from './printable.ts';

/**
 * Finds the candidate that a person most likely meant, or undefined if none is near: at most two fifths of the longer
 * one's characters differ, ignoring case.
 */
export function nearMiss(typed: string, candidates: Iterable<string>): string | undefined {
  if (typed.length > 200) return undefined;
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const longer = Math.max(typed.length, candidate.length);
    // Two letters that are swapped count as two.
    const limit = Math.max(longer < 4 ? 1 : 2, Math.floor(longer * 0.4));
    if (Math.abs(candidate.length - typed.length) > limit) continue;
    const d = distance(typed.toLowerCase(), candidate.toLowerCase());
    if (d <= limit && d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
}

/** Most comparisons of names for one answer, in search of the name that was meant. */
const MAX_COMPARISONS = 2_000_000;
const NONE: ReadonlySet<never> = new Set();

/**
 * Returns the names to compare the next of many names with. Each would be compared with every name there is; of endless
 * names, only the first ones are compared.
 *
 * @param before - number of names that were compared already.
 */
export const candidatesFor = <Names extends { readonly size: number }>(
  before: number,
  names: Names,
): Names | ReadonlySet<never> => (before * names.size > MAX_COMPARISONS ? NONE : names);

/** Words ` Did you mean X?`, or an empty string, to follow a sentence. */
export function didYouMean(typed: string, candidates: Iterable<string>): Phrase | '' {
  const near = nearMiss(typed, candidates);
  return near === undefined ? '' : phrase` Did you mean ${printable(near)}?`;
}

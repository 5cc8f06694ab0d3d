import { distance } from 'fastest-levenshtein';
import { type Phrase, phrase } from './phrase.ts';

/**
 * The candidate that a person most likely meant, or undefined if none is near: at most two fifths of the longer
 * one's characters differ, ignoring case.
 */
export function nearMiss(typed: string, candidates: Iterable<string>): string | undefined {
  if (typed.length > 200) return undefined;
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const longer = Math.max(typed.length, candidate.length);
    // Two letters that changed places count as two.
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

/** Comparisons of names for one answer, in search of what was meant. */
const MAX_COMPARISONS = 2_000_000;
const NONE: ReadonlySet<never> = new Set();

/**
 * What the next of many names is compared with, each of which would be with each that there is: of endless names, only
 * the first ones are.
 *
 * @param before - how many were compared already.
 */
export const candidatesFor = <Names extends { readonly size: number }>(
  before: number,
  names: Names,
): Names | ReadonlySet<never> => (before * names.size > MAX_COMPARISONS ? NONE : names);

/** ` Did you mean X?`, or an empty string: follows a sentence. */
export function didYouMean(typed: string, candidates: Iterable<string>): Phrase | '' {
  const near = nearMiss(typed, candidates);
  return near === undefined ? '' : phrase` Did you mean ${near}?`;
}

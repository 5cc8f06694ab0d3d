import { distance } from 'fastest-levenshtein';

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

/** ` Did you mean X?`, or an empty string. */
export function didYouMean(typed: string, candidates: Iterable<string>): string {
  const near = nearMiss(typed, candidates);
  return near === undefined ? '' : ` Did you mean ${near}?`;
}

import { distance } from 'fastest-levenshtein';

/**
 * The candidate that a person most likely meant, or undefined if none is near: at most a third of the
 * characters differ, ignoring case.
 */
export function nearMiss(typed: string, candidates: Iterable<string>): string | undefined {
  if (typed.length > 200) return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(typed.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - typed.length) >= bestDistance) continue;
    const d = distance(typed.toLowerCase(), candidate.toLowerCase());
    if (d < bestDistance) {
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

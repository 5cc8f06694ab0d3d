import { firstIndex } from '../system/first-index.ts';

/** Tokens from the first index up to the second, which is not included. */
export type TokenRange = readonly [from: number, to: number];

/** Finds the index of the range that a token is in; undefined if there is none. The ranges are in order. */
export function rangeIndex(ranges: readonly TokenRange[], token: number): number | undefined {
  const index = firstIndex(ranges.length, (at) => (ranges[at]?.[0] ?? 0) > token) - 1;
  return token < (ranges[index]?.[1] ?? -1) ? index : undefined;
}

/** Merges both lists in order. Ranges do not overlap, but one may contain another. */
export const inOrder = (one: readonly TokenRange[], other: readonly TokenRange[]): readonly TokenRange[] =>
  [...one, ...other].sort(([a], [b]) => a - b);

import { firstIndex } from '../system/first-index.ts';

/** Tokens from the first index up to the second. */
export type TokenRange = readonly [from: number, to: number];

/** The range that a token is in; undefined if there is none. The ranges are in order. */
export function rangeIndex(ranges: readonly TokenRange[], token: number): number | undefined {
  const index = firstIndex(ranges.length, (at) => (ranges[at]?.[0] ?? 0) > token) - 1;
  return token < (ranges[index]?.[1] ?? -1) ? index : undefined;
}

/** Both in one order. None overlap, but that one may hold another. */
export const inOrder = (one: readonly TokenRange[], other: readonly TokenRange[]): readonly TokenRange[] =>
  [...one, ...other].sort(([a], [b]) => a - b);

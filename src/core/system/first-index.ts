/**
 * Finds, by halving, the first of some indices for which a condition holds; `count` if it holds for none.
 *
 * @param holds - holds for all indices after one for which it holds.
 */
export function firstIndex(count: number, holds: (index: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

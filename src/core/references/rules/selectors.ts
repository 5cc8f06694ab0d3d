import type { Reading } from '../reading/reading.ts';
import { isSelector } from '../reading/setting-path.ts';

/** Notes selectors, with any settings in them: their order matters. */
export function noteSelectors(
  { cursor, found, profile }: Reading,
  names: readonly string[],
  token: number,
): void {
  for (const name of names.filter(isSelector)) {
    found.selectors.push({ name, profile, ...cursor.range(token) });
  }
}

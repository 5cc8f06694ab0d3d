import type { Reading } from '../reading/reading.ts';
import { TokenKind as T } from '../tokens.ts';

/** Notes a profile: `profiles { NAME { … } }`, `profiles.NAME { … }`. */
export function noteProfile(
  { cursor, found, scope: { path } }: Reading,
  names: readonly string[],
  token: number,
): void {
  const [first, second] = [...path, ...names];
  const isWhole = path.length === 0 ? names.length > 1 : names.length === 1;
  if (first !== 'profiles' || second === undefined || path.length > 1 || !isWhole) return;
  const range = cursor.kind(token) === T.string ? cursor.content(token) : cursor.range(token);
  found.profiles.push({ name: second, ...range });
}

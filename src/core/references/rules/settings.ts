import type { Reading } from '../reading/reading.ts';
import { isKindOf, TokenKind as T } from '../tokens.ts';
import { reportLiteralSecret } from './literal-secret.ts';

export const IS_PLAIN_VALUE = isKindOf(T.string, T.word, T.number);

/** Notes a setting with a plain text, word or number as its value. */
export function noteSetting(reading: Reading): void {
  const { cursor, tokens, found, scope } = reading;
  const kind = cursor.kind();
  if (!IS_PLAIN_VALUE(kind)) return;
  const value = kind === T.string ? tokens.constant(cursor.at) : tokens.source(cursor.at);
  // `executor = e`: a variable, and no name of an executor.
  if (kind === T.word && scope.path.at(-1) === 'executor') return;
  found.settings.push({ path: scope.path, value, ...cursor.range(cursor.at) });
  if (kind === T.string) reportLiteralSecret(reading, value);
}

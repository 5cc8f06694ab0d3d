import type { Reading } from '../reading/reading.ts';
import { isKindOf, TokenKind as T } from '../tokens.ts';

const ENDS_STATEMENT = isKindOf(T.newLine, T.semicolon, T.closeBrace, T.end);

/** Notes `executor 'k8s'`, `executor('k8s')`: a plain text and nothing else. */
export function noteExecutor({ cursor, tokens, found, scope }: Reading): void {
  const { process } = scope;
  const inParens = cursor.kind(cursor.at + 1) === T.openParen;
  const value = cursor.at + (inParens ? 2 : 1);
  const next = cursor.kind(value + 1);
  const isAlone = inParens ? next === T.closeParen : ENDS_STATEMENT(next);
  if (process === null || cursor.kind(value) !== T.string || !isAlone) return;
  found.executors.push({ process, value: tokens.constant(value), ...cursor.range(value) });
}

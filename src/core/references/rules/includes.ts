import type { TextRange } from '../reading/findings.ts';
import type { Reading } from '../reading/reading.ts';
import { isKindOf, TokenKind as T } from '../tokens.ts';

/** Tokens that make the text before them a part of an expression. */
const CONTINUES_PATH = isKindOf(T.operator, T.dot, T.safeDot, T.question, T.elvis);

/** Reads an expression that gives the path of another file. Notes the path if the expression is one text alone. */
export function readIncludedPath(reading: Reading, aliases: readonly string[] = []): void {
  const { cursor, found, profile, scope } = reading;
  found.includes.push({
    ...pathAt(reading, cursor.at),
    aliases,
    isConditional: scope.isConditional,
    profile,
    within: scope.path,
  });
  reading.grammar.expressionStatement(reading);
}

/** Reads `include { A; B as C } from './path' addParams(…)`. */
export function readInclude(reading: Reading): void {
  const { cursor, tokens } = reading;
  cursor.at += 1;
  const first = cursor.at;
  if (cursor.kind() === T.openBrace) cursor.skipOne();
  while (cursor.kind() === T.word && !cursor.isWord('from')) cursor.at += 1;
  const aliases: string[] = [];
  for (let index = first; index < cursor.at; index++) {
    if (tokens.is(index, 'as')) aliases.push(tokens.source(index + 1));
  }
  if (cursor.isWord('from')) cursor.at += 1;
  if (!cursor.isEndOfStatement()) readIncludedPath(reading, aliases);
}

/** The path at a token, in parentheses or not: as it is written, or null if it is not one text alone. */
export function pathAt(
  { cursor, tokens }: Reading,
  token: number,
): TextRange & { readonly path: string | null } {
  const index = cursor.kind(token) === T.openParen ? token + 1 : token;
  const kind = cursor.kind(index);
  const close = kind === T.openText ? tokens.partner(index) : index;
  const isText = kind === T.string || kind === T.openText;
  if (!isText || CONTINUES_PATH(cursor.kind(close + 1))) return { path: null, ...cursor.range(index) };
  if (kind === T.string) return { path: tokens.constant(index), ...cursor.content(index) };
  const [offset, endOffset] = [tokens.end(index), tokens.start(close)];
  return { path: tokens.text.slice(offset, endOffset), offset, endOffset };
}

import type { Reading } from './reading.ts';
import { isKindOf, TokenKind as T } from '../tokens.ts';

/** Words that end the expression before them. */
const STATEMENTS = new Set('else while catch finally case default if for return throw try switch'.split(' '));

/** Tells whether a token is before the name of a member. */
export const IS_DOT = isKindOf(T.dot, T.safeDot, T.otherDot);

/** Tells whether a value starts with this token. */
export const startsOperand = isKindOf(
  T.word,
  T.number,
  T.string,
  T.openBrace,
  T.openParen,
  T.openBracket,
  T.openText,
);

/** Tells whether a word is a sign: `as`, `in`, `instanceof`, `!in`, `!instanceof`. */
export function isWordSign({ cursor }: Reading, at = cursor.at): boolean {
  const index = cursor.kind(at) === T.not ? at + 1 : at;
  return (
    cursor.isWord('in', index) ||
    cursor.isWord('instanceof', index) ||
    (index === at && cursor.isWord('as', index))
  );
}

/** Tells whether a word is a name: no sign, and no start of a statement. */
export const isName = (reading: Reading, index: number): boolean =>
  !STATEMENTS.has(reading.tokens.source(index)) && !isWordSign(reading, index);

/** Tells whether this token starts the arguments of a call without parentheses, if a name is before it. */
export function startsArguments(reading: Reading, index: number): boolean {
  const { cursor, scope } = reading;
  // `a b c d` is `a(b).c(d)`: no argument is such a call itself.
  if (scope.callEnd === cursor.end) return false;
  const kind = cursor.kind(index);
  return kind === T.word ? isName(reading, index) : startsOperand(kind) || kind === T.not;
}

/** Tells whether a name is called with arguments that have no parentheses. */
export function isCalled(reading: Reading, name: number): boolean {
  const next = reading.cursor.kind(name + 1);
  return next !== T.openBracket && next !== T.not && startsArguments(reading, name + 1);
}

/** Tells whether a question mark is before an index: `a?[b]` has one, `a ?[b] : c` is a condition. */
export function isSafeIndex({ cursor, tokens }: Reading, question: number): boolean {
  const open = question + 1;
  const isNear = cursor.kind(open) === T.openBracket && tokens.end(question) === tokens.start(open);
  return isNear && cursor.kind(cursor.afterNewLines(tokens.partner(open) + 1)) !== T.colon;
}

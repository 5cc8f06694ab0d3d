import { closureOf } from '../flow/call-values.ts';
import { readBlock, readExpression, type Reading } from '../reading/reading.ts';
import { computedName } from '../rules/dynamic-name.ts';
import { isKindOf, TokenKind as T } from '../tokens.ts';

/** Tokens that the parameters of a closure consist of, beside brackets. */
const IN_PARAMETERS = isKindOf(
  T.word,
  T.comma,
  T.newLine,
  T.assign,
  T.dot,
  T.string,
  T.number,
  T.operator,
  T.question,
  T.colon,
);
const AFTER_PARAMETER = isKindOf(T.comma, T.arrow, T.assign, T.newLine, T.colon);

export function readClosure(reading: Reading, open: number): void {
  reading.scoped({ names: undefined, isBody: false, isClosure: true }, () => {
    reading.within(open, () => {
      closureOf(reading, open, closureArrow(reading), () => {
        skipParameters(reading, open);
        readBlock(reading);
      });
    });
  });
}

/** Reads the closure of `secret { ['A'] }`. It gives names if it is one expression and nothing else. */
export function readClosureOfNames(reading: Reading, open: number): void {
  const { cursor } = reading;
  const { names } = reading.scope;
  const namesBefore = names?.length ?? 0;
  reading.scoped({ isBody: false, isClosure: true }, () => {
    reading.within(open, () => {
      skipParameters(reading, open);
      cursor.skipNewLines();
      const isEmpty = cursor.isAtEnd;
      readExpression(reading);
      cursor.skipNewLines();
      if (cursor.isAtEnd && !isEmpty) return;
      if (names !== undefined) names.length = namesBefore;
      reading.scoped({ names: undefined }, readBlock);
      names?.push(computedName(reading, open, reading.tokens.partner(open)));
    });
  });
}

/** Moves to the token after the parameters of a closure, if it has any. */
function skipParameters(reading: Reading, open: number): void {
  const arrow = closureArrow(reading);
  if (arrow === undefined) return;
  if (areParametersSecrets(reading, open, arrow)) reading.scope.isShadowed = true;
  reading.cursor.at = arrow + 1;
}

/** The index of the `->` after a closure's parameters, if it has any. */
function closureArrow({ cursor, tokens }: Reading): number | undefined {
  // `{ (a, b) -> … }` has no parameters: it is a closure with a lambda in it.
  if (cursor.kind() === T.openParen) return undefined;
  for (let index = cursor.at; ; index++) {
    const kind = cursor.kind(index);
    if (kind === T.arrow) return index;
    if (kind === T.openParen || kind === T.openBracket) index = tokens.partner(index);
    else if (!IN_PARAMETERS(kind)) return undefined;
  }
}

/** Tells whether a parameter is called `secrets`. Names are after a comma or a type; `x = secrets` has a value. */
function areParametersSecrets({ tokens }: Reading, open: number, arrow: number): boolean {
  for (let index = open + 1; index < arrow; index++) {
    index = Math.max(index, tokens.partner(index));
    const isName = tokens.kind(index - 1) !== T.assign;
    if (isName && tokens.is(index, 'secrets') && AFTER_PARAMETER(tokens.kind(index + 1))) return true;
  }
  return false;
}

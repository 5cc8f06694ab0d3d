import { isKeyword, isKindOf, TokenKind as T, type Tokens } from '../references/tokens.ts';
import { BUILT_IN, DECIDING, LEADS_AWAY, OPERATORS, PATHS, PLAIN_CALLS } from './plain-words.ts';

// Texts, brackets and labels of plain code: the same sign may be data, or a name that is computed.

const ENDS_TEXT = isKindOf(T.string, T.closeText);
const OPENS = isKindOf(T.openBrace, T.openParen, T.openBracket, T.openText);
const ENDS_VALUE = isKindOf(T.string, T.closeText, T.number, T.closeParen, T.closeBracket, T.closeBrace);
/** Tokens that follow a method by a name that is a text: `'name'(x)`, `'name' x`, `'name' { }`. */
const IS_ARGUMENT = isKindOf(T.openParen, T.openBrace, T.string, T.openText, T.number, T.word);
const AFTER_TEXT = new Set(['in', 'instanceof', 'as', 'else']);
const IS_COUNT = isKindOf(T.number, T.operator, T.newLine);

/** The index of the token before one, over new lines. */
export function tokenBefore(tokens: Tokens, at: number): number {
  let before = at - 1;
  while (before >= 0 && tokens.kind(before) === T.newLine) before -= 1;
  return before;
}

/** Tells whether a text that ends here is the name of a method that is called. */
export function isTextCalled(tokens: Tokens, at: number, isConfig: boolean): boolean {
  const next = tokens.kind(at + 1);
  if (!ENDS_TEXT(tokens.kind(at)) || !IS_ARGUMENT(next)) return false;
  if (next === T.word) return !AFTER_TEXT.has(tokens.source(at + 1));
  // `withName: 'x' { … }`
  const start = tokens.kind(at) === T.closeText ? tokens.partner(at) : at;
  const isSelector =
    tokens.kind(start - 1) === T.colon && /^with(?:Name|Label)$/.test(tokens.source(start - 2));
  return !(isConfig && isSelector && next === T.openBrace);
}

/** The content of a text that is written as it is; undefined if it has a backslash. */
function literal(tokens: Tokens, at: number): string | undefined {
  const { start, end } = tokens.content(at);
  const text = tokens.text.slice(start, end);
  return text.includes('\\') ? undefined : text;
}

/** Tells whether a token is a text without a backslash. */
export const isLiteral = (tokens: Tokens, at: number): boolean =>
  tokens.kind(at) === T.string && literal(tokens, at) !== undefined;

/** Tells whether a text is the name of a setting that decides more than what it says. */
export function namesDeciding(tokens: Tokens, at: number): boolean {
  if (tokens.kind(at) !== T.string) return false;
  const text = literal(tokens, at);
  return text === undefined || [...DECIDING].some((word) => text.includes(word));
}

/**
 * Tells whether a bracket opens a list, a map, or a subscript that leads to no other thing than a part of a value:
 * `x['class']` is the same as `x.class`.
 */
export function isPlainBracket(tokens: Tokens, at: number): boolean {
  const close = tokens.partner(at);
  if (tokens.kind(at + 1) === T.string && close === at + 2) {
    const text = literal(tokens, at + 1);
    return (
      text !== undefined &&
      !LEADS_AWAY.has(text) &&
      text !== 'values' &&
      !BUILT_IN.has(text) &&
      !PATHS.has(text)
    );
  }
  if (!isSubscript(tokens, at)) return true;
  for (let index = at + 1; index < close; index++)
    if (!IS_COUNT(tokens.kind(index))) return rootOf(tokens, at - 1) === 'params';
  return true;
}

function isSubscript(tokens: Tokens, at: number): boolean {
  const before = tokens.kind(at - 1);
  if (before === T.word) {
    const word = tokens.source(at - 1);
    const isMember = tokens.kind(at - 2) === T.dot || tokens.kind(at - 2) === T.safeDot;
    return isMember || !(PLAIN_CALLS.has(word) || isKeyword(word));
  }
  // `x?[…]`
  return ENDS_VALUE(before) || (before === T.question && tokens.end(at - 1) === tokens.start(at));
}

/** The first word of `a.b.c`. @param at - index of the last. @returns undefined if it begins with something else. */
export function rootOf(tokens: Tokens, at: number): string | undefined {
  let root = at;
  for (;;) {
    if (tokens.kind(root) !== T.word) return undefined;
    const dot = tokenBefore(tokens, root);
    if (tokens.kind(dot) !== T.dot && tokens.kind(dot) !== T.safeDot) return tokens.source(root);
    root = tokenBefore(tokens, dot);
  }
}

/** Tells whether a token is a key that may give a map a closure with the name of an operator: `'map'`, `[(x): …]`. */
export function isHiddenKey(tokens: Tokens, at: number): boolean {
  if (tokens.kind(at) === T.string) {
    const text = literal(tokens, at);
    return text === undefined ? tokens.kind(at + 1) === T.colon : OPERATORS.has(text);
  }
  if (tokens.kind(at) !== T.closeParen || tokens.kind(at + 1) !== T.colon) return false;
  const before = tokens.kind(tokenBefore(tokens, tokens.partner(at)));
  return before === T.openBracket || before === T.comma;
}

/** Tells whether a new line before a token ends the statement before. */
export function isAfterStatement(tokens: Tokens, at: number): boolean {
  const before = tokenBefore(tokens, at);
  if (tokens.kind(before) === T.word) return !isKeyword(tokens.source(before));
  return ENDS_VALUE(tokens.kind(before)) || tokens.kind(before) === T.semicolon;
}

/** Finds the labels of a block itself: not those in closures, and no keys of maps and arguments. */
export function labelsOf(tokens: Tokens, brace: number): number[] {
  const labels: number[] = [];
  const close = Math.min(tokens.partner(brace), tokens.count);
  for (let at = brace + 1; at < close; at++) {
    if (OPENS(tokens.kind(at))) {
      at = Math.min(tokens.partner(at), close);
      continue;
    }
    if (tokens.kind(at) !== T.word || tokens.kind(at + 1) !== T.colon) continue;
    const isFirst = tokenBefore(tokens, at) === brace || tokens.kind(at - 1) === T.semicolon;
    if (isFirst || (tokens.kind(at - 1) === T.newLine && isAfterStatement(tokens, at))) labels.push(at);
  }
  return labels;
}

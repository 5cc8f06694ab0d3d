import { DOT, isDigit, isForeignWordPart } from './characters.ts';

/** A word, as far as its characters are of ASCII. */
export const WORD = /[\w$]*/y;
/** The same in numbers and in `$a.b`: there a dollar is no part of a word. */
export const WORD_WITHOUT_DOLLAR = /\w*/y;
const LINE = /[^\r\n]*/y;

/** The end of what a sticky pattern finds from an offset on. The pattern also finds nothing at all. */
function endOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  pattern.test(text);
  return pattern.lastIndex;
}

/** The end of a line. */
export const endOfLine = (text: string, from: number): number => endOf(LINE, text, from);

/** The end of a word, which may have characters beyond ASCII. */
export function endOfWord(pattern: RegExp, text: string, from: number): number {
  let at = endOf(pattern, text, from);
  while (isForeignWordPart(text.charCodeAt(at))) at = endOf(pattern, text, at + 1);
  return at;
}

export function endOfNumber(text: string, start: number): number {
  const part = (from: number): number => endOfWord(WORD_WITHOUT_DOLLAR, text, from);
  let at = part(start);
  if (text.charCodeAt(at) === DOT && isDigit(text.charCodeAt(at + 1))) at = part(at + 1);
  const isExponent = (text.charCodeAt(at - 1) | 32) === 101 && !text.startsWith('0x', start);
  const sign = text[at];
  if (isExponent && (sign === '+' || sign === '-') && isDigit(text.charCodeAt(at + 1))) at = part(at + 1);
  return at;
}

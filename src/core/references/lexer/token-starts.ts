import { isWordStart } from './characters.ts';
import { kindOfSign } from './signs.ts';
import { TokenKind } from '../tokens.ts';

/** How a token of code is read, by its first character. */
export const Start = {
  word: 1,
  blank: 2,
  sign: 3,
  open: 4,
  close: 5,
  number: 6,
  lineEnd: 7,
  quote: 8,
  other: 9,
} as const;

export const STARTS = new Uint8Array(128).fill(Start.sign);
for (let code = 0; code < 128; code++) if (isWordStart(code)) STARTS[code] = Start.word;
for (const [start, characters] of [
  [Start.blank, ' \t'],
  [Start.open, '([{'],
  [Start.close, ')]}'],
  [Start.number, '0123456789'],
  [Start.lineEnd, '\r\n'],
  [Start.quote, '"\''],
  [Start.other, '$/\\'],
] as const) {
  for (const character of characters) STARTS[character.charCodeAt(0)] = start;
}

/** The kinds of words, signs of one character, brackets and texts, by their first character. */
export const PLAIN_KINDS = new Uint8Array(128).fill(TokenKind.word);
for (let code = 0; code < 128; code++) {
  if (STARTS[code] === Start.sign) PLAIN_KINDS[code] = kindOfSign(String.fromCharCode(code));
  else if (STARTS[code] === Start.quote) PLAIN_KINDS[code] = TokenKind.string;
}
for (const [index, bracket] of Array.from('{}()[]').entries())
  PLAIN_KINDS[bracket.charCodeAt(0)] = TokenKind.openBrace + index;

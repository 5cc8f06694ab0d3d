/** The codes of characters that Groovy's grammar names. */
export const LF = 10;
export const CR = 13;
export const QUOTE = 34;
export const DOLLAR = 36;
export const APOSTROPHE = 39;
export const STAR = 42;
export const DOT = 46;
export const SLASH = 47;
export const BACKSLASH = 92;
export const OPEN_BRACE = 123;
export const CLOSE_BRACE = 125;

export const isLineEnd = (code: number): boolean => code === LF || code === CR;
export const isDigit = (code: number): boolean => code >= 48 && code <= 57;

const FOREIGN_LETTER = /[\p{L}\p{Sc}\p{Pc}\p{Nl}]/u;
const FOREIGN_WORD_PART = /[\p{L}\p{Sc}\p{Pc}\p{N}\p{M}]/u;

export function isWordStart(code: number): boolean {
  if (code < 128)
    return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code === DOLLAR;
  return isForeign(code, FOREIGN_LETTER);
}

/** Tells whether a word may contain a character beyond ASCII. */
export const isForeignWordPart = (code: number): boolean => code >= 128 && isForeign(code, FOREIGN_WORD_PART);

/** Halves of a surrogate pair count too: in identifiers nearly all characters beyond 16 bits are letters. */
function isForeign(code: number, characters: RegExp): boolean {
  if (Number.isNaN(code)) return false;
  return (code >= 0xd800 && code <= 0xdfff) || characters.test(String.fromCharCode(code));
}

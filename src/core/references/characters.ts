/** The codes of characters that Groovy's grammar names. */
export const LF = 10;
const CR = 13;
export const QUOTE = 34;
export const DOLLAR = 36;
export const APOSTROPHE = 39;
export const STAR = 42;
export const DOT = 46;
export const SLASH = 47;
export const BACKSLASH = 92;
export const OPEN_BRACE = 123;

export const isLineEnd = (code: number): boolean => code === LF || code === CR;
export const isDigit = (code: number): boolean => code >= 48 && code <= 57;

export function isWordStart(code: number): boolean {
  if (code < 128)
    return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code === DOLLAR;
  return isForeignLetter(code);
}

export function isWordPart(code: number): boolean {
  return (
    isWordStart(code) ||
    isDigit(code) ||
    (code >= 128 && /[\p{L}\p{N}\p{M}]/u.test(String.fromCharCode(code)))
  );
}

/** Halves of a surrogate pair count too: in identifiers nearly all characters beyond 16 bits are letters. */
function isForeignLetter(code: number): boolean {
  if (Number.isNaN(code)) return false;
  return (code >= 0xd800 && code <= 0xdfff) || /[\p{L}\p{Sc}\p{Pc}\p{Nl}]/u.test(String.fromCharCode(code));
}

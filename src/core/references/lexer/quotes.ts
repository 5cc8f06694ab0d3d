import { BACKSLASH, DOLLAR, isLineEnd, isWordStart, OPEN_BRACE, SLASH } from './characters.ts';

/** Quotes that open and close a text. */
export interface Quote {
  readonly open: string;
  readonly close: string;
  /** Finds the characters that may end a part of the text, or that change the meaning of the next one. */
  readonly stops: RegExp;
  /** True if a backslash may be before any character; in texts between slashes it may only be before a slash. */
  readonly hasEscapes: boolean;
}

export const SINGLE: Quote = { open: "'", close: "'", stops: /['\\\r\n]/g, hasEscapes: true };
export const DOUBLE: Quote = { open: '"', close: '"', stops: /["\\$\r\n]/g, hasEscapes: true };
export const TRIPLE_SINGLE: Quote = { open: "'''", close: "'''", stops: /['\\]/g, hasEscapes: true };
export const TRIPLE_DOUBLE: Quote = { open: '"""', close: '"""', stops: /["\\$]/g, hasEscapes: true };
export const SLASHY: Quote = { open: '/', close: '/', stops: /[/\\$]/g, hasEscapes: false };
export const DOLLAR_SLASHY: Quote = { open: '$/', close: '/$', stops: /[/$]/g, hasEscapes: false };
/** A template has no quotes: it is all of the file. */
export const NO_QUOTE: Quote = { open: '', close: '', stops: /[\\$]/g, hasEscapes: true };

/** Most texts in one line have neither interpolations nor escapes. */
export const PLAIN_STRING = /'[^'\\\r\n]*'(?!')|"[^"\\$\r\n]*"(?!")/y;

/**
 * The offset where a part of a text ends: at an interpolation, the closing quote, or the end of the line or file.
 * Searches from stop to stop, which takes no memory however long the text is.
 */
export function endOfPart(text: string, from: number, quote: Quote): number {
  const { stops, close } = quote;
  for (let next = from; ;) {
    stops.lastIndex = next;
    if (!stops.test(text)) return text.length;
    const at = stops.lastIndex - 1;
    const code = text.charCodeAt(at);
    next = at + 1;
    if (code === BACKSLASH) {
      if (quote.hasEscapes || text.charCodeAt(next) === SLASH) next += 1;
    } else if (code === DOLLAR) {
      const after = text.charCodeAt(next);
      if (quote === DOLLAR_SLASHY && (after === DOLLAR || after === SLASH)) next += 1;
      else if (after === OPEN_BRACE || (after !== DOLLAR && isWordStart(after))) return at;
    } else if (close.length === 1 || isLineEnd(code)) {
      return at;
    } else if (text.startsWith(close, at)) {
      return quote === DOLLAR_SLASHY ? at : lastOfThree(text, at, code);
    }
  }
}

/** The offset of the last three of a row of quotes: those before them belong to the text. */
function lastOfThree(text: string, start: number, code: number): number {
  let at = start;
  while (text.charCodeAt(at + 3) === code) at += 1;
  return at;
}

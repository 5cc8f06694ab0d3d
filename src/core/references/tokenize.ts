import {
  APOSTROPHE,
  BACKSLASH,
  DOLLAR,
  DOT,
  isDigit,
  isLineEnd,
  isWordPart,
  isWordStart,
  LF,
  OPEN_BRACE,
  QUOTE,
  SLASH,
  STAR,
} from './characters.ts';
import { signsFrom } from './signs.ts';
import { TokenColumns } from './token-columns.ts';
import { isKeyword, TokenKind, type Tokens } from './tokens.ts';

/**
 * Splits a script or config into tokens. Takes time in proportion to its length, and never fails: code that Groovy
 * would refuse gives some tokens, too.
 */
export function tokenize(text: string): Tokens {
  return new Lexer(text).run();
}

/** Does the same for a process's template: all of it is one text with interpolations. */
export function tokenizeTemplate(text: string): Tokens {
  return new Lexer(text, true).run();
}

/** Quotes that open and close a text. */
const Quote = {
  single: 0,
  tripleSingle: 1,
  double: 2,
  tripleDouble: 3,
  slashy: 4,
  dollarSlashy: 5,
  /** A template has no quotes: it is all of the file. */
  none: 6,
} as const;
type Quote = (typeof Quote)[keyof typeof Quote];

const CLOSING = ["'", "'''", '"', '"""', '/', '/$', ''] as const;
const isRaw = (quote: Quote): boolean => quote === Quote.slashy || quote === Quote.dollarSlashy;
const isOneLine = (quote: Quote): boolean => quote === Quote.single || quote === Quote.double;

/** Tokens that end a value: a `/` after one of them divides the value. */
const ENDS_VALUE = new Set<TokenKind>([
  TokenKind.number,
  TokenKind.string,
  TokenKind.closeText,
  TokenKind.closeBrace,
  TokenKind.closeParen,
  TokenKind.closeBracket,
  TokenKind.step,
]);

const OPENING: Readonly<Record<number, TokenKind>> = {
  40: TokenKind.openParen,
  91: TokenKind.openBracket,
  123: TokenKind.openBrace,
};
const PAREN = 41;
const BRACKET = 93;
const BRACE = 125;

class Lexer {
  readonly #text: string;
  #at = 0;

  readonly #tokens = new TokenColumns();
  /** Indices of the opening tokens that are still open. */
  readonly #open: number[] = [];
  /** The quote of each open text. */
  readonly #quotes: Quote[] = [];
  /** Number of open braces and `${`. */
  #bracesOpen = 0;
  /** After this offset no text between slashes is closed. */
  #noSlashAfter = Infinity;

  constructor(text: string, isTemplate = false) {
    this.#text = text;
    if (isTemplate) this.#openText(Quote.none, 0, 0);
  }

  run(): Tokens {
    const text = this.#text;
    if (text.charCodeAt(0) === 0xfeff) this.#at = 1;
    if (this.#open.length === 0 && text.startsWith('#!', this.#at)) this.#skipLine();
    while (this.#at < text.length) {
      if (this.#top() === TokenKind.openText) this.#inText();
      else this.#inCode();
    }
    while (this.#open.length > 0) this.#closeTop(text.length, text.length);
    return this.#tokens.tokens(text);
  }

  #top(): TokenKind {
    const index = this.#open.at(-1);
    return index === undefined ? TokenKind.end : this.#tokens.kind(index);
  }

  #openWith(kind: TokenKind, start: number, end: number): void {
    this.#open.push(this.#tokens.add(kind, start, end));
    if (kind === TokenKind.openBrace || kind === TokenKind.openExpression) this.#bracesOpen += 1;
  }

  #openText(quote: Quote, start: number, end: number): void {
    this.#openWith(TokenKind.openText, start, end);
    this.#quotes.push(quote);
  }

  /** Closes the innermost open bracket. Each opening kind is followed by its closing one. */
  #closeTop(start: number, end: number): void {
    const opening = this.#open.pop() ?? 0;
    const kind = this.#tokens.kind(opening);
    if (kind === TokenKind.openBrace || kind === TokenKind.openExpression) this.#bracesOpen -= 1;
    if (kind === TokenKind.openText) this.#quotes.pop();
    const closing = this.#tokens.add((kind + 1) as TokenKind, start, end);
    this.#tokens.pair(opening, closing);
  }

  #skipLine(): void {
    while (this.#at < this.#text.length && !isLineEnd(this.#text.charCodeAt(this.#at))) this.#at += 1;
  }

  #inCode(): void {
    const text = this.#text;
    const start = this.#at;
    const code = text.charCodeAt(start);
    if (code === 32 || code === 9) {
      this.#at += 1;
    } else if (isWordStart(code) && !(code === DOLLAR && text.charCodeAt(start + 1) === SLASH)) {
      this.#word(start);
    } else if (isLineEnd(code)) {
      this.#lineEnd(start, code);
    } else if (code === APOSTROPHE || code === QUOTE) {
      this.#quoted(start, code);
    } else if (code === SLASH && text.charCodeAt(start + 1) === SLASH) {
      this.#skipLine();
    } else if (code === SLASH && text.charCodeAt(start + 1) === STAR) {
      const end = text.indexOf('*/', start + 2);
      this.#at = end < 0 ? text.length : end + 2;
    } else if (code === SLASH) {
      if (!this.#isTextAllowed() || start >= this.#noSlashAfter || !this.#string(start, 1, Quote.slashy)) {
        this.#sign(start, code);
      }
    } else if (code === DOLLAR) {
      if (!this.#string(start, 2, Quote.dollarSlashy)) this.#at += 2;
    } else if (isDigit(code) || (code === DOT && isDigit(text.charCodeAt(start + 1)))) {
      this.#number(start);
    } else if (code === BACKSLASH && isLineEnd(text.charCodeAt(start + 1))) {
      // The line continues in the next one.
      this.#at += text.startsWith('\r\n', start + 1) ? 3 : 2;
    } else {
      this.#sign(start, code);
    }
  }

  /** Adds a new line: none between parentheses or in a list, one for `\r\n`. */
  #lineEnd(start: number, code: number): void {
    this.#at = start + 1;
    const top = this.#top();
    if (top === TokenKind.openParen || top === TokenKind.openBracket) return;
    if (code === LF || this.#text.charCodeAt(this.#at) !== LF)
      this.#tokens.add(TokenKind.newLine, start, this.#at);
  }

  #word(start: number): void {
    const text = this.#text;
    let at = start + 1;
    while (at < text.length && isWordPart(text.charCodeAt(at))) at += 1;
    this.#at = at;
    this.#tokens.add(TokenKind.word, start, at);
  }

  #number(start: number): void {
    const text = this.#text;
    let at = start;
    while (isWordPart(text.charCodeAt(at)) && text.charCodeAt(at) !== DOLLAR) at += 1;
    if (text.charCodeAt(at) === DOT && isDigit(text.charCodeAt(at + 1))) {
      at += 1;
      while (isWordPart(text.charCodeAt(at)) && text.charCodeAt(at) !== DOLLAR) at += 1;
    }
    const exponent = text.charCodeAt(at - 1) | 32;
    const sign = text[at] === '+' || text[at] === '-';
    if (exponent === 101 && sign && !text.startsWith('0x', start) && isDigit(text.charCodeAt(at + 1))) {
      at += 1;
      while (isWordPart(text.charCodeAt(at)) && text.charCodeAt(at) !== DOLLAR) at += 1;
    }
    this.#at = at;
    this.#tokens.add(TokenKind.number, start, at);
  }

  /** Tells whether `/` starts a text here, and is no division. */
  #isTextAllowed(): boolean {
    const last = this.#tokens.count - 1;
    if (last < 0) return true;
    const kind = this.#tokens.kind(last);
    if (kind === TokenKind.word) return isKeyword(this.#tokens.source(last, this.#text));
    return !ENDS_VALUE.has(kind);
  }

  #quoted(start: number, code: number): void {
    const mark = code === QUOTE ? '"' : "'";
    const triple = this.#text.startsWith(mark + mark, start + 1);
    const single = code === QUOTE ? Quote.double : Quote.single;
    // In `Quote`, each triple quote is right after its single one.
    this.#string(start, triple ? 3 : 1, triple ? ((single + 1) as Quote) : single);
  }

  /**
   * Reads a text from its opening quote. Without interpolations it is one token; else reads up to the
   * first interpolation.
   *
   * @returns false if it is no text: a text between slashes is not empty and has a closing slash.
   */
  #string(start: number, open: number, quote: Quote): boolean {
    const text = this.#text;
    const end = this.#scanText(start + open, quote);
    if (quote === Quote.slashy) {
      if (end >= text.length) {
        this.#noSlashAfter = start;
        return false;
      }
      if (end === start + 1 && text.charCodeAt(end) === SLASH) return false;
    }
    const isInterpolated = end < text.length && text.charCodeAt(end) === DOLLAR;
    if (isInterpolated) {
      this.#openText(quote, start, start + open);
      this.#at = end;
    } else {
      this.#at = Math.min(text.length, text.startsWith(CLOSING[quote], end) ? end + open : end);
      this.#tokens.add(TokenKind.string, start, this.#at);
    }
    return true;
  }

  /** The offset where a part of a text ends: at an interpolation, the closing quote, or the end of the line or file. */
  #scanText(from: number, quote: Quote): number {
    const text = this.#text;
    const closing = CLOSING[quote];
    const first = closing.charCodeAt(0);
    const interpolates = quote !== Quote.single && quote !== Quote.tripleSingle;
    const raw = isRaw(quote);
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === BACKSLASH) {
        if (!raw) at += 1;
        else if (quote === Quote.slashy && text.charCodeAt(at + 1) === SLASH) at += 1;
      } else if (code === DOLLAR && interpolates) {
        const next = text.charCodeAt(at + 1);
        if (quote === Quote.dollarSlashy && (next === DOLLAR || next === SLASH)) at += 1;
        else if (next === OPEN_BRACE || (isWordStart(next) && next !== DOLLAR)) return at;
      } else if (code === first) {
        if (closing.length === 1) return at;
        if (!text.startsWith(closing, at)) continue;
        // Quotes before three closing ones belong to the text.
        if (quote !== Quote.dollarSlashy) while (text.charCodeAt(at + 3) === first) at += 1;
        return at;
      } else if (isLineEnd(code) && isOneLine(quote)) {
        return at;
      }
    }
    return text.length;
  }

  /** Reads the part of a text up to its next interpolation or its end. */
  #inText(): void {
    const text = this.#text;
    const quote = this.#quotes.at(-1) ?? Quote.double;
    const at = this.#scanText(this.#at, quote);
    if (at < text.length && text.charCodeAt(at) === DOLLAR) {
      if (text.charCodeAt(at + 1) === OPEN_BRACE) {
        this.#at = at + 2;
        this.#openWith(TokenKind.openExpression, at, this.#at);
      } else {
        this.#path(at);
      }
      return;
    }
    const end = text.startsWith(CLOSING[quote], at) ? at + CLOSING[quote].length : at;
    this.#at = Math.max(end, this.#at);
    this.#closeTop(at, end);
  }

  /** `$a.b.c` */
  #path(start: number): void {
    const text = this.#text;
    this.#openWith(TokenKind.openPath, start, start + 1);
    let at = start + 1;
    for (;;) {
      const from = at;
      while (at < text.length && isWordPart(text.charCodeAt(at)) && text.charCodeAt(at) !== DOLLAR) at += 1;
      this.#tokens.add(TokenKind.word, from, at);
      const next = text.charCodeAt(at + 1);
      if (text.charCodeAt(at) !== DOT || !isWordStart(next) || next === DOLLAR) break;
      this.#tokens.add(TokenKind.dot, at, at + 1);
      at += 1;
    }
    this.#closeTop(at, at);
    this.#at = at;
  }

  #sign(start: number, code: number): void {
    this.#at = start + 1;
    const opening = OPENING[code];
    if (opening !== undefined) {
      this.#openWith(opening, start, this.#at);
    } else if (code === PAREN || code === BRACKET) {
      const wanted = code === PAREN ? TokenKind.openParen : TokenKind.openBracket;
      if (this.#top() === wanted) this.#closeTop(start, this.#at);
    } else if (code === BRACE) {
      this.#closeBrace(start);
    } else {
      let kind: TokenKind = TokenKind.operator;
      for (const [sign, itsKind] of signsFrom(code) ?? []) {
        if (!this.#text.startsWith(sign, start)) continue;
        this.#at = start + sign.length;
        kind = itsKind;
        break;
      }
      this.#tokens.add(kind, start, this.#at);
    }
  }

  /** Closes a brace, and all that is still open inside it. */
  #closeBrace(start: number): void {
    if (this.#bracesOpen === 0) return;
    for (;;) {
      const top = this.#top();
      const isBrace = top === TokenKind.openBrace || top === TokenKind.openExpression;
      this.#closeTop(start, isBrace ? this.#at : start);
      if (isBrace) return;
    }
  }
}

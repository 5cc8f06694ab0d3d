import {
  APOSTROPHE,
  BACKSLASH,
  CLOSE_BRACE,
  CR,
  DOLLAR,
  DOT,
  isDigit,
  isForeignWordPart,
  isLineEnd,
  isWordStart,
  LF,
  OPEN_BRACE,
  QUOTE,
  SLASH,
  STAR,
} from './lexer/characters.ts';
import {
  DOLLAR_SLASHY,
  DOUBLE,
  endOfPart,
  NO_QUOTE,
  PLAIN_STRING,
  type Quote,
  SINGLE,
  SLASHY,
  TRIPLE_DOUBLE,
  TRIPLE_SINGLE,
} from './lexer/quotes.ts';
import { CONTINUES_SIGN, endOfSign, kindOfSign } from './lexer/signs.ts';
import { TokenColumns } from './lexer/token-columns.ts';
import { PLAIN_KINDS, Start, STARTS } from './lexer/token-starts.ts';
import { isKeyword, isKindOf, TokenKind, type Tokens } from './tokens.ts';
import { endOfLine, endOfNumber, endOfWord, WORD, WORD_WITHOUT_DOLLAR } from './lexer/words.ts';

// A loop over characters is slow in code that has just been loaded, and nearly all texts are read by such code. Regular
// expressions are fast from the first call, so they find where tokens end.

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

/** Tokens that end a value: a `/` after one of them divides the value. */
const ENDS_VALUE = isKindOf(
  TokenKind.number,
  TokenKind.string,
  TokenKind.closeText,
  TokenKind.closeBrace,
  TokenKind.closeParen,
  TokenKind.closeBracket,
  TokenKind.step,
);

class Lexer {
  readonly #text: string;
  #at = 0;

  readonly #tokens: TokenColumns;
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
    this.#tokens = new TokenColumns(text.length);
    if (isTemplate) this.#openText(NO_QUOTE, 0);
  }

  run(): Tokens {
    const text = this.#text;
    if (text.charCodeAt(0) === 0xfeff) this.#at = 1;
    if (this.#open.length === 0 && text.startsWith('#!', this.#at)) this.#at = endOfLine(text, this.#at);
    while (this.#at < text.length) {
      if (this.#top() === TokenKind.openText) {
        this.#inText();
      } else {
        this.#inCode();
        if (this.#at < text.length && this.#top() !== TokenKind.openText) this.#token(this.#at);
      }
    }
    while (this.#open.length > 0) this.#closeTop(text.length, text.length);
    return this.#tokens.tokens(text);
  }

  /** The kind of the innermost token that is still open. */
  #top(): TokenKind {
    const index = this.#open.at(-1);
    return index === undefined ? TokenKind.end : this.#tokens.kind(index);
  }

  #openWith(kind: TokenKind, start: number, end: number): void {
    this.#open.push(this.#tokens.add(kind, start, end));
    if (kind === TokenKind.openExpression) this.#bracesOpen += 1;
  }

  #openText(quote: Quote, start: number): void {
    this.#openWith(TokenKind.openText, start, start + quote.open.length);
    this.#quotes.push(quote);
  }

  /** Closes the innermost open bracket. Each opening kind is followed by its closing one. */
  #closeTop(start: number, end: number): void {
    const kind = this.#top();
    const opening = this.#open.pop() ?? 0;
    if (kind === TokenKind.openBrace || kind === TokenKind.openExpression) this.#bracesOpen -= 1;
    if (kind === TokenKind.openText) this.#quotes.pop();
    const closing = this.#tokens.add((kind + 1) as TokenKind, start, end);
    this.#tokens.pair(opening, closing);
  }

  /**
   * Reads code up to the end of an interpolation, or to a token that is not plain. Most code is plain: it is read right
   * here, because each call of a function would cost more than all that is done for a token.
   */
  #inCode(): void {
    const text = this.#text;
    const tokens = this.#tokens;
    const open = this.#open;
    let { kinds, starts, ends, partners, count } = tokens;
    let at = this.#at;
    let code = text.charCodeAt(at);
    let opening = -1;
    for (; kinds[opening] !== TokenKind.openExpression; code = text.charCodeAt(at)) {
      const start = STARTS[code];
      if (start === Start.blank) {
        at += 1;
        continue;
      }
      let end = at + 1;
      let kind = PLAIN_KINDS[code] as TokenKind;
      if (count === kinds.length) ({ kinds, starts, ends, partners } = tokens.grow());
      if (start === Start.word) {
        WORD.lastIndex = at;
        WORD.test(text);
        end = WORD.lastIndex;
      } else if (start === Start.sign) {
        if (CONTINUES_SIGN[text.charCodeAt(end)] === 1) {
          if (code === DOT && isDigit(text.charCodeAt(end))) break;
          end = endOfSign(text, at);
          kind = kindOfSign(text.slice(at, end));
        }
      } else if (start === Start.open) {
        open.push(count);
        if (code === OPEN_BRACE) this.#bracesOpen += 1;
      } else if (start === Start.close) {
        opening = open.at(-1) ?? -1;
        const isExpression = code === CLOSE_BRACE && kinds[opening] === TokenKind.openExpression;
        if (isExpression) kind = TokenKind.closeExpression;
        if (kinds[opening] !== kind - 1) break;
        open.pop();
        partners[opening] = count;
        partners[count] = opening;
        if (code === CLOSE_BRACE) this.#bracesOpen -= 1;
      } else {
        if (start !== Start.quote) break;
        PLAIN_STRING.lastIndex = at;
        if (!PLAIN_STRING.test(text)) break;
        end = PLAIN_STRING.lastIndex;
      }
      kinds[count] = kind;
      starts[count] = at;
      ends[count++] = at = end;
    }
    tokens.count = count;
    this.#at = at;
  }

  /** Reads a token that is not plain. */
  #token(start: number): void {
    const text = this.#text;
    const code = text.charCodeAt(start);
    const kind = STARTS[code];
    if (kind === Start.lineEnd) {
      this.#lineEnd(start, code);
    } else if (kind === Start.quote) {
      this.#quoted(start, code);
    } else if (kind === Start.number || code === DOT) {
      this.#add(TokenKind.number, start, endOfNumber(text, start));
    } else if (kind === Start.close) {
      this.#at = start + 1;
      if (code === CLOSE_BRACE) this.#closeBrace(start);
    } else if (kind === Start.other) {
      this.#severalMeanings(start, code);
    } else if (!this.#foreign(start, code)) {
      this.#sign(start);
    }
  }

  /** Reads a word, or the rest of one, from a character beyond ASCII on. @returns false if it is none. */
  #foreign(start: number, code: number): boolean {
    const tokens = this.#tokens;
    const last = tokens.count - 1;
    const continues = tokens.kinds[last] === TokenKind.word && tokens.ends[last] === start;
    if (continues ? !isForeignWordPart(code) : code < 128 || !isWordStart(code)) return false;
    const end = endOfWord(WORD, this.#text, start);
    if (continues) tokens.ends[last] = end;
    else tokens.add(TokenKind.word, start, end);
    this.#at = end;
    return true;
  }

  #add(kind: TokenKind, start: number, end: number): void {
    this.#tokens.add(kind, start, end);
    this.#at = end;
  }

  #sign(start: number): void {
    const end = endOfSign(this.#text, start);
    this.#add(kindOfSign(this.#text.slice(start, end)), start, end);
  }

  /** Reads what starts with a character that has several meanings: a dollar, slash or backslash. */
  #severalMeanings(start: number, code: number): void {
    const text = this.#text;
    const next = text.charCodeAt(start + 1);
    if (code === DOLLAR && next !== SLASH) {
      this.#add(TokenKind.word, start, endOfWord(WORD, text, start));
    } else if (code === DOLLAR) {
      this.#string(start, DOLLAR_SLASHY);
    } else if (code === BACKSLASH && isLineEnd(next)) {
      // The line continues in the next one.
      this.#at += text.startsWith('\r\n', start + 1) ? 3 : 2;
    } else if (code === SLASH && next === SLASH) {
      this.#at = endOfLine(text, start);
    } else if (code === SLASH && next === STAR) {
      const end = text.indexOf('*/', start + 2);
      this.#at = end < 0 ? text.length : end + 2;
    } else if (code !== SLASH || !this.#slashy(start)) {
      this.#sign(start);
    }
  }

  /** Adds a new line: none between parentheses or in a list, one for `\r\n`. */
  #lineEnd(start: number, code: number): void {
    this.#at = start + 1;
    const top = this.#top();
    if (top === TokenKind.openParen || top === TokenKind.openBracket) return;
    if (code !== CR || this.#text.charCodeAt(this.#at) !== LF)
      this.#tokens.add(TokenKind.newLine, start, this.#at);
  }

  #quoted(start: number, code: number): void {
    const text = this.#text;
    const isTriple = text.charCodeAt(start + 1) === code && text.charCodeAt(start + 2) === code;
    if (code === APOSTROPHE) this.#string(start, isTriple ? TRIPLE_SINGLE : SINGLE);
    else if (code === QUOTE) this.#string(start, isTriple ? TRIPLE_DOUBLE : DOUBLE);
  }

  /** Reads a text between slashes. @returns false if it is none: it is not empty and has a closing slash. */
  #slashy(start: number): boolean {
    if (!this.#isTextAllowed() || start >= this.#noSlashAfter) return false;
    const text = this.#text;
    const end = endOfPart(text, start + 1, SLASHY);
    if (end >= text.length) {
      this.#noSlashAfter = start;
      return false;
    }
    if (end === start + 1 && text.charCodeAt(end) === SLASH) return false;
    this.#stringTo(start, end, SLASHY);
    return true;
  }

  /** Tells whether `/` starts a text here, and is no division. */
  #isTextAllowed(): boolean {
    const last = this.#tokens.count - 1;
    if (last < 0) return true;
    const kind = this.#tokens.kind(last);
    if (kind === TokenKind.word) return isKeyword(this.#tokens.source(last, this.#text));
    return !ENDS_VALUE(kind);
  }

  #string(start: number, quote: Quote): void {
    this.#stringTo(start, endOfPart(this.#text, start + quote.open.length, quote), quote);
  }

  /**
   * Adds a text. Without interpolations it is one token; else only its opening quote is added.
   *
   * @param end - of its first part.
   */
  #stringTo(start: number, end: number, quote: Quote): void {
    const text = this.#text;
    if (text.charCodeAt(end) === DOLLAR) {
      this.#openText(quote, start);
      this.#at = end;
    } else {
      this.#add(TokenKind.string, start, text.startsWith(quote.close, end) ? end + quote.close.length : end);
    }
  }

  /** Reads the part of a text up to its next interpolation or its end. */
  #inText(): void {
    const text = this.#text;
    const quote = this.#quotes.at(-1) ?? DOUBLE;
    const at = endOfPart(text, this.#at, quote);
    if (text.charCodeAt(at) === DOLLAR) {
      if (text.charCodeAt(at + 1) === OPEN_BRACE) {
        this.#at = at + 2;
        this.#openWith(TokenKind.openExpression, at, this.#at);
      } else {
        this.#path(at);
      }
      return;
    }
    const end = text.startsWith(quote.close, at) ? at + quote.close.length : at;
    this.#at = Math.max(end, this.#at);
    this.#closeTop(at, end);
  }

  /** `$a.b.c` */
  #path(start: number): void {
    const text = this.#text;
    this.#openWith(TokenKind.openPath, start, start + 1);
    this.#at = start + 1;
    for (;;) {
      this.#add(TokenKind.word, this.#at, endOfWord(WORD_WITHOUT_DOLLAR, text, this.#at));
      const dot = this.#at;
      const next = text.charCodeAt(dot + 1);
      if (text.charCodeAt(dot) !== DOT || !isWordStart(next) || next === DOLLAR) break;
      this.#add(TokenKind.dot, dot, dot + 1);
    }
    this.#closeTop(this.#at, this.#at);
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

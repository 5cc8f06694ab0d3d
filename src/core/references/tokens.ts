import { firstIndex } from '../system/first-index.ts';

/**
 * Tokens of Groovy, as far as Nextflow's scripts and configs need them: the same boundaries as in Groovy 4's own
 * lexer (`GroovyLexer.g4` of apache/groovy), which decides what is code, comment and text.
 */
export const TokenKind = {
  newLine: 0,
  /** Identifier or keyword. */
  word: 1,
  number: 2,
  /** A text without interpolation; the token includes its quotes. */
  string: 3,
  openBrace: 4,
  closeBrace: 5,
  openParen: 6,
  closeParen: 7,
  openBracket: 8,
  closeBracket: 9,
  /** The opening quote of a text with interpolation. Between it and its closing quote are only interpolations. */
  openText: 10,
  closeText: 11,
  /** `${` inside a text, and its `}`. */
  openExpression: 12,
  closeExpression: 13,
  /** `$` of `$a.b` inside a text, and the empty token after it. */
  openPath: 14,
  closePath: 15,
  semicolon: 16,
  comma: 17,
  colon: 18,
  question: 19,
  elvis: 20,
  dot: 21,
  safeDot: 22,
  /** `*.`, `.&`, `.@`, `::`, `??.` */
  otherDot: 23,
  not: 24,
  and: 25,
  or: 26,
  assign: 27,
  /** `+=`, `?=`, … */
  assignWith: 28,
  equal: 29,
  notEqual: 30,
  arrow: 31,
  at: 32,
  /** `++` and `--`. */
  step: 33,
  /** Any other sign. */
  operator: 34,
  end: 35,
} as const;

export type TokenKind = (typeof TokenKind)[keyof typeof TokenKind];

/** Makes a function that tells whether a kind is one of these. */
export function isKindOf(...kinds: readonly TokenKind[]): (kind: TokenKind) => boolean {
  const isOne = new Uint8Array(TokenKind.end + 1);
  for (const kind of kinds) isOne[kind] = 1;
  return (kind) => isOne[kind] === 1;
}

/** Words after which `/` still starts a text, though they look like identifiers. */
const KEYWORDS = new Set(
  (
    'as def in trait threadsafe var boolean char byte short int long float double abstract assert break yield case ' +
    'catch class const continue default do else enum extends final finally for if goto implements import ' +
    'instanceof interface native new package permits private protected public return sealed static strictfp super ' +
    'switch synchronized throw throws transient try void volatile while record'
  ).split(' '),
);

/** Tells whether a word is a keyword: it starts or joins something, and is no name and no value. */
export const isKeyword = (word: string): boolean => KEYWORDS.has(word);

/**
 * The tokens of a text, in columns. Brackets, texts and interpolations know their partner. An opening one that
 * nothing closes is closed by the end of the code around it. A closing one that nothing opened is left out.
 */
export class Tokens {
  readonly text: string;
  readonly kinds: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Index of the partner of a bracket, -1 for other tokens. */
  readonly partners: Int32Array;
  /** Number of tokens without the final `end` token. It is the index of that token, too. */
  readonly count: number;

  constructor(text: string, columns: Pick<Tokens, 'kinds' | 'starts' | 'ends' | 'partners'>, count: number) {
    this.text = text;
    this.kinds = columns.kinds;
    this.starts = columns.starts;
    this.ends = columns.ends;
    this.partners = columns.partners;
    this.count = count;
  }

  kind(index: number): TokenKind {
    return index < this.count ? (this.kinds[index] as TokenKind) : TokenKind.end;
  }

  start(index: number): number {
    return this.starts[index] ?? this.text.length;
  }

  end(index: number): number {
    return this.ends[index] ?? this.text.length;
  }

  /** The index of a bracket's partner. */
  partner(index: number): number {
    return this.partners[index] ?? this.count;
  }

  /** The index of the first token that starts at an offset, or after it. */
  firstFrom(offset: number): number {
    return firstIndex(this.count, (index) => this.start(index) >= offset);
  }

  /** The index of the last token that starts at an offset, or before it; -1 if there is none. */
  lastFrom(offset: number): number {
    return this.firstFrom(offset + 1) - 1;
  }

  /** The index of the first token from an index on that is no new line. */
  afterNewLines(from: number): number {
    let index = from;
    while (this.kind(index) === TokenKind.newLine) index += 1;
    return index;
  }

  /** The text of a token, as it is written. */
  source(index: number): string {
    return this.text.slice(this.start(index), this.end(index));
  }

  /** Tells whether the token is this word or sign. */
  is(index: number, text: string): boolean {
    return (
      this.end(index) - this.start(index) === text.length && this.text.startsWith(text, this.start(index))
    );
  }

  /** The range of the content of a string token, without its quotes. */
  content(index: number): { readonly start: number; readonly end: number } {
    const start = this.start(index);
    const end = this.end(index);
    const open = quoteLength(this.text, start);
    const close = this.text[start] === '$' ? '/$' : this.text.slice(start, start + open);
    const closed = end - start >= 2 * open && this.text.startsWith(close, end - open);
    return { start: Math.min(start + open, end), end: closed ? end - open : end };
  }

  /** The value of a string token. */
  constant(index: number): string {
    const { start, end } = this.content(index);
    return unescape(this.text.slice(start, end), this.text[this.start(index)] ?? '');
  }
}

function quoteLength(text: string, start: number): number {
  const quote = text[start];
  if (quote === '$') return 2;
  return quote !== '/' && text.startsWith(`${quote ?? ''}${quote ?? ''}`, start + 1) ? 3 : 1;
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', s: ' ', t: '\t' };

function unescape(content: string, quote: string): string {
  if (quote === '/') return content.includes('\\') ? content.replaceAll('\\/', '/') : content;
  if (quote === '$') return content.replace(/\$([$/])/g, '$1');
  if (!content.includes('\\')) return content;
  return content.replace(ESCAPE, unescapeOne);
}

const ESCAPE = /\\(?:u+([0-9a-fA-F]{4})|([0-3]?[0-7]{1,2})|(\r?\n|\r)|(.))/gsu;

function unescapeOne(_: string, ...[unicode, octal, line, one = '']: (string | undefined)[]): string {
  if (unicode !== undefined) return String.fromCharCode(parseInt(unicode, 16));
  if (octal !== undefined) return String.fromCharCode(parseInt(octal, 8));
  // The line continues in the next one.
  return line === undefined ? (ESCAPES[one] ?? one) : '';
}

import { TokenKind as T } from '../../references/tokens.ts';
import type { SourceCode } from './source-code.ts';
import { HOLE } from './shell-text.ts';

/** The characters of a text in Groovy, and the offset of each in the source. */
export interface GroovyText {
  /** The text without escapes; each interpolation is one {@link HOLE}. */
  readonly characters: string;
  /** Start of each character in the source; one more for the end of the last. */
  readonly offsets: readonly number[];
  readonly quote: Quote;
}

/** Quotes of a text; slashy texts are not read. */
export interface Quote {
  readonly sign: "'" | '"';
  readonly isTriple: boolean;
  /** True if `$` interpolates in it. */
  readonly interpolates: boolean;
}

/** Reads the text of one token, or of one pair of tokens; undefined for slashy ones. */
export function groovyText(code: SourceCode, token: number): GroovyText | undefined {
  const { text, tokens } = code;
  const sign = text[tokens.start(token)];
  if (sign !== "'" && sign !== '"') return undefined;
  const isTriple = text.startsWith(sign.repeat(3), tokens.start(token));
  const quote: Quote = { sign, isTriple, interpolates: sign === '"' };
  const reader = new TextReader(text, quote);
  if (tokens.kind(token) === T.string) {
    const { start, end } = tokens.content(token);
    reader.read(start, end);
  } else {
    let from = tokens.end(token);
    const close = tokens.partner(token);
    for (let index = token + 1; index < close; index++) {
      const kind = tokens.kind(index);
      if (kind !== T.openExpression && kind !== T.openPath) continue;
      reader.read(from, tokens.start(index));
      index = tokens.partner(index);
      reader.hole(tokens.start(index));
      from = tokens.end(index);
    }
    reader.read(from, tokens.start(close));
  }
  return reader.done();
}

const ESCAPE = /\\(?:u+([0-9a-fA-F]{4})|([0-3]?[0-7]{1,2})|(\r?\n|\r)|([^]))/y;
const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', s: ' ', t: '\t' };

class TextReader {
  readonly #characters: string[] = [];
  readonly #offsets: number[] = [];
  #end = 0;

  constructor(
    private readonly text: string,
    private readonly quote: Quote,
  ) {}

  read(from: number, to: number): void {
    let at = from;
    while (at < to) {
      ESCAPE.lastIndex = at;
      const escaped = this.text[at] === '\\' ? ESCAPE.exec(this.text) : null;
      if (escaped === null) {
        // Groovy knows one kind of line end in its texts.
        const isReturn = this.text[at] === '\r' && this.text[at + 1] === '\n';
        this.#add(isReturn ? '\n' : (this.text[at] ?? ''), at);
        at += isReturn ? 2 : 1;
      } else {
        const [all, unicode, octal, line, one = ''] = escaped;
        if (unicode !== undefined) this.#add(String.fromCharCode(parseInt(unicode, 16)), at);
        else if (octal !== undefined) this.#add(String.fromCharCode(parseInt(octal, 8)), at);
        else if (line === undefined) this.#add(ESCAPES[one] ?? one, at);
        at += all.length;
      }
    }
    this.#end = to;
  }

  /** Adds an interpolation, which ends before this offset. */
  hole(end: number): void {
    this.#add(HOLE, this.#end);
    this.#end = end;
  }

  done(): GroovyText {
    return {
      characters: this.#characters.join(''),
      offsets: [...this.#offsets, this.#end],
      quote: this.quote,
    };
  }

  #add(character: string, offset: number): void {
    this.#characters.push(character);
    this.#offsets.push(offset);
  }
}

/**
 * The source of some characters inside a text.
 *
 * @param before - the source right before it.
 * @param after - the source right after it.
 */
export function escaped(characters: string, quote: Quote, before: string, after: string): string {
  const { sign, isTriple, interpolates } = quote;
  let source = '';
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] ?? '';
    const neighbours = (characters[i - 1] ?? before) + (characters[i + 1] ?? after);
    const needsEscape =
      character === '\\' ||
      (character === '$' && interpolates) ||
      (character === sign && (!isTriple || neighbours.includes(sign)));
    if (character === '\n') source += isTriple ? '\n' : '\\n';
    else source += needsEscape ? `\\${character}` : character;
  }
  return source;
}

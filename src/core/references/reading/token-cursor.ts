import { TokenKind as T, type Tokens } from '../tokens.ts';
import type { TextRange } from './findings.ts';

/** A position in the tokens of a text, with methods that move it. It never moves back, except after a look ahead. */
export class TokenCursor {
  readonly tokens: Tokens;
  /** Index of the next token, and (`#limit`) of the first one that no longer belongs to the code that is read. */
  at = 0;
  #limit: number;

  constructor(tokens: Tokens) {
    this.tokens = tokens;
    this.#limit = tokens.count;
  }

  kind(index = this.at): T {
    return index < this.#limit ? this.tokens.kind(index) : T.end;
  }

  isWord(word: string, index = this.at): boolean {
    return this.kind(index) === T.word && this.tokens.is(index, word);
  }

  skipNewLines(): void {
    while (this.kind() === T.newLine) this.at += 1;
  }

  /** The index of the first token from an index on that is no new line. */
  afterNewLines(from = this.at): number {
    let index = from;
    while (this.kind(index) === T.newLine) index += 1;
    return index;
  }

  /** Moves to the code between a bracket and its partner. @returns the limit of the code around it, for `leave`. */
  enter(open: number): number {
    const limit = this.#limit;
    this.#limit = Math.min(this.tokens.partner(open), limit);
    this.at = open + 1;
    return limit;
  }

  /** Moves to the token after the code that was entered last. */
  leave(limit: number): void {
    this.at = Math.min(this.#limit + 1, limit);
    this.#limit = limit;
  }

  skipStatement(): void {
    while (!this.isEndOfStatement()) this.skipOne();
  }

  skipOne(): void {
    const partner = this.tokens.partner(this.at);
    this.at = partner > this.at ? this.after(this.at) : this.at + 1;
  }

  isEndOfStatement(index = this.at): boolean {
    const kind = this.kind(index);
    return kind === T.end || kind === T.newLine || kind === T.semicolon;
  }

  /** Tells whether the token is the rest of the statement; a bracket counts with all that is in it. */
  isLastOfStatement(index = this.at): boolean {
    return this.isEndOfStatement(Math.max(index, this.tokens.partner(index)) + 1);
  }

  get isAtEnd(): boolean {
    return this.at >= this.#limit;
  }

  /** The index of the first token that no longer belongs to the code that is read. */
  get end(): number {
    return this.#limit;
  }

  /** The index after a bracket's partner. */
  after(open: number): number {
    return Math.min(this.tokens.partner(open) + 1, this.#limit);
  }

  range(token: number): TextRange {
    return { offset: this.tokens.start(token), endOffset: this.tokens.end(token) };
  }

  /** The range of the content of a string token, without its quotes. */
  content(token: number): TextRange {
    const { start, end } = this.tokens.content(token);
    return { offset: start, endOffset: end };
  }
}

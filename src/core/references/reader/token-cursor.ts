import { TokenKind as T, type Tokens } from '../tokens.ts';
import type { Place } from './findings.ts';

/** Depth of nesting up to which conditions are understood. Deeper code is read without them. */
const MAX_DEPTH = 150;

/** A position in the tokens of a text, with methods that move it. It never moves back, except after a look ahead. */
export abstract class TokenCursor {
  protected readonly tokens: Tokens;
  /** Index of the next token, and (`#limit`) of the first one that no longer belongs to the code that is read. */
  protected at = 0;
  #limit: number;
  #depth = 0;

  constructor(tokens: Tokens) {
    this.tokens = tokens;
    this.#limit = tokens.count;
  }

  /** Reads the rest of code that is nested too deep to be understood. */
  protected abstract flat(): void;

  protected kind(index = this.at): T {
    return index < this.#limit ? this.tokens.kind(index) : T.end;
  }

  protected isWord(word: string, index = this.at): boolean {
    return this.kind(index) === T.word && this.tokens.is(index, word);
  }

  protected skipNewLines(): void {
    while (this.kind() === T.newLine) this.at += 1;
  }

  /** The index of the first token from an index on that is no new line. */
  protected behindNewLines(from = this.at): number {
    let index = from;
    while (this.kind(index) === T.newLine) index += 1;
    return index;
  }

  /** Reads the code between a bracket and its partner, and moves to the token after it. */
  protected within(open: number, read: () => void): void {
    const close = Math.min(this.tokens.partner(open), this.#limit);
    const limit = this.#limit;
    this.at = open + 1;
    this.#limit = close;
    this.deeper(read, undefined);
    this.#limit = limit;
    this.at = Math.min(close + 1, limit);
  }

  protected skipStatement(): void {
    while (!this.isEndOfStatement()) this.skipOne();
  }

  protected skipOne(): void {
    const partner = this.tokens.partner(this.at);
    this.at = partner > this.at ? this.behind(this.at) : this.at + 1;
  }

  protected isEndOfStatement(index = this.at): boolean {
    const kind = this.kind(index);
    return kind === T.end || kind === T.newLine || kind === T.semicolon;
  }

  /** Tells whether the token is the rest of the statement; a bracket counts with all that is in it. */
  protected isLastOfStatement(index = this.at): boolean {
    return this.isEndOfStatement(Math.max(index, this.tokens.partner(index)) + 1);
  }

  /** Reads code that may contain code of its own kind. @returns the result, or `otherwise` if it is nested too deep. */
  protected deeper<R>(read: () => R, otherwise: R): R {
    if (this.#depth >= MAX_DEPTH) {
      this.flat();
      return otherwise;
    }
    this.#depth += 1;
    const result = read();
    this.#depth -= 1;
    return result;
  }

  protected get isAtEnd(): boolean {
    return this.at >= this.#limit;
  }

  /** The index of the first token that no longer belongs to the code that is read. */
  protected get end(): number {
    return this.#limit;
  }

  /** The index after a bracket's partner. */
  protected behind(open: number): number {
    return Math.min(this.tokens.partner(open) + 1, this.#limit);
  }

  protected place(token: number): Place {
    return { start: this.tokens.start(token), end: this.tokens.end(token) };
  }
}

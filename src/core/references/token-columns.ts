import { type TokenKind, Tokens } from './tokens.ts';

/** Collects the tokens that are found, in columns that grow. */
export class TokenColumns {
  #kinds = new Uint8Array(256);
  #starts = new Int32Array(256);
  #ends = new Int32Array(256);
  #partners = new Int32Array(256);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  kind(index: number): TokenKind {
    return this.#kinds[index] as TokenKind;
  }

  /** The text of a token, as it is written. */
  source(index: number, text: string): string {
    return text.slice(this.#starts[index], this.#ends[index]);
  }

  /** Adds a token. @returns its index. */
  add(kind: TokenKind, start: number, end: number): number {
    const index = this.#count;
    if (index === this.#kinds.length) this.#grow();
    this.#kinds[index] = kind;
    this.#starts[index] = start;
    this.#ends[index] = end;
    this.#partners[index] = -1;
    this.#count = index + 1;
    return index;
  }

  /** Makes two tokens the brackets of each other. */
  pair(opening: number, closing: number): void {
    this.#partners[opening] = closing;
    this.#partners[closing] = opening;
  }

  tokens(text: string): Tokens {
    const columns = {
      kinds: this.#kinds,
      starts: this.#starts,
      ends: this.#ends,
      partners: this.#partners,
    };
    return new Tokens(text, columns, this.#count);
  }

  #grow(): void {
    const size = this.#kinds.length * 2;
    const kinds = new Uint8Array(size);
    kinds.set(this.#kinds);
    this.#kinds = kinds;
    const enlarge = (old: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
      const column = new Int32Array(size);
      column.set(old);
      return column;
    };
    this.#starts = enlarge(this.#starts);
    this.#ends = enlarge(this.#ends);
    this.#partners = enlarge(this.#partners);
  }
}

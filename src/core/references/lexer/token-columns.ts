import { type TokenKind, Tokens } from '../tokens.ts';

type Columns = Pick<Tokens, 'kinds' | 'starts' | 'ends' | 'partners'>;

/** Collects the tokens that are found, in columns that grow. */
export class TokenColumns {
  kinds: Uint8Array;
  starts: Int32Array;
  ends: Int32Array;
  partners: Int32Array;
  count = 0;

  /** @param length - of the text. */
  constructor(length: number) {
    // Code has fewer tokens, which leaves the columns as they are. Some texts have more: they are all brackets.
    const { kinds, starts, ends, partners } = newColumns(Math.floor(length / 3) + 16);
    this.kinds = kinds;
    this.starts = starts;
    this.ends = ends;
    this.partners = partners;
  }

  kind(index: number): TokenKind {
    return this.kinds[index] as TokenKind;
  }

  /** The text of a token, as it is written. */
  source(index: number, text: string): string {
    return text.slice(this.starts[index], this.ends[index]);
  }

  /** Adds a token. @returns its index. */
  add(kind: TokenKind, start: number, end: number): number {
    const index = this.count;
    if (index === this.kinds.length) this.grow();
    this.kinds[index] = kind;
    this.starts[index] = start;
    this.ends[index] = end;
    this.count = index + 1;
    return index;
  }

  /** Makes two tokens the brackets of each other. */
  pair(opening: number, closing: number): void {
    this.partners[opening] = closing;
    this.partners[closing] = opening;
  }

  tokens(text: string): Tokens {
    return new Tokens(text, this.#columns(), this.count);
  }

  #columns(): Columns {
    return { kinds: this.kinds, starts: this.starts, ends: this.ends, partners: this.partners };
  }

  grow(): Columns {
    const { kinds, starts, ends, partners } = newColumns(this.kinds.length * 2);
    kinds.set(this.kinds);
    starts.set(this.starts);
    ends.set(this.ends);
    partners.set(this.partners);
    this.kinds = kinds;
    this.starts = starts;
    this.ends = ends;
    this.partners = partners;
    return this.#columns();
  }
}

/** Makes columns in one piece of memory: for most texts, four pieces cost more time than what is put into them. */
function newColumns(size: number): Columns {
  const memory = new ArrayBuffer(size * 13);
  return {
    starts: new Int32Array(memory, 0, size),
    ends: new Int32Array(memory, size * 4, size),
    partners: new Int32Array(memory, size * 8, size).fill(-1),
    kinds: new Uint8Array(memory, size * 12, size),
  };
}

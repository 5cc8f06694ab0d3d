/**
 * Tells whether bytes may have one of many words in them, in any case: by the kinds of three bytes at each second place,
 * as each word of four has threes at two places, one of which is even. A table of 32 kB, which stays in the processor's
 * cache, tells whether a word may be there. A pattern of a hundred words takes V8 ten times as long.
 */
export class WordFinder {
  /** 1 for the threes that are in a word. */
  readonly #threes = new Uint8Array(1 << 15);
  /** The words that have a three, and where. */
  readonly #words = new Map<number, Place[]>();

  /** @param words - of ASCII, of four characters or more. */
  constructor(words: readonly string[]) {
    const known = new Set<string>();
    for (const word of words) {
      const kinds = Buffer.from(word, 'latin1');
      for (const [index, code] of kinds.entries()) kinds[index] = KINDS[code] ?? 0;
      const key = kinds.toString('latin1');
      if (known.has(key)) continue;
      known.add(key);
      this.#add(kinds);
    }
  }

  #add(word: Uint8Array): void {
    if (word.length < 4) throw new RangeError('A word that is looked for has less than four characters.');
    const at = rarest(word);
    for (const offset of [at, at + 1]) {
      const [one = 0, two = 0, last = 0] = word.subarray(offset, offset + 3);
      const three = (one << 10) | (two << 5) | last;
      this.#threes[three] = 1;
      const places = this.#words.get(three);
      if (places === undefined) this.#words.set(three, [{ word, offset }]);
      else places.push({ word, offset });
    }
  }

  /** @param length - number of bytes that count. @returns false only if none of the words is there. */
  isIn(bytes: Uint8Array, length: number): boolean {
    const threes = this.#threes;
    const kinds = KINDS;
    const last = length - 2;
    // Each step takes over the last kind of the one before.
    let three = kinds[bytes[0] ?? 0] ?? 0;
    for (let index = 0; index < last; index += 2) {
      const second = kinds[bytes[index + 1] ?? 0] ?? 0;
      const third = kinds[bytes[index + 2] ?? 0] ?? 0;
      three = ((three & 31) << 10) | (second << 5) | third;
      if (threes[three] === 1 && this.#isAt(three, bytes, index, length)) return true;
    }
    return false;
  }

  #isAt(three: number, bytes: Uint8Array, index: number, length: number): boolean {
    for (const { word, offset } of this.#words.get(three) ?? NOWHERE)
      if (isAt(word, bytes, index - offset, length)) return true;
    return false;
  }
}

interface Place {
  /** Kinds of its characters. */
  readonly word: Uint8Array;
  readonly offset: number;
}

const NOWHERE: readonly Place[] = [];

/** A character of each kind that is no letter: a word with one of them is found with each other of its kind. */
export const SIGNS: readonly string[] = [' ', '0', '_', '-', '.', '='];

const DIGIT = 27;
/** Signs of one kind each; all others are one more. */
const OTHERS = [' \n\r\t', '_', '-', '.:/'];

/** Gives a number below 32: one for each letter, in any case, and a few for all others. */
function kindOf(code: number): number {
  const letter = (code | 32) - 96;
  if (letter >= 1 && letter <= 26 && code >= 65) return letter;
  if (code >= 48 && code <= 57) return DIGIT;
  const rest = OTHERS.findIndex((same) => same.includes(String.fromCharCode(code)));
  return rest < 0 ? 31 : rest === 0 ? 0 : DIGIT + rest;
}

const KINDS = Uint8Array.from({ length: 256 }, (_, code) => kindOf(code));

/** How rare each kind is in code: letters by their rank in English, digits between, signs not at all. */
const RARITY = Uint8Array.from({ length: 32 }, (_, kind) => {
  const rank = 'etaoinsrlcdpmufgbhvwxykqjz'.indexOf(String.fromCharCode(kind + 96));
  return rank >= 0 ? rank : kind === DIGIT ? 10 : 1;
});

/** Finds where a word has two threes that other texts have least. */
function rarest(word: Uint8Array): number {
  const rarity = (at: number): number => RARITY[word[at] ?? 0] ?? 0;
  let best = 0;
  let most = -1;
  for (let at = 0; at + 4 <= word.length; at++) {
    const both = rarity(at + 1) + rarity(at + 2) + Math.min(rarity(at), rarity(at + 3));
    if (both > most) [best, most] = [at, both];
  }
  return best;
}

function isAt(word: Uint8Array, bytes: Uint8Array, start: number, length: number): boolean {
  if (start < 0 || start + word.length > length) return false;
  for (let index = 0; index < word.length; index++)
    if (KINDS[bytes[start + index] ?? 0] !== word[index]) return false;
  return true;
}

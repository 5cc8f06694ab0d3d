import { MAX_VALUE_BYTES, type SecretValue } from '../secrets/secret-value.ts';
import { bytesOf, type FilePath } from '../system/opened-file.ts';
import type { Form, Needle } from './form.ts';
import { isTelling, needlesOf } from './forms.ts';
import { Searcher } from './searcher.ts';
import { shownPath } from './shown-path.ts';

/** A secret and the form in which its value is a needle. */
export interface Owner {
  readonly name: string;
  readonly form: Form;
}

/** Most bytes of all values together. Their forms are held in memory, and take about twenty times as many. */
const MOST_TOGETHER = 2 << 20;

/** The values of secrets in all their forms, ready to be searched for. They are in memory until {@link Needles.clear}. */
export class Needles {
  /** Names of the secrets that are looked for. */
  readonly names: readonly string[];
  /** Names of secrets with a value that is too short to look for. */
  readonly tooShort: readonly string[];
  /** Names of secrets with a value that is too long, or that are too many together. */
  readonly tooLong: readonly string[];
  readonly searcher: Searcher;
  readonly #needles: Needle[] = [];
  readonly #owners: Owner[][] = [];

  /** @param secrets - a name may have several values. */
  constructor(secrets: Iterable<readonly [name: string, value: SecretValue]>) {
    const names = new Set<string>();
    const tooShort = new Set<string>();
    const tooLong = new Set<string>();
    const known = new Map<string, Owner[]>();
    let left = MOST_TOGETHER;
    // The shortest first: so as many as possible are looked for.
    const sized = Array.from(secrets, ([name, value]) => ({ name, value, size: value.byteLength }));
    for (const { name, value, size } of sized.sort((a, b) => a.size - b.size)) {
      if (size > Math.min(MAX_VALUE_BYTES, left)) tooLong.add(name);
      else if (!isTelling(value.reveal())) tooShort.add(name);
      else {
        left -= size;
        names.add(name);
        for (const needle of needlesOf(value.reveal())) this.#add(needle, name, known);
      }
    }
    this.names = [...names].sort();
    this.tooShort = [...tooShort].sort();
    this.tooLong = [...tooLong].sort();
    this.searcher = new Searcher(this.#needles);
  }

  #add(needle: Needle, name: string, known: Map<string, Owner[]>): void {
    const text = needle.bytes.toString('latin1');
    const owner = { name, form: needle.form };
    const owners = known.get(text);
    if (owners === undefined) {
      known.set(text, [owner]);
      this.#needles.push(needle);
      this.#owners.push(known.get(text) ?? []);
    } else if (!owners.some((one) => one.name === name)) owners.push(owner);
  }

  /** Number of needles. */
  get count(): number {
    return this.#needles.length;
  }

  /** The secrets that a needle belongs to. */
  ownersOf(needle: number): readonly Owner[] {
    return this.#owners[needle] ?? [];
  }

  /** Replaces each value in a text that is to be shown, or a path. */
  masked(text: FilePath): string {
    const bytes = bytesOf(text);
    const ranges: [start: number, end: number][] = [];
    this.searcher.search(bytes, bytes.length, (_, start, end) => ranges.push([start, end]));
    if (ranges.length === 0) return shownPath(text);
    let shown = '';
    let shownTo = 0;
    for (const [start, end] of ranges.sort(([a], [b]) => a - b)) {
      if (start >= shownTo) shown += `${shownPath(bytes.subarray(shownTo, start))}***`;
      shownTo = Math.max(shownTo, end);
    }
    return shown + shownPath(bytes.subarray(shownTo));
  }

  /** Overwrites the needles. Nothing can be searched for after that. */
  clear(): void {
    for (const { bytes } of this.#needles) bytes.fill(0);
    this.searcher.clear();
  }
}

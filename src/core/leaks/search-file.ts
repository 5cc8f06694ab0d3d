import type { BigIntStats } from 'node:fs';
import { answerFrom, assertAt, openRegularFile, UnfitFile } from '../system/open-file.ts';
import { type FilePath, identityOf, type OpenedFile } from '../system/opened-file.ts';
import { Turns } from '../system/turns.ts';
import type { FileToSearch } from './file-to-search.ts';
import type { Needles, Owner } from './needles.ts';

/** Size of a buffer. A smaller one costs calls, a larger one is not in the processor's cache. In bytes. */
const BUFFER = 1 << 20;
/** Beginning of a file that tells whether it is text. In bytes. */
const HEAD = 8_000;
/**
 * A file of this size that takes less than this part of it on the disk is mostly holes: anybody can make one that takes
 * years to read. In bytes.
 */
const HOLLOW = { size: 1n << 34n, part: 64n, fromEachEnd: 64 << 20 };

/** A value in a file. */
export interface Occurrence extends Owner {
  /** The line of the first one, from 1; null in a file that is no text, or that is not read from its beginning. */
  readonly line: number | null;
  /** How many there are. */
  readonly count: number;
}

/** The look into one file. */
export interface SearchedFile {
  readonly occurrences: readonly Occurrence[];
  /** Number of bytes that were searched. */
  readonly bytes: number;
  /** False if a part of it was not searched. */
  readonly isWhole: boolean;
}

/** Limits of a look. */
export interface SearchLimits {
  /** The most bytes that are read from each end of a file. */
  readonly fromEachEnd: number;
  /** Tells whether to stop. */
  readonly isOver: () => boolean;
}

interface FirstHit {
  offset: number;
  count: number;
}

/** Searches files one after the other, with one buffer. */
export class FileSearch {
  readonly #needles: Needles;
  #buffer: Buffer;
  readonly #last: Float64Array;
  readonly #hits = new Map<number, FirstHit>();
  readonly #turns = new Turns();
  /** The last read. */
  #reading: Promise<unknown> = Promise.resolve();

  constructor(needles: Needles) {
    this.#needles = needles;
    this.#buffer = bufferFor(needles);
    this.#last = new Float64Array(needles.count).fill(-1);
  }

  /**
   * Searches a regular file, as it is when it is opened. Follows no link.
   *
   * @param isNew - tells of a device and an inode whether the file is still to be searched.
   * @returns undefined if it is not.
   * @throws UnfitFile, or the system's error.
   */
  async search(
    { path, isReal = false, isLocal = false }: FileToSearch,
    { fromEachEnd, isOver }: SearchLimits,
    isNew: (identity: string) => boolean,
  ): Promise<SearchedFile | undefined> {
    const file = await openRegularFile(path, { followLinks: false, isDirect: isLocal });
    try {
      if (isReal) await assertAt(file, path);
      const status = await answerFrom(file, file.exactStat(), path);
      if (!isNew(identityOf(status))) return undefined;
      const parts = partsOf(status, fromEachEnd);
      let bytes = 0;
      let isWhole = parts.length === 1;
      for (const part of parts) {
        const searched = await this.#searchPart(file, path, part, isOver);
        bytes += searched.bytes;
        isWhole &&= searched.isWhole;
      }
      return { occurrences: await this.#occurrences(file, path, parts[0]?.to ?? 0), bytes, isWhole };
    } finally {
      this.#forgetHits();
      // After a read that has not answered yet: its number may be that of another file then.
      const closed = this.#reading.catch(() => undefined).then(() => file.close());
      void closed.catch(() => undefined);
    }
  }

  /** Reads into the buffer. One that a late answer may still be written into is not used again. */
  async #read(
    file: OpenedFile,
    path: FilePath,
    { at, length, position }: { readonly at: number; readonly length: number; readonly position: number },
  ): Promise<number> {
    const reading = file.read(this.#buffer, at, length, position);
    this.#reading = reading;
    try {
      return await answerFrom(file, reading, path);
    } catch (error) {
      if (error instanceof UnfitFile) this.#buffer = bufferFor(this.#needles);
      throw error;
    }
  }

  async #searchPart(
    file: OpenedFile,
    path: FilePath,
    { from, to }: { readonly from: number; readonly to: number },
    isOver: () => boolean,
  ): Promise<{ readonly bytes: number; readonly isWhole: boolean }> {
    const { searcher } = this.#needles;
    const buffer = this.#buffer;
    let isWhole = true;
    let kept = 0;
    let position = from;
    while (position < to) {
      if (this.#turns.isOver(false)) await this.#turns.next();
      if (isOver()) return { bytes: position - from, isWhole: false };
      const wanted = Math.min(buffer.length - kept, to - position);
      const count = await this.#read(file, path, { at: kept, length: wanted, position });
      // It has become shorter.
      if (count === 0) break;
      const end = kept + count;
      const base = position - kept;
      const hits: (readonly [needle: number, start: number])[] = [];
      isWhole = searcher.search(buffer, end, (needle, start) => hits.push([needle, start])) && isWhole;
      for (const [needle, start] of hits.sort(([, one], [, other]) => one - other))
        this.#note(needle, base + start);
      position += count;
      // What begins before the end of the buffer is found with the next bytes.
      kept = Math.min(searcher.span, end);
      buffer.copyWithin(0, end - kept, end);
    }
    return { bytes: position - from, isWhole };
  }

  #note(needle: number, offset: number): void {
    // The end of the last buffer is searched twice.
    if (offset <= (this.#last[needle] ?? -1)) return;
    this.#last[needle] = offset;
    const hit = this.#hits.get(needle);
    if (hit === undefined) this.#hits.set(needle, { offset, count: 1 });
    else hit.count += 1;
  }

  #forgetHits(): void {
    for (const needle of this.#hits.keys()) this.#last[needle] = -1;
    this.#hits.clear();
  }

  async #occurrences(file: OpenedFile, path: FilePath, headEnd: number): Promise<Occurrence[]> {
    if (this.#hits.size === 0) return [];
    const inHead = [...this.#hits.values()].map(({ offset }) => offset).filter((offset) => offset < headEnd);
    const lines = await this.#linesAt(file, path, new Set(inHead));
    const found = new Map<string, Occurrence>();
    for (const [needle, { offset, count }] of this.#hits) {
      for (const { name, form } of this.#needles.ownersOf(needle)) {
        const key = `${form.kind} ${form.line ?? ''} ${name}`;
        const line = lines.get(offset) ?? null;
        const other = found.get(key);
        found.set(key, {
          ...{ name, form, count: count + (other?.count ?? 0) },
          line: other?.line === undefined || line === null ? line : Math.min(line, other.line ?? line),
        });
      }
    }
    return withoutParts([...found.values()]);
  }

  /** Finds the lines of offsets in a text, in one more pass over its beginning. */
  async #linesAt(
    file: OpenedFile,
    path: FilePath,
    offsets: ReadonlySet<number>,
  ): Promise<ReadonlyMap<number, number>> {
    const lines = new Map<number, number>();
    const waiting = [...offsets].sort((a, b) => a - b);
    const buffer = this.#buffer;
    let line = 1;
    for (let position = 0; waiting.length > 0;) {
      const count = await this.#read(file, path, { at: 0, length: buffer.length, position });
      if (count === 0) break;
      if (position === 0 && buffer.subarray(0, Math.min(count, HEAD)).includes(0)) return lines;
      let at = 0;
      for (let next = waiting[0]; next !== undefined && next < position + count; next = waiting[0]) {
        for (; at < next - position; at++) if (buffer[at] === 0x0a) line += 1;
        lines.set(next, line);
        waiting.shift();
      }
      for (; at < count; at++) if (buffer[at] === 0x0a) line += 1;
      position += count;
    }
    return lines;
  }

  /** Overwrites what was read. */
  clear(): void {
    this.#buffer.fill(0);
  }
}

const bufferFor = ({ searcher }: Needles): Buffer => Buffer.alloc(Math.max(BUFFER, 4 * searcher.span));

/** The parts of a file that are searched. */
function partsOf({ size: exact, blocks }: BigIntStats, most: number): { from: number; to: number }[] {
  const size = Number(exact);
  const isHollow = exact > HOLLOW.size && blocks * 512n < exact / HOLLOW.part;
  const fromEachEnd = isHollow ? Math.min(most, HOLLOW.fromEachEnd) : most;
  if (size <= 2 * fromEachEnd) return [{ from: 0, to: size }];
  return [
    { from: 0, to: fromEachEnd },
    { from: size - fromEachEnd, to: size },
  ];
}

/** Leaves out the lines of a value that is there as a whole. */
function withoutParts(all: readonly Occurrence[]): Occurrence[] {
  const whole = new Set(all.filter(({ form }) => form.kind !== 'line').map(({ name }) => name));
  return all.filter(({ name, form }) => form.kind !== 'line' || !whole.has(name));
}

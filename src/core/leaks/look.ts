import { systemErrorCode } from '../system/human-error.ts';
import { UnfitFile } from '../system/open-file.ts';
import { bytesOf, type FilePath } from '../system/opened-file.ts';
import { monotonic } from '../system/monotonic.ts';
import type { Needles } from './needles.ts';
import type { FileToSearch } from './file-to-search.ts';
import { shownPath } from './shown-path.ts';
import { FileSearch, type Occurrence, type SearchLimits } from './search-file.ts';

/** A value in a file, in one form. */
export interface Leak extends Occurrence {
  /** Absolute path; a value in it is masked. */
  readonly path: string;
  /** True if the path itself has the value. */
  readonly isInName: boolean;
}

/** A person or the clock ends a look before all is looked at. */
export type Stop = 'time' | 'signal';

/** The result of a look. */
export interface Look {
  readonly leaks: readonly Leak[];
  /** Number of files that were looked into, and of their bytes. */
  readonly files: number;
  readonly bytes: number;
  /** Files that are there and could not be looked into; paths as those of leaks. */
  readonly unread: readonly string[];
  /** Files of which a part in the middle was not looked into. */
  readonly inPart: readonly string[];
  /** Undefined if all was looked at. */
  readonly stopped: Stop | undefined;
}

/** The end of a look. */
export interface LookLimits {
  /** The most bytes that are read from each end of a file. */
  readonly fromEachEnd: number;
  /** In milliseconds. */
  readonly time: number;
  readonly signal?: AbortSignal | undefined;
}

/** Files that are searched at a time: a shared file system answers slowly, but many at once. */
const AT_ONCE = 8;
/** Most entries of a list. */
const MOST_LISTED = 1_000;
/** Most leaks that are kept of one name. */
const MOST_LEAKS = 1_000;

/** Looks into files for values. */
export async function lookInto(
  files: AsyncIterable<FileToSearch>,
  needles: Needles,
  limits: LookLimits,
): Promise<Look> {
  const look = new Looking(needles, limits);
  await look.run(files);
  return look.result;
}

class Looking {
  readonly #needles: Needles;
  readonly #limits: LookLimits;
  readonly #end: number;
  readonly #leaks: Leak[] = [];
  readonly #leaksOf = new Map<string, number>();
  readonly #unread: string[] = [];
  readonly #inPart: string[] = [];
  readonly #seen = new Set<string>();
  #files = 0;
  #bytes = 0;
  #stopped: Stop | undefined;

  constructor(needles: Needles, limits: LookLimits) {
    this.#needles = needles;
    this.#limits = limits;
    this.#end = monotonic() + limits.time;
  }

  get result(): Look {
    const leaks = [...this.#leaks].sort(
      (a, b) => compare(a.name, b.name) || compare(a.path, b.path) || (a.line ?? 0) - (b.line ?? 0),
    );
    return {
      ...{ leaks, files: this.#files, bytes: this.#bytes, stopped: this.#stopped },
      ...{ unread: this.#unread.sort(), inPart: this.#inPart.sort() },
    };
  }

  async run(files: AsyncIterable<FileToSearch>): Promise<void> {
    if (this.#needles.count === 0) return;
    const waiting = files[Symbol.asyncIterator]();
    const worker = async (): Promise<void> => {
      const search = new FileSearch(this.#needles);
      try {
        while (!this.#isOver()) {
          const next = await waiting.next();
          if (next.done === true) return;
          if (this.#isOver()) return;
          await this.#searchOne(next.value, search);
        }
      } finally {
        search.clear();
      }
    };
    await this.#untilOver(Promise.all(Array.from({ length: AT_ONCE }, worker)));
    // A list that waits for a file server is not waited for.
    void waiting.return?.().catch(() => undefined);
  }

  /** Waits for work, but not longer than the limits: a file server may never answer. */
  async #untilOver(work: Promise<unknown>): Promise<void> {
    const { signal } = this.#limits;
    const left = this.#end - monotonic();
    let end: () => void = () => undefined;
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    const timer = Number.isFinite(left) ? setTimeout(end, Math.max(0, left)) : undefined;
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted === true) end();
    try {
      const isDone = await Promise.race([work.then(() => true), over.then(() => false)]);
      if (!isDone) this.#stopped ??= signal?.aborted === true ? 'signal' : 'time';
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      // What is still under way ends at its next step, and nobody hears of it.
      work.catch(() => undefined);
    }
  }

  #isOver(): boolean {
    if (this.#limits.signal?.aborted === true) this.#stopped ??= 'signal';
    else if (monotonic() > this.#end) this.#stopped ??= 'time';
    return this.#stopped !== undefined;
  }

  async #searchOne(file: FileToSearch, search: FileSearch): Promise<void> {
    const { path, isGuess = false, isOurs } = file;
    const shown = this.#needles.masked(path);
    const limits: SearchLimits = { fromEachEnd: this.#limits.fromEachEnd, isOver: () => this.#isOver() };
    try {
      const searched = await search.search(file, limits, (identity) => {
        const isNew = !this.#seen.has(identity) && isOurs?.(identity) !== true;
        this.#seen.add(identity);
        return isNew;
      });
      if (searched === undefined) return;
      this.#files += 1;
      this.#bytes += searched.bytes;
      for (const one of searched.occurrences) this.#add({ ...one, path: shown, isInName: false });
      if (!searched.isWhole && this.#stopped === undefined) this.#list(this.#inPart, shown);
    } catch (error) {
      if (systemErrorCode(error) === undefined && !(error instanceof UnfitFile)) throw error;
      const isAbsent = ['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '');
      if (isAbsent || (isGuess && error instanceof UnfitFile && error.reason === 'kind')) return;
      this.#list(this.#unread, shown);
    }
    if (shown !== shownPath(path)) this.#addName(path, shown);
  }

  /** Adds the secrets that the path of a file tells. */
  #addName(path: FilePath, shown: string): void {
    const bytes = bytesOf(path);
    this.#needles.searcher.search(bytes, bytes.length, (needle) => {
      for (const { name, form } of this.#needles.ownersOf(needle))
        this.#add({ name, form, path: shown, line: null, count: 1, isInName: true });
    });
  }

  #add(leak: Leak): void {
    const count = (this.#leaksOf.get(leak.name) ?? 0) + 1;
    this.#leaksOf.set(leak.name, count);
    if (count <= MOST_LEAKS) this.#leaks.push(leak);
  }

  #list(list: string[], path: string): void {
    if (list.length < MOST_LISTED) list.push(path);
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

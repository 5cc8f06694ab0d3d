import { dirname } from 'node:path';
import type { Gap } from '../leaks/gap.ts';
import { Needles } from '../leaks/needles.ts';
import { delivered } from '../nextflow/delivery.ts';
import { readStoreFile, secretsIn } from '../nextflow/nextflow-store.ts';
import { identityOfDirectory } from '../runs/own-stores.ts';

/**
 * The content of a run's store, from its end until it is looked for. Read while the store is there; what takes long is
 * done when it has been removed.
 */
export class LeakValues {
  /** Device and inode of the store's directory; undefined if it is gone. */
  readonly store: string | undefined;
  readonly #path: string;
  readonly #names: readonly string[];
  #content: Buffer | undefined;

  private constructor(
    file: { readonly path: string; readonly names: readonly string[] },
    store: string | undefined,
    content: Buffer | undefined,
  ) {
    this.store = store;
    this.#path = file.path;
    this.#names = file.names;
    this.#content = content;
  }

  /**
   * Reads the store. Never throws.
   *
   * @param file - path of the store, and the names that it was made with.
   */
  static async read(file: { readonly path: string; readonly names: readonly string[] }): Promise<LeakValues> {
    const store = await identityOfDirectory(dirname(file.path));
    return new LeakValues(file, store, await readStoreFile(file.path).catch(() => undefined));
  }

  /**
   * Makes the needles of the values as they were before they were encoded for the store, and lets go of the content.
   *
   * @returns undefined if there is no value.
   */
  needles(): { readonly needles: Needles | undefined; readonly gaps: readonly Gap[] } {
    const stored = this.#secrets();
    if (this.#names.length === 0) return { needles: undefined, gaps: [] };
    if (stored.size === 0) return { needles: undefined, gaps: [{ code: 'no-value', subject: null }] };
    const values = Array.from(stored, ([name, value]) => [name, delivered(value)] as const);
    const absent = this.#names.filter((name) => !stored.has(name));
    try {
      return {
        needles: new Needles(values),
        gaps: absent.map((subject) => ({ code: 'no-value', subject })),
      };
    } finally {
      for (const [, value] of values) value.forget();
      for (const value of stored.values()) value.forget();
    }
  }

  #secrets(): ReturnType<typeof secretsIn> {
    try {
      return secretsIn(this.#content, this.#path);
    } catch {
      return new Map();
    } finally {
      this.#content?.fill(0);
      this.#content = undefined;
    }
  }
}

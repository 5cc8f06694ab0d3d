import { unwatchFile, watchFile } from 'node:fs';
import type { Disposable } from 'vscode';

/** Milliseconds. To read the status of a file costs next to nothing, on a network file system too. */
const INTERVAL = 1_000;

/**
 * Watches single files: reads their status again and again. Events of the system would come sooner, but not from
 * other hosts that share a home directory, and not for a file in a directory that does not exist yet.
 */
export class FileWatch implements Disposable {
  readonly #watched = new Set<string>();
  readonly #changed: () => void;

  constructor(onChange: () => void) {
    this.#changed = onChange;
  }

  /** Watches these files and no others from now on. */
  watch(paths: Iterable<string>): void {
    const wanted = new Set(paths);
    for (const path of this.#watched) {
      if (wanted.has(path)) continue;
      unwatchFile(path, this.#changed);
      this.#watched.delete(path);
    }
    for (const path of wanted) {
      if (this.#watched.has(path)) continue;
      watchFile(path, { interval: INTERVAL, persistent: false }, this.#changed);
      this.#watched.add(path);
    }
  }

  dispose(): void {
    this.watch([]);
  }
}

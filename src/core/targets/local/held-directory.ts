import { constants, readlinkSync } from 'node:fs';
import { lstat, open, type OwnFile } from '../../system/file-calls.ts';
import { systemErrorCode } from '../../system/human-error.ts';

// If a directory is gone from its path, it may have been moved. Only a descriptor tells.

/** Present state of a directory that was made. */
export type Whereabouts =
  | { readonly is: 'there' }
  | { readonly is: 'removed' }
  /** `path` is undefined if the system does not tell it. */
  | { readonly is: 'moved'; readonly path: string | undefined };

/** A directory that can be found again after it was moved. */
export class HeldDirectory {
  readonly #path: string;
  readonly #handle: OwnFile;

  private constructor(path: string, handle: OwnFile) {
    this.#path = path;
    this.#handle = handle;
  }

  /** @returns undefined if it cannot be opened. */
  static async open(path: string): Promise<HeldDirectory | undefined> {
    const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
    const handle = await open(path, flags).catch(() => undefined);
    return handle === undefined ? undefined : new HeldDirectory(path, handle);
  }

  async whereabouts(): Promise<Whereabouts> {
    try {
      const own = await this.#handle.stat();
      // No path leads to it any more.
      if (own.nlink === 0) return { is: 'removed' };
      const now = await lstat(this.#path).catch(() => undefined);
      if (now?.ino === own.ino && now.dev === own.dev) return { is: 'there' };
    } catch (error) {
      // Another machine removed it on the file server.
      if (systemErrorCode(error) === 'ESTALE') return { is: 'removed' };
    }
    return { is: 'moved', path: this.#pathNow() };
  }

  #pathNow(): string | undefined {
    try {
      const path = readlinkSync(`/proc/self/fd/${this.#handle.fd}`);
      return path === this.#path ? undefined : path;
    } catch {
      return undefined;
    }
  }

  async close(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
  }
}

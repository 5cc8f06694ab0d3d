import { type Dir, type Dirent, constants } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { systemErrorCode } from './human-error.ts';
import { isLocal } from './local-file-system.ts';
import { assertAt, inTime } from './open-file.ts';
import { type FilePath, identityOf, OpenedFile } from './opened-file.ts';

/** Entries that are asked for at a time. */
const AT_ONCE = 256;

/** A directory that others may replace while it is listed. Whoever opened it closes it. */
export class ListedDirectory {
  readonly path: FilePath;
  /** Device and inode. */
  readonly identity: string;
  /** True if it is on a local file system, and so are its files. */
  readonly isLocal: boolean;
  readonly #entries: Dir;

  private constructor(path: FilePath, status: { identity: string; isLocal: boolean }, entries: Dir) {
    this.path = path;
    this.identity = status.identity;
    this.isLocal = status.isLocal;
    this.#entries = entries;
  }

  /**
   * @param path - from a root without links.
   * @throws UnfitFile if a link leads to it, or its file system does not answer; or the system's error.
   */
  static async open(path: FilePath): Promise<ListedDirectory> {
    const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;
    const opening = OpenedFile.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK);
    // One that opens too late is closed then.
    const close = (): void => void opening.then((late) => late.close()).catch(() => undefined);
    try {
      const held = await inTime(opening, path);
      await assertAt(held, path);
      const exact = await inTime(held.exactStat(), path);
      const status = { identity: identityOf(exact), isLocal: await inTime(isLocal(exact.dev, path), path) };
      const entries = await inTime(entriesOf(held, path), path);
      const directory = new ListedDirectory(path, status, entries);
      // Where it could not be listed by what is held, it may have been another one.
      await assertAt(held, path).catch(async (error: unknown) => {
        await directory.close();
        throw error;
      });
      return directory;
    } finally {
      close();
    }
  }

  /** The next entry; null at the end. Names are bytes. */
  async next(): Promise<Dirent<Buffer> | null> {
    if (this.isLocal) return this.#entries.readSync() as Dirent<Buffer> | null;
    return inTime(this.#entries.read() as Promise<Dirent<Buffer> | null>, this.path);
  }

  async close(): Promise<void> {
    if (this.isLocal) this.#entries.closeSync();
    else await this.#entries.close().catch(() => undefined);
  }
}

/** Opens the list of a directory that is held: by that, or by its path on systems without /proc. */
async function entriesOf(held: OpenedFile, path: FilePath): Promise<Dir> {
  // Its types know no names of bytes.
  const options = { encoding: 'buffer' as BufferEncoding, bufferSize: AT_ONCE };
  try {
    return await opendir(held.fdPath, options);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    return opendir(path, options);
  }
}

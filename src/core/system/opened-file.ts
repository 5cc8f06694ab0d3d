import {
  close,
  closeSync,
  createReadStream,
  fstat,
  fstatSync,
  lstat,
  open,
  openSync,
  read,
  readlinkSync,
  readSync,
  realpath,
  type BigIntStats,
  type Stats,
} from 'node:fs';
import type { Readable } from 'node:stream';

// For open-file.ts and open-directory.ts, which refuse what is not expected.

/** Calls a function of Node.js that gives its answer to a callback. Its promises take longer to load than most files. */
export const answerOf = <T>(call: (answer: (error: Error | null, result: T) => void) => void): Promise<T> =>
  new Promise((resolve, reject) => {
    call((error, result) => {
      if (error === null) resolve(result);
      else reject(error);
    });
  });

/** A path; as bytes if the name of a file is not UTF-8. */
export type FilePath = string | Buffer;

export const bytesOf = (path: FilePath): Buffer => (Buffer.isBuffer(path) ? path : Buffer.from(path));

/** Device and inode. As numbers of JavaScript, inodes of Lustre or CephFS are not told from each other. */
export const identityOf = ({ dev, ino }: BigIntStats): string => `${dev}:${ino}`;

/** A file that is open for reading. Whoever opened it closes it. */
export class OpenedFile {
  readonly #fd: number;
  /** True if it is on a local file system: calls have their answer at once, and nothing has to wait for it. */
  readonly isDirect: boolean;

  constructor(fd: number, isDirect = false) {
    this.#fd = fd;
    this.isDirect = isDirect;
  }

  static async open(path: FilePath, mode: number, isDirect = false): Promise<OpenedFile> {
    if (isDirect) return new OpenedFile(openSync(path, mode), true);
    return new OpenedFile(
      await answerOf((answer) => {
        open(path, mode, answer);
      }),
    );
  }

  async stat(): Promise<Stats> {
    if (this.isDirect) return fstatSync(this.#fd);
    return answerOf((answer) => {
      fstat(this.#fd, answer);
    });
  }

  /** Status with whole numbers, see {@link identityOf}. */
  async exactStat(): Promise<BigIntStats> {
    if (this.isDirect) return fstatSync(this.#fd, { bigint: true });
    return answerOf((answer) => {
      fstat(this.#fd, { bigint: true }, answer);
    });
  }

  /** Path that leads to it, whatever is put at its own by now; Linux alone has it. */
  get fdPath(): string {
    return `/proc/self/fd/${this.#fd}`;
  }

  /**
   * Tells whether no link has led to it.
   *
   * @param path - that it was opened by, from a root that had no links.
   */
  async isAt(path: FilePath): Promise<boolean> {
    let now;
    try {
      // No file system is asked for it.
      now = readlinkSync(this.fdPath, 'buffer');
    } catch {
      return this.#leadsHere(path);
    }
    return now.equals(bytesOf(path));
  }

  /** For systems without /proc: the path has no links, and leads to this file. */
  async #leadsHere(path: FilePath): Promise<boolean> {
    const resolved = await answerOf<Buffer>((answer) => {
      realpath(path, 'buffer', answer);
    });
    const there = await answerOf<BigIntStats>((answer) => {
      lstat(path, { bigint: true }, answer);
    });
    return resolved.equals(bytesOf(path)) && identityOf(there) === identityOf(await this.exactStat());
  }

  /**
   * Reads some bytes into a buffer.
   *
   * @param position - in the file; null for the one after the last read.
   * @returns their number; 0 at the end of the file.
   */
  async read(into: Buffer, offset: number, length: number, position: number | null): Promise<number> {
    if (this.isDirect) return readSync(this.#fd, into, offset, length, position);
    return answerOf((answer) => {
      read(this.#fd, into, offset, length, position, answer);
    });
  }

  async close(): Promise<void> {
    if (this.isDirect) {
      closeSync(this.#fd);
      return;
    }
    return answerOf((answer) => {
      close(this.#fd, (error) => {
        answer(error ?? null, undefined);
      });
    });
  }

  /** Gives all of it as a stream, which closes it. */
  stream(): Readable {
    return createReadStream('', { fd: this.#fd });
  }
}

import { StringDecoder } from 'node:string_decoder';
import { openRegularFile } from '../system/open-file.ts';
import type { OpenedFile } from '../system/opened-file.ts';
import { ObservedLog } from './observed-store.ts';

/** Sizes of one read, and of all reads of one look: a log that somebody made huge must not delay a run. In bytes. */
const PIECE = 1 << 16;
const MOST_AT_ONCE = 64 * PIECE;

/** Reads a log as it grows, each byte once. Keeps it open: Nextflow renames an earlier log, and tests remove it. */
export class LogTail {
  readonly log = new ObservedLog();
  readonly #decoder = new StringDecoder('utf8');
  readonly #handle: OpenedFile;
  #position = 0;

  private constructor(handle: OpenedFile) {
    this.#handle = handle;
  }

  /** @returns undefined if the file does not exist, cannot be read, or is no regular file. */
  static async open(path: string): Promise<LogTail | undefined> {
    const handle = await openRegularFile(path).catch(() => undefined);
    return handle && new LogTail(handle);
  }

  /** Reads the text that was added since the last look. */
  async read(): Promise<void> {
    const piece = Buffer.allocUnsafe(PIECE);
    try {
      for (let taken = 0; taken < MOST_AT_ONCE;) {
        const bytesRead = await this.#handle.read(piece, 0, PIECE, this.#position);
        if (bytesRead === 0) return;
        taken += bytesRead;
        this.#position += bytesRead;
        this.log.add(this.#decoder.write(piece.subarray(0, bytesRead)));
      }
    } catch {
      // A log that cannot be read tells nothing more.
    }
  }

  async close(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
  }
}

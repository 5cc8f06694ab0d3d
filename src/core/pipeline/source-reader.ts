import { isAscii } from 'node:buffer';
import { readListedFileSync } from '../system/open-file.ts';
import type { SourceLanguage } from '../references/scan.ts';
import { checked, readSourceFile, type SourceBytes, sourceLanguage } from './source-file.ts';

/** Text of a source file, or the reason that it is not read. */
export type SourceText = { readonly text: string } | Exclude<SourceBytes, { readonly bytes: Buffer }>;

/** Size of the buffer that files are read into. A larger file gets one of its own. */
const BUFFER_BYTES = 64 << 10;

/**
 * Reads many source files one after the other, in little more time than `cat` takes: through one buffer, and most of
 * them are never decoded, because they have none of the words that matter.
 */
export class SourceReader {
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  readonly #words: Readonly<Record<SourceLanguage, RegExp>>;

  /** @param words - patterns of ASCII alone, in any of which a text matters. */
  constructor(words: Readonly<Record<SourceLanguage, readonly string[]>>) {
    // A file with a NUL may be binary, which is reported.
    const pattern = (all: readonly string[]): RegExp => new RegExp(['\\0', ...all].join('|'));
    this.#words = { script: pattern(words.script), config: pattern(words.config) };
  }

  /**
   * Reads a file at once.
   *
   * @param isRegular - true if a listing has told that it is a regular file, and no link.
   * @returns undefined if its text has none of the words.
   */
  read(path: string, isRegular: boolean): SourceText | undefined {
    const bytes = (isRegular ? this.#shared(path) : undefined) ?? readSourceFile(path);
    if ('problem' in bytes) return bytes;
    const source = 'bytes' in bytes ? bytes.bytes : bytes;
    // One byte a character: enough for words of ASCII, and for nearly all files the text itself.
    const latin1 = source.toString('latin1');
    if (!this.#words[sourceLanguage(path)].test(latin1)) return undefined;
    const fit = checked(source);
    if ('problem' in fit) return fit;
    return { text: isAscii(source) ? latin1 : source.toString('utf8') };
  }

  /** Reads a file into the shared buffer; undefined if it does not fit, or cannot be read. */
  #shared(path: string): Buffer | undefined {
    try {
      const length = readListedFileSync(path, this.#buffer);
      return length === undefined ? undefined : this.#buffer.subarray(0, length);
    } catch {
      return undefined;
    }
  }
}

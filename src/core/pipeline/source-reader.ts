import { isAscii } from 'node:buffer';
import { type OpenOptions, readListedFileSync } from '../system/open-file.ts';
import type { SourceLanguage } from '../references/scan.ts';
import { textOfAnyBytes } from './any-bytes.ts';
import { WordFinder } from '../system/word-finder.ts';
import { checked, readSourceFile, type SourceBytes, sourceLanguage } from './source-file.ts';

/** Text of a source file, or the reason that it is not read. */
export type SourceText = { readonly text: string } | Exclude<SourceBytes, { readonly bytes: Buffer }>;

/** A look for something in bytes. */
export interface Look {
  readonly isIn: (bytes: Buffer, length: number, latin1: string) => boolean;
  /** Words of ASCII, one of which is in each text that it finds something in, if that has no `@`. In any case. */
  readonly words: () => readonly string[];
}

export interface ReaderOptions extends OpenOptions {
  /** A further look, by which a text matters too. */
  readonly look?: Look | undefined;
  /** True to read texts of UTF-16 too, and the words of binary files. */
  readonly anyBytes?: boolean | undefined;
}

/** A pattern that matches nothing. */
export const NEVER = '[]';

/** Patterns that are a list of words. */
const PLAIN = /^(?:\[\]|[a-z]{4,}(?:\|[a-z]{4,})*)$/;

/** The code of `@`. */
const AT = 64;

/** Size of the buffer that files are read into. A larger file gets one of its own. */
const BUFFER_BYTES = 64 << 10;

/**
 * Reads many source files one after the other, in little more time than `cat` takes: through one buffer, and most of
 * them are never decoded, because they have none of the words that matter.
 */
export class SourceReader {
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  readonly #words: Readonly<Record<SourceLanguage, RegExp>>;
  readonly #options: ReaderOptions;
  /** Words, one of which each script has that matters; undefined if they are not known. */
  readonly #scriptWords: readonly string[] | undefined;
  /** Made with the first script that is read. */
  #finder: WordFinder | undefined;
  /** Number of bytes of the files that were read. */
  bytesRead = 0;

  /** @param words - patterns of ASCII alone, in any of which a text matters. */
  constructor(words: Readonly<Record<SourceLanguage, readonly string[]>>, options: ReaderOptions = {}) {
    const { script, config } = words;
    this.#options = options;
    // Only plain words: a pattern can have others in it.
    if (options.look !== undefined && script.every((word) => PLAIN.test(word))) {
      const plain = script.flatMap((word) => (word === NEVER ? [] : word.split('|')));
      this.#scriptWords = [...options.look.words(), ...plain];
    }
    this.#words = { script: new RegExp(script.join('|')), config: new RegExp(config.join('|')) };
  }

  /**
   * Reads a file at once.
   *
   * @param isRegular - true if a listing has told that it is a regular file, and no link.
   * @returns undefined if its text has none of the words.
   */
  read(path: string, isRegular: boolean): SourceText | undefined {
    const length = isRegular ? this.#readShared(path) : undefined;
    if (length === undefined) return this.#readAlone(path);
    this.bytesRead += length;
    if (this.#isPlain(path, length)) return undefined;
    // One byte a character: enough for words of ASCII, and for nearly all files the text itself.
    const latin1 = this.#buffer.toString('latin1', 0, length);
    if (!this.#matters(path, this.#buffer, latin1)) return undefined;
    return this.#textOf(this.#buffer.subarray(0, length), latin1);
  }

  /** Tells without a look at its text that a script in the shared buffer does not matter, as most do not. */
  #isPlain(path: string, length: number): boolean {
    if (this.#scriptWords === undefined || sourceLanguage(path) !== 'script') return false;
    this.#finder ??= new WordFinder(this.#scriptWords);
    if (this.#finder.isIn(this.#buffer, length)) return false;
    return !this.#hasByte(0, length) && !this.#hasByte(AT, length);
  }

  #hasByte(byte: number, length: number): boolean {
    const index = this.#buffer.indexOf(byte);
    return index >= 0 && index < length;
  }

  #readAlone(path: string): SourceText | undefined {
    const source = readSourceFile(path, this.#options);
    if ('problem' in source) return source;
    this.bytesRead += source.bytes.length;
    const latin1 = source.bytes.toString('latin1');
    return this.#matters(path, source.bytes, latin1) ? this.#textOf(source.bytes, latin1) : undefined;
  }

  #textOf(bytes: Buffer, latin1: string): SourceText {
    return this.#options.anyBytes === true && latin1.includes('\0')
      ? { text: textOfAnyBytes(bytes, latin1) }
      : textOf(bytes, latin1);
  }

  #matters(path: string, bytes: Buffer, latin1: string): boolean {
    // A file with a NUL may be binary, which is reported.
    const isNamed = this.#words[sourceLanguage(path)].test(latin1) || latin1.includes('\0');
    return isNamed || this.#options.look?.isIn(bytes, latin1.length, latin1) === true;
  }

  /** Reads a file into the shared buffer. @returns its length; undefined if it does not fit, or cannot be read. */
  #readShared(path: string): number | undefined {
    try {
      return readListedFileSync(path, this.#buffer, this.#options);
    } catch {
      return undefined;
    }
  }
}

function textOf(bytes: Buffer, latin1: string): SourceText {
  const fit = checked(bytes);
  if ('problem' in fit) return fit;
  return { text: isAscii(bytes) ? latin1 : bytes.toString('utf8') };
}

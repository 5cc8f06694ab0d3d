import { randomInt } from 'node:crypto';
import { inspect } from 'node:util';
import { ExitCode, HumanError } from '../system/human-error.ts';
import { type Phrase, phrase } from '../system/phrase.ts';

/** Limit of AWS Secrets Manager, and half of that of Linux for one environment variable. In bytes of UTF-8. */
export const MAX_VALUE_BYTES = 65_536;

/**
 * A secret's value. It shows as `***` wherever text is made of it by accident; `reveal()` is the one way to
 * the text, so that every use can be found by searching for it.
 */
export class SecretValue {
  #text: string | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /**
   * Decodes strict UTF-8 and keeps every byte (a leading byte order mark too).
   *
   * @throws HumanError 65 if the bytes are not UTF-8.
   */
  static fromUtf8(bytes: Uint8Array, name: string): SecretValue {
    try {
      return new SecretValue(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    } catch {
      throw new HumanError(
        ExitCode.data,
        phrase`The value for ${name} is not UTF-8 text.`,
        phrase`Encode binary data first, for example with base64, and decode it in the task.`,
      );
    }
  }

  /** @throws Error if it was forgotten. */
  reveal(): string {
    if (this.#text === undefined) throw new Error('a value that was forgotten');
    return this.#text;
  }

  /** Lets go of the text, also if others still hold this object: the text is stored where it is needed. */
  forget(): void {
    this.#text = undefined;
  }

  /** Size in bytes of UTF-8. */
  get byteLength(): number {
    return Buffer.byteLength(this.reveal(), 'utf8');
  }

  /**
   * @throws HumanError 65 if no task could get this value: empty, with a NUL, a lone surrogate, or too long.
   */
  assertDeliverable(name: string): void {
    const problem = this.#problem(name);
    if (problem !== undefined) throw new HumanError(ExitCode.data, problem[0], problem[1]);
  }

  #problem(name: string): [Phrase, Phrase] | undefined {
    const text = this.reveal();
    if (text === '') return [phrase`The value of ${name} is empty.`, phrase`Give it at least one character.`];
    if (text.includes('\0')) {
      return [
        phrase`The value of ${name} has a NUL byte, which no environment variable can hold.`,
        phrase`Encode it first, for example with base64.`,
      ];
    }
    if (/\p{Surrogate}/u.test(text))
      return [phrase`The value of ${name} is not valid Unicode text.`, phrase`Set it again from UTF-8 text.`];
    const size = this.byteLength;
    if (size > MAX_VALUE_BYTES) {
      return [
        phrase`The value of ${name} has ${size} bytes; ${MAX_VALUE_BYTES} is the most a secret can have.`,
        phrase`Store a key to the data as the secret, and the data elsewhere.`,
      ];
    }
    return undefined;
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }

  [inspect.custom](): string {
    return '***';
  }
}

/** Number of characters of a generated value, unless another one is given. */
export const DEFAULT_LENGTH = 32;

/** Makes a random value of letters and digits. */
export function generateValue(length = DEFAULT_LENGTH): SecretValue {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  return new SecretValue(Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join(''));
}

// The data types of SSH (RFC 4251).

/** Reads them one after the other. Each call throws RangeError after the end. */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    this.#at += 1;
    return this.#bytes.readUInt8(this.#at - 1);
  }

  uint32(): number {
    this.#at += 4;
    return this.#bytes.readUInt32BE(this.#at - 4);
  }

  string(): Buffer {
    return this.bytes(this.uint32());
  }

  text(): string {
    return this.string().toString('latin1');
  }

  bytes(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw new RangeError('a length leads behind the end');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** A number of any size that is not negative: its bytes, without the zeros at the start. */
  positive(): Buffer {
    const bytes = this.string();
    const sign = bytes[0] ?? 0;
    // A zero at the start only keeps the number from being a negative one.
    const isShortest = sign !== 0 || (bytes.length > 1 && (bytes[1] ?? 0) >= 0x80);
    if (sign >= 0x80 || !isShortest) throw new RangeError('not a positive number');
    return sign === 0 ? bytes.subarray(1) : bytes;
  }
}

export function wireNumber(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Writes texts (ASCII) and bytes, each with its length. */
export const wireStrings = (...parts: readonly (string | Uint8Array)[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part)).flatMap((bytes) => [wireNumber(bytes.length), bytes]));

import {
  createDecipheriv,
  createHmac,
  type DecipherChaCha20Poly1305,
  hkdfSync,
  timingSafeEqual,
} from 'node:crypto';

// Reads small age files (age-encryption.org/v1) with Node.js alone: loading age-encryption takes longer than all other
// work of a command. That library writes them, and the tests compare this reader with it.

/** A recipient's part of the header. */
export interface Stanza {
  /** The type of the recipient and its arguments. */
  readonly args: readonly string[];
  readonly body: Buffer;
}

/**
 * Finds the key of the file in the stanzas that are for one identity.
 *
 * @returns undefined if there is none.
 * @throws Error if one of its type is malformed.
 */
export type KeyFinder = (stanzas: readonly Stanza[]) => Buffer | undefined;

const VERSION = 'age-encryption.org/v1';
const BEGIN = '-----BEGIN AGE ENCRYPTED FILE-----';
const END = '-----END AGE ENCRYPTED FILE-----';
const LINE_BYTES = 48;
const CHUNK_BYTES = 64 * 1024;
const TAG_BYTES = 16;
const NONCE_BYTES = 16;
/** Nonce of a payload that has one chunk: number 0, and the mark of the last one. */
const ONLY_CHUNK = Buffer.from('000000000000000000000001', 'hex');
/** Each file key is used once, so that the nonce need not differ. */
const NO_NONCE = Buffer.alloc(12);

/**
 * Decrypts an armored age file of at most 64 KiB.
 *
 * @param finders - one for each identity; the first that finds a key decides.
 * @throws Error if none finds a key, or the file is damaged.
 */
export function openAgeFile(armored: string, finders: readonly KeyFinder[]): Buffer {
  const file = dearmor(armored);
  const { stanzas, signed, mac, size } = readHeader(file);
  let fileKey: Buffer | undefined;
  for (const find of finders) fileKey ??= find(stanzas);
  if (fileKey === undefined) throw new Error('no identity matches a recipient');
  const expected = createHmac('sha256', derived(fileKey, '', 'header'))
    .update(signed)
    .digest();
  if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) throw new Error('invalid MAC');
  const nonce = file.subarray(size, size + NONCE_BYTES);
  const payload = file.subarray(size + NONCE_BYTES);
  if (nonce.length < NONCE_BYTES || payload.length > CHUNK_BYTES + TAG_BYTES)
    throw new Error('invalid payload');
  return decrypted(payload, decipherOf(derived(fileKey, nonce, 'payload'), ONLY_CHUNK));
}

/** Derives a key of 32 bytes by HKDF with SHA-256. */
export const derived = (secret: Uint8Array, salt: Uint8Array | string, label: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, salt, label, 32));

/**
 * @returns undefined if the body was made with another key.
 * @throws Error if it cannot hold a file's key, which has 16 bytes.
 */
export function unwrapFileKey(body: Buffer, key: Uint8Array): Buffer | undefined {
  if (body.length !== 16 + TAG_BYTES) throw new Error('invalid stanza');
  const decipher = decipherOf(key, NO_NONCE);
  try {
    return decrypted(body, decipher);
  } catch {
    return undefined;
  }
}

/** @throws Error where Node.js has no such cipher: in VS Code its cryptography is another one, and FIPS has none. */
export const decipherOf = (key: Uint8Array, nonce: Uint8Array): DecipherChaCha20Poly1305 =>
  createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG_BYTES });

function decrypted(bytes: Buffer, decipher: DecipherChaCha20Poly1305): Buffer {
  const end = bytes.length - TAG_BYTES;
  if (end < 0) throw new Error('too short');
  decipher.setAuthTag(bytes.subarray(end));
  return Buffer.concat([decipher.update(bytes.subarray(0, end)), decipher.final()]);
}

/** Decodes the bytes of an age file in ASCII armor, a strict subset of PEM. */
function dearmor(text: string): Buffer {
  const lines = text.trim().replaceAll('\r\n', '\n').split('\n');
  if (lines.shift() !== BEGIN || lines.pop() !== END) throw new Error('invalid armor');
  const last = lines.length - 1;
  if (lines.some((line, index) => (index < last ? line.length !== 64 : line.length > 64))) {
    throw new Error('invalid armor');
  }
  return fromBase64(lines.join(''));
}

/** Decodes base64 in its one canonical form. @throws Error for any other. */
function fromBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new Error('invalid base64');
  return bytes;
}

/** Decodes base64 without padding, in its one canonical form. @throws Error for any other. */
export function fromUnpadded(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64').replace(/=+$/, '') !== text) throw new Error('invalid base64');
  return bytes;
}

interface Header {
  readonly stanzas: readonly Stanza[];
  /** The bytes that the MAC covers. */
  readonly signed: Buffer;
  readonly mac: Buffer;
  /** Size of the whole header, in bytes. */
  readonly size: number;
}

function readHeader(file: Buffer): Header {
  let at = 0;
  const line = (): string => {
    const end = file.indexOf('\n', at);
    if (end === -1) throw new Error('invalid header');
    const text = file.subarray(at, end).toString('latin1');
    at = end + 1;
    return text;
  };
  if (line() !== VERSION) throw new Error('invalid version');
  const stanzas: Stanza[] = [];
  for (;;) {
    const start = at;
    const [mark, ...args] = line().split(' ');
    if (mark === '---' && args.length === 1) {
      return { stanzas, signed: file.subarray(0, start + 3), mac: fromUnpadded(args[0] ?? ''), size: at };
    }
    if (mark !== '->' || args.length === 0 || args.includes('')) throw new Error('invalid stanza');
    stanzas.push({ args, body: readBody(line) });
  }
}

/** Reads a body. It ends with the first line that is not full, which may be empty. */
function readBody(line: () => string): Buffer {
  const parts: Buffer[] = [];
  for (;;) {
    const part = fromUnpadded(line());
    if (part.length > LINE_BYTES) throw new Error('invalid stanza');
    parts.push(part);
    if (part.length < LINE_BYTES) return Buffer.concat(parts);
  }
}

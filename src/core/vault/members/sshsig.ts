import { createHash } from 'node:crypto';
import { printable } from '../../system/printable.ts';
import { type Phrase, phrase } from '../../system/phrase.ts';
import { wireNumber, WireReader, wireStrings } from '../ssh-wire.ts';
import { parseSshPublicKey, sshVerifier, wireOfKey } from './ssh-public-key.ts';

// Signatures as `ssh-keygen -Y sign` makes them. Format: OpenSSH, PROTOCOL.sshsig.

/** Purpose of all our signatures: one that somebody made for git or a file does not count here. */
export const NAMESPACE = 'nf-secrets';

const MAGIC = 'SSHSIG';
const VERSION = 1;
const BEGIN = '-----BEGIN SSH SIGNATURE-----\n';
const END = '\n-----END SSH SIGNATURE-----';
/** Longest signature, in characters: that of an RSA key of 8,192 bits has about 3,000. */
const LONGEST = 8192;
const DIGESTS = ['sha512', 'sha256'];

/** A key to sign with. */
export interface Signer {
  /** Its public half, as rosters have it: `ssh-ed25519 AAAA…` without a comment. */
  readonly publicKey: string;
  /**
   * Signs in our namespace.
   *
   * @returns an SSHSIG, armored as {@link exactArmor} does.
   * @throws HumanError 77 if the key cannot sign now: no agent has it, a wrong passphrase, no touch in time.
   */
  sign(message: Uint8Array): Promise<string>;
}

/** A signature that fits, or the reason that it does not: a clause about it, as "it is of other bytes". */
export type Verified = { readonly publicKey: string } | { readonly problem: Phrase };

interface Container {
  readonly publicKey: Buffer;
  readonly namespace: string;
  readonly reserved: Buffer;
  readonly digest: string;
  readonly signature: Buffer;
}

/**
 * Verifies a signature. Text after its END line is passed over, as ssh-keygen does.
 *
 * @returns the key that made it, as `ssh-ed25519 AAAA…` without a comment. The caller decides who has that key.
 */
export function verifySignature(armored: string, message: Uint8Array, namespace = NAMESPACE): Verified {
  const container = parse(armored);
  if (container === undefined) return { problem: phrase`it is no SSH signature` };
  if (container.namespace !== namespace) {
    const other = printable(container.namespace).slice(0, 60);
    return { problem: phrase`it was made for another purpose ("${other}")` };
  }
  const key = sshVerifier(container.publicKey);
  if (key === undefined) return { problem: phrase`its key is of a kind that is not accepted` };
  const signed = signedBytes(message, container);
  return key.verify(container.signature, signed)
    ? { publicKey: key.text }
    : { problem: phrase`it does not fit` };
}

/** Returns the key that a signature names, which proves nothing; undefined if it is no signature of a known kind. */
export function claimedKey(armored: string): string | undefined {
  const container = parse(armored);
  return container === undefined ? undefined : sshVerifier(container.publicKey)?.text;
}

/**
 * Reads an SSH public key of a kind that we verify, with or without a comment, and writes it as rosters have it: type
 * and key, without a comment. Undefined for anything else, also for RSA keys with less than 2048 bits.
 */
export const signingKeyOf = (text: string): string | undefined => parseSshPublicKey(text)?.text;

/**
 * Makes a signature.
 *
 * @param sign - signs bytes with the private half, in the form of SSH.
 */
export function makeSignature(
  message: Uint8Array,
  publicKey: string,
  sign: (data: Buffer) => Buffer,
): string {
  const parts = {
    publicKey: wireOfKey(publicKey),
    namespace: NAMESPACE,
    reserved: Buffer.alloc(0),
    digest: 'sha512',
  };
  const { namespace, reserved, digest } = parts;
  const signature = sign(signedBytes(message, parts));
  const blob = Buffer.concat([
    Buffer.from(MAGIC),
    wireNumber(VERSION),
    wireStrings(parts.publicKey, namespace, reserved, digest, signature),
  ]);
  return armored(blob);
}

/** Writes the bytes of a signature as text, which ends with a newline. */
export const armored = (blob: Uint8Array): string =>
  `${BEGIN}${Buffer.from(blob)
    .toString('base64')
    .replace(/.{70}(?=.)/g, '$&\n')}${END}\n`;

/** Returns the bytes of a signature, and the text after it; undefined if there is none. */
export function dearmored(text: string): { readonly blob: Buffer; readonly after: string } | undefined {
  const end = text.slice(0, LONGEST).indexOf(END);
  if (!text.startsWith(BEGIN) || end < 0) return undefined;
  const encoded = text.slice(BEGIN.length, end).replaceAll('\n', '');
  const blob = Buffer.from(encoded, 'base64');
  // One text for the same bytes, but for its lines.
  if (blob.toString('base64') !== encoded) return undefined;
  return { blob, after: text.slice(end + END.length) };
}

/** Writes a signature as we do: one text for the same bytes, and nothing after it. */
export function exactArmor(text: string): string | undefined {
  const blob = dearmored(text)?.blob;
  return blob && armored(blob);
}

function parse(text: string): Container | undefined {
  const blob = dearmored(text)?.blob;
  if (blob === undefined) return undefined;
  try {
    const reader = new WireReader(blob);
    if (reader.bytes(MAGIC.length).toString('latin1') !== MAGIC || reader.uint32() !== VERSION)
      return undefined;
    const container = {
      publicKey: reader.string(),
      namespace: reader.string().toString('utf8'),
      reserved: reader.string(),
      digest: reader.text(),
      signature: reader.string(),
    };
    return reader.atEnd && DIGESTS.includes(container.digest) ? container : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function signedBytes(
  message: Uint8Array,
  { namespace, reserved, digest }: Pick<Container, 'namespace' | 'reserved' | 'digest'>,
): Buffer {
  const hash = createHash(digest).update(message).digest();
  return Buffer.concat([Buffer.from(MAGIC), wireStrings(namespace, reserved, digest, hash)]);
}

export { keyFingerprint } from './ssh-public-key.ts';

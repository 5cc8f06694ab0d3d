import { createHash, createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import { wireNumber, WireReader } from '../ssh-wire.ts';

// Public keys of SSH and what they sign: RFC 4253 (RSA), RFC 5656 (ECDSA), RFC 8332 (RSA with SHA-2), RFC 8709 (Ed25519),
// OpenSSH's PROTOCOL.u2f (keys in hardware, `sk-…`). DSA and SHA-1 are left out.

/** Fewest and most bits of an RSA key. */
const RSA_BITS = { least: 2048, most: 8192 };
/** Largest exponent, in bytes: it and the size decide how long one look takes. */
const RSA_EXPONENT = 4;
const CURVES: Readonly<Record<string, Curve>> = {
  nistp256: { crv: 'P-256', digest: 'sha256', size: 32 },
  nistp384: { crv: 'P-384', digest: 'sha384', size: 48 },
  nistp521: { crv: 'P-521', digest: 'sha512', size: 66 },
};
const RSA_DIGESTS: Readonly<Record<string, string>> = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' };

interface Curve {
  readonly crv: string;
  readonly digest: string;
  /** Bytes of a coordinate. */
  readonly size: number;
}

/** A public key of SSH that signatures can be verified with. */
export interface SshVerifier {
  /** Type and key, as in files `.pub`, without a comment. */
  readonly text: string;
  /** Tells whether a signature in the form of SSH is over these bytes. */
  verify(signature: Buffer, data: Buffer): boolean;
}

type Check = (blob: Buffer, data: Buffer, format: string) => boolean;

/** @returns undefined if it is damaged, or of a kind that is not verified. */
export function sshVerifier(wire: Buffer): SshVerifier | undefined {
  try {
    const reader = new WireReader(wire);
    const type = reader.text();
    const isInHardware = type.startsWith('sk-');
    const check = checkOf(type.replace(/^sk-(.*)@openssh\.com$/, 'sk $1'), reader);
    const application = isInHardware ? reader.string() : undefined;
    if (check === undefined || !reader.atEnd) return undefined;
    return {
      text: `${type} ${wire.toString('base64')}`,
      verify: (signature, data) => {
        try {
          return verifyWith(check, signature, data, { type, application });
        } catch (error) {
          if (isDamage(error)) return false;
          throw error;
        }
      },
    };
  } catch (error) {
    if (isDamage(error)) return undefined;
    throw error;
  }
}

/** Something is cut off, or is a point that is not on its curve: no key, no signature. */
const isDamage = (error: unknown): boolean =>
  error instanceof RangeError ||
  (error instanceof Error && 'code' in error && /^ERR_(OSSL|CRYPTO|INVALID_ARG)/.test(String(error.code)));

/** Reads a line as in files `.pub`, with or without a comment. */
export function parseSshPublicKey(text: string): SshVerifier | undefined {
  const [, type, encoded = ''] =
    /^([a-z0-9@.-]{1,64}) ([A-Za-z0-9+/]{1,16384}={0,2})(?:[ \t].*)?$/.exec(text.trim()) ?? [];
  const wire = Buffer.from(encoded, 'base64');
  const key = encoded === '' ? undefined : sshVerifier(wire);
  return key?.text === `${type ?? ''} ${encoded}` ? key : undefined;
}

function checkOf(type: string, reader: WireReader): Check | undefined {
  switch (type) {
    case 'ssh-ed25519':
    case 'sk ssh-ed25519':
      return ed25519(reader);
    case 'ssh-rsa':
      return rsa(reader);
    case 'sk ecdsa-sha2-nistp256':
    case 'ecdsa-sha2-nistp256':
    case 'ecdsa-sha2-nistp384':
    case 'ecdsa-sha2-nistp521':
      return ecdsa(type.replace(/^.*-/, ''), reader);
    default:
      return undefined;
  }
}

const keyOf = (key: JsonWebKey): ReturnType<typeof createPublicKey> =>
  createPublicKey({ key, format: 'jwk' });

function ed25519(reader: WireReader): Check | undefined {
  const point = reader.string();
  if (point.length !== 32) return undefined;
  const key = keyOf({ kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') });
  return (blob, data) => blob.length === 64 && verify(null, data, key, blob);
}

function rsa(reader: WireReader): Check | undefined {
  const exponent = reader.positive();
  const modulus = reader.positive();
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  if (bits < RSA_BITS.least || bits > RSA_BITS.most || exponent.length > RSA_EXPONENT) return undefined;
  const key = keyOf({ kty: 'RSA', n: modulus.toString('base64url'), e: exponent.toString('base64url') });
  return (blob, data, format) => {
    const digest = RSA_DIGESTS[format];
    if (digest === undefined || blob.length > modulus.length) return false;
    // Some signers leave zeros at the start out.
    return verify(digest, data, key, leftPadded(blob, modulus.length));
  };
}

function ecdsa(name: string, reader: WireReader): Check | undefined {
  const curve = CURVES[name];
  const named = reader.text();
  const point = reader.string();
  if (curve === undefined || named !== name || point.length !== 2 * curve.size + 1 || point[0] !== 4)
    return undefined;
  const coordinate = (from: number): string => point.subarray(from, from + curve.size).toString('base64url');
  const key = keyOf({ kty: 'EC', crv: curve.crv, x: coordinate(1), y: coordinate(1 + curve.size) });
  return (blob, data) => {
    const numbers = new WireReader(blob);
    const halves = [numbers.positive(), numbers.positive()];
    if (!numbers.atEnd || halves.some((half) => half.length > curve.size)) return false;
    const signature = Buffer.concat(halves.map((half) => leftPadded(half, curve.size)));
    return verify(curve.digest, data, { key, dsaEncoding: 'ieee-p1363' }, signature);
  };
}

const leftPadded = (bytes: Buffer, size: number): Buffer =>
  Buffer.concat([Buffer.alloc(size - bytes.length), bytes]);

function verifyWith(
  check: Check,
  signature: Buffer,
  data: Buffer,
  { type, application }: { readonly type: string; readonly application: Buffer | undefined },
): boolean {
  const reader = new WireReader(signature);
  const format = reader.text();
  const blob = reader.string();
  if (type === 'ssh-rsa' ? RSA_DIGESTS[format] === undefined : format !== type) return false;
  if (application === undefined) return reader.atEnd && check(blob, data, format);
  const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();
  // What hardware signs: its application, whether it was touched, how often it has signed, and the data.
  const flags = Buffer.from([reader.byte()]);
  const counter = wireNumber(reader.uint32());
  const signed = Buffer.concat([sha256(application), flags, counter, sha256(data)]);
  return reader.atEnd && check(blob, signed, format);
}

/** The fingerprint of a key, as `ssh-keygen -l` shows it. */
export function keyFingerprint(publicKey: string): string {
  return `SHA256:${createHash('sha256').update(wireOfKey(publicKey)).digest('base64').replace(/=+$/, '')}`;
}

/** The form in which SSH sends a key. */
export const wireOfKey = (publicKey: string): Buffer => Buffer.from(publicKey.split(' ')[1] ?? '', 'base64');

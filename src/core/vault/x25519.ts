import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';

// X25519 (RFC 7748) on bytes: Node.js takes its keys only in containers. That of RFC 8037 (JWK) is read by Node.js
// itself; for those of RFC 8410 OpenSSL gets its decoders ready, which takes as long as a command needs besides.

const TYPE = { kty: 'OKP', crv: 'X25519' } as const;
const BYTES = 32;

function encoded(bytes: Uint8Array): string {
  if (bytes.length !== BYTES) throw new Error(`X25519 has keys of ${BYTES} bytes`);
  return Buffer.from(bytes).toString('base64url');
}

/** Node.js asks for the public half, too, and uses the secret one alone. */
const privateKey = (scalar: Uint8Array): KeyObject =>
  createPrivateKey({ key: { ...TYPE, d: encoded(scalar), x: '' }, format: 'jwk' });

/** Computes the public point of a secret scalar. Both have 32 bytes. */
export function publicPoint(scalar: Uint8Array): Buffer {
  const { x = '' } = createPublicKey(privateKey(scalar)).export({ format: 'jwk' });
  return Buffer.from(x, 'base64url');
}

/**
 * Computes the secret that two keys share, 32 bytes.
 *
 * @throws Error if the point has a low order, so that the secret would be the same for everybody.
 */
export function sharedSecret(scalar: Uint8Array, point: Uint8Array): Buffer {
  const publicKey = createPublicKey({ key: { ...TYPE, x: encoded(point) }, format: 'jwk' });
  return diffieHellman({ privateKey: privateKey(scalar), publicKey });
}

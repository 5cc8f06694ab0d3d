import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';

// X25519 (RFC 7748) on bytes: Node.js takes its keys only in the containers of RFC 8410.

const PRIVATE_KEY = Buffer.from('302e020100300506032b656e04220420', 'hex');
const PUBLIC_KEY = Buffer.from('302a300506032b656e032100', 'hex');

const privateKey = (scalar: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PRIVATE_KEY, scalar]), format: 'der', type: 'pkcs8' });

/** Computes the public point of a secret scalar. Both have 32 bytes. */
export function publicPoint(scalar: Uint8Array): Buffer {
  const container = createPublicKey(privateKey(scalar)).export({ format: 'der', type: 'spki' });
  return container.subarray(PUBLIC_KEY.length);
}

/**
 * Computes the secret that two keys share, 32 bytes.
 *
 * @throws Error if the point has a low order, so that the secret would be the same for everybody.
 */
export function sharedSecret(scalar: Uint8Array, point: Uint8Array): Buffer {
  const publicKey = createPublicKey({
    key: Buffer.concat([PUBLIC_KEY, point]),
    format: 'der',
    type: 'spki',
  });
  return diffieHellman({ privateKey: privateKey(scalar), publicKey });
}

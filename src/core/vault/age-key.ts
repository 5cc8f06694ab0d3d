import { bech32 } from '@scure/base';
import { decipherOf, derived, fromUnpadded, type KeyFinder, unwrapFileKey } from './age-file.ts';
import { publicPoint, sharedSecret } from './x25519.ts';

const LABEL = 'age-encryption.org/v1/X25519';

/**
 * Tells whether this Node.js can open age files by itself. Else age-encryption has to: VS Code's own Node.js is built on
 * BoringSSL, which does not offer ChaCha20-Poly1305 in this way.
 */
export function canOpenNatively(): boolean {
  isNative ??= works();
  return isNative;
}

let isNative: boolean | undefined;

function works(): boolean {
  const [mine, yours] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  try {
    decipherOf(mine, Buffer.alloc(12));
    return sharedSecret(mine, publicPoint(yours)).equals(sharedSecret(yours, publicPoint(mine)));
  } catch {
    return false;
  }
}

/** Computes the public half (`age1…`) of an age key (`AGE-SECRET-KEY-1…`). @throws Error if it is none. */
export function ageRecipient(key: string): string {
  return bech32.encodeFromBytes('age', publicPoint(scalarOf(key)));
}

/** Finds the keys of files that were encrypted to an age key (`AGE-SECRET-KEY-1…`). */
export function ageKeyFinder(key: string): KeyFinder {
  const scalar = scalarOf(key);
  const own = publicPoint(scalar);
  return (stanzas) => {
    for (const { args, body } of stanzas) {
      if (args[0] !== 'X25519') continue;
      const share = fromUnpadded(args[1] ?? '');
      if (args.length !== 2 || share.length !== 32) throw new Error('invalid X25519 stanza');
      const secret = sharedSecret(scalar, share);
      const fileKey = unwrapFileKey(body, derived(secret, Buffer.concat([share, own]), LABEL));
      if (fileKey !== undefined) return fileKey;
    }
    return undefined;
  };
}

function scalarOf(key: string): Uint8Array {
  const { prefix, bytes } = bech32.decodeToBytes(key);
  if (!key.startsWith('AGE-SECRET-KEY-1') || prefix !== 'age-secret-key-' || bytes.length !== 32) {
    throw new Error('not an age key');
  }
  return bytes;
}

import { createHash, randomBytes } from 'node:crypto';
import type { Recipient, Stanza } from 'age-encryption';
import { derived, fromUnpadded, type KeyFinder, toUnpadded, unwrapFileKey, wrapFileKey } from './age-file.ts';
import { sshFingerprint, type SshKey, type SshPublicKey } from './ssh-key.ts';
import { publicPoint, sharedSecret } from './x25519.ts';

// age's recipients of the type ssh-ed25519, which age-encryption leaves out. The format is that of age's package
// `agessh`: the SSH key is used as one of X25519, on the curve that is the same in other coordinates (RFC 7748, 4.1).

const LABEL = 'age-encryption.org/v1/ssh-ed25519';
const TYPE = 'ssh-ed25519';
/** The prime of both curves. */
const P = 2n ** 255n - 19n;

/** Encrypts to an SSH key. */
export class SshRecipient implements Recipient {
  readonly #key: SshPublicKey;

  constructor(key: SshPublicKey) {
    this.#key = key;
  }

  async wrapFileKey(fileKey: Uint8Array): Promise<Stanza[]> {
    const { Stanza } = await import('age-encryption');
    const point = montgomeryPoint(this.#key.point);
    const ephemeral = randomBytes(32);
    const share = publicPoint(ephemeral);
    const shared = tweaked(sharedSecret(ephemeral, point), this.#key);
    const body = wrapFileKey(fileKey, wrapKey(shared, share, point));
    return [new Stanza([TYPE, sshFingerprint(this.#key), toUnpadded(share)], body)];
  }
}

/** Finds the keys of files that were encrypted to an SSH key. */
export function sshKeyFinder({ seed, publicKey }: SshKey): KeyFinder {
  const fingerprint = sshFingerprint(publicKey);
  return (stanzas) => {
    for (const { args, body } of stanzas) {
      if (args[0] !== TYPE || args.length !== 3 || args[1] !== fingerprint) continue;
      const share = fromUnpadded(args[2] ?? '');
      if (share.length !== 32) throw new Error('malformed ssh-ed25519 stanza');
      // The scalar of an Ed25519 key (RFC 8032, 5.1.5).
      const scalar = createHash('sha512').update(seed).digest().subarray(0, 32);
      const shared = tweaked(sharedSecret(scalar, share), publicKey);
      const fileKey = unwrapFileKey(body, wrapKey(shared, share, montgomeryPoint(publicKey.point)));
      // No key found: another key has the same four bytes in its name.
      if (fileKey !== undefined) return fileKey;
    }
    return undefined;
  };
}

/** Binds the secret to the SSH key, whose point several keys may share. */
function tweaked(shared: Uint8Array, { wire }: SshPublicKey): Buffer {
  return sharedSecret(derived(Buffer.alloc(0), wire, LABEL), shared);
}

const wrapKey = (shared: Uint8Array, share: Uint8Array, point: Uint8Array): Buffer =>
  derived(shared, Buffer.concat([share, point]), LABEL);

/** Turns a point of Ed25519 into one of X25519: u = (1 + y) / (1 - y). Both are 32 bytes, little-endian. */
function montgomeryPoint(point: Uint8Array): Buffer {
  const y = BigInt(`0x${Buffer.from(point).reverse().toString('hex')}`) & (2n ** 255n - 1n);
  const u = ((1n + y) * inverse((P + 1n - (y % P)) % P)) % P;
  return Buffer.from(u.toString(16).padStart(64, '0'), 'hex').reverse();
}

/** Inverts a number by Fermat's little theorem. */
function inverse(number: bigint): bigint {
  let result = 1n;
  let base = number;
  for (let exponent = P - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % P;
    base = (base * base) % P;
  }
  return result;
}

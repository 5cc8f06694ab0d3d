import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { type Identity, type Recipient, Stanza } from 'age-encryption';
import { sshFingerprint, type SshKey, type SshPublicKey } from './ssh-key.ts';

// age's recipients of the type ssh-ed25519, which age-encryption leaves out. The format is that of age's package
// `agessh`; the libraries are those that age-encryption itself uses for X25519.

const LABEL = Buffer.from('age-encryption.org/v1/ssh-ed25519');
const TYPE = 'ssh-ed25519';

/** Encrypts to an SSH key. */
export class SshRecipient implements Recipient {
  readonly #key: SshPublicKey;

  constructor(key: SshPublicKey) {
    this.#key = key;
  }

  wrapFileKey(fileKey: Uint8Array): Stanza[] {
    const point = ed25519.utils.toMontgomery(this.#key.point);
    const ephemeral = x25519.utils.randomSecretKey();
    const share = x25519.getPublicKey(ephemeral);
    const shared = tweaked(x25519.getSharedSecret(ephemeral, point), this.#key);
    const body = chacha20poly1305(wrapKey(shared, share, point), new Uint8Array(12)).encrypt(fileKey);
    return [new Stanza([TYPE, sshFingerprint(this.#key), unpadded(share)], body)];
  }
}

/** Opens files that were encrypted to an SSH key. */
export class SshIdentity implements Identity {
  readonly #key: SshKey;

  constructor(key: SshKey) {
    this.#key = key;
  }

  unwrapFileKey(stanzas: Stanza[]): Uint8Array | null {
    const { seed, publicKey } = this.#key;
    const ours = stanzas.filter(
      ({ args }) => args[0] === TYPE && args.length === 3 && args[1] === sshFingerprint(publicKey),
    );
    for (const { args, body } of ours) {
      const share = Buffer.from(args[2] ?? '', 'base64');
      if (share.length !== 32 || body.length !== 32) throw new Error('malformed ssh-ed25519 stanza');
      const secret = ed25519.utils.toMontgomerySecret(seed);
      const shared = tweaked(x25519.getSharedSecret(secret, share), publicKey);
      const key = wrapKey(shared, share, ed25519.utils.toMontgomery(publicKey.point));
      try {
        return chacha20poly1305(key, new Uint8Array(12)).decrypt(body);
      } catch {
        // Another key with the same four bytes in its name.
      }
    }
    return null;
  }
}

/** Binds the secret to the SSH key, whose point several keys may share. */
function tweaked(shared: Uint8Array, { wire }: SshPublicKey): Uint8Array {
  return x25519.getSharedSecret(hkdf(sha256, new Uint8Array(0), wire, LABEL, 32), shared);
}

function wrapKey(shared: Uint8Array, share: Uint8Array, point: Uint8Array): Uint8Array {
  return hkdf(sha256, shared, Buffer.concat([share, point]), LABEL, 32);
}

const unpadded = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replace(/=+$/, '');

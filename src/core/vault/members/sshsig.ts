import type { Phrase } from '../../system/phrase.ts';

/** Purpose of all our signatures: one that somebody made for git or a file does not count here. */
export const NAMESPACE = 'nf-secrets';

/** A signature that fits, or the reason that it does not: a clause about it, as "it is of another file". */
export type Verified = { readonly publicKey: string } | { readonly problem: Phrase };

/**
 * Verifies a signature as `ssh-keygen -Y sign` makes it. Text after its END line is passed over, as ssh-keygen does.
 * Format: OpenSSH, PROTOCOL.sshsig.
 *
 * @returns the key that made it, as `ssh-ed25519 AAAA…` without a comment. The caller decides who has that key.
 */
export function verifySignature(_armored: string, _message: Uint8Array, _namespace = NAMESPACE): Verified {
  throw new Error('not yet');
}

/** Returns the key that a signature names, which proves nothing; undefined if it is no signature. */
export function claimedKey(_armored: string): string | undefined {
  throw new Error('not yet');
}

/**
 * Reads an SSH public key of a kind that we verify, with or without a comment, and writes it as rosters have it: type
 * and key, without a comment. Undefined for anything else, also for RSA keys with less than 2048 bits.
 */
export function signingKeyOf(_text: string): string | undefined {
  throw new Error('not yet');
}

/** Returns the fingerprint of a public key, as `ssh-keygen -l` shows it: `SHA256:…`. */
export function keyFingerprint(_publicKey: string): string {
  throw new Error('not yet');
}

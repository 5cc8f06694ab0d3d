import type { World } from '../../system/world.ts';

/** A key to sign with. */
export interface Signer {
  /** Its public half, as rosters have it: `ssh-ed25519 AAAA…` without a comment. */
  readonly publicKey: string;
  /**
   * Signs in our namespace.
   *
   * @returns an armored SSHSIG that ends with a newline.
   * @throws HumanError 77 if the key cannot sign now: no agent has it, a wrong passphrase, no touch in time.
   */
  sign(message: Uint8Array): Promise<string>;
}

/**
 * Finds the private half of a key: our own (`signing-key` in the tool home), one in `~/.ssh`, one of an SSH agent.
 *
 * @param publicKey - `signingKey` of the person's member.
 * @throws HumanError 77 that names the key and where it was looked for; as {@link ownSigner} for our own.
 */
export function findSigner(_world: World, _publicKey: string): Promise<Signer> {
  return Promise.reject(new Error('not yet'));
}

/**
 * Loads the person's own ed25519 key in the tool home, which is made if there is none.
 *
 * @throws HumanError 65 if it is damaged, 73 if it cannot be made, 77 if others can read or replace it.
 */
export function ownSigner(_world: World): Promise<Signer> {
  return Promise.reject(new Error('not yet'));
}

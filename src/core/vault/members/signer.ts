import type { World } from '../../system/world.ts';
import { ensureOwnKey, findOwnKey } from './own-key.ts';
import type { Signer } from './sshsig.ts';

export type { Signer } from './sshsig.ts';

/**
 * Finds the private half of a key: our own (`signing-key` in the tool home), one in `~/.ssh` or in a file that was named before, one of an
 * SSH agent.
 *
 * @param publicKey - `signingKey` of the person's member.
 * @param file - absolute path of its public half, if the person has named one; it is found again without.
 * @throws HumanError 77 that names the key and where it was looked for; as {@link ownSigner} for our own.
 */
export async function findSigner(world: World, publicKey: string, file?: string): Promise<Signer> {
  const own = publicKey.startsWith('ssh-ed25519 ') ? await findOwnKey(publicKey, world) : undefined;
  if (own !== undefined) return own;
  return (await import('./ssh-signer.ts')).sshSigner(publicKey, world, file);
}

/**
 * Loads the person's own ed25519 key in the tool home, which is made if there is none.
 *
 * @throws HumanError 65 if it is damaged, 73 if it cannot be made, 77 if others can read or replace it.
 */
export const ownSigner = (world: World): Promise<Signer> => ensureOwnKey(world);

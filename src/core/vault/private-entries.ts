import { SecretValue } from '../secrets/secret-value.ts';
import { phrase } from '../system/phrase.ts';
import type { World } from '../system/world.ts';
import { author } from './author.ts';
import { loadIdentities } from './identity.ts';
import { noticeUse } from './own-vault.ts';
import { assertOwnVault, readVault, unlock, vaultNow } from './read-vault.ts';
import { leafText } from './sops-leaf.ts';
import { updateVault } from './update-vault.ts';
import { ensureAccepted } from './vault.ts';
import { damaged } from './vault-error.ts';
import { userVault } from './vault-location.ts';
import { encryptedSecrets, privateLeaf, privatePath } from './vault-shape.ts';

/*
 * Texts in the user's vault that are no secrets of pipelines, such as the token of a login: no launch gets them, and no
 * list, export or copy has them. They are beside the secrets, under `private`.
 */

/**
 * Reads such a text.
 *
 * @returns undefined if there is none, or no vault yet.
 * @throws HumanError 65, 74, 77 as the vault's secrets.
 */
export async function readPrivate(entry: string, world: World): Promise<SecretValue | undefined> {
  const location = userVault(world);
  await assertOwnVault(location, world);
  const files = await readVault(location, world);
  if (files === undefined) return undefined;
  const { document, real } = files;
  encryptedSecrets(document);
  const leaf = privateLeaf(document, entry);
  if (leaf === undefined) return undefined;
  const identities = await loadIdentities(world, document.recipients);
  const vault = await unlock(files, identities, world);
  await noticeUse(vaultNow(vault, files, identities), real, identities, world);
  const text = leafText(vault.decrypt(leaf, privatePath(entry)));
  if (text === undefined) throw damaged(document.path, phrase`the entry ${entry} in it is not text`);
  return new SecretValue(text);
}

/** Tells whether there is such a text. Decrypts nothing. */
export async function hasPrivate(entry: string, world: World): Promise<boolean> {
  const location = userVault(world);
  await assertOwnVault(location, world);
  const files = await readVault(location, world);
  return files !== undefined && privateLeaf(files.document, entry) !== undefined;
}

/**
 * Keeps such a text, or removes it. Makes the vault if there is none.
 *
 * @throws HumanError 65, 73, 74, 77 as for a secret.
 */
export async function writePrivate(
  entry: string,
  text: SecretValue | undefined,
  world: World,
): Promise<void> {
  const location = userVault(world);
  await ensureAccepted(location, false, world);
  await updateVault(location, world, await author(world), (draft) => {
    draft.setPrivate(entry, text);
  });
}

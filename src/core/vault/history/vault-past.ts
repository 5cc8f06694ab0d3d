import type { KeptPast, Undone } from '../../secrets/writable-store.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import type { World } from '../../system/world.ts';
import { author } from '../author.ts';
import { loadIdentities } from '../identity.ts';
import { assertOwnVault, readVault, unlock } from '../read-vault.ts';
import { updateVault } from '../update-vault.ts';
import type { VaultLocation } from '../vault-location.ts';
import { encryptedSecrets } from '../vault-shape.ts';
import { versionsOf } from './draft-past.ts';
import { deletedNames } from './kept-values.ts';

/** The past of the secrets of a user's vault, which the vault has itself: see kept-values.ts. */
export function vaultPast(location: VaultLocation, world: World): KeptPast {
  const deleted = async (): Promise<Map<string, string>> => {
    await assertOwnVault(location, world);
    const document = (await readVault(location, world))?.document;
    if (document === undefined) return new Map();
    const leaves = encryptedSecrets(document);
    return deletedNames(document.tree, (name) => leaves.has(name), world.now());
  };
  const noSecret = (name: string): HumanError =>
    new HumanError(
      ExitCode.missing,
      phrase`${printable(location.path)} has no secret ${printable(name)}, and no earlier value of it.`,
    );
  return {
    deleted,
    history: async (name) => {
      await assertOwnVault(location, world);
      const files = await readVault(location, world);
      if (files === undefined) throw noSecret(name);
      const leaves = encryptedSecrets(files.document);
      const identities = await loadIdentities(world, files.document.recipients);
      const versions = versionsOf(await unlock(files, identities, world), name);
      if (versions.length === 0) throw noSecret(name);
      const isDeleted = !leaves.has(name);
      const deletedUntil = isDeleted ? ((await deleted()).get(name) ?? null) : null;
      return { versions, deletedUntil, isDeleted };
    },
    undo: async (name, to) => {
      const outcome: { undone: Undone } = { undone: { what: 'deletion' } };
      await updateVault(location, world, await author(world), (draft) => {
        outcome.undone = draft.putBack(name, to);
      });
      return outcome.undone;
    },
    forget: async (names) => {
      const counts = new Map<string, number>();
      await updateVault(location, world, await author(world), (draft) => {
        for (const name of names) {
          const count = draft.forget(name);
          if (count === 0 && !draft.has(name)) throw noSecret(name);
          counts.set(name, count);
        }
      });
      return counts;
    },
  };
}

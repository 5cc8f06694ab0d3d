import type { VaultScope } from '../secrets/scope.ts';
import type { WritableStore } from '../secrets/writable-store.ts';
import type { World } from '../system/world.ts';
import { author } from '../vault/author.ts';
import {
  addName,
  assertAsSeen,
  deleteIfStill,
  deleteSecrets,
  renameSecret,
  restoreSecrets,
} from '../vault/change-secrets.ts';
import { keptUntil } from '../vault/history/kept-values.ts';
import { gitPast } from '../vault/history/git-past.ts';
import { vaultPast } from '../vault/history/vault-past.ts';
import { assertMayWrite } from '../vault/open-to-write.ts';
import { updateVault } from '../vault/update-vault.ts';
import { ensureAccepted, readSecret } from '../vault/vault.ts';
import { vaultOf, vaultStore } from '../vault/vault-store.ts';
import { importInto, previewImport } from './import-secrets.ts';

/** Opens the vault of a user or workspace as a store that we write. @param workspace - as of {@link vaultStore}. */
export function writableVault(scope: VaultScope, workspace: string, world: World): WritableStore {
  const location = vaultOf(scope, workspace, world);
  const by = (): Promise<string> => author(world);
  return {
    ...vaultStore(scope, workspace, world),
    scope,
    hasTrash: scope === 'user',
    keepsExpiry: true,
    past: scope === 'user' ? vaultPast(location, world) : gitPast(location, world),
    assertMayWrite: () => assertMayWrite(location, world),
    ensureAccepted: (accept) => ensureAccepted(location, accept, world),
    set: async (name, value, { replaces, ...given } = {}) => {
      const outcome: { done: 'created' | 'updated' } = { done: 'created' };
      await updateVault(location, world, await by(), (draft) => {
        if (replaces !== undefined) assertAsSeen(draft, name, replaces, ` in ${scope}`);
        outcome.done = draft.has(name) ? 'updated' : 'created';
        draft.set(name, value, given);
      });
      return outcome.done;
    },
    setDescription: async (name, description) =>
      updateVault(location, world, await by(), (draft) => {
        draft.set(name, draft.get(name).value, { description });
      }),
    delete: async (names) => {
      const { deleted, areKept } = await deleteSecrets(location, names, await by(), world);
      return {
        until: areKept ? keptUntil(world.now()) : undefined,
        undo: async () => restoreSecrets(location, deleted, await by(), world),
      };
    },
    addName: async (names) => addName(location, names, await by(), world),
    rename: async (rename) => renameSecret(location, rename, await by(), world),
    fetch: async (name) => {
      const { value, info } = await readSecret(location, name, world);
      return { value, description: info.description };
    },
    deleteIfStill: async (name, value) => deleteIfStill(location, { name, value }, await by(), world),
    previewImport: (given, ifDifferent) => previewImport(location, given, ifDifferent, world),
    importAll: async (given, ifDifferent, agreed) =>
      importInto(location, { given, ifDifferent, ...(agreed && { agreed }) }, await by(), world),
  };
}

import type { SecretStore } from '../secrets/secret-store.ts';
import type { World } from '../system/world.ts';
import { assertOwnVault } from './read-vault.ts';
import { listVault, openVaultForRun } from './vault.ts';
import { userVault, type VaultLocation, workspaceVault } from './vault-location.ts';
import { traitsOf, type VaultScope } from '../secrets/scope.ts';

/**
 * Opens the vault of a user or workspace as a store of secrets.
 *
 * @param workspace - absolute path; only of the scope `workspace`.
 */
export const vaultStore = (scope: VaultScope, workspace: string, world: World): SecretStore => ({
  scope,
  list: async () => {
    // Its path may be unknown, which matters only to code that reads it.
    const location = vaultOf(scope, workspace, world);
    await assertOwnVault(location, world);
    return listVault(location, world);
  },
  read: async ({ accept: acceptKeys } = {}) => {
    const location = vaultOf(scope, workspace, world);
    const opened = await openVaultForRun(location, world, { accept: acceptKeys });
    const { values, acceptance } = opened;
    if (!traitsOf(scope).isShared) return { values };
    return {
      values,
      acceptance: {
        path: location.path,
        isAccepted: acceptance === 'accepted',
        mayBeAnother: acceptance === 'data-key' || acceptance === 'roster',
        ensure: async (accept) => opened.ensureAccepted(accept),
      },
    };
  },
});

/** Location of a scope's file that we write. */
export const vaultOf = (scope: VaultScope, workspace: string, world: World): VaultLocation =>
  scope === 'user' ? userVault(world) : workspaceVault(workspace);

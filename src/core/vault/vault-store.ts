import type { SecretStore } from '../secrets/secret-store.ts';
import type { World } from '../system/world.ts';
import { assertOwnVault, listVault, openVaultForRun } from './vault.ts';
import { userVault, type VaultLocation, workspaceVault } from './vault-location.ts';
import { traitsOf, type VaultScope } from '../secrets/scope.ts';

/** The vault of a user or workspace as a store of secrets. */
export const vaultStore = (location: VaultLocation, world: World): SecretStore => ({
  scope: location.scope,
  list: async () => {
    await assertOwnVault(location, world);
    return listVault(location);
  },
  read: async () => {
    const opened = await openVaultForRun(location, world);
    const { values, standing } = opened;
    if (!traitsOf(location.scope).isShared) return { values };
    return {
      values,
      acceptance: {
        path: location.path,
        isAccepted: standing === 'accepted',
        mayBeAnother: standing === 'data-key',
        ensure: async (accept) => opened.ensureAccepted(accept),
      },
    };
  },
});

/** The file of a scope that we write. */
export const vaultOf = (scope: VaultScope, workspace: string, world: World): VaultLocation =>
  scope === 'user' ? userVault(world) : workspaceVault(workspace);

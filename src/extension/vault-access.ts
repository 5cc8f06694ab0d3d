import { l10n, Uri, window } from 'vscode';
import { author } from '../core/vault/author.ts';
import { vaultOf } from '../core/vault/vault-store.ts';
import type { VaultScope } from '../core/secrets/scope.ts';
import { ensureAccepted } from '../core/vault/vault.ts';
import type { VaultLocation } from '../core/vault/vault-location.ts';
import type { World } from '../core/system/world.ts';
import type { Services } from './services.ts';
import type { FolderWorkspace } from './state/secret-nodes.ts';

/** A vault of the window's, with what is needed to change it. */
export interface VaultAccess {
  readonly scope: VaultScope;
  readonly location: VaultLocation;
  readonly world: World;
  readonly workspace: FolderWorkspace | undefined;
}

/** @param workspace - of the scope `workspace`; for the user's the folder in which git says who we are. */
export function openAccess(
  scope: VaultScope,
  workspace: FolderWorkspace | undefined,
  { openWorld }: Services,
): VaultAccess {
  const world = openWorld(workspace === undefined ? undefined : Uri.parse(workspace.folder));
  return { scope, location: vaultOf(scope, workspace?.directory ?? '', world), world, workspace };
}

/**
 * Makes sure, with a modal question if need be, that the person accepts who can read a vault: before a value is
 * asked for, since nobody likes to type it twice.
 *
 * @throws HumanError 77 if it is not accepted.
 */
export async function acceptMembers({ location, world }: VaultAccess): Promise<void> {
  await ensureAccepted(location, false, world);
}

/** Changes a vault, with progress in the view, and shows the new state. */
export async function changing(
  services: Services,
  access: VaultAccess,
  change: (by: string) => Promise<unknown>,
): Promise<void> {
  const options = { location: { viewId: 'nextflowSecrets.secrets' }, title: l10n.t('Changing secrets') };
  await window.withProgress(options, async () => {
    await change(await author(access.world));
    await services.secrets.refresh();
  });
}

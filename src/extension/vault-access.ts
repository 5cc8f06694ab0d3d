import { Uri } from 'vscode';
import { author } from '../core/vault/author.ts';
import { vaultOf } from '../core/vault/vault-store.ts';
import type { VaultScope } from '../core/secrets/scope.ts';
import { assertMayWrite } from '../core/vault/open-to-write.ts';
import { changingStore } from './store-access.ts';
import { tellingWorld } from './telling-world.ts';
import { ensureAccepted } from '../core/vault/vault.ts';
import type { VaultLocation } from '../core/vault/vault-location.ts';
import type { World } from '../core/system/world.ts';
import type { Services } from './services.ts';
import type { FolderWorkspace } from './state/secret-nodes.ts';

/** A vault of the window, with everything that a change of it needs. */
export interface VaultAccess {
  readonly scope: VaultScope;
  readonly location: VaultLocation;
  readonly world: World;
  readonly workspace: FolderWorkspace | undefined;
  /** Shows what the core has told of so far, as a new identity. */
  readonly tell: () => void;
}

/** @param workspace - of the scope `workspace`; for the user's vault the folder in which git names the author. */
export function openAccess(
  scope: VaultScope,
  workspace: FolderWorkspace | undefined,
  { openWorld }: Services,
): VaultAccess {
  const base = openWorld(workspace === undefined ? undefined : Uri.parse(workspace.folder));
  const { world, tell } = tellingWorld(base);
  return { scope, location: vaultOf(scope, workspace?.directory ?? '', world), world, workspace, tell };
}

/**
 * Makes sure that the person accepts the members of a vault, with a modal question if need be. It comes before the
 * question for a value, so that nobody has to type a value twice.
 *
 * @throws HumanError 77 if it is not accepted, or the person's role does not allow changes.
 */
export async function acceptMembers({ location, world }: VaultAccess): Promise<void> {
  await assertMayWrite(location, world);
  await ensureAccepted(location, false, world);
}

/** Changes a vault, with progress in the view, and shows the new state. */
export async function changing(
  services: Services,
  access: VaultAccess,
  change: (by: string) => Promise<unknown>,
): Promise<void> {
  await changingStore(services, access, async () => change(await author(access.world)));
}

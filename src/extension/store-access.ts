import { l10n, Uri, window } from 'vscode';
import type { VaultScope } from '../core/secrets/scope.ts';
import type { WritableStore } from '../core/secrets/writable-store.ts';
import { writableStore } from '../core/stores/stores.ts';
import type { World } from '../core/system/world.ts';
import type { Services } from './services.ts';
import { serviceWorld } from './service-world.ts';
import type { FolderWorkspace } from './state/secret-nodes.ts';
import { tellingWorld } from './telling-world.ts';

/** A store of the window that can be changed, with everything that a change of it needs. */
export interface StoreAccess {
  readonly scope: VaultScope;
  readonly store: WritableStore;
  readonly world: World;
  readonly workspace: FolderWorkspace | undefined;
  /** Shows what the core has told of so far, as a new identity. */
  readonly tell: () => void;
}

/** @param workspace - of the scope `workspace`; for the user's vault the folder in which git names the author. */
export async function openStore(
  scope: VaultScope,
  workspace: FolderWorkspace | undefined,
  { openWorld }: Services,
): Promise<StoreAccess> {
  const folder = workspace === undefined ? undefined : Uri.parse(workspace.folder);
  const { world, tell } = tellingWorld(serviceWorld(openWorld(folder), folder));
  const store = await writableStore(scope, workspace?.directory ?? '', world);
  return { scope, store, world, workspace, tell };
}

/**
 * Makes sure that the person accepts a store as it is now, with a modal question if need be. It comes before the question
 * for a value, so that nobody has to type a value twice.
 *
 * @throws HumanError 77 if it is not accepted, or the person's role does not allow changes.
 */
export async function acceptStore({ store }: StoreAccess): Promise<void> {
  await store.assertMayWrite();
  await store.ensureAccepted(false);
}

/** Changes a store, with progress in the view, and shows the new state. */
export async function changingStore(
  services: Services,
  { scope, tell }: Pick<StoreAccess, 'scope' | 'tell'>,
  change: () => Promise<unknown>,
): Promise<void> {
  const options = { location: { viewId: 'nextflowSecrets.secrets' }, title: l10n.t('Changing secrets') };
  try {
    await window.withProgress(options, async () => {
      try {
        await change();
      } finally {
        // A change that failed in its middle is shown, too.
        await (scope === 'workspace' ? services.secrets.ask() : services.secrets.refresh());
      }
    });
  } finally {
    tell();
  }
}

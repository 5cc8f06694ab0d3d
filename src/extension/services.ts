import { type ExtensionContext, type LogOutputChannel, type Memento, Uri, window } from 'vscode';
import type { World } from '../core/system/world.ts';
import type { DisposableStore } from './disposables.ts';
import { ReferenceIndex } from './code/reference-index.ts';
import { SecretsOverview } from './state/secrets-overview.ts';
import { StoresModel } from './state/stores-model.ts';
import { openWorld } from './world.ts';

/** What the features share. */
export interface Services {
  readonly log: LogOutputChannel;
  readonly references: ReferenceIndex;
  readonly stores: StoresModel;
  /** Both of these, joined. */
  readonly secrets: SecretsOverview;
  /** What a launch was answered last time; never a value. */
  readonly remembered: Memento;
  /** A world for one action, see `openWorld`. */
  readonly openWorld: (folder: Uri | undefined) => World;
  /** The built command, absolute. */
  readonly cli: string;
}

/** Opens them without waiting for anything; the code is read in the background, with progress in the view. */
export function openServices(
  context: ExtensionContext,
  log: LogOutputChannel,
  store: DisposableStore,
): Services {
  const open = (folder: Uri | undefined): World => openWorld(log, folder);
  const references = store.add(new ReferenceIndex(log, open));
  const stores = store.add(new StoresModel(open, log));
  const secrets = store.add(new SecretsOverview(stores, references));
  setImmediate(() => {
    // What is set is known long before all code is read.
    void stores.refresh();
    void window.withProgress({ location: { viewId: 'nextflowSecrets.secrets' } }, () =>
      references.buildAll(),
    );
  });
  const cli = Uri.joinPath(context.extensionUri, 'dist', 'cli.js').fsPath;
  return { log, references, stores, secrets, remembered: context.workspaceState, openWorld: open, cli };
}

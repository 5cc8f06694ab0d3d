import {
  EventEmitter,
  type ExtensionContext,
  type LogOutputChannel,
  type Memento,
  Uri,
  window,
} from 'vscode';
import type { World } from '../core/system/world.ts';
import type { DisposableStore } from './disposables.ts';
import { Arrangement } from './state/arrangement.ts';
import { ReferenceIndex } from './code/reference-index.ts';
import { SecretsOverview } from './state/secrets-overview.ts';
import { StoresModel } from './state/stores-model.ts';
import { serviceWorld } from './service-world.ts';
import { ServiceStores } from './state/service-stores.ts';
import { openWorld } from './world.ts';

/** A secret that has another name now. */
export interface RenamedSecret {
  readonly from: string;
  readonly to: string;
}

/** Services that the features share. */
export interface Services {
  readonly log: LogOutputChannel;
  readonly references: ReferenceIndex;
  readonly stores: StoresModel;
  /** References and stores, joined. */
  readonly secrets: SecretsOverview;
  /** What the view of secrets shows of them. */
  readonly arrangement: Arrangement;
  /** Tells of each secret that got another name, in whatever way. */
  readonly renamed: EventEmitter<RenamedSecret>;
  /** Answers of the last launches; never a value. */
  readonly remembered: Memento;
  /** A world for one action, see `openWorld`. */
  readonly openWorld: (folder: Uri | undefined) => World;
  /** Absolute path of the built command. */
  readonly cli: string;
}

/** Opens the services and waits for nothing: the code is read in the background, with progress in the view. */
export function openServices(
  context: ExtensionContext,
  log: LogOutputChannel,
  store: DisposableStore,
): Services {
  const open = (folder: Uri | undefined): World => openWorld(log, folder);
  const references = store.add(new ReferenceIndex(log, open));
  const answers = store.add(
    new ServiceStores({
      log,
      openWorld: (folder) => serviceWorld(open(folder), folder),
      namesIn: async (folder) => {
        await references.ready();
        return [...references.usesIn(folder).keys()];
      },
    }),
  );
  store.add(
    references.onDidChange((change) => {
      if (change === 'files') answers.filesChanged();
    }),
  );
  const stores = store.add(new StoresModel(open, log, answers));
  const secrets = store.add(new SecretsOverview(stores, references));
  const arrangement = store.add(new Arrangement(secrets, context.workspaceState));
  const renamed = store.add(new EventEmitter<RenamedSecret>());
  setImmediate(() => {
    // The stores are read long before all code is.
    void stores.refresh();
    void window.withProgress({ location: { viewId: 'nextflowSecrets.secrets' } }, () =>
      references.buildAll(),
    );
  });
  const cli = Uri.joinPath(context.extensionUri, 'dist', 'cli.js').fsPath;
  const remembered = context.workspaceState;
  return { log, references, stores, secrets, arrangement, renamed, remembered, openWorld: open, cli };
}

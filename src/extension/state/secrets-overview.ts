import { EventEmitter, type Uri, workspace } from 'vscode';
import type { ReferenceIndex } from '../code/reference-index.ts';
import { DisposableStore } from '../disposables.ts';
import { joinSecrets, NOTHING_SHOWN, type SecretsSnapshot } from './join.ts';
import type { FolderSecrets } from './secret-states.ts';
import type { StoresModel } from './stores-model.ts';

/**
 * Secrets that are set, used or missing, for all folders of the window. The two models are joined again when one of
 * them changes. An event follows if the result has changed.
 */
export class SecretsOverview {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<void>());
  readonly onDidChange = this.#changed.event;
  #snapshot = NOTHING_SHOWN;
  #shown = '';

  constructor(
    private readonly stores: StoresModel,
    private readonly references: ReferenceIndex,
  ) {
    const join = (): void => {
      this.#join();
    };
    this.#store.add(stores.onDidChange(join));
    this.#store.add(references.onDidChange(join));
  }

  /** The last result; empty until the stores were read for the first time, see {@link refresh}. */
  get snapshot(): SecretsSnapshot {
    return this.#snapshot;
  }

  /** Reads the stores again. A service is not asked. */
  async refresh(): Promise<void> {
    await this.stores.refresh();
  }

  /** Reads the stores again, and waits for answers of services that are on their way. */
  async settle(): Promise<void> {
    await this.stores.refresh();
    await this.stores.services.settled();
    await this.stores.refresh();
  }

  /** Asks the services, too, and waits for their answers. */
  async ask(): Promise<void> {
    await this.stores.refresh();
    await this.stores.services.ask();
    await this.stores.refresh();
  }

  /**
   * Secrets that are set for the code of one folder.
   *
   * @param folder - its URI, as text; undefined for a window without a folder on a disk.
   * @returns undefined while the stores are being read for the first time, and for a folder that is not in the window.
   */
  inFolder(folder: string | undefined): FolderSecrets | undefined {
    return this.#snapshot.folders.find(({ of }) => of?.folder === folder);
  }

  /** Secrets that are set for a document, see {@link inFolder}. */
  at(uri: Uri): FolderSecrets | undefined {
    return this.inFolder(workspace.getWorkspaceFolder(uri)?.uri.toString());
  }

  dispose(): void {
    this.#store.dispose();
  }

  #join(): void {
    const { stores } = this.stores;
    if (stores.length === 0) return;
    const snapshot = joinSecrets(stores, this.references);
    const { roots, folders, uncertain } = snapshot;
    const shown = JSON.stringify([roots, [...uncertain]]);
    const isSame = folders.every((folder, index) => folder === this.#snapshot.folders[index]);
    // An equal result is not shown again: the view would flicker.
    if (isSame && shown === this.#shown) return;
    this.#snapshot = snapshot;
    this.#shown = shown;
    this.#changed.fire();
  }
}

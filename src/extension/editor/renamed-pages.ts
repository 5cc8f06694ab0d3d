import { type Disposable, type Tab, TabInputText, Uri, window, workspace } from 'vscode';
import { DisposableStore } from '../disposables.ts';
import { guarded } from '../error-boundary.ts';
import type { RenamedSecret, Services } from '../services.ts';
import { allSecrets } from '../state/secret-nodes.ts';
import { PAGE_SCHEME, pageUri, subjectOf } from './secret-page-uri.ts';

/**
 * Shows the page of the new name where that of the old one was. A page behind another editor follows when the person comes
 * back to it: VS Code can open nothing behind another one, and what a person types into must not go away.
 */
export class RenamedPages implements Disposable {
  readonly #store = new DisposableStore();
  /** The new name for each page behind another editor, by the page's URI. */
  readonly #behind = new Map<string, string>();

  /** @param onOpen - is called before a page is opened. */
  constructor(
    private readonly services: Services,
    private readonly onOpen: (page: Uri) => void,
  ) {
    const { log, renamed } = services;
    this.#store.add(renamed.event((one) => void guarded(log, () => this.#follow(one))));
    this.#store.add(window.tabGroups.onDidChangeTabs(() => void guarded(log, () => this.#catchUp())));
  }

  dispose(): void {
    this.#store.dispose();
  }

  async #follow({ from, to }: RenamedSecret): Promise<void> {
    for (const [page, name] of this.#behind) if (name === from) this.#behind.set(page, to);
    for (const { tab, uri } of openPages()) {
      if (subjectOf(uri).name !== from) continue;
      if (tab.isActive) await this.#replace(tab, pageUri(to, subjectOf(uri).folder));
      else this.#behind.set(uri.toString(), to);
    }
  }

  async #catchUp(): Promise<void> {
    const pages = openPages();
    for (const page of this.#behind.keys())
      if (!pages.some(({ uri }) => uri.toString() === page)) this.#behind.delete(page);
    for (const { tab, uri } of pages.filter((one) => one.tab.isActive)) {
      const { name, folder } = subjectOf(uri);
      const to = this.#behind.get(uri.toString());
      this.#behind.delete(uri.toString());
      // Another secret may have got the old name meanwhile: then that page is right.
      if (to === undefined || allSecrets(this.services.secrets).some((one) => one.name === name)) continue;
      await this.#replace(tab, pageUri(to, folder));
    }
  }

  async #replace(tab: Tab, page: Uri): Promise<void> {
    this.onOpen(page);
    const { group, isPreview } = tab;
    const options = { viewColumn: group.viewColumn, preserveFocus: true, preview: isPreview };
    await window.showTextDocument(await workspace.openTextDocument(page), options);
    // A preview has given its place to the other one by now.
    if (openPages().some((one) => one.tab === tab)) await window.tabGroups.close(tab, true);
  }
}

function openPages(): { readonly tab: Tab; readonly uri: Uri }[] {
  return window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .flatMap((tab) =>
      tab.input instanceof TabInputText && tab.input.uri.scheme === PAGE_SCHEME
        ? [{ tab, uri: tab.input.uri }]
        : [],
    );
}

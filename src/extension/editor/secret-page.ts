import {
  type Definition,
  type DefinitionProvider,
  type Disposable,
  EventEmitter,
  l10n,
  Location,
  Position,
  type TextDocument,
  type TextDocumentContentProvider,
  type TextEditor,
  ThemeIcon,
  type TreeView,
  Uri,
  window,
  workspace,
} from 'vscode';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { printable } from '../../core/system/printable.ts';
import { PageLinks } from '../code/linked-page.ts';
import { DisposableStore } from '../disposables.ts';
import { withoutLinks } from '../plain-text.ts';
import { allSecrets, type SecretEntry, type SecretNode } from '../state/secret-nodes.ts';
import type { Services } from '../services.ts';
import { alone, askPick } from '../steps.ts';
import { referenceAt } from '../code/document-scan.ts';
import { scopeTitle } from '../scope-words.ts';
import { isSupported } from '../trust.ts';
import { RenamedPages } from './renamed-pages.ts';
import { PAGE_SCHEME, pageUri, subjectOf } from './secret-page-uri.ts';
import { secretPage } from './secret-page-text.ts';

/**
 * Read-only pages about secrets. The definition of a secret has no location in code: it is in a vault. "Go to
 * Definition" and "Peek" show the page of the secret, and the view of secrets shows its item.
 */
export class SecretPages implements DefinitionProvider, TextDocumentContentProvider, Disposable {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<Uri>());
  readonly onDidChange = this.#changed.event;
  readonly #links = this.#store.add(new PageLinks(PAGE_SCHEME));

  readonly #unrevealed = new Set<string>();

  constructor(
    private readonly services: Services,
    private readonly view: TreeView<SecretNode>,
  ) {
    const refresh = (): void => {
      for (const { uri } of workspace.textDocuments) if (uri.scheme === PAGE_SCHEME) this.#changed.fire(uri);
    };
    this.#store.add(workspace.registerTextDocumentContentProvider(PAGE_SCHEME, this));
    this.#store.add(
      // What the person has selected in the view stays as it is.
      new RenamedPages(services, (page) => this.#unrevealed.add(page.toString())),
    );
    this.#store.add(workspace.onDidGrantWorkspaceTrust(refresh));
    this.#store.add(services.secrets.onDidChange(refresh));
    this.#store.add(services.references.onDidChange(refresh));
    this.#store.add(
      window.onDidChangeActiveTextEditor((editor) => {
        void this.#reveal(editor);
      }),
    );
  }

  provideDefinition(document: TextDocument, position: Position): Definition | undefined {
    const reference = referenceAt(document, position);
    if (reference === undefined) return undefined;
    const folder = workspace.getWorkspaceFolder(document.uri)?.uri.toString() ?? '';
    return new Location(pageUri(reference.name, folder), new Position(0, 0));
  }

  async provideTextDocumentContent(uri: Uri): Promise<string> {
    const { name, folder } = subjectOf(uri);
    await this.services.references.settle();
    const state = this.services.secrets.at(Uri.parse(folder));
    const uses = this.services.references.usesIn(folder).get(name) ?? [];
    const entries = allSecrets(this.services.secrets).filter(
      (entry) => entry.name === name && (entry.scope !== 'workspace' || entry.workspace?.folder === folder),
    );
    const mayAct = isSupported && workspace.isTrusted;
    const lines = secretPage({ name, state: state?.stateFor(name, uses), uses, entries, mayAct });
    return this.#links.text(uri, [...lines, '']);
  }

  /** Shows the page of a secret: one of the view, or one that the person picks. The focus stays where it is. */
  async show([node]: readonly unknown[]): Promise<void> {
    const given = node as Partial<SecretEntry> | undefined;
    const entry = given?.kind === 'secret' ? (given as SecretEntry) : await this.#ask();
    const [use] = entry.uses;
    const folder =
      entry.workspace?.folder ??
      (use && workspace.getWorkspaceFolder(Uri.parse(use.uri))?.uri.toString()) ??
      workspace.workspaceFolders?.[0]?.uri.toString() ??
      '';
    await window.showTextDocument(await workspace.openTextDocument(pageUri(entry.name, folder)), {
      preview: true,
      preserveFocus: given !== undefined,
    });
  }

  /** @throws HumanError 66 if there is no secret; CancellationError. */
  async #ask(): Promise<SecretEntry> {
    await this.services.secrets.refresh();
    const items = allSecrets(this.services.secrets).map((entry) => ({
      label: entry.name,
      description: [scopeTitle(entry.scope), withoutLinks(printable(entry.workspace?.title ?? ''))]
        .filter((part) => part !== '')
        .join(' · '),
      iconPath: new ThemeIcon('key'),
      entry,
    }));
    if (items.length === 0) throw new HumanError(ExitCode.missing, l10n.t('There is no secret here.'));
    return (await askPick(alone(l10n.t('Open Page')), { placeholder: l10n.t('Which one?'), items })).entry;
  }

  dispose(): void {
    this.#store.dispose();
  }

  /** Shows the item of the scope that wins, else that of the missing name. */
  async #reveal(editor: TextEditor | undefined): Promise<void> {
    if (editor?.document.uri.scheme !== PAGE_SCHEME) return;
    const { name, folder } = subjectOf(editor.document.uri);
    const state = this.services.secrets.at(Uri.parse(folder))?.stateOf(name);
    const isFollower = this.#unrevealed.delete(editor.document.uri.toString());
    // One of the same name that the person has chosen stays so.
    if (isFollower || this.view.selection.some((one) => 'name' in one && one.name === name)) return;
    const winner = state?.kind === 'set' ? state.rows[0].scope : undefined;
    // What the view does not show now cannot be shown there.
    for (const root of this.services.arrangement.roots) {
      const nodes = root.kind === 'missingRoot' ? root.missing : root.secrets;
      const node = nodes.find((one) => {
        if (one.name !== name || one.kind === 'missing') return one.name === name;
        return one.scope === winner && (one.scope !== 'workspace' || one.workspace?.folder === folder);
      });
      if (node !== undefined) await this.view.reveal(node, { select: true, focus: false });
    }
  }
}

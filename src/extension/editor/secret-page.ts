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
  type TreeView,
  Uri,
  window,
  workspace,
} from 'vscode';
import { printable } from '../../core/system/printable.ts';
import { DisposableStore } from '../disposables.ts';
import { useLabel } from '../code/use-link.ts';
import type { SecretNode } from '../state/secret-nodes.ts';
import type { Services } from '../services.ts';
import { referenceAt } from '../code/document-scan.ts';
import { datesOf, usedOf } from '../secret-text.ts';
import { stateText } from './state-text.ts';
import { scopeTitle } from '../scope-words.ts';

const SCHEME = 'nextflow-secret';

/**
 * Read-only pages about secrets. The definition of a secret has no location in code: it is in a vault. "Go to
 * Definition" and "Peek" show the page of the secret, and the view of secrets shows its item.
 */
export class SecretPages implements DefinitionProvider, TextDocumentContentProvider, Disposable {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<Uri>());
  readonly onDidChange = this.#changed.event;

  constructor(
    private readonly services: Services,
    private readonly view: TreeView<SecretNode>,
  ) {
    const refresh = (): void => {
      for (const { uri } of workspace.textDocuments) if (uri.scheme === SCHEME) this.#changed.fire(uri);
    };
    this.#store.add(workspace.registerTextDocumentContentProvider(SCHEME, this));
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
    const uri = Uri.from({ scheme: SCHEME, path: `/${reference.name}`, query: folder });
    return new Location(uri, new Position(0, 0));
  }

  async provideTextDocumentContent(uri: Uri): Promise<string> {
    const { name, folder } = subjectOf(uri);
    await this.services.references.settle();
    const secrets = this.services.secrets.at(Uri.parse(folder));
    const uses = this.services.references.usesIn(folder).get(name) ?? [];
    const state = secrets?.stateFor(name, uses);
    const lines = [printable(name), state === undefined ? '' : stateText(state)];
    for (const [index, row] of (state?.kind === 'set' ? state.rows : []).entries()) {
      const title = scopeTitle(row.scope);
      lines.push('', index === 0 ? title : l10n.t('{0}, overridden', title));
      if (row.description !== null) lines.push(`  ${printable(row.description)}`);
      for (const fact of [...datesOf(row), ...usedOf(row)]) lines.push(`  ${fact}`);
    }
    if (state?.kind === 'unknown') lines.push('', printable(state.problem.message));
    if (uses.length > 0) lines.push('', l10n.t('Used in'));
    for (const use of uses) lines.push(`  ${printable(`${useLabel(use)}  ${use.process ?? ''}`.trimEnd())}`);
    return `${lines.join('\n')}\n`;
  }

  dispose(): void {
    this.#store.dispose();
  }

  /** Shows the item of the scope that wins, else that of the missing name. */
  async #reveal(editor: TextEditor | undefined): Promise<void> {
    if (editor?.document.uri.scheme !== SCHEME) return;
    const { name, folder } = subjectOf(editor.document.uri);
    const state = this.services.secrets.at(Uri.parse(folder))?.stateOf(name);
    const winner = state?.kind === 'set' ? state.rows[0].scope : undefined;
    for (const root of this.services.secrets.snapshot.roots) {
      const nodes = root.kind === 'missingRoot' ? root.missing : root.secrets;
      const node = nodes.find((one) => {
        if (one.name !== name || one.kind === 'missing') return one.name === name;
        return one.scope === winner && (one.scope !== 'workspace' || one.workspace?.folder === folder);
      });
      if (node !== undefined) await this.view.reveal(node, { select: true, focus: false });
    }
  }
}

function subjectOf({ path, query }: Uri): { readonly name: string; readonly folder: string } {
  return { name: path.slice(1), folder: query };
}

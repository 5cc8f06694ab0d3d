import {
  CodeLens,
  type CodeLensProvider,
  type Disposable,
  EventEmitter,
  l10n,
  languages,
  type TextDocument,
  workspace,
} from 'vscode';
import { commandId } from '../command-id.ts';
import { DisposableStore } from '../disposables.ts';
import { rangeOf, scanOf } from '../code/document-scan.ts';
import { settings } from '../settings.ts';
import { isSupported } from '../trust.ts';

/** Offers a launch above the entry workflow of a script. */
export class LaunchLens implements CodeLensProvider, Disposable {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<void>());
  readonly onDidChangeCodeLenses = this.#changed.event;

  constructor() {
    // Selected by name: the language of such files depends on other extensions.
    this.#store.add(languages.registerCodeLensProvider({ pattern: '**/*.nf' }, this));
    this.#store.add(
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(settings.codeLens.id)) this.#changed.fire();
      }),
    );
    this.#store.add(
      workspace.onDidGrantWorkspaceTrust(() => {
        this.#changed.fire();
      }),
    );
  }

  provideCodeLenses(document: TextDocument): CodeLens[] {
    const canLaunch =
      workspace.isTrusted && isSupported && workspace.getWorkspaceFolder(document.uri) !== undefined;
    if (!canLaunch || !settings.codeLens.get(document)) return [];
    const { entryWorkflow } = scanOf(document);
    if (entryWorkflow === null) return [];
    return [
      new CodeLens(rangeOf(entryWorkflow), {
        title: `$(play) ${l10n.t('Launch with secrets')}`,
        tooltip: l10n.t('Runs this pipeline in the terminal. Its secrets are removed when it ends.'),
        command: commandId('launchPipeline'),
        arguments: [document.uri.toString()],
      }),
    ];
  }

  dispose(): void {
    this.#store.dispose();
  }
}

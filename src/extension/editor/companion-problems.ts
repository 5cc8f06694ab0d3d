import {
  CodeAction,
  type CodeActionContext,
  CodeActionKind,
  type CodeActionProvider,
  Diagnostic as EditorDiagnostic,
  DiagnosticSeverity,
  type Disposable,
  l10n,
  languages,
  type Range,
  type TextDocument,
  Uri,
  workspace,
} from 'vscode';
import type { Diagnostic } from '../../core/diagnostics/diagnostics.ts';
import type { CompanionIndex } from '../code/companion-index.ts';
import { rangeOf } from '../code/document-scan.ts';
import type { SelectedText } from '../command-arguments.ts';
import { commandId } from '../command-id.ts';
import { DisposableStore } from '../disposables.ts';
import { phraseText } from '../phrase-text.ts';
import { remedySentences } from '../remedies.ts';
import { settings } from '../settings.ts';

/** Publishes keys in files beside the code, and offers to put them into a vault. */
export class CompanionProblems implements CodeActionProvider, Disposable {
  static readonly metadata = { providedCodeActionKinds: [CodeActionKind.QuickFix] };
  readonly #store = new DisposableStore();
  readonly #collection = this.#store.add(languages.createDiagnosticCollection('nextflow-secrets-keys'));

  constructor(
    private readonly index: CompanionIndex,
    private readonly extension: Uri,
  ) {
    this.#store.add(
      index.onDidChange((uri) => {
        this.#publish(uri);
      }),
    );
    this.#store.add(
      workspace.onDidChangeConfiguration((event) => {
        if (!event.affectsConfiguration(settings.diagnostics.id)) return;
        this.#collection.clear();
        for (const file of index.files) this.#publish(Uri.parse(file));
      }),
    );
    this.#store.add(
      languages.registerCodeActionsProvider({ scheme: 'file' }, this, CompanionProblems.metadata),
    );
  }

  dispose(): void {
    this.#store.dispose();
  }

  provideCodeActions(
    document: TextDocument,
    range: Range,
    { diagnostics }: CodeActionContext,
  ): CodeAction[] | undefined {
    if (!workspace.isTrusted) return undefined;
    return this.index
      .keysIn(document.uri)
      .filter((one) => rangeOf(one).intersection(range) !== undefined)
      .map((one) => this.#intoVault(document, one, diagnostics));
  }

  /** The range of the value goes to the command, never the value. */
  #intoVault(
    document: TextDocument,
    { offset, endOffset, ...span }: Diagnostic,
    shown: readonly EditorDiagnostic[],
  ): CodeAction {
    const title = l10n.t('Put this value into a vault…');
    const action = new CodeAction(title, CodeActionKind.QuickFix);
    const selected: SelectedText = {
      ...{ uri: document.uri.toString(), offset, endOffset },
      version: document.version,
    };
    action.command = { command: commandId('createSecretFromSelection'), title, arguments: [selected] };
    action.diagnostics = shown.filter((one) => one.range.isEqual(rangeOf(span)));
    return action;
  }

  #publish(uri: Uri): void {
    const found = settings.diagnostics.get(uri) ? this.index.keysIn(uri) : [];
    this.#collection.set(
      uri,
      found.map((one) => this.#shown(one)),
    );
  }

  #shown({ code, message, remedies, ...span }: Diagnostic): EditorDiagnostic {
    const text = [phraseText(message), ...remedySentences(remedies, { hasButtons: true })].join(' ');
    const shown = new EditorDiagnostic(rangeOf(span), text, DiagnosticSeverity.Error);
    shown.source = 'Nextflow Secrets';
    shown.code = { value: code, target: Uri.joinPath(this.extension, 'docs', 'diagnostics', `${code}.md`) };
    return shown;
  }
}

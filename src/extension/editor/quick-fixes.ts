import {
  type CancellationToken,
  CodeAction,
  type CodeActionContext,
  CodeActionKind,
  type CodeActionProvider,
  type Diagnostic as EditorDiagnostic,
  l10n,
  type Range,
  type TextDocument,
  workspace,
} from 'vscode';
import { type Fix, fixesFor } from '../../core/diagnostics/fixes/fixes.ts';
import { type CodeFile, takeOutOfParameters } from '../../core/diagnostics/fixes/in-params.ts';
import { printable } from '../../core/system/printable.ts';
import { type Diagnostic, diagnose } from '../../core/diagnostics/diagnostics.ts';
import { commandId } from '../command-id.ts';
import { scopeTitle } from '../secrets/secret-item.ts';
import type { SelectedText } from '../secrets/secret-from-selection.ts';
import type { Services } from '../services.ts';
import { previewed } from '../code/code-edit.ts';
import { rangeOf, scanOf } from '../code/document-scan.ts';
import { secretStates } from './secret-states.ts';
import { codeOf, codeWith } from '../code/workspace-code.ts';

/** Diagnostics at one place that something is offered for. */
const MOST = 100;

/** What can be done about what is wrong with secrets. It is all made for the text as it is when VS Code asks. */
export class QuickFixes implements CodeActionProvider {
  static readonly metadata = { providedCodeActionKinds: [CodeActionKind.QuickFix] };

  constructor(private readonly services: Services) {}

  async provideCodeActions(
    document: TextDocument,
    range: Range,
    { diagnostics, only }: CodeActionContext,
    token: CancellationToken,
  ): Promise<CodeAction[] | undefined> {
    if (only !== undefined && !only.contains(CodeActionKind.QuickFix)) return undefined;
    const { version } = document;
    const found = await this.#diagnosticsAt(document, range, diagnostics);
    const actions: CodeAction[] = [];
    // Where more are selected nobody looks at a list of all, and each costs a look at the text.
    for (const one of found.slice(0, MOST)) {
      const shown = diagnostics.filter(
        (diagnostic) => codeOfShown(diagnostic) === one.code && diagnostic.range.isEqual(rangeOf(one)),
      );
      const fixes = one.code === 'in-params' ? [await this.#outOfParameters(document, one, token)] : [];
      if (token.isCancellationRequested || document.version !== version) return undefined;
      fixes.push(...this.#fixes(document, one));
      for (const action of fixes) {
        if (action === undefined) continue;
        action.diagnostics = shown;
        actions.push(action);
      }
    }
    return actions;
  }

  async #diagnosticsAt(
    document: TextDocument,
    range: Range,
    shown: readonly EditorDiagnostic[],
  ): Promise<Diagnostic[]> {
    // What looks like a key is known to the index only, which may be behind.
    if (shown.some((one) => codeOfShown(one) === 'literal-secret')) await this.services.references.settle();
    const literals = this.services.references.files.get(document.uri.toString())?.literals ?? [];
    const states = secretStates(document.uri, this.services.secrets);
    const names = states?.problem === undefined ? states?.names : undefined;
    const all = [...diagnose(scanOf(document), names), ...literals];
    return all.filter((one) => rangeOf(one).intersection(range) !== undefined);
  }

  #fixes(document: TextDocument, found: Diagnostic): CodeAction[] {
    const code = codeOf(document);
    const names = secretStates(document.uri, this.services.secrets)?.names;
    return fixesFor(code, found, names).flatMap((fix) => {
      if (!('edits' in fix)) return workspace.isTrusted ? [commandOf(fix, document)] : [];
      const action = new CodeAction(titleOf(fix), CodeActionKind.QuickFix);
      const file = document.uri.toString();
      action.edit = previewed([{ file, code }], [{ file, edits: fix.edits }], {
        label: action.title,
        description: descriptionOf(fix),
      });
      action.isPreferred = fix.isPreferred;
      return [action];
    });
  }

  /** All code of the folder is looked at: the parameter may be read anywhere. */
  async #outOfParameters(
    document: TextDocument,
    { offset }: Diagnostic,
    token: CancellationToken,
  ): Promise<CodeAction | undefined> {
    const file = document.uri.toString();
    const { references } = this.services;
    await references.ready();
    const folder = workspace.getWorkspaceFolder(document.uri)?.uri.toString();
    const files: CodeFile[] = (await codeWith('params', references, folder, token)).filter(
      (one) => one.file !== file,
    );
    files.push({ file, code: codeOf(document) });
    const changes = takeOutOfParameters(files, file, offset);
    if (changes === undefined) return undefined;
    const name = scanOf(document).references.find((one) => one.offset === offset)?.name ?? '';
    const title = l10n.t('Take {0} out of the parameters', printable(name));
    const action = new CodeAction(title, CodeActionKind.QuickFix);
    action.edit = previewed(files, changes, {
      label: title,
      description: l10n.t('The parameter is gone afterwards, for the command line too.'),
    });
    return action;
  }
}

function codeOfShown({ code, source }: EditorDiagnostic): unknown {
  if (source !== 'Nextflow Secrets') return undefined;
  return typeof code === 'object' ? code.value : code;
}

function commandOf(fix: Extract<Fix, { kind: 'create' | 'vault' }>, document: TextDocument): CodeAction {
  const title =
    fix.kind === 'create'
      ? l10n.t('Create {0} ({1})…', printable(fix.name), scopeTitle(fix.scope))
      : l10n.t('Move this value into a vault…');
  const action = new CodeAction(title, CodeActionKind.QuickFix);
  if (fix.kind === 'create') {
    const { name, scope } = fix;
    action.command = { command: commandId('createSecret'), title, arguments: [{ name, scope }] };
  } else {
    // Where the value is, never the value.
    const { offset, endOffset } = fix;
    const place: SelectedText = {
      uri: document.uri.toString(),
      offset,
      endOffset,
      version: document.version,
    };
    action.command = { command: commandId('createSecretFromSelection'), title, arguments: [place] };
    action.isPreferred = true;
  }
  return action;
}

function titleOf({ kind, name }: Extract<Fix, { edits: unknown }>): string {
  const shown = printable(name);
  switch (kind) {
    case 'name':
      return l10n.t('Change to {0}', shown);
    case 'list':
      return l10n.t("Write a list: ['{0}']", shown);
    case 'environment':
      return l10n.t('Read {0} from the environment of the task', shown);
    case 'optional':
      return l10n.t('Make {0} optional', shown);
  }
}

function descriptionOf({ kind, name }: Extract<Fix, { edits: unknown }>): string | undefined {
  switch (kind) {
    case 'environment':
      return l10n.t("With the directive secret '{0}'; the value is no longer a part of the script.", name);
    case 'optional':
      return l10n.t('Tasks run without it too; their shell reads an empty text.');
    case 'list':
    case 'name':
      return undefined;
  }
}

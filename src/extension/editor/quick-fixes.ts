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
  Uri,
  workspace,
  type WorkspaceEdit,
} from 'vscode';
import { type Fix, fixesFor } from '../../core/diagnostics/fixes/fixes.ts';
import {
  type CodeFile,
  mayLeaveParameters,
  takeOutOfParameters,
} from '../../core/diagnostics/fixes/in-params.ts';
import { printable } from '../../core/system/printable.ts';
import { type Diagnostic, diagnoseFile } from '../../core/diagnostics/diagnostics.ts';
import { isVaultScope } from '../../core/secrets/scope.ts';
import { type CommandId, commandId } from '../command-id.ts';
import type { Services } from '../services.ts';
import { previewed } from '../code/code-edit.ts';
import { rangeOf, scanOf } from '../code/document-scan.ts';
import { certainNames } from '../state/secret-states.ts';
import { codeOf, codeWith } from '../code/workspace-code.ts';
import type { SelectedText } from '../command-arguments.ts';
import { scopeTitle } from '../scope-words.ts';

/** Number of diagnostics in a range that get fixes at most. */
const MOST = 100;

/** An action whose edit needs all code of the folder. */
class OutOfParameters extends CodeAction {
  constructor(
    title: string,
    readonly document: TextDocument,
    /** Version of the document at the time of the offer. */
    readonly version: number,
    /** Offset of the reference that is assigned. */
    readonly offset: number,
  ) {
    super(title, CodeActionKind.QuickFix);
  }
}

/** Offers fixes for diagnostics about secrets. All are made for the text at the time of the request. */
export class QuickFixes implements CodeActionProvider {
  static readonly metadata = { providedCodeActionKinds: [CodeActionKind.QuickFix] };

  constructor(
    private readonly services: Services,
    private readonly extension: Uri,
  ) {}

  /** Reads no other file: VS Code asks at each move of the cursor. */
  async provideCodeActions(
    document: TextDocument,
    range: Range,
    { diagnostics, only }: CodeActionContext,
    token: CancellationToken,
  ): Promise<CodeAction[] | undefined> {
    if (only !== undefined && !only.contains(CodeActionKind.QuickFix)) return undefined;
    const { version } = document;
    // Only the index knows texts that look like keys, and it may be late.
    if (diagnostics.some((one) => codeOfShown(one) === 'literal-secret'))
      await this.services.references.settle();
    if (token.isCancellationRequested || document.version !== version) return undefined;
    // Nobody reads a longer list, and each diagnostic costs a search of the text.
    return this.#diagnosticsAt(document, range)
      .slice(0, MOST)
      .flatMap((one) => {
        const actions = this.#fixes(document, one);
        for (const action of actions) {
          action.diagnostics = diagnostics.filter(
            (shown) => codeOfShown(shown) === one.code && shown.range.isEqual(rangeOf(one)),
          );
        }
        return actions;
      });
  }

  /** Completes a chosen action. If the code does not allow the edit, the action opens the page that explains it. */
  async resolveCodeAction(action: CodeAction, token: CancellationToken): Promise<CodeAction> {
    if (!(action instanceof OutOfParameters)) return action;
    const edit = await this.#outOfParameters(action, token);
    if (token.isCancellationRequested || action.document.version !== action.version) return action;
    if (edit !== undefined) action.edit = edit;
    else {
      const page = Uri.joinPath(this.extension, 'docs', 'diagnostics', 'in-params.md');
      action.command = { command: 'markdown.showPreview', title: action.title, arguments: [page] };
    }
    return action;
  }

  #diagnosticsAt(document: TextDocument, range: Range): Diagnostic[] {
    const literals = this.services.references.files.get(document.uri.toString())?.literals;
    const secrets = this.services.secrets.at(document.uri);
    const all = diagnoseFile({ scan: scanOf(document), literals }, certainNames(secrets), secrets?.ending);
    return all.filter((one) => rangeOf(one).intersection(range) !== undefined);
  }

  #fixes(document: TextDocument, found: Diagnostic): CodeAction[] {
    const code = codeOf(document);
    const names = this.services.secrets.at(document.uri)?.names;
    const outOfParameters = found.code === 'in-params' ? this.#offerOutOfParameters(document, found) : [];
    const others = fixesFor(code, found, names).flatMap((fix) => {
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
    const newValue = found.code === 'expires' ? this.#offerNewValue(document, found) : [];
    return [...outOfParameters, ...newValue, ...others];
  }

  /** A value that ends gets a new one, or another day if the present one is wrong. */
  #offerNewValue(document: TextDocument, { offset }: Diagnostic): CodeAction[] {
    const name = scanOf(document).references.find((one) => one.offset === offset)?.name ?? '';
    const scope = this.services.secrets.at(document.uri)?.ending?.get(name)?.scope;
    if (scope === undefined || !isVaultScope(scope) || !workspace.isTrusted) return [];
    const offer = (title: string, id: CommandId): CodeAction => {
      const action = new CodeAction(title, CodeActionKind.QuickFix);
      action.command = { command: commandId(id), title, arguments: [{ name, scope }] };
      return action;
    };
    const shown = printable(name);
    const change = offer(l10n.t('Give {0} a new value ({1})…', shown, scopeTitle(scope)), 'updateSecret');
    change.isPreferred = true;
    return [change, offer(l10n.t('Set the expiry of {0}…', shown), 'setExpiry')];
  }

  #offerOutOfParameters(document: TextDocument, { offset }: Diagnostic): CodeAction[] {
    if (!mayLeaveParameters(codeOf(document), offset)) return [];
    const name = scanOf(document).references.find((one) => one.offset === offset)?.name ?? '';
    const title = l10n.t('Take {0} out of the parameters', printable(name));
    return [new OutOfParameters(title, document, document.version, offset)];
  }

  /** Searches all code of the folder: any file may read the parameter. */
  async #outOfParameters(
    { document, version, offset, title }: OutOfParameters,
    token: CancellationToken,
  ): Promise<WorkspaceEdit | undefined> {
    const file = document.uri.toString();
    const { references } = this.services;
    await references.ready();
    const folder = workspace.getWorkspaceFolder(document.uri)?.uri.toString();
    const files: CodeFile[] = (await codeWith('params', references, folder, token)).filter(
      (one) => one.file !== file,
    );
    if (document.version !== version) return undefined;
    files.push({ file, code: codeOf(document) });
    const changes = takeOutOfParameters(files, file, offset);
    if (changes === undefined) return undefined;
    return previewed(files, changes, {
      label: title,
      description: l10n.t('The parameter is gone afterwards, for the command line too.'),
    });
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
    // The range of the value, never the value.
    const { offset, endOffset } = fix;
    const selected: SelectedText = {
      uri: document.uri.toString(),
      offset,
      endOffset,
      version: document.version,
    };
    action.command = { command: commandId('createSecretFromSelection'), title, arguments: [selected] };
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

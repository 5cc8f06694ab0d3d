import { l10n, Range, type TextDocument, Uri, window, workspace, WorkspaceEdit } from 'vscode';
import { type Literal, literalAt } from '../../core/diagnostics/fixes/literal.ts';
import { readSourceCode } from '../../core/diagnostics/fixes/source-code.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { sourceLanguage } from '../../core/pipeline/source-file.ts';
import { SecretValue } from '../../core/secrets/secret-value.ts';
import { isSource } from '../code/document-scan.ts';
import type { Services } from '../services.ts';
import { askInSteps } from '../steps.ts';
import { askVault, type VaultChoice, vaultChoices, write } from './create-secret.ts';
import { detailSteps, noDetails } from './secret-details.ts';
import { askNewName } from './name-input.ts';
import { allSecrets, type SecretEntry } from '../state/secret-nodes.ts';
import { acceptStore, openStore, type StoreAccess } from '../store-access.ts';
import type { SelectedText } from '../command-arguments.ts';

/**
 * Makes a secret of the text that is selected in an editor, or that a quick fix is for. The value is in the vault
 * before the code is changed. A literal becomes a reference; the person has to replace any other text.
 */
export async function createSecretFromSelection(args: readonly unknown[], services: Services): Promise<void> {
  const { document, offset, endOffset } = await selectedText(args);
  // Other files have no code of Nextflow, so nothing is written there.
  const isCode = isSource(document.uri);
  const code = readSourceCode(isCode ? document.getText() : '', sourceLanguage(document.uri.path));
  const literal = isCode ? literalAt(code, offset, endOffset) : undefined;
  const text = literal?.value ?? document.getText(rangeIn(document, offset, endOffset));
  const version = document.version;
  await services.secrets.settle();
  const choice = vaultChoices(services);
  let vault: VaultChoice | undefined;
  let access: StoreAccess | undefined;
  let name = '';
  const details = noDetails();
  const value = new SecretValue(text);
  let taken: readonly SecretEntry[] = [];
  await askInSteps(l10n.t('Create Secret from Selection'), [
    async (frame) => {
      vault = await askVault(frame, choice, vault, undefined);
      access = await openStore(vault.scope, vault.workspace, services);
      await acceptStore(access);
      return undefined;
    },
    async (frame) => {
      taken = allSecrets(services.secrets).filter(
        ({ scope, workspace }) =>
          scope === vault?.scope && workspace?.directory === vault.workspace?.directory,
      );
      name = await askNewName(frame, { missing: [], taken: new Set(taken.map((entry) => entry.name)) });
      return undefined;
    },
    ...detailSteps(details, () => ({ name, access, value, before: undefined })),
  ]);
  if (access === undefined) return;
  value.assertDeliverable(name);
  const replaces = taken.find((entry) => entry.name === name)?.info ?? null;
  await write(access, { name, value, ...details, replaces }, services);
  const replaced =
    literal !== undefined && document.version === version && (await replace(document, literal, name));
  const history = l10n.t(
    'The history of the file (git, backups) still has the value: renew it where it was issued.',
  );
  void window.showWarningMessage(
    replaced ? l10n.t('{0} replaces the value now. {1}', name, history) : notReplaced(isCode, name, history),
  );
}

const notReplaced = (isCode: boolean, name: string, history: string): string =>
  isCode
    ? l10n.t(
        '{0} is set; the code was not changed. Replace the value there by secrets.{0}. {1}',
        name,
        history,
      )
    : l10n.t(
        "{0} is set; the file was not changed. Take the value out, and read the environment variable {0}, which tasks of a process with secret '{0}' have. {1}",
        name,
        history,
      );

/** @throws HumanError 64 if nothing is selected, or if the text was changed since the quick fix was offered. */
async function selectedText([selected]: readonly unknown[]): Promise<{
  readonly document: TextDocument;
  readonly offset: number;
  readonly endOffset: number;
}> {
  if (isSelectedText(selected)) {
    const { offset, endOffset } = selected;
    const document = await workspace.openTextDocument(Uri.parse(selected.uri));
    if (document.version !== selected.version) {
      throw new HumanError(ExitCode.usage, l10n.t('The text was changed meanwhile. Try again.'));
    }
    return { document, offset, endOffset };
  }
  const editor = window.activeTextEditor;
  if (editor === undefined || editor.selection.isEmpty) {
    throw new HumanError(ExitCode.usage, l10n.t('Select the value in an editor first.'));
  }
  const { document, selection } = editor;
  return {
    document,
    offset: document.offsetAt(selection.start),
    endOffset: document.offsetAt(selection.end),
  };
}

function isSelectedText(value: unknown): value is SelectedText {
  if (typeof value !== 'object' || value === null) return false;
  const { uri, offset, endOffset, version } = value as Partial<Record<keyof SelectedText, unknown>>;
  return typeof uri === 'string' && [offset, endOffset, version].every(Number.isInteger);
}

/** Replaces the value by the reference. @returns false if the code cannot have one there. */
async function replace(document: TextDocument, literal: Literal, name: string): Promise<boolean> {
  const edits = literal.edits(name);
  if (edits === undefined) return false;
  const edit = new WorkspaceEdit();
  for (const { offset, endOffset, text } of edits)
    edit.replace(document.uri, rangeIn(document, offset, endOffset), text);
  return workspace.applyEdit(edit);
}

function rangeIn(document: TextDocument, offset: number, endOffset: number): Range {
  return new Range(document.positionAt(offset), document.positionAt(endOffset));
}

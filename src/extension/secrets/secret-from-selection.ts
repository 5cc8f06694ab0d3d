import { l10n, Range, type TextDocument, type TextEditor, window } from 'vscode';
import { ExitCode, HumanError } from '../../core/human-error.ts';
import { scanSource } from '../../core/references/scan-source.ts';
import { SecretValue } from '../../core/secret-value.ts';
import type { Services } from '../services.ts';
import { askInSteps } from '../steps.ts';
import { askDescription, askPlace, type Place, places, write } from './create-secret.ts';
import { askNewName } from './name-input.ts';
import { allSecrets } from './secret-argument.ts';
import { acceptMembers, openAccess, type VaultAccess } from './vault-access.ts';

/**
 * Makes a secret of the text that is selected in an editor. The value is in the vault before the code is changed; a
 * literal becomes a reference, any other text stays for the person to replace.
 */
export async function createSecretFromSelection(services: Services): Promise<void> {
  const editor = window.activeTextEditor;
  if (editor === undefined || editor.selection.isEmpty) {
    throw new HumanError(ExitCode.usage, l10n.t('Select the value in an editor first.'));
  }
  const { document } = editor;
  const literal = literalAt(document, editor.selection);
  const text = literal?.content ?? document.getText(editor.selection);
  const version = document.version;
  await services.secrets.refresh();
  const choice = places(services);
  let place: Place | undefined;
  let access: VaultAccess | undefined;
  let name = '';
  let description = '';
  await askInSteps(l10n.t('Create Secret from Selection'), [
    async (frame) => {
      place = await askPlace(frame, choice, place, undefined);
      access = openAccess(place.scope, place.workspace, services);
      await acceptMembers(access);
      return undefined;
    },
    async (frame) => {
      const taken = allSecrets(services.secrets).filter(({ scope }) => scope === place?.scope);
      name = await askNewName(frame, { missing: [], taken: new Set(taken.map((entry) => entry.name)) });
      return undefined;
    },
    async (frame) => {
      description = await askDescription(frame, name, '');
      return undefined;
    },
  ]);
  if (access === undefined) return;
  const value = new SecretValue(text);
  value.assertDeliverable(name);
  await write(access, { name, value, description }, services);
  const replaced =
    literal !== undefined &&
    document.version === version &&
    wouldBeReference(document, literal, name) &&
    (await replace(editor, literal, name));
  const history = l10n.t(
    'The history of the file (git, backups) still has the value: renew it where it was issued.',
  );
  void window.showWarningMessage(
    replaced
      ? l10n.t('secrets.{0} stands in the place of the value now. {1}', name, history)
      : l10n.t(
          '{0} is set; the code was not changed. Replace the value there by secrets.{0}. {1}',
          name,
          history,
        ),
  );
}

interface Literal {
  /** With its quotes. */
  readonly range: Range;
  readonly content: string;
}

/** A string literal without interpolation or escapes that the selection is, or that it is the content of. */
function literalAt(document: TextDocument, selection: Range): Literal | undefined {
  if (!selection.isSingleLine) return undefined;
  const line = document.lineAt(selection.start.line).text;
  const from = selection.start.character;
  const to = selection.end.character;
  const inner = line[from - 1] === line[to] ? [from - 1, to + 1] : undefined;
  for (const [start = 0, end = 0] of [[from, to], ...(inner === undefined ? [] : [inner])]) {
    const whole = line.slice(start, end);
    const content = /^(?:'([^'\\]+)'|"([^"\\$]+)")$/.exec(whole);
    // Not a part of a longer quote such as ''' or """.
    if (content === null || line[start - 1] === whole[0] || line[end] === whole[0]) continue;
    const at = selection.start.line;
    return { range: new Range(at, start, at, end), content: content[1] ?? content[2] ?? '' };
  }
  return undefined;
}

/** Whether Nextflow would read `secrets.NAME` there: not in a comment, nor within a longer text such as a script. */
function wouldBeReference(document: TextDocument, { range }: Literal, name: string): boolean {
  const text = document.getText();
  const from = document.offsetAt(range.start);
  const reference = `secrets.${name}`;
  const after = `${text.slice(0, from)}${reference}${text.slice(document.offsetAt(range.end))}`;
  const { references } = scanSource(after, document.fileName.endsWith('.config') ? 'config' : 'script');
  return references.some((found) => found.name === name && found.endOffset === from + reference.length);
}

async function replace(editor: TextEditor, { range }: Literal, name: string): Promise<boolean> {
  return editor.edit((edit) => {
    edit.replace(range, `secrets.${name}`);
  });
}

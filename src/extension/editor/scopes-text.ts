import { l10n, MarkdownString } from 'vscode';
import { printable } from '../../core/printable.ts';
import { commandId } from '../commands.ts';
import type { NamedSecret } from '../secrets/secret-argument.ts';
import { scopeTitle } from '../secrets/secret-item.ts';
import { datesOf } from '../secrets/secret-text.ts';
import type { SecretState } from './secret-states.ts';

// What hovers and completions tell of a secret. Texts from files are stripped of control characters and escaped.

/** One line for each scope that has a name, the winner first and in bold. */
export function appendScopes(text: MarkdownString, { rows }: SecretState): void {
  for (const [index, row] of rows.entries()) {
    text.appendMarkdown('\n\n');
    const title = scopeTitle(row.scope);
    if (index === 0) text.appendMarkdown('**').appendText(title).appendMarkdown('**');
    else text.appendText(l10n.t('{0}, overridden', title));
    const facts = datesOf(row);
    if (facts.length > 0) text.appendText(` · ${facts.join(' · ')}`);
    if (row.description !== null && printable(row.description).trim() !== '') {
      text.appendMarkdown('  \n').appendText(printable(row.description));
    }
  }
}

/** Text in which these commands and no others may be run by a click. */
export function withCommands(): MarkdownString {
  const text = new MarkdownString();
  text.isTrusted = { enabledCommands: COMMANDS };
  return text;
}

const COMMANDS = [commandId('createSecret'), commandId('updateSecret'), commandId('findReferences')];

/** A link that runs a command on a name. */
export function appendCommand(
  text: MarkdownString,
  title: string,
  command: 'createSecret' | 'updateSecret' | 'findReferences',
  { name, scope }: NamedSecret,
): void {
  const argument = encodeURIComponent(JSON.stringify([{ name, ...(scope !== undefined && { scope }) }]));
  text
    .appendMarkdown('[')
    .appendText(title)
    .appendMarkdown(`](command:${commandId(command)}?${argument})`);
}

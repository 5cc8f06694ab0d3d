import { l10n, MarkdownString } from 'vscode';
import { printable } from '../../core/system/printable.ts';
import { commandId } from '../command-id.ts';
import { appendWords, datesOf, expiryOf, usedOf } from '../secret-text.ts';
import type { KnownSecret } from '../state/store-states.ts';
import type { NamedSecret } from '../command-arguments.ts';
import { scopeTitle } from '../scope-words.ts';

// Texts about a secret in hovers and completions. Texts from files are escaped, and control characters removed.

/** Appends one paragraph for each scope that has a name, the winner first and in bold. */
export function appendScopes(text: MarkdownString, rows: readonly KnownSecret[]): void {
  for (const [index, row] of rows.entries()) {
    const title = scopeTitle(row.scope);
    text.appendMarkdown('\n\n');
    if (index === 0) appendWords(text.appendMarkdown('**'), title).appendMarkdown('**');
    else appendWords(text, l10n.t('{0}, overridden', title));
    for (const fact of [...expiryOf(row), ...datesOf(row), ...usedOf(row)])
      appendWords(text.appendMarkdown(' · '), fact);
    const description = printable(row.description ?? '').trim();
    if (description !== '') appendWords(text.appendMarkdown('  \n'), description);
  }
}

/** Text in which a click may run these commands and no others. */
export function withCommands(): MarkdownString {
  const text = new MarkdownString();
  text.isTrusted = { enabledCommands: COMMANDS };
  return text;
}

const COMMANDS = [commandId('createSecret'), commandId('updateSecret'), commandId('findReferences')];

/** Appends a link that runs a command on a name. */
export function appendCommand(
  text: MarkdownString,
  title: string,
  command: 'createSecret' | 'updateSecret' | 'findReferences',
  { name, scope }: NamedSecret,
): void {
  const argument = encodeURIComponent(JSON.stringify([{ name, ...(scope !== undefined && { scope }) }]));
  appendWords(text.appendMarkdown('['), title);
  text.appendMarkdown(`](command:${commandId(command)}?${argument})`);
}

import { l10n, type MarkdownString } from 'vscode';
import { printable } from '../core/system/printable.ts';
import type { SecretInfo } from '../core/secrets/secret-store.ts';
import { markdownOf } from './plain-text.ts';
import { useLabel, useUri } from './code/use-link.ts';
import type { Use } from './code/uses.ts';

// Texts about a secret in tooltips, hovers and pages. Control characters are removed from texts of files, and Markdown
// is escaped.

/** Number of uses that are listed at most. */
const MAX_USES = 12;

/** Days of creation and last change of a secret of one scope, with the author; empty if nothing is known. */
export function datesOf({
  created,
  updated,
  updatedBy,
}: Pick<SecretInfo, 'created' | 'updated' | 'updatedBy'>): string[] {
  const parts: string[] = [];
  if (created !== null) parts.push(l10n.t('Created {0}', day(created)));
  if (updated !== null && updatedBy === null) parts.push(l10n.t('Changed {0}', day(updated)));
  if (updated !== null && updatedBy !== null) {
    parts.push(l10n.t('Changed {0} by {1}', day(updated), printable(updatedBy)));
  }
  return parts;
}

/** The day of the last use on this machine, in words; empty if there was none. */
export function usedOf({ lastUsed }: { readonly lastUsed: string | null }): string[] {
  return lastUsed === null ? [] : [l10n.t('Last used {0}', day(lastUsed))];
}

/** Day of an ISO 8601 date: its first ten characters. */
export function day(date: string): string {
  return printable(date).slice(0, 10);
}

/** Appends a text from a file, escaped. VS Code's own `appendText` lets links through, and does not wrap. */
export function appendWords(text: MarkdownString, words: string): MarkdownString {
  return text.appendMarkdown(markdownOf(words));
}

/** Appends a link for each use. */
export function appendUses(text: MarkdownString, uses: readonly Use[]): void {
  if (uses.length === 0) return;
  text.appendMarkdown('\n\n---\n');
  for (const use of uses.slice(0, MAX_USES)) {
    text.appendMarkdown('\n- [');
    appendWords(text, useLabel(use)).appendMarkdown(`](${useUri(use).toString()})`);
    if (use.process !== undefined) appendWords(text.appendMarkdown(' '), use.process);
  }
  if (uses.length <= MAX_USES) return;
  appendWords(text.appendMarkdown('\n\n'), l10n.t('and {0} more', uses.length - MAX_USES));
}

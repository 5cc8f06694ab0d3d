import { l10n, type MarkdownString } from 'vscode';
import { printable } from '../core/system/printable.ts';
import type { NearEnd } from '../core/secrets/expiry.ts';
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

/** The end of a value in few words; empty if it is not near. */
export function endOf({ end }: { readonly end?: NearEnd | undefined }): string[] {
  if (end === undefined) return [];
  if (end.left < 0) return [l10n.t('expired')];
  if (end.left === 0) return [l10n.t('expires today')];
  return [end.left === 1 ? l10n.t('expires tomorrow') : l10n.t('expires in {0} days', end.left)];
}

/** The day that a value expires, in words; empty if nobody has said one. */
export function expiryOf({
  expires,
  end,
}: Pick<SecretInfo, 'expires'> & { readonly end?: NearEnd | undefined }): string[] {
  if (expires === null) return [];
  if (end === undefined) return [l10n.t('Expires on {0}', expires)];
  if (end.left < 0) return [l10n.t('Expired on {0}', expires)];
  if (end.left === 0) return [l10n.t('Expires on {0}, today', expires)];
  return [
    end.left === 1
      ? l10n.t('Expires on {0}, tomorrow', expires)
      : l10n.t('Expires on {0}, in {1} days', expires, end.left),
  ];
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

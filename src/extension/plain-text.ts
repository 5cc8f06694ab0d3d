import { printable } from '../core/system/printable.ts';

// Makes texts of others (files, git, AWS) safe for the parts of VS Code that read more than text. Imports no VS Code.

/**
 * All characters with a meaning in Markdown, also those of HTML and of addresses that VS Code turns into links by
 * itself (`<command:…>`, `https://…`, `www.…`, `a@b`). VS Code's own `appendText` escapes neither HTML nor addresses.
 */
const MARKDOWN = /[\\`*_{}[\]()#+!~<>&|$@="]|^-|:(?=\/)|(?<=www)\.|(?<=^\d+)\./gi;

/** A text as Markdown that shows just this text, in one line. */
export function markdownOf(text: string): string {
  return printable(text.replace(/\s+/g, ' ')).trim().replace(MARKDOWN, '\\$&');
}

/**
 * Text for notifications, questions and lists. There VS Code turns `[…](command:…)` into links, and a click on one
 * runs any command. It turns `$(…)` into icons.
 */
export function withoutLinks(text: string): string {
  return text.replaceAll('](', '] (').replaceAll('$(', '$ (');
}

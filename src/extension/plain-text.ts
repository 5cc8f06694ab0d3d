import { printable } from '../core/system/printable.ts';

// What others wrote (files, git, AWS), made safe for the places where VS Code reads more than text. Knows no VS Code.

/**
 * All that Markdown gives a meaning, addresses that VS Code makes links of by themselves (`<command:…>`, `https://…`,
 * `www.…`, `a@b`) and HTML too: VS Code's own `appendText` leaves these as they are.
 */
const MARKDOWN = /[\\`*_{}[\]()#+!~<>&|$@="]|^-|:(?=\/)|(?<=www)\.|(?<=^\d+)\./gi;

/** A text as Markdown that shows just this text, in one line. */
export function markdownOf(text: string): string {
  return printable(text.replace(/\s+/g, ' ')).trim().replace(MARKDOWN, '\\$&');
}

/**
 * A text for notifications, questions and lists. There VS Code makes links of `[…](command:…)`, a click on which runs
 * any command, and icons of `$(…)`.
 */
export function withoutLinks(text: string): string {
  return text.replaceAll('](', '] (').replaceAll('$(', '$ (');
}

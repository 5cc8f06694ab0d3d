import { escaped } from './groovy-text.ts';
import { processBodyAt, type ProcessBody } from './process-body.ts';
import { referencesTo, type SourceCode } from './source-code.ts';
import { type ShellScript, shellScripts } from './task-shell.ts';
import type { TextEdit } from './text-edit.ts';

/** A read of the environment in another language: `os.environ['X']`, `Sys.getenv("X")`, `ENV['X']`, `$ENV{X}`. */
const OTHER_READ =
  /(?:environ(?:\.get)?\s*[[(]\s*|[gG]etenv\s*\(\s*|\bENV\s*[[{]\s*|process\.env\s*[.[]\s*)["']?([A-Za-z_][A-Za-z0-9_]*)/g;

/** A variable that the shell itself sets or names: `X=`, `export X`, `unset X`, `[ -v X ]`. */
const SHELL_NAME =
  /(?:\b(?:export|unset|readonly|read)|-v)[ \t]+([A-Za-z_][A-Za-z0-9_]*)|(?<![\w$.-])([A-Za-z_][A-Za-z0-9_]*)(?=\+?=)/g;

/** The processes that ask for a secret themselves. */
export function processesWith(code: SourceCode, name: string): ProcessBody[] {
  const bodies = new Map<number, ProcessBody>();
  for (const reference of referencesTo(code, name)) {
    if (reference.kind !== 'directive') continue;
    const body = processBodyAt(code, reference.offset);
    if (body !== undefined) bodies.set(body.open, body);
  }
  return [...bodies.values()];
}

/** The edits that give a variable another name in all reads of it from the environment, in the scripts of a process. */
export function renameVariable(code: SourceCode, body: ProcessBody, from: string, to: string): TextEdit[] {
  const edits = new Map<number, TextEdit>();
  const add = ({ text: { offsets } }: ShellScript, start: number): void => {
    const offset = offsets[start] ?? 0;
    edits.set(offset, { offset, endOffset: offsets[start + from.length] ?? offset, text: to });
  };
  for (const script of shellScripts(code, body)) {
    for (const variable of script.shell.variables) if (variable.name === from) add(script, variable.from);
    for (const match of script.text.characters.matchAll(OTHER_READ)) {
      const [all, name = ''] = match;
      if (name === from) add(script, match.index + all.length - name.length);
    }
    for (const match of script.text.characters.matchAll(SHELL_NAME)) {
      const [all, named, assigned] = match;
      const start = match.index + all.length - from.length;
      if ((named ?? assigned) === from && script.shell.contexts[start] === 'code') add(script, start);
    }
  }
  return [...edits.values()];
}

/**
 * The edits that let the scripts of a process work without a variable, as bash with `-u` needs it: `${X:-}`.
 *
 * @returns undefined if a script reads it in a way that cannot be changed like this.
 */
export function tolerateUnset(code: SourceCode, body: ProcessBody, name: string): TextEdit[] | undefined {
  const edits: TextEdit[] = [];
  for (const { text, shell } of shellScripts(code, body)) {
    for (const match of text.characters.matchAll(/\$\{?([A-Za-z_][A-Za-z0-9_]*)/g)) {
      const at = match.index + match[0].length - name.length;
      const isRead = shell.variables.some(({ from }) => from === at);
      if (match[1] === name && shell.contexts[at] === 'other' && !isRead) return undefined;
    }
    for (const { name: read, from, to, braced, operator } of shell.variables) {
      if (read !== name || /^:?[-+=?]$/.test(operator)) continue;
      if (operator !== '') return undefined;
      const start = braced ? to : from;
      const offset = text.offsets[start] ?? 0;
      const endOffset = text.offsets[to] ?? offset;
      const characters = braced ? ':-' : `{${name}:-}`;
      edits.push({ offset, endOffset, text: escaped(characters, text.quote, '', '') });
    }
  }
  return edits;
}

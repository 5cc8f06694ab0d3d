import { groovyLiteral } from '../../nextflow/groovy-literal.ts';
import { escaped } from './groovy-text.ts';
import { HOLE, type ShellContext } from './shell-text.ts';
import type { ShellPosition } from './task-shell.ts';

/** The text that the shell takes if a variable is not set. It has the same meaning as in the script itself. */
type Fallback = string | undefined;

/** Words that mean the same in double quotes and without. */
const PLAIN_WORD = /^[A-Za-z0-9_./:,=+@%-]+$/;
/** Text that means the same in double quotes and inside `${NAME:-…}` in them. */
const PLAIN_TEXT = /^(?:[^`"\\{}$\n\r\0]|\$[A-Za-z_][A-Za-z0-9_]*)*$/;

/**
 * The shell's code for a variable: it gives the value as it is, as one word, whatever is in it.
 *
 * @param needsBraces - true if the next characters could be taken for a part of the name.
 * @returns undefined if there is no such code.
 */
function shellWords(
  name: string,
  context: ShellContext,
  fallback: Fallback,
  needsBraces: boolean,
): string | undefined {
  const value = fallback === undefined ? `$${name}` : `\${${name}:-${fallback}}`;
  switch (context) {
    case 'code':
      // An empty fallback gives no word at all.
      if (fallback === '') return `\${${name}:+"$${name}"}`;
      return fallback === undefined || PLAIN_WORD.test(fallback) ? `"${value}"` : undefined;
    case 'single':
      return fallback === undefined || (PLAIN_TEXT.test(fallback) && !/[$']/.test(fallback))
        ? `'"${value}"'`
        : undefined;
    case 'double':
    case 'here':
    case 'comment':
      if (fallback === undefined) return needsBraces ? `\${${name}}` : value;
      return PLAIN_TEXT.test(fallback) ? value : undefined;
    case 'other':
      return undefined;
  }
}

/** A variable of the shell, as source of a text in Groovy. */
export interface WrittenReference {
  readonly offset: number;
  readonly endOffset: number;
  readonly text: string;
}

/** A variable of the shell that is put into a text. */
interface NewReference {
  readonly name: string;
  /** The number of characters of the text that it replaces. */
  readonly length: number;
  readonly fallback?: Fallback;
}

/**
 * The source of a variable that replaces some characters of a text that the shell gets.
 *
 * @param position - the first of these characters.
 */
export function writtenReference(
  source: string,
  position: ShellPosition,
  { name, length, fallback }: NewReference,
): WrittenReference | undefined {
  const { text, index, context } = position;
  const { characters, offsets, quote } = text;
  const next = characters[index + length];
  // The characters after an inner text are not known here.
  const needsBraces = next === undefined ? position.isNested : /[A-Za-z0-9_]/.test(next) || next === HOLE;
  let words = shellWords(name, context, fallback, needsBraces);
  if (words === undefined) return undefined;
  let from = index;
  let to = index + length;
  if (context === 'single') {
    // If 'key' is all that is in quotes, no empty quotes are left around it.
    if (characters[from - 1] === "'" && from > 0) [from, words] = [from - 1, words.slice(1)];
    if (next === "'") [to, words] = [to + 1, words.slice(0, -1)];
  }
  const offset = offsets[from] ?? 0;
  const endOffset = offsets[to] ?? offset;
  return {
    offset,
    endOffset,
    text: escaped(words, quote, source[offset - 1] ?? '', source[endOffset] ?? ''),
  };
}

/** A text of Groovy that gives the variable's words, for a branch of a condition whose value the shell gets. */
export function quotedReference(position: ShellPosition, name: string): string | undefined {
  const next = position.text.characters[position.index + 1];
  const needsBraces = next === undefined ? position.isNested : /[A-Za-z0-9_]/.test(next) || next === HOLE;
  const words = shellWords(name, position.context, undefined, needsBraces);
  return words === undefined ? undefined : groovyLiteral(words);
}

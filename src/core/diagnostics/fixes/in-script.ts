import type { SourceReference } from '../../references/scan.ts';
import { TokenKind as T } from '../../references/tokens.ts';
import { isSetByTheShell, secretNameProblem } from '../../secrets/secret-name.ts';
import { addDirective } from './process-body.ts';
import { quotedReference, writtenReference } from './shell-reference.ts';
import { beforeNewLines, propertyAt, type SourceCode } from './source-code.ts';
import { type ShellPosition, shellPosition } from './task-shell.ts';
import type { TextEdit } from './text-edit.ts';

/** Tells whether a task's shell can have a variable of this name from the directive. */
export const canBeVariable = (name: string): boolean =>
  secretNameProblem(name) === undefined && !isSetByTheShell(name);

/**
 * The edits that let a task's shell read a secret from its environment, if Nextflow wrote the value into the script:
 * the directive, and the variable with the quotes that its position needs. A fallback stays a fallback.
 *
 * @returns undefined if the value does not go into a script for bash as it is.
 */
export function readFromEnvironment(code: SourceCode, reference: SourceReference): TextEdit[] | undefined {
  const { name } = reference;
  const range = propertyAt(code, reference.offset);
  if (range === undefined || !canBeVariable(name)) return undefined;
  const found = replaced(code, range.first, range.last, name);
  if (found === undefined) return undefined;
  const directive = addDirective(code, found.position.body, name, reference.optional);
  return directive && [...directive, found.edit];
}

interface Replacement {
  readonly position: ShellPosition;
  readonly edit: TextEdit;
}

function replaced(code: SourceCode, first: number, last: number, name: string): Replacement | undefined {
  const { text, tokens, parents } = code;
  const position = shellPosition(code, { first, last });
  if (position === undefined) return undefined;
  const parent = parents[first] ?? -1;
  const kind = tokens.kind(parent);
  const isInterpolation = kind === T.openExpression || kind === T.openPath;
  const isFirst = isInterpolation && beforeNewLines(code, first - 1) === parent;
  const next = tokens.afterNewLines(last + 1);
  if (isFirst && next === tokens.partner(parent)) {
    const written = writtenReference(text, position, { name, length: 1 });
    return written && { position, edit: written };
  }
  if (tokens.kind(next) === T.elvis) {
    const fallback = isFirst ? constantUpTo(code, next, tokens.partner(parent)) : undefined;
    const written =
      fallback === undefined ? undefined : writtenReference(text, position, { name, length: 1, fallback });
    if (written !== undefined) return { position, edit: written };
    const value = quotedReference(position, name);
    const edit = { offset: tokens.start(next), endOffset: tokens.end(next), text: `? ${value ?? ''} :` };
    return value === undefined ? undefined : { position, edit };
  }
  const value = quotedReference(position, name);
  const edit = { offset: tokens.start(first), endOffset: tokens.end(last), text: value ?? '' };
  return value === undefined ? undefined : { position, edit };
}

/** The text or whole number between an elvis sign and the end of its interpolation, if that is all there is. */
function constantUpTo({ tokens }: SourceCode, elvis: number, close: number): string | undefined {
  const value = tokens.afterNewLines(elvis + 1);
  if (tokens.afterNewLines(value + 1) !== close) return undefined;
  if (tokens.kind(value) === T.string) return tokens.constant(value);
  const source = tokens.source(value);
  return tokens.kind(value) === T.number && /^(?:0|[1-9][0-9]*)$/.test(source) ? source : undefined;
}

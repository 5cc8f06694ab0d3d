import { TokenKind as T } from '../../references/tokens.ts';
import { canBeVariable } from './in-script.ts';
import { groovyText } from './groovy-text.ts';
import { addDirective } from './process-body.ts';
import { writtenReference } from './shell-reference.ts';
import { readSourceCode, type SourceCode } from './source-code.ts';
import { positionInText, textAt } from './task-shell.ts';
import { applyEdits, type TextEdit } from './text-edit.ts';

/** A value in the code. */
export interface Literal {
  /** The value without escapes. Must not be shown. */
  readonly value: string;
  /** Gives the edits that replace it by a reference; undefined if the code cannot have one there. */
  readonly edits: (name: string) => TextEdit[] | undefined;
}

/**
 * The value between two offsets of a text, with or without its quotes. In the script of a task, a variable of the
 * shell replaces it, elsewhere the property.
 *
 * @returns undefined if the two offsets are not in one text.
 */
export function literalAt(code: SourceCode, offset: number, endOffset: number): Literal | undefined {
  const { text, tokens } = code;
  const token = textAt(code, offset) ?? textAt(code, offset + 1);
  if (token === undefined) return undefined;
  const content = groovyText(code, token);
  if (content === undefined) return undefined;
  const isString = tokens.kind(token) === T.string;
  const close = isString ? token : tokens.partner(token);
  const isQuoted = offset === tokens.start(token) && endOffset === tokens.end(close);
  const from = isQuoted ? 0 : content.offsets.indexOf(offset);
  const to = isQuoted ? content.characters.length : content.offsets.indexOf(endOffset);
  if (from < 0 || to <= from) return undefined;
  const value = content.characters.slice(from, to);
  const start = content.offsets[from] ?? offset;
  const end = content.offsets[to] ?? endOffset;
  // An interpolation between the two offsets is not a part of a value.
  const hasHole = !isString && tokensBetween(code, start, end);
  if (hasHole) return undefined;
  const edits = (name: string): TextEdit[] | undefined => {
    const position = positionInText(code, token, start);
    if (position !== undefined) {
      const written = canBeVariable(name)
        ? writtenReference(text, position, { name, length: to - from })
        : undefined;
      if (written === undefined) return undefined;
      const directive = addDirective(code, position.body, name, false);
      return directive && [...directive, written];
    }
    const property = asProperty(
      code,
      token,
      { start, end, isAll: from === 0 && to === content.characters.length },
      name,
    );
    return property !== undefined && isRead(code, property, name) ? property : undefined;
  };
  return { value, edits };
}

function tokensBetween({ tokens }: SourceCode, start: number, end: number): boolean {
  for (let index = 0; index < tokens.count && tokens.start(index) < end; index++)
    if (tokens.start(index) >= start && tokens.end(index) > tokens.start(index)) return true;
  return false;
}

interface Part {
  readonly start: number;
  readonly end: number;
  /** True if it is the whole text. */
  readonly isAll: boolean;
}

/** Replaces a whole text by `secrets.NAME`, a part of a text by an interpolation. */
function asProperty(
  { text, tokens }: SourceCode,
  token: number,
  { start, end, isAll }: Part,
  name: string,
): TextEdit[] | undefined {
  const isString = tokens.kind(token) === T.string;
  if (isAll) {
    const close = isString ? token : tokens.partner(token);
    const before = tokens.kind(token - 1);
    const startsEntry = before === T.openBracket || before === T.openParen || before === T.comma;
    // A key of a map is a text, whatever it looks like.
    if (startsEntry && tokens.kind(close + 1) === T.colon) return undefined;
    return [{ offset: tokens.start(token), endOffset: tokens.end(close), text: `secrets.${name}` }];
  }
  const interpolation = { offset: start, endOffset: end, text: `\${secrets.${name}}` };
  if (text[tokens.start(token)] === '"') return [interpolation];
  const content = tokens.content(token);
  const rest = text.slice(content.start, start) + text.slice(end, content.end);
  // The quotes change: the same characters must mean the same.
  if (/["$]/.test(rest)) return undefined;
  const quote = '"'.repeat(content.start - tokens.start(token));
  return [
    { offset: tokens.start(token), endOffset: content.start, text: quote },
    interpolation,
    { offset: content.end, endOffset: tokens.end(token), text: quote },
  ];
}

/** Tells whether Nextflow reads the secret there: not in a key of a map, and not if a variable is called `secrets`. */
function isRead({ text, language, scan }: SourceCode, edits: readonly TextEdit[], name: string): boolean {
  const count = (references: readonly { readonly name: string }[]): number =>
    references.filter((reference) => reference.name === name).length;
  const after = readSourceCode(applyEdits(text, edits), language).scan;
  return count(after.references) === count(scan.references) + 1;
}

import { TokenKind as T } from '../../references/tokens.ts';
import { readFromEnvironment } from './in-script.ts';
import {
  beforeNewLines,
  propertyAt,
  readSourceCode,
  type SourceCode,
  type TokenRange,
} from './source-code.ts';
import { applyEdits, difference, type TextEdit } from './text-edit.ts';

/** A file of a pipeline. Any kind of name can identify it. */
export interface CodeFile {
  readonly file: string;
  readonly code: SourceCode;
}

/** The edits of one file. */
export interface FileEdit {
  readonly file: string;
  readonly edits: readonly TextEdit[];
}

/**
 * The edits that take a secret out of the parameters. They remove the assignment, and all code that reads the parameter
 * gets the secret itself: scripts of tasks from their environment, by the directive; other code by the property.
 *
 * @param files - all code of the pipeline.
 * @param file - the file of the assignment.
 * @param offset - the offset of the reference that is assigned.
 * @returns undefined if not all code is understood: no plain assignment, another one of the same parameter, a use that
 *   would still show the value, or no use at all.
 */
export function takeOutOfParameters(
  files: readonly CodeFile[],
  file: string,
  offset: number,
): FileEdit[] | undefined {
  const code = files.find((one) => one.file === file)?.code;
  const assignment = code && assignmentOf(code, offset);
  const name = code?.scan.references.find((reference) => reference.offset === offset)?.name;
  if (code === undefined || assignment === undefined || name === undefined) return undefined;
  const changed: FileEdit[] = [];
  let uses = 0;
  for (const { file: path, code: before } of files) {
    const isOwn = path === file;
    const found = usesOf(before, assignment, isOwn);
    if (found === undefined) return undefined;
    if (found.length === 0 && !isOwn) continue;
    uses += found.length;
    const edits = found.map((use) => asProperty(before, use, name, assignment.fallback));
    if (isOwn) edits.push(removed(before, assignment));
    const after = withoutValues(applyEdits(before.text, edits), before, name);
    if (after === undefined) return undefined;
    changed.push({ file: path, edits: [difference(before.text, after)] });
  }
  return uses === 0 ? undefined : changed;
}

/**
 * Tells whether a secret may be taken out of the parameters, as far as the file of the assignment tells. Only all code
 * tells whether it can: {@link takeOutOfParameters}.
 */
export function mayLeaveParameters(code: SourceCode, offset: number): boolean {
  const assignment = assignmentOf(code, offset);
  return assignment !== undefined && usesOf(code, assignment, true) !== undefined;
}

interface Assignment extends TokenRange {
  readonly parameter: string;
  /** The source of the fallback after `?:`, if there is one. */
  readonly fallback: string | undefined;
}

/** Reads `params.x = secrets.NAME` or `params { x = secrets.NAME }`, with or without `?:` and a constant after it. */
function assignmentOf(code: SourceCode, offset: number): Assignment | undefined {
  const { tokens, parents, scan } = code;
  const value = propertyAt(code, offset);
  const isOfProfile = scan.references.some((one) => one.offset === offset && one.profile !== null);
  if (value === undefined || isOfProfile) return undefined;
  const assign = beforeNewLines(code, value.first - 1);
  const name = assign - 1;
  if (tokens.kind(assign) !== T.assign || tokens.kind(name) !== T.word) return undefined;
  let { last } = value;
  let fallback: string | undefined;
  const next = tokens.afterNewLines(last + 1);
  if (tokens.kind(next) === T.elvis) {
    last = tokens.afterNewLines(next + 1);
    if (tokens.kind(last) !== T.string && tokens.kind(last) !== T.number) return undefined;
    fallback = tokens.source(last);
  }
  if (!endsStatement(code, last + 1)) return undefined;
  const parent = parents[name] ?? -1;
  const isMember = tokens.kind(name - 1) === T.dot;
  const first = isMember ? name - 2 : name;
  const isTop = isMember ? parent < 0 && tokens.is(first, 'params') : isParamsBlock(code, parent);
  if (!isTop || !startsStatement(code, first)) return undefined;
  return { first, last, parameter: tokens.source(name), fallback };
}

function isParamsBlock({ tokens, parents }: SourceCode, brace: number): boolean {
  return tokens.kind(brace) === T.openBrace && tokens.is(brace - 1, 'params') && (parents[brace] ?? -1) < 0;
}

function endsStatement({ tokens }: SourceCode, index: number): boolean {
  const kind = tokens.kind(index);
  return kind === T.newLine || kind === T.semicolon || kind === T.closeBrace || kind === T.end;
}

function startsStatement({ tokens }: SourceCode, index: number): boolean {
  const kind = tokens.kind(index - 1);
  return index === 0 || kind === T.newLine || kind === T.semicolon || kind === T.openBrace;
}

/** The reads of a parameter; undefined if it is set elsewhere too, or read in a way that is not understood. */
function usesOf(code: SourceCode, assignment: Assignment, isOwn: boolean): TokenRange[] | undefined {
  const { tokens } = code;
  const uses: TokenRange[] = [];
  for (let index = 0; index < tokens.count; index++) {
    if (!tokens.is(index, 'params') || tokens.kind(index) !== T.word) continue;
    if (isOwn && index === assignment.first) continue;
    const before = tokens.kind(index - 1);
    if (before === T.dot || before === T.safeDot) continue;
    const next = tokens.kind(index + 1);
    if (next === T.openBrace) {
      if (setsInBlock(code, index + 1, assignment, isOwn)) return undefined;
      continue;
    }
    const isMember = next === T.dot || next === T.safeDot;
    if (!isMember && next !== T.openBracket) continue;
    const name = index + 2;
    if (nameOf(code, name) !== assignment.parameter) {
      // params.containsKey('x'), params.get('x')
      const asks = tokens.kind(name + 1) === T.openParen && nameOf(code, name + 2) === assignment.parameter;
      if (isMember && asks) return undefined;
      continue;
    }
    const last = isMember ? name : name + 1;
    const following = tokens.kind(tokens.afterNewLines(last + 1));
    if (tokens.partner(index + 1) !== last && !isMember) return undefined;
    if (following === T.assign || following === T.assignWith || following === T.openParen) return undefined;
    uses.push({ first: index, last });
  }
  return uses;
}

function setsInBlock(code: SourceCode, brace: number, assignment: Assignment, isOwn: boolean): boolean {
  const { tokens } = code;
  for (let index = brace + 1; index < tokens.partner(brace); index++) {
    if (isOwn && index === assignment.first) continue;
    const isAssigned = tokens.kind(index + 1) === T.assign;
    if (isAssigned && nameOf(code, index) === assignment.parameter) return true;
  }
  return false;
}

function nameOf({ tokens }: SourceCode, token: number): string | undefined {
  if (tokens.kind(token) === T.word) return tokens.source(token);
  return tokens.kind(token) === T.string ? tokens.constant(token) : undefined;
}

function asProperty(
  code: SourceCode,
  { first, last }: TokenRange,
  name: string,
  fallback: string | undefined,
): TextEdit {
  const { tokens, parents } = code;
  const parent = parents[first] ?? -1;
  const value = fallback === undefined ? `secrets.${name}` : `secrets.${name} ?: ${fallback}`;
  if (tokens.kind(parent) === T.openPath) {
    // In $params.x.y the expression continues after it.
    const isWhole = last + 1 === tokens.partner(parent);
    const text = isWhole ? `\${${value}}` : `\${(${value})}`;
    return { offset: tokens.start(parent), endOffset: tokens.end(last), text };
  }
  const isWhole =
    tokens.kind(parent) === T.openExpression && first === parent + 1 && last + 1 === tokens.partner(parent);
  const text = isWhole || fallback === undefined ? value : `(${value})`;
  return { offset: tokens.start(first), endOffset: tokens.end(last), text };
}

/** Removes the assignment, and its line if nothing else is on it. */
function removed({ text, tokens }: SourceCode, { first, last }: Assignment): TextEdit {
  const start = tokens.start(first);
  const end = tokens.end(last);
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const rest = /^[ \t]*;?[ \t]*(?:\/\/[^\r\n]*)?(?:\r?\n|$)/.exec(text.slice(end));
  if (text.slice(lineStart, start).trim() === '' && rest !== null) {
    return { offset: lineStart, endOffset: end + rest[0].length, text: '' };
  }
  const semicolon = /^[ \t]*;[ \t]*/.exec(text.slice(end))?.[0].length ?? 0;
  return { offset: start, endOffset: end + semicolon, text: '' };
}

/** Lets task scripts of a text read a secret from their environment; undefined if its value would still be shown. */
function withoutValues(text: string, before: SourceCode, name: string): string | undefined {
  const already = before.scan.diagnostics.filter(
    (one) => one.name === name && one.code !== 'in-params' && one.through === undefined,
  ).length;
  let after = readSourceCode(text, before.language);
  for (;;) {
    const found = after.scan.diagnostics.filter((one) => one.name === name);
    const fixable = found.find(({ code }) => code === 'in-script');
    const reference = after.scan.references.find((one) => one.offset === fixable?.offset);
    const edits = reference && readFromEnvironment(after, reference);
    if (edits === undefined) return found.length > already ? undefined : after.text;
    after = readSourceCode(applyEdits(after.text, edits), before.language);
  }
}

import { firstIndex } from '../../system/first-index.ts';
import { TokenKind as T } from '../../references/tokens.ts';
import { isTypedScript } from '../../references/typed-script.ts';
import { beforeNewLines, referencesTo, type SourceCode } from './source-code.ts';
import { statementsOf } from './statements.ts';
import type { TextEdit } from './text-edit.ts';

/** The body of a process: the indices of the tokens of its braces. */
export interface ProcessBody {
  readonly open: number;
  readonly close: number;
}

/** Cache, one list for each code: every diagnostic of the code needs it. */
const known = new WeakMap<SourceCode, readonly ProcessBody[]>();

/** The bodies of all processes, in order. */
export function processBodies(code: SourceCode): readonly ProcessBody[] {
  const before = known.get(code);
  if (before !== undefined) return before;
  const { tokens, scan } = code;
  const bodies = scan.processes
    .map((name) => tokens.afterNewLines(tokens.lastFrom(name.offset) + 1))
    .filter((open) => tokens.kind(open) === T.openBrace)
    .map((open) => ({ open, close: tokens.partner(open) }))
    .sort((a, b) => a.open - b.open);
  known.set(code, bodies);
  return bodies;
}

/** The process that an offset is in, or undefined. */
export function processBodyAt(code: SourceCode, offset: number): ProcessBody | undefined {
  const { tokens } = code;
  const bodies = processBodies(code);
  const next = firstIndex(bodies.length, (index) => tokens.end(bodies[index]?.open ?? 0) > offset);
  // In Nextflow no process is inside another one.
  const body = bodies[next - 1];
  return body !== undefined && offset < tokens.start(body.close) ? body : undefined;
}

/** Labels that end a process's directives; each starts a part of the process. */
const LABELS = new Set(['input', 'stage', 'output', 'topic', 'when', 'script', 'shell', 'stub', 'exec']);

/** A part of a process: its label, and the index of its first token. A script without a label gets the usual label. */
export interface Section {
  readonly label: string;
  readonly first: number;
}

/** The parts of a process after its directives, in order. */
export function sectionsOf(code: SourceCode, { open, close }: ProcessBody): Section[] {
  const { tokens } = code;
  const sections: Section[] = [];
  for (const { first } of statementsOf(code, open, close)) {
    const kind = tokens.kind(first);
    if (kind === T.word && tokens.kind(first + 1) === T.colon) {
      const label = tokens.source(first);
      if (LABELS.has(label)) sections.push({ label, first });
    } else if (sections.length === 0 && (kind === T.string || kind === T.openText)) {
      sections.push({ label: 'script', first });
    }
  }
  return sections;
}

/** The label of the part that a token is in; undefined among the directives. */
export function sectionAt(code: SourceCode, body: ProcessBody, token: number): string | undefined {
  return sectionsOf(code, body).findLast(({ first }) => first <= token)?.label;
}

/**
 * The edits that give a process a directive for a secret; none if the process has it. It is added after the other
 * directives. Each of these keeps its comment.
 *
 * @returns undefined if one more directive would replace another one.
 */
export function addDirective(
  code: SourceCode,
  body: ProcessBody,
  name: string,
  isOptional: boolean,
): TextEdit[] | undefined {
  if (hasDirective(code, body, name)) return [];
  const others = secretDirectives(code, body);
  if (others.some(({ isLazy }) => isLazy)) return intoClosure(code, others, name, isOptional);
  const optional = isOptional ? optionalSecret(code, name, others.length) : `'${name}'`;
  return optional === undefined ? undefined : [newDirective(code, body, `secret ${optional}`)];
}

function newDirective(code: SourceCode, body: ProcessBody, directive: string): TextEdit {
  const { text, tokens } = code;
  const section = sectionsOf(code, body)[0];
  const end = section?.first ?? body.close;
  const first = tokens.afterNewLines(body.open + 1);
  const indent = indentOf(code, body, first);
  const newLine = /\r?\n/.exec(text.slice(tokens.start(body.open)))?.[0] ?? '\n';
  const isFirst = first >= end;
  // Nextflow's strict parser wants a label as soon as there is more than the script.
  const isUnlabelled = isFirst && section !== undefined && tokens.kind(section.first) !== T.word;
  const label = isUnlabelled ? `${newLine}${indent}script:` : '';
  let last = isFirst ? body.open : beforeNewLines(code, end - 1);
  while (last > first && tokens.kind(last) === T.semicolon) last -= 1;
  const at = tokens.end(last);
  const rest = /^(?:[ \t]|\/\*(?:(?!\*\/)[^\n])*\*\/)*(?:\/\/[^\r\n]*)?(?=\r?\n)/.exec(text.slice(at));
  if (rest === null) {
    // Something else is on the line. It continues after the directive.
    const ending = isFirst ? `${label}${newLine}${indent}` : '';
    const space = /^[ \t]*/.exec(text.slice(at))?.[0].length ?? 0;
    const insert = `${newLine}${indent}${directive}${ending}`;
    return { offset: at, endOffset: isFirst ? at + space : at, text: insert };
  }
  const offset = at + rest[0].length;
  const hasGap = /^\r?\n[ \t]*\r?\n/.test(text.slice(offset));
  const gap = isFirst && (isUnlabelled || !hasGap) ? newLine : '';
  return { offset, endOffset: offset, text: `${newLine}${indent}${directive}${gap}${label}` };
}

/**
 * The argument of `secret` for a secret that may be missing. A closure with a list runs in every process of Nextflow
 * 24.04 and later, but replaces other directives `secret`. A text on a condition adds to them. Typed processes do not
 * accept it, and neither does the strict parser from 25.10 up to 26.04.
 *
 * @param others - the number of other directives `secret` of the process.
 * @returns undefined if there is no such form.
 */
export function optionalSecret(code: SourceCode, name: string, others: number): string | undefined {
  if (others === 0) return `{ secrets.${name} ? ['${name}'] : [] }`;
  return isTypedScript(code.tokens) ? undefined : `secrets.${name} ? '${name}' : ''`;
}

/** A directive `secret`: the tokens after the word, without parentheses. */
interface SecretDirective {
  readonly first: number;
  readonly last: number;
  /** True if each task computes it. Then it replaces directives before it, and a directive after it replaces it. */
  readonly isLazy: boolean;
}

/** The directives `secret` of a process, in order. Those in conditions do not count. */
export function secretDirectives(code: SourceCode, body: ProcessBody): SecretDirective[] {
  const { tokens } = code;
  const end = sectionsOf(code, body)[0]?.first ?? body.close;
  const isTyped = isTypedScript(tokens);
  const found: SecretDirective[] = [];
  for (const { first: index, last } of statementsOf(code, body.open, end)) {
    if (tokens.kind(index) !== T.word || !tokens.is(index, 'secret')) continue;
    const inParens = tokens.kind(index + 1) === T.openParen && tokens.partner(index + 1) === last;
    const [from, to] = inParens ? [index + 2, last - 1] : [index + 1, last];
    const isText = from === to && tokens.kind(from) === T.string;
    const isLazy = tokens.kind(from) === T.openBrace || (isTyped && !isText);
    if (to >= from) found.push({ first: from, last: to, isLazy });
  }
  return found;
}

/** Adds a secret to the closure that is the only directive, if the closure is an expression. */
function intoClosure(
  code: SourceCode,
  directives: readonly SecretDirective[],
  name: string,
  isOptional: boolean,
): TextEdit[] | undefined {
  const { tokens } = code;
  const [one, ...more] = directives;
  if (one === undefined || more.length > 0) return undefined;
  if (tokens.kind(one.first) !== T.openBrace || tokens.partner(one.first) !== one.last) return undefined;
  const first = tokens.afterNewLines(one.first + 1);
  const last = beforeNewLines(code, one.last - 1);
  for (let index = first; index <= last; index = Math.max(index, tokens.partner(index)) + 1) {
    const kind = tokens.kind(index);
    if (kind === T.newLine || kind === T.semicolon || kind === T.arrow) return undefined;
  }
  if (first > last || tokens.is(first, 'return')) return undefined;
  const [offset, endOffset] = [tokens.start(first), tokens.end(last)];
  const added = isOptional ? `(secrets.${name} ? ['${name}'] : [])` : `['${name}']`;
  return [
    { offset, endOffset: offset, text: '(' },
    { offset: endOffset, endOffset, text: `) + ${added}` },
  ];
}

/** Tells whether each task of a process asks for a secret, as far as the process itself tells. */
function hasDirective(code: SourceCode, body: ProcessBody, name: string): boolean {
  const { tokens, parents } = code;
  return referencesTo(code, name).some((reference) => {
    if (reference.kind !== 'directive') return false;
    if (reference.offset < tokens.end(body.open) || reference.offset > tokens.start(body.close)) return false;
    let parent = parents[tokens.lastFrom(reference.offset)] ?? -1;
    while (tokens.kind(parent) === T.openParen || tokens.kind(parent) === T.openBracket)
      parent = parents[parent] ?? -1;
    return parent === body.open;
  });
}

function indentOf(code: SourceCode, { open }: ProcessBody, first: number): string {
  const own = leadingSpace(code, open);
  const ofFirst = isFirstInLine(code, first) ? leadingSpace(code, first) : '';
  if (ofFirst.length > own.length) return ofFirst;
  return own + (/^\t/m.test(code.text) ? '\t' : '    ');
}

function leadingSpace({ text, tokens }: SourceCode, token: number): string {
  const line = text.slice(text.lastIndexOf('\n', tokens.start(token) - 1) + 1);
  return /^[ \t]*/.exec(line)?.[0] ?? '';
}

function isFirstInLine({ text, tokens }: SourceCode, token: number): boolean {
  const start = tokens.start(token);
  return text.slice(text.lastIndexOf('\n', start - 1) + 1, start).trim() === '';
}

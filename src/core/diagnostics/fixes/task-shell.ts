import { TokenKind as T } from '../../references/tokens.ts';
import { type GroovyText, groovyText } from './groovy-text.ts';
import { type ProcessBody, processBodyAt, sectionAt, sectionsOf } from './process-body.ts';
import { readShell, type ShellContext, type ShellReading } from './shell-text.ts';
import { beforeNewLines, type SourceCode, type TokenRange } from './source-code.ts';
import { continuesStatement, statementsOf, wantsMore } from './statements.ts';

// Finds the texts of a process that its tasks' shell gets, and the position of an offset of the code in that shell's
// script.

/** A text that a task's shell gets. */
export interface ShellScript {
  readonly body: ProcessBody;
  readonly text: GroovyText;
  readonly shell: ShellReading;
}

/** A position in the script of a task's shell. */
export interface ShellPosition {
  readonly body: ProcessBody;
  readonly context: ShellContext;
  /** The text that has it, and the index of its character in that text. */
  readonly text: GroovyText;
  readonly index: number;
  /** True for an interpolation inside an interpolation: its value is a part of that text, not of the outermost. */
  readonly isNested: boolean;
}

const SCRIPTS = new Set(['script', 'shell', 'stub']);
/** Signs that may be before or after a value that goes as it is into the text around it. */
const IN_FRONT = new Set<T>([T.question, T.colon, T.elvis]);

/** Cache for each code: one script may have thousands of offsets with a diagnostic. */
const known = new WeakMap<SourceCode, Map<number, ShellScript | undefined>>();

/** The shell text that starts at a token, or undefined if the token starts anything else. */
function shellScript(code: SourceCode, token: number): ShellScript | undefined {
  const scripts = known.get(code) ?? new Map<number, ShellScript | undefined>();
  known.set(code, scripts);
  if (!scripts.has(token)) scripts.set(token, readScript(code, token));
  return scripts.get(token);
}

function readScript(code: SourceCode, token: number): ShellScript | undefined {
  const { tokens } = code;
  const body = processBodyAt(code, tokens.start(token));
  if (body === undefined || !isScript(code, body, token)) return undefined;
  const text = groovyText(code, token);
  if (text === undefined || !isForBash(text.characters) || setsShell(code, body)) return undefined;
  return { body, text, shell: readShell(text.characters) };
}

/** The shell texts of a process. */
export function shellScripts(code: SourceCode, { open, close }: ProcessBody): ShellScript[] {
  const scripts: ShellScript[] = [];
  for (let index = open + 1; index < close; index++) {
    const kind = code.tokens.kind(index);
    if (kind !== T.string && kind !== T.openText) continue;
    const script = shellScript(code, index);
    if (script === undefined) continue;
    scripts.push(script);
    index = Math.max(index, code.tokens.partner(index));
  }
  return scripts;
}

/**
 * Finds the position in a task's shell where the value of an expression is put as it is: as an interpolation, or as one
 * of the values that a condition in it chooses from.
 */
export function shellPosition(code: SourceCode, { first, last }: TokenRange): ShellPosition | undefined {
  const { tokens, parents } = code;
  const parent = parents[first] ?? -1;
  const before = beforeNewLines(code, first - 1);
  const following = tokens.afterNewLines(last + 1);
  const isWhole =
    (before === parent || IN_FRONT.has(tokens.kind(before))) &&
    (following === tokens.partner(parent) ||
      tokens.kind(following) === T.colon ||
      tokens.kind(following) === T.elvis);
  if (!isWhole) return undefined;
  const kind = tokens.kind(parent);
  if (kind === T.openParen) {
    const caller = beforeNewLines(code, parent - 1);
    const isGroup = caller === parents[parent] || IN_FRONT.has(tokens.kind(caller));
    return isGroup ? shellPosition(code, { first: parent, last: tokens.partner(parent) }) : undefined;
  }
  if (kind !== T.openExpression && kind !== T.openPath) return undefined;
  return positionInText(code, parents[parent] ?? -1, tokens.start(parent));
}

/** The position of an offset in a text: of its character, or of an interpolation that starts there. */
export function positionInText(code: SourceCode, token: number, offset: number): ShellPosition | undefined {
  const script = shellScript(code, token);
  if (script !== undefined) {
    const index = script.text.offsets.indexOf(offset);
    return index < 0
      ? undefined
      : { ...placed(script.body, script.text, script.shell, index), isNested: false };
  }
  if (code.tokens.kind(token) !== T.openText) return undefined;
  const outer = shellPosition(code, { first: token, last: code.tokens.partner(token) });
  const text = groovyText(code, token);
  if (outer === undefined || text === undefined) return undefined;
  const index = text.offsets.indexOf(offset);
  if (index < 0) return undefined;
  return { ...placed(outer.body, text, readShell(text.characters, outer.context), index), isNested: true };
}

function placed(
  body: ProcessBody,
  text: GroovyText,
  { contexts }: ShellReading,
  index: number,
): Omit<ShellPosition, 'isNested'> {
  return { body, text, index, context: contexts[index] ?? 'other' };
}

/** Tells whether a text is a statement of a script's part, also in the branches of an `if`. */
function isScript(code: SourceCode, body: ProcessBody, token: number): boolean {
  const { tokens, parents } = code;
  if (!SCRIPTS.has(sectionAt(code, body, token) ?? '')) return false;
  const before = tokens.kind(token - 1);
  const isStatement =
    before === T.newLine ||
    before === T.semicolon ||
    before === T.openBrace ||
    isLabel(code, token - 1) ||
    tokens.is(token - 1, 'return') ||
    tokens.is(token - 1, 'else') ||
    (before === T.closeParen && tokens.is(tokens.partner(token - 1) - 1, 'if'));
  if (!isStatement || !endsStatement(code, token)) return false;
  let parent = parents[token] ?? -1;
  while (parent !== body.open) {
    if (parent < 0 || tokens.kind(parent) !== T.openBrace) return false;
    const head = beforeNewLines(code, parent - 1);
    const isBranch =
      tokens.is(head, 'else') ||
      (tokens.kind(head) === T.closeParen && tokens.is(tokens.partner(head) - 1, 'if'));
    if (!isBranch) return false;
    parent = parents[parent] ?? -1;
  }
  // `condition\n ? """…"""`, `a:\n """…"""`
  const previous = beforeNewLines(code, token - 1);
  return before !== T.newLine || !wantsMore(tokens.kind(previous)) || isLabel(code, previous);
}

function isLabel(code: SourceCode, colon: number): boolean {
  const { tokens } = code;
  return tokens.kind(colon) === T.colon && SCRIPTS.has(tokens.source(colon - 1));
}

/** Tells whether only `.stripIndent()` and the like change the text after it. */
function endsStatement(code: SourceCode, token: number): boolean {
  const { tokens } = code;
  let index = Math.max(token, tokens.partner(token)) + 1;
  for (;;) {
    const next = tokens.afterNewLines(index);
    if (tokens.kind(next) !== T.dot) break;
    if (!['stripIndent', 'trim'].includes(tokens.source(next + 1))) return false;
    if (tokens.kind(next + 2) !== T.openParen) return false;
    index = tokens.partner(next + 2) + 1;
  }
  const kind = tokens.kind(index);
  if (kind === T.semicolon || kind === T.end || kind === T.closeBrace) return true;
  if (kind !== T.newLine) return tokens.is(index, 'else');
  return !continuesStatement(code, tokens.afterNewLines(index));
}

/** Tells whether a script is for bash: it starts without `#!`, or with one of bash. */
function isForBash(characters: string): boolean {
  const start = /^\s*#!([^\n]*)/.exec(characters);
  return (
    start === null ||
    /^\s*(?:\/usr)?(?:\/bin\/env\s+|\/bin\/|\/local\/bin\/)(?:-S\s+)?(?:ba)?sh\b/.test(start[1] ?? '')
  );
}

/** Tells whether a process has a directive `shell`, which may give its scripts to any program. */
function setsShell(code: SourceCode, body: ProcessBody): boolean {
  const end = sectionsOf(code, body)[0]?.first ?? body.close;
  return statementsOf(code, body.open, end).some(({ first }) => code.tokens.is(first, 'shell'));
}

/** The text that an offset is in; undefined if there is none, or if the offset is in an interpolation of it. */
export function textAt(code: SourceCode, offset: number): number | undefined {
  const { tokens, parents } = code;
  const token = tokens.lastFrom(offset);
  const kind = tokens.kind(token);
  if (kind === T.string) {
    const { start, end } = tokens.content(token);
    return offset >= start && offset < end ? token : undefined;
  }
  if (kind === T.openText) return token;
  if (kind === T.closeExpression || kind === T.closePath) {
    const text = parents[token] ?? -1;
    return tokens.kind(text) === T.openText ? text : undefined;
  }
  return undefined;
}

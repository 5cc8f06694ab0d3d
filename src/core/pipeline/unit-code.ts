import { isKindOf, TokenKind as T, type Tokens } from '../references/tokens.ts';
import { deadCode, type Decide } from './dead-code.ts';
import { isBreak } from './parameter-assignments.ts';
import type { TokenRange } from './token-ranges.ts';
import { declares, type Unit } from './unit.ts';

/** Tokens of a script, and the conditions that decide whether its code runs. */
export interface Deciding {
  readonly tokens: Tokens;
  readonly decide: Decide;
  /** True if `when:` of a process alone decides, and no config replaces it. */
  readonly decidesWhen: boolean;
}

const IS_DOT = isKindOf(T.dot, T.safeDot);

/** Finds the code of a unit that does not run, because its condition is known. */
export const deadCodeOf = (script: Deciding, unit: Unit): readonly TokenRange[] =>
  unit.ranges.flatMap((range) => deadIn(script, unit, range));

function deadIn(script: Deciding, unit: Unit, range: TokenRange): readonly TokenRange[] {
  if (hidesParameters(script.tokens, unit, range)) return [];
  if (unit.kind === 'process' && script.decidesWhen && neverRuns(script, range)) return [range];
  return deadCode(script.tokens, range[0], range[1], script.decide);
}

/** Tells whether a unit declares a variable or parameter `params` somewhere. */
function hidesParameters(tokens: Tokens, { kind }: Unit, [from, to]: TokenRange): boolean {
  const head = kind === 'function' ? tokens.partner(from + 1) : from;
  for (let at = from + 1; at < to; at++) {
    if (tokens.kind(at) !== T.word || !tokens.is(at, 'params')) continue;
    const isDeclared = tokens.kind(at - 1) === T.word && declares(tokens.source(at - 1));
    const isOfClosure = tokens.kind(at + 1) === T.arrow || tokens.kind(at - 1) === T.openBrace;
    const isFirst = tokens.kind(at + 1) === T.comma || tokens.kind(at + 1) === T.arrow;
    if (at < head || isDeclared || tokens.kind(at + 1) === T.arrow || (isOfClosure && isFirst)) return true;
  }
  return false;
}

/** Tells whether `when: params.x` of a process is false. */
function neverRuns({ tokens, decide }: Deciding, [from, end]: TokenRange): boolean {
  let brace = from;
  while (brace < end && tokens.kind(brace) !== T.openBrace) brace += 1;
  const close = Math.min(tokens.partner(brace), end);
  for (let at = brace + 1; at < close; at = Math.max(at, tokens.partner(at)) + 1) {
    if (tokens.kind(at) !== T.word || !tokens.is(at, 'when') || tokens.kind(at + 1) !== T.colon) continue;
    const start = tokens.afterNewLines(at + 2);
    let stop = start;
    while (stop < close && !isBreak(tokens, stop)) stop = Math.max(stop, tokens.partner(stop)) + 1;
    // A label or the end must follow: the last statement of `when:` counts.
    let next = stop;
    while (next < close && (tokens.kind(next) === T.newLine || tokens.kind(next) === T.semicolon)) next += 1;
    const isWhole = next >= close || (tokens.kind(next) === T.word && tokens.kind(next + 1) === T.colon);
    return isWhole && decide(start, stop)?.truthy === false;
  }
  return false;
}

/** Calls that some code may make: a name that is only mentioned counts as a call. */
export interface Calls {
  readonly names: Set<string>;
  /** True if it may call anything. */
  anything: boolean;
  /** True if it has templates: their code may call functions. */
  inTemplates: boolean;
}

/** Owners in a call: `this.A()` calls the same as `A()`. */
const OWNERS = new Set(['this', 'owner', 'delegate', 'binding']);
/** Words in code that may call anything. */
const CALLS_ANYTHING = new Set(
  'evaluate invokeMethod GroovyShell Eval metaClass getMetaClass getProperty ScriptMeta methodMissing'.split(
    ' ',
  ),
);
/** Words before texts that are separate code, which may call functions. */
const OTHER_CODE = new Set(['template', 'shell']);

/** @param skipped - ranges of code that does not run, in order. */
export function callsIn(
  tokens: Tokens,
  ranges: readonly TokenRange[],
  skipped: readonly TokenRange[],
): Calls {
  const calls: Calls = { names: new Set(), anything: false, inTemplates: false };
  let next = 0;
  for (const [from, to] of ranges) {
    for (let at = from; at < to; at++) {
      while ((skipped[next]?.[1] ?? Infinity) <= at) next += 1;
      const range = skipped[next];
      if (range !== undefined && range[0] <= at) at = range[1] - 1;
      else addCall(tokens, at, calls);
    }
  }
  return calls;
}

function addCall(tokens: Tokens, at: number, calls: Calls): void {
  const kind = tokens.kind(at);
  if (kind === T.word) addWord(tokens, at, calls);
  // `"A"()` is a call of A, `"$x"()` of anything.
  else if (kind === T.string && isCalled(tokens, at)) calls.names.add(tokens.constant(at));
  else if (kind === T.closeText && isCalled(tokens, at)) calls.anything = true;
}

function addWord(tokens: Tokens, at: number, calls: Calls): void {
  const word = tokens.source(at);
  if (CALLS_ANYTHING.has(word)) calls.anything = true;
  if (OTHER_CODE.has(word)) calls.inTemplates = true;
  // `this[x]`, `this."$x"()`
  if (OWNERS.has(word) && tokens.kind(at + 1) === T.openBracket) calls.anything = true;
  const isMember = at > 1 && IS_DOT(tokens.kind(at - 1)) && !OWNERS.has(tokens.source(at - 2));
  if (!isMember) calls.names.add(word);
}

/** Tells whether a text is the name of a call: it has arguments, or comes after a dot. */
function isCalled(tokens: Tokens, text: number): boolean {
  const start = tokens.kind(text) === T.closeText ? tokens.partner(text) : text;
  const before = start > 0 ? tokens.kind(start - 1) : T.newLine;
  const isMember = before === T.otherDot || (IS_DOT(before) && OWNERS.has(tokens.source(start - 2)));
  return tokens.kind(text + 1) === T.openParen || isMember;
}

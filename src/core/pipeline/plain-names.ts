import { isKindOf, TokenKind as T, type Tokens } from '../references/tokens.ts';
import { PLAIN_TYPES } from './plain-words.ts';
import { isStart, unitAt } from './unit.ts';

/** Names that a script or config gives to something of its own. */
export interface PlainNames {
  /** Variables and parameters of functions and closures. */
  readonly values: ReadonlySet<string>;
  /** Processes, workflows, functions, and what is included. */
  readonly callable: ReadonlySet<string>;
}

const QUALIFIERS = new Set(['val', 'path', 'each', 'env']);
const IN_PARAMETERS = isKindOf(T.word, T.comma, T.newLine, T.openParen, T.closeParen);
const IS_BRACKET = isKindOf(T.openBrace, T.closeBrace, T.openParen, T.closeParen);
const ENDS = isKindOf(T.newLine, T.semicolon, T.closeBrace, T.end);

export function declaredNames(tokens: Tokens): PlainNames {
  const values = new Set<string>();
  const callable = new Set<string>();
  for (let at = 0; at < tokens.count; at++) {
    if (tokens.kind(at) === T.arrow) addParameters(tokens, at, values);
    if (tokens.kind(at) !== T.word) continue;
    const word = tokens.source(at);
    const unit = unitAt(tokens, at)?.unit;
    if (unit?.name !== undefined) callable.add(unit.name);
    if (unit?.kind === 'function') addNames(tokens, at + 2, values);
    if (word === 'include' && isStart(tokens, at)) addNames(tokens, at + 2, callable);
    if (word === 'take' && tokens.kind(at + 1) === T.colon) addTaken(tokens, at + 2, values);
    if (isDeclared(tokens, at, word)) values.add(word);
  }
  return { values, callable };
}

function isDeclared(tokens: Tokens, at: number, word: string): boolean {
  const isAssigned = tokens.kind(at + 1) === T.assign && isStart(tokens, at);
  // `.set { name }`
  const isSet = tokens.kind(at - 1) === T.openBrace && /^(?:set|tap)$/.test(tokens.source(at - 2));
  if (isSet && tokens.kind(at + 1) === T.closeBrace) return true;
  if (isAssigned || tokens.is(at + 1, 'in')) return true;
  const isOpen = tokens.kind(at - 1) === T.openParen;
  if (tokens.kind(isOpen ? at - 2 : at - 1) !== T.word || word === 'in') return false;
  const before = tokens.source(isOpen ? at - 2 : at - 1);
  if (before === 'def' || QUALIFIERS.has(before)) return true;
  return !isOpen && PLAIN_TYPES.has(before);
}

/** Adds the names before an arrow: `{ a, b -> …`. */
function addParameters(tokens: Tokens, arrow: number, values: Set<string>): void {
  let from = arrow - 1;
  while (from >= 0 && IN_PARAMETERS(tokens.kind(from))) from -= 1;
  if (tokens.kind(from) === T.openBrace) addWords(tokens, from + 1, arrow, values);
}

function addWords(tokens: Tokens, from: number, to: number, names: Set<string>): void {
  for (let at = from; at < Math.min(to, tokens.count); at++)
    if (tokens.kind(at) === T.word) names.add(tokens.source(at));
}

/** Adds the names of a list up to its first bracket, so that lists in lists take no longer than one. */
function addNames(tokens: Tokens, from: number, names: Set<string>): void {
  for (let at = from; at < tokens.count && !IS_BRACKET(tokens.kind(at)); at++)
    if (tokens.kind(at) === T.word) names.add(tokens.source(at));
}

/** Adds the inputs of a workflow: a name a line. */
function addTaken(tokens: Tokens, from: number, values: Set<string>): void {
  for (let at = tokens.afterNewLines(from); tokens.kind(at) === T.word; at = tokens.afterNewLines(at + 1)) {
    if (!ENDS(tokens.kind(at + 1))) return;
    values.add(tokens.source(at));
  }
}

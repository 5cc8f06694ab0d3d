import { isKindOf, TokenKind as T, type Tokens } from '../references/tokens.ts';
import type { TokenRange } from './token-ranges.ts';

/** A process, workflow or function; or all code of a script that is in none, without a name. */
export interface Unit {
  readonly name: string | undefined;
  readonly kind: 'process' | 'workflow' | 'function' | 'file';
  readonly ranges: TokenRange[];
  /** Code in it that does not run, once it is known. */
  dead: readonly TokenRange[];
  isReached: boolean;
}

export const newUnit = (kind: Unit['kind'], name: string | undefined): Unit => ({
  kind,
  name,
  ranges: [],
  dead: [],
  isReached: false,
});

/** The name of the workflow that has none. */
export const ENTRY = '';

const DECLARES = new Set(
  'def static private public protected final synchronized boolean char byte short int long float double void'.split(
    ' ',
  ),
);
/** Tells whether a word declares the one after it: `def`, a modifier, or a type. */
export const declares = (word: string): boolean => DECLARES.has(word) || /^[A-Z]/.test(word);

const TYPES = new Set(['class', 'interface', 'enum', 'trait', 'record']);
const OPENS_TYPE = isKindOf(T.openBrace, T.newLine, T.semicolon, T.end);
const IS_DOT = isKindOf(T.dot, T.safeDot);
const ENDS = isKindOf(T.newLine, T.semicolon, T.closeBrace, T.end);

/** Tells whether a token is the first of a statement. */
export const isStart = (tokens: Tokens, at: number): boolean => at === 0 || ENDS(tokens.kind(at - 1));
const isMember = (tokens: Tokens, at: number): boolean => at > 0 && IS_DOT(tokens.kind(at - 1));

/** Finds the unit that a token starts, with the brace of its body. */
export function unitAt(
  tokens: Tokens,
  at: number,
): { readonly unit: Unit; readonly brace: number } | undefined {
  if (tokens.kind(at) !== T.word) return undefined;
  const word = tokens.source(at);
  return word === 'process' || word === 'workflow' ? blockAt(tokens, at, word) : functionAt(tokens, at);
}

/** Reads `process NAME {`, `workflow {`. */
function blockAt(tokens: Tokens, at: number, kind: 'process' | 'workflow'): ReturnType<typeof unitAt> {
  const isText = tokens.kind(at + 1) === T.string;
  const isNamed = isText || tokens.kind(at + 1) === T.word;
  if ((kind === 'process' && !isNamed) || isMember(tokens, at)) return undefined;
  const brace = openingBrace(tokens, isNamed ? at + 2 : at + 1);
  const name = isText ? tokens.constant(at + 1) : isNamed ? tokens.source(at + 1) : ENTRY;
  return brace === undefined ? undefined : { unit: newUnit(kind, name), brace };
}

/** Reads `def name(…) {`. @param at - index of the name. */
function functionAt(tokens: Tokens, at: number): ReturnType<typeof unitAt> {
  if (tokens.kind(at + 1) !== T.openParen || !isDeclared(tokens, at)) return undefined;
  const brace = openingBrace(tokens, tokens.partner(at + 1) + 1);
  return brace === undefined ? undefined : { unit: newUnit('function', tokens.source(at)), brace };
}

function isDeclared(tokens: Tokens, name: number): boolean {
  if (name === 0 || tokens.kind(name - 1) !== T.word) return false;
  const before = tokens.source(name - 1);
  return DECLARES.has(before) || (declares(before) && isStart(tokens, name - 1));
}

function openingBrace(tokens: Tokens, from: number): number | undefined {
  const at = tokens.afterNewLines(from);
  return tokens.kind(at) === T.openBrace ? at : undefined;
}

/** Finds the end of `class A { … }`, which sees nothing of the script around it; undefined for anything else. */
export function endOfType(tokens: Tokens, at: number): number | undefined {
  const isType = tokens.kind(at) === T.word && TYPES.has(tokens.source(at)) && tokens.kind(at + 1) === T.word;
  if (!isType || isMember(tokens, at)) return undefined;
  let brace = at + 2;
  while (!OPENS_TYPE(tokens.kind(brace))) brace += 1;
  if (tokens.kind(brace) !== T.openBrace) return undefined;
  return Math.min(tokens.partner(brace) + 1, tokens.count);
}

import { isKindOf, TokenKind as T, type Tokens } from '../references/tokens.ts';
import { type KnownNames, type KnownValue, valueOf } from './conditions.ts';

/** An assignment `params.a = …` in a script or config. */
export interface ParameterAssignment {
  /** Path without `params`; empty if the assignment may set any parameter. */
  readonly path: readonly string[];
  /** Value; undefined if it is not known. */
  readonly value: KnownValue | undefined;
  readonly offset: number;
  /** Profile that it is in, in a config. */
  readonly profile: string | null;
}

const ENDS = isKindOf(T.newLine, T.semicolon, T.end, T.closeBrace);
const IS_NAME = isKindOf(T.word, T.string);
const IS_ASSIGNMENT = isKindOf(T.assign, T.assignWith);
/** Words with a block of statements that Groovy may skip. */
const BLOCKS = new Set(['if', 'else', 'for', 'while', 'try', 'catch', 'finally', 'switch']);
/** Methods that only read. */
const READERS = new Set(
  (
    'any collect collectEntries containsKey count each eachWithIndex every find findAll get getAt getOrDefault groupBy ' +
    'inject inspect isEmpty keySet size sort sum toString values subMap clone entrySet hashCode equals'
  ).split(' '),
);

/**
 * Finds the parameters that a config sets, in its order. A value may be computed from values before it.
 *
 * @param within - the blocks of another config that this one is included in.
 */
export function* configAssignments(
  tokens: Tokens,
  within: readonly string[],
  names: KnownNames,
): Generator<ParameterAssignment> {
  const blocks: { readonly close: number; readonly path: readonly string[]; readonly isCertain: boolean }[] =
    [{ close: tokens.count, path: within, isCertain: true }];
  for (let at = 0; at < tokens.count;) {
    const block = blocks.at(-1);
    if (block === undefined) break;
    if (at >= block.close) {
      blocks.pop();
      at = Math.max(at, block.close + 1);
      continue;
    }
    const { path, isCertain } = block;
    const { names: key, next } = configKey(tokens, at);
    const whole = [...path, ...key];
    if (key.length > 0 && tokens.kind(next) === T.openBrace) {
      const inner = BLOCKS.has(key[0] ?? '') ? path : whole.slice(0, 12);
      blocks.push({ close: tokens.partner(next), path: inner, isCertain: isCertain && inner !== path });
      at = next + 1;
    } else if (key.length > 0 && IS_ASSIGNMENT(tokens.kind(next))) {
      const end = endOfStatement(tokens, next + 1, block.close);
      const parameter = ofParams(whole);
      if (parameter !== undefined) {
        const isPlain = isCertain && tokens.kind(next) === T.assign;
        yield {
          ...parameter,
          value: isPlain ? valueOf(tokens, next + 1, end, names) : undefined,
          offset: tokens.start(at),
        };
      }
      at = end;
    } else if (tokens.kind(at) === T.word && BLOCKS.has(tokens.source(at))) {
      at = bodyOf(tokens, at, (brace) => {
        blocks.push({ close: tokens.partner(brace), path, isCertain: false });
      });
    } else if (ENDS(tokens.kind(at))) {
      at += 1;
    } else {
      const end = endOfStatement(tokens, at, block.close);
      // `params.putAll(…)`, `params << …`
      if (key.length > 0 && ofParams(whole) !== undefined) {
        yield { path: [], value: undefined, offset: tokens.start(at), profile: null };
      }
      at = Math.max(end, at + 1);
    }
  }
}

/** Reads `if (…) {`. @returns the token to go on with. */
function bodyOf(tokens: Tokens, word: number, open: (brace: number) => void): number {
  let at = word + 1;
  if (tokens.kind(at) === T.openParen) at = tokens.partner(at) + 1;
  while (tokens.kind(at) === T.newLine) at += 1;
  if (tokens.kind(at) !== T.openBrace) return at;
  open(at);
  return at + 1;
}

function configKey(tokens: Tokens, from: number): { readonly names: string[]; readonly next: number } {
  const names: string[] = [];
  let at = from;
  for (; IS_NAME(tokens.kind(at)); at += 2) {
    names.push(tokens.kind(at) === T.word ? tokens.source(at) : tokens.constant(at));
    if (tokens.kind(at + 1) !== T.dot) return { names, next: at + 1 };
  }
  return { names, next: at };
}

function ofParams(path: readonly string[]): Pick<ParameterAssignment, 'path' | 'profile'> | undefined {
  const isOfProfile = path[0] === 'profiles';
  const [first, ...rest] = isOfProfile ? path.slice(2) : path;
  return first === 'params' ? { path: rest, profile: isOfProfile ? (path[1] ?? null) : null } : undefined;
}

function endOfStatement(tokens: Tokens, from: number, limit: number): number {
  let at = from;
  while (tokens.kind(at) === T.newLine) at += 1;
  while (at < limit && !isBreak(tokens, at)) at = Math.max(at, tokens.partner(at)) + 1;
  return Math.min(at, limit);
}

const CONTINUES = isKindOf(
  T.question,
  T.colon,
  T.elvis,
  T.and,
  T.or,
  T.dot,
  T.safeDot,
  T.otherDot,
  T.equal,
  T.notEqual,
);
const WANTS_MORE = isKindOf(
  T.question,
  T.elvis,
  T.and,
  T.or,
  T.dot,
  T.safeDot,
  T.otherDot,
  T.equal,
  T.notEqual,
  T.not,
  T.operator,
  T.comma,
  T.assign,
  T.assignWith,
  T.colon,
  T.arrow,
);

/** Tells whether a statement ends at this token: at `;`, or at the end of a line that no operator joins to the next. */
export function isBreak(tokens: Tokens, at: number): boolean {
  const kind = tokens.kind(at);
  if (kind === T.semicolon || kind === T.end) return true;
  if (kind !== T.newLine) return false;
  if (at > 0 && WANTS_MORE(tokens.kind(at - 1))) return false;
  // Of several line ends the first counts: so the code does not look past each of many again.
  if (at > 0 && tokens.kind(at - 1) === T.newLine) return false;
  let next = at + 1;
  while (tokens.kind(next) === T.newLine) next += 1;
  return !CONTINUES(tokens.kind(next));
}

/** Finds the parameters that a script sets anywhere. */
export function scriptAssignments(tokens: Tokens, names: KnownNames): ParameterAssignment[] {
  const found: ParameterAssignment[] = [];
  let depth = 0;
  const closes: number[] = [];
  for (let at = 0; at < tokens.count; at++) {
    while (closes.at(-1) === at) {
      closes.pop();
      depth -= 1;
    }
    if (tokens.partner(at) > at) {
      closes.push(tokens.partner(at));
      depth += 1;
    }
    if (tokens.kind(at) !== T.word || !tokens.is(at, 'params')) continue;
    const before = at === 0 ? T.newLine : tokens.kind(at - 1);
    if (before === T.dot || before === T.safeDot) continue;
    const {
      names: [, ...path],
      next,
    } = configKey(tokens, at);
    const offset = tokens.start(at);
    const kind = tokens.kind(next);
    if (kind === T.assign && path.length > 0) {
      const end = endOfStatement(tokens, next + 1, tokens.count);
      const isCertain = depth === 0 && (before === T.newLine || before === T.semicolon);
      const value = isCertain ? valueOf(tokens, next + 1, end, names) : undefined;
      found.push({ path, value, offset, profile: null });
    } else if (IS_ASSIGNMENT(kind) || kind === T.step) {
      found.push({ path, value: undefined, offset, profile: null });
    } else if (mayChange(tokens, at, path, next)) {
      found.push({ path: [], value: undefined, offset, profile: null });
    }
  }
  return found;
}

/** Checks for `params.put('a', 1)`, `params['a'] = 1`, `params << [a: 1]`. */
function mayChange(tokens: Tokens, at: number, path: readonly string[], next: number): boolean {
  const kind = tokens.kind(next);
  if (kind === T.openParen && path.length > 0) return path.length === 1 && !READERS.has(path[0] ?? '');
  if (path.length > 0) return false;
  if (kind === T.openBracket) return IS_ASSIGNMENT(tokens.kind(tokens.partner(next) + 1));
  return kind === T.operator && tokens.is(at + 1, '<<');
}

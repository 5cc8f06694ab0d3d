import { TokenKind, type Tokens } from '../references/tokens.ts';
import { tokenize } from '../references/tokenize.ts';

/**
 * Counts the mentions of an executor in a script or config that may choose it: its name as a whole text. A mention in a
 * comment, in a comparison (`task.executor == 'awsbatch'`, `in ['awsbatch']`, `case 'awsbatch':`) or in a profile that
 * is not used does not count.
 *
 * @param profiles - the profiles in use; undefined for a script.
 */
export function executorMentions(
  text: string,
  executor: string,
  profiles: ReadonlySet<string> | undefined,
): number {
  if (!text.toLowerCase().includes(executor)) return 0;
  const tokens = tokenize(text);
  let mentions = 0;
  for (let index = 0; index < tokens.count; index++) {
    const unused = profiles === undefined ? undefined : unusedProfiles(tokens, index, profiles);
    if (unused !== undefined) {
      // Only profiles in use count.
      for (const [from, to] of unused.used) mentions += countIn(tokens, from, to, executor);
      index = unused.end;
    } else if (isMention(tokens, index, executor)) {
      mentions += 1;
    }
  }
  return mentions;
}

/**
 * Tells whether a script or config sets an executor in another way than by a plain text, or a script by the name of
 * this executor: then a value of a parameter, a function or the environment may choose it.
 */
export function choosesExecutor(text: string, executor: string, isConfig: boolean): boolean {
  if (!text.includes('executor')) return false;
  const tokens = tokenize(text);
  for (let index = 0; index < tokens.count; index++) {
    const kind = tokens.kind(index);
    const isWord = kind === TokenKind.word || kind === TokenKind.string;
    if (!isWord || nameAt(tokens, index) !== 'executor' || isRead(tokens, index)) continue;
    const value = valueOf(tokens, index, isConfig);
    if (value !== undefined && !isPlain(tokens, value, isConfig ? undefined : executor)) return true;
  }
  return false;
}

/** Checks for `task.executor`, `params.executor`. */
const isRead = (tokens: Tokens, index: number): boolean =>
  tokens.kind(index - 1) === TokenKind.dot &&
  /^(task|params|workflow|session)$/.test(tokens.source(index - 2));

/** Finds the first token of an executor's value; undefined if it has none there. */
function valueOf(tokens: Tokens, index: number, isConfig: boolean): number | undefined {
  const next = tokens.kind(index + 1);
  if (next === TokenKind.assign || next === TokenKind.colon) return index + 2;
  if (next === TokenKind.dot && tokens.is(index + 2, 'name')) return valueOf(tokens, index + 2, isConfig);
  if (!isConfig) return next === TokenKind.newLine || next === TokenKind.end ? undefined : index + 1;
  if (next !== TokenKind.openBrace) return undefined;
  for (let at = index + 2; at < tokens.partner(index + 1); at++) {
    if (tokens.is(at, 'name') && tokens.kind(at + 1) === TokenKind.assign) return at + 2;
  }
  return undefined;
}

/** Checks that a value is one plain text. @param other - a text that does not count as plain. */
function isPlain(tokens: Tokens, value: number, other: string | undefined): boolean {
  const inParens = tokens.kind(value) === TokenKind.openParen;
  const text = inParens ? value + 1 : value;
  if (tokens.kind(text) !== TokenKind.string || tokens.constant(text).toLowerCase() === other) return false;
  const following = tokens.kind(inParens ? tokens.partner(value) + 1 : text + 1);
  return ENDS_VALUE.has(following);
}

const ENDS_VALUE: ReadonlySet<TokenKind> = new Set([
  TokenKind.newLine,
  TokenKind.semicolon,
  TokenKind.comma,
  TokenKind.closeBrace,
  TokenKind.closeBracket,
  TokenKind.closeParen,
  TokenKind.end,
]);

/** Tells whether a launch itself names an executor: in a parameter, the parameters' file, or the environment. */
export function namesExecutor(
  executor: string,
  {
    args,
    paramsFile,
    env,
  }: { args: readonly string[]; paramsFile: string; env: Iterable<string | undefined> },
): boolean {
  const named = (word = ''): boolean => word.toLowerCase().replace(/^--?[^=]*=/, '') === executor;
  return args.some(named) || paramsFile.toLowerCase().includes(executor) || [...env].some(named);
}

function countIn(tokens: Tokens, from: number, to: number, executor: string): number {
  let count = 0;
  for (let index = from; index < to; index++) if (isMention(tokens, index, executor)) count += 1;
  return count;
}

/** A block of profiles: its end, and the bodies of the profiles in use. */
interface ProfilesBlock {
  readonly end: number;
  readonly used: readonly (readonly [from: number, to: number])[];
}

/** Reads `profiles { NAME { … } }` or `profiles.NAME { … }`, if one begins at a token. */
function unusedProfiles(
  tokens: Tokens,
  index: number,
  profiles: ReadonlySet<string>,
): ProfilesBlock | undefined {
  if (!tokens.is(index, 'profiles') || tokens.kind(index - 1) === TokenKind.dot) return undefined;
  const isBlock = (at: number): boolean => tokens.kind(at) === TokenKind.openBrace;
  if (tokens.kind(index + 1) === TokenKind.dot && isBlock(index + 3)) {
    const end = tokens.partner(index + 3);
    return { end, used: profiles.has(nameAt(tokens, index + 2)) ? [[index + 4, end]] : [] };
  }
  if (!isBlock(index + 1)) return undefined;
  const end = tokens.partner(index + 1);
  const used: (readonly [number, number])[] = [];
  for (let at = index + 2; at < end; at++) {
    if (!isBlock(at)) continue;
    const close = tokens.partner(at);
    if (profiles.has(nameAt(tokens, at - 1))) used.push([at + 1, close]);
    at = close;
  }
  return { end, used };
}

const nameAt = (tokens: Tokens, index: number): string =>
  tokens.kind(index) === TokenKind.string ? tokens.constant(index) : tokens.source(index);

function isMention(tokens: Tokens, index: number, executor: string): boolean {
  if (tokens.kind(index) !== TokenKind.string) return false;
  if (tokens.constant(index).toLowerCase() !== executor) return false;
  return !isCompared(tokens, index, index) && !isInComparedList(tokens, index);
}

/** Tells whether the code from one token to another is one side of a comparison. */
function isCompared(tokens: Tokens, from: number, to: number): boolean {
  const isComparison = (at: number): boolean =>
    tokens.kind(at) === TokenKind.equal || tokens.kind(at) === TokenKind.notEqual;
  const before = tokens.source(from - 1);
  return (
    isComparison(from - 1) ||
    isComparison(to + 1) ||
    ['in', 'case'].includes(before) ||
    // `.equals(…)`, `.contains(…)`
    (before === '(' && /^(equals|equalsIgnoreCase|contains|startsWith)$/.test(tokens.source(from - 2)))
  );
}

/** Checks for `x in ['a', 'awsbatch']`, `['a', 'awsbatch'].contains(x)`. */
function isInComparedList(tokens: Tokens, index: number): boolean {
  let open = index - 1;
  while (tokens.kind(open) === TokenKind.string || tokens.kind(open) === TokenKind.comma) open -= 1;
  if (tokens.kind(open) !== TokenKind.openBracket) return false;
  const close = tokens.partner(open);
  if (isCompared(tokens, open, close)) return true;
  return tokens.kind(close + 1) === TokenKind.dot && tokens.is(close + 2, 'contains');
}

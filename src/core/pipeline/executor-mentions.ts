import { TokenKind, type Tokens } from '../references/tokens.ts';
import { tokenize } from '../references/tokenize.ts';

/**
 * How often a script or config has the name of an executor as a value that may choose it: as a text of its own, not in a
 * comment, in a comparison (`task.executor == 'awsbatch'`, `in ['awsbatch']`, `case 'awsbatch':`), or in a profile that is
 * not used.
 *
 * @param profiles - those in use; undefined for a script.
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
      // Only those that are used are looked into.
      for (const [from, to] of unused.used) mentions += countIn(tokens, from, to, executor);
      index = unused.end;
    } else if (isMention(tokens, index, executor)) {
      mentions += 1;
    }
  }
  return mentions;
}

function countIn(tokens: Tokens, from: number, to: number, executor: string): number {
  let count = 0;
  for (let index = from; index < to; index++) if (isMention(tokens, index, executor)) count += 1;
  return count;
}

/** A block of profiles: where it ends, and where the bodies of those in use are. */
interface ProfilesBlock {
  readonly end: number;
  readonly used: readonly (readonly [from: number, to: number])[];
}

/** `profiles { NAME { … } }` and `profiles.NAME { … }`, if one begins at a token. */
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

/** Whether what stands from one token to another is one side of a comparison. */
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

/** `x in ['a', 'awsbatch']`, `['a', 'awsbatch'].contains(x)` */
function isInComparedList(tokens: Tokens, index: number): boolean {
  let open = index - 1;
  while (tokens.kind(open) === TokenKind.string || tokens.kind(open) === TokenKind.comma) open -= 1;
  if (tokens.kind(open) !== TokenKind.openBracket) return false;
  const close = tokens.partner(open);
  if (isCompared(tokens, open, close)) return true;
  return tokens.kind(close + 1) === TokenKind.dot && tokens.is(close + 2, 'contains');
}

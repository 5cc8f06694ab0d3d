import { TokenKind as T, type Tokens } from '../tokens.ts';
import type { NameCandidate } from '../reading/scope.ts';

/** Constants that give no name of a secret, and do no harm. */
const NO_NAMES = new Set(['null', 'true', 'false']);

/** An operand, or a sum of operands, that should give names of secrets. */
export interface NamingOperand {
  readonly from: number;
  /** Index of the token after it. */
  readonly to: number;
  /** Number of candidates before it. */
  readonly before: number;
  /** True if it is one operand without any sign. */
  readonly isAlone: boolean;
}

/**
 * Decides which names an operand gives. A text, or a list of texts, gives names; any other operand is computed.
 *
 * @param computed - makes a candidate for the code between two tokens.
 */
export function settleNames(
  tokens: Tokens,
  names: NameCandidate[],
  { from, to, before, isAlone }: NamingOperand,
  computed: (first: number, last: number) => NameCandidate,
): void {
  if (to === from) return;
  const kind = tokens.kind(from);
  const isWhole = (close: number): boolean => isAlone && close === to - 1;
  if (kind === T.string && isWhole(from)) {
    names.push({ ...computed(from, from), token: from, isText: true });
    return;
  }
  const isGroup = kind === T.openBracket || kind === T.openParen || kind === T.openBrace;
  if (isGroup && isWhole(tokens.partner(from))) {
    if (kind === T.openBracket) for (const name of names.slice(before)) name.isListed = true;
    return;
  }
  if (areLists(tokens, from, to, names.slice(before))) return;
  names.length = before;
  const isConstant = kind === T.number || NO_NAMES.has(tokens.source(from));
  if (isConstant && isWhole(from)) return;
  const isText = kind === T.openText && isWhole(tokens.partner(from));
  names.push({ ...computed(from, to - 1), isText });
}

/** Tells whether the code is a sum of lists: `['A'] + (secrets.B ? ['B'] : [])`. Marks the names in them. */
function areLists(tokens: Tokens, from: number, to: number, names: readonly NameCandidate[]): boolean {
  const inBrackets: NameCandidate[] = [];
  let next = 0;
  for (let index = from; ; index++) {
    const kind = tokens.kind(index);
    if (kind !== T.openBracket && kind !== T.openParen) return false;
    index = tokens.partner(index);
    const end = tokens.start(index);
    for (let name = names[next]; name !== undefined && name.start < end; name = names[++next]) {
      if (kind === T.openBracket) inBrackets.push(name);
      else if (!name.isListed) return false;
    }
    index += 1;
    if (index === to) break;
    if (!tokens.is(index, '+')) return false;
    while (tokens.kind(index + 1) === T.newLine) index += 1;
  }
  for (const name of inBrackets) name.isListed = true;
  return true;
}

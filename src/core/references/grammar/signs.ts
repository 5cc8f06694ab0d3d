import { noteSign, type OperandValues, settleValues } from '../flow/operands.ts';
import { negated, type Test, used } from '../reading/guards.ts';
import { NOTHING, type Read, type Reading } from '../reading/reading.ts';
import { computedName } from '../rules/dynamic-name.ts';
import { settleNames } from '../rules/name-candidates.ts';
import { isKindOf, TokenKind as T } from '../tokens.ts';
import { IS_DOT, isWordSign, startsArguments, startsOperand } from '../reading/operand-starts.ts';
import { readCommand, readOperand } from './operands.ts';

/** Signs that bind less than `as`. */
const COMPARISONS = new Set('== != === !== < > <= >= <=> =~ ==~ & | ^'.split(' '));

/** `a as boolean` */
const TRUTH_TYPE = /^[Bb]oolean$/;

/** Tokens that may be before an operand, beside `!`. */
const PREFIXES = isKindOf(T.operator, T.step, T.equal, T.notEqual, T.at);
/** Signs between operands that end with the next operand. */
const BETWEEN = isKindOf(T.operator, T.equal, T.notEqual, T.at);
/** Tokens that make the `null` before them a part of another expression. */
const BINDS_CLOSER = isKindOf(T.operator, T.dot, T.safeDot, T.otherDot, T.openBracket);

/** Operands being read, with the signs between them. */
interface Operands extends OperandValues {
  count: number;
  /** True if there are signs other than `!`. */
  hasSigns: boolean;
  negations: number;
  /** The test that the operand is, if it is the only one. */
  test: Test | undefined;
  /** The test that `as` would cast, if its operand is one: `as` binds closer than comparisons, but not than sums. */
  castable: Test | undefined;
  /** True if a comparison, or no operand, is before the next operand. */
  isCompared: boolean;
}

/** Reads operands with any signs between them except those of conditions, and calls without parentheses. */
export function readOperands(reading: Reading): Read {
  const { cursor, tokens, scope } = reading;
  const from = cursor.at;
  const { names } = scope;
  const namesBefore = names?.length ?? 0;
  const read: Operands = {
    mark: reading.flow.mark(),
    shifted: undefined,
    isComparison: false,
    count: 0,
    hasSigns: false,
    negations: 0,
    test: undefined,
    castable: undefined,
    isCompared: true,
  };
  do {
    readPrefixes(reading, read);
    if (!startsOperand(cursor.kind())) break;
    read.count += 1;
    const isNegated = tokens.kind(cursor.at - 1) === T.not;
    const { test } = readOperand(reading);
    if (isNegated) used(test);
    read.test = read.count === 1 ? test : undefined;
    read.castable = read.isCompared ? test : undefined;
  } while (readSigns(reading, read, from));
  settleValues(reading, read, from);
  const { count, hasSigns, negations, test } = read;
  const isAlone = count === 1 && !hasSigns;
  if (names !== undefined) {
    const operand = { before: namesBefore, from, to: cursor.at, isAlone: isAlone && negations === 0 };
    settleNames(tokens, names, operand, (first, last) => computedName(reading, first, last));
  }
  if (!isAlone || test === undefined) return NOTHING;
  return { test: negations % 2 === 0 ? test : negated(test) };
}

function readPrefixes({ cursor }: Reading, read: Operands): void {
  for (;;) {
    const kind = cursor.kind();
    if (kind === T.not) {
      read.negations += 1;
      cursor.at += 1;
    } else if (PREFIXES(kind)) {
      read.hasSigns = true;
      cursor.at += 1;
      cursor.skipNewLines();
    } else {
      return;
    }
  }
}

/**
 * Reads the tokens after an operand that do not end the expression.
 *
 * @returns true if they end with a sign before another operand.
 */
function readSigns(reading: Reading, read: Operands, from: number): boolean {
  const { cursor } = reading;
  for (;;) {
    const kind = cursor.kind();
    if (readNullTest(reading, read)) continue;
    if (BETWEEN(kind)) {
      read.hasSigns = true;
      read.isCompared = kind !== T.at && COMPARISONS.has(reading.tokens.source(cursor.at));
      noteSign(reading, read);
      cursor.at += 1;
      cursor.skipNewLines();
      return true;
    }
    if (kind === T.step) {
      read.hasSigns = true;
      cursor.at += 1;
    } else if (kind === T.newLine) {
      const next = cursor.afterNewLines();
      if (!continuesLine(reading, next)) return false;
      cursor.at = next;
    } else if (isWordSign(reading)) {
      if (readWordSign(reading, read)) return true;
    } else if (startsArguments(reading, cursor.at)) {
      // `println x`, `secret 'X'`
      readCommand(reading, from);
      read.hasSigns = true;
      read.castable = undefined;
    } else {
      return false;
    }
  }
}

/** Reads `as`, `in`, … @returns false if it is `as boolean`, with which the operand ends. */
function readWordSign({ cursor, tokens }: Reading, read: Operands): boolean {
  const isCast = cursor.isWord('as');
  if (isCast && TRUTH_TYPE.test(tokens.source(cursor.at + 1))) {
    used(read.castable);
    cursor.at += 1;
    cursor.skipNewLines();
    cursor.at += 1;
    return false;
  }
  read.hasSigns = true;
  read.isCompared = true;
  if (!isCast) read.isComparison = true;
  if (cursor.kind() === T.not) {
    cursor.at += 2;
  } else {
    cursor.at += 1;
    cursor.skipNewLines();
  }
  return true;
}

/** Reads the rest of the test `secrets.X == null`. */
function readNullTest({ cursor }: Reading, read: Operands): boolean {
  const kind = cursor.kind();
  if (kind !== T.equal && kind !== T.notEqual) return false;
  const isOneUse = read.count === 1 && !read.hasSigns && read.negations === 0 && read.test?.join === 'one';
  const [atom] = isOneUse ? (read.test?.atoms ?? []) : [];
  const value = cursor.afterNewLines(cursor.at + 1);
  if (atom === undefined || !cursor.isWord('null', value) || BINDS_CLOSER(cursor.kind(value + 1)))
    return false;
  used(read.test);
  read.test = { atoms: [{ reference: atom.reference, set: kind === T.notEqual }], join: 'one' };
  cursor.at = value + 1;
  return true;
}

/** Tells whether a line that starts with this token belongs to the expression before it. */
function continuesLine({ cursor, tokens }: Reading, index: number): boolean {
  const kind = cursor.kind(index);
  if (kind === T.equal || kind === T.notEqual || IS_DOT(kind)) return true;
  if (kind === T.word)
    return tokens.is(index, 'as') || tokens.is(index, 'instanceof') || tokens.is(index, 'in');
  return kind === T.operator && !['+', '-', '~', '...'].includes(tokens.source(index));
}

import { TokenKind as T, isKindOf } from '../tokens.ts';
import { negated, type Test, used } from './conditions.ts';
import { IS_DOT, OperandReader, startsOperand } from './operand-reader.ts';
import type { OperandValues, Target } from './flow-reader.ts';
import { FILE, PARAMS } from './scope.ts';
import { NOTHING, type Read } from './use-reader.ts';

/** Signs that bind less than `as`. */
const COMPARISONS = new Set('== != === !== < > <= >= <=> =~ ==~ & | ^'.split(' '));

/** `a as boolean` */
const TRUTH_TYPE = /^[Bb]oolean$/;

/** Tokens that may be before an operand, beside `!`. */
const PREFIXES = isKindOf(T.operator, T.step, T.equal, T.notEqual, T.at);
const CLOSING = isKindOf(T.closeBrace, T.closeParen, T.closeBracket, T.closeText);
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

/** Reads expressions: operands with the signs between them, and conditions. */
export abstract class ExpressionReader extends OperandReader {
  // These functions are made once: nothing is as frequent as expressions.
  readonly #readExpression = (): void => {
    this.expression();
  };
  readonly #readConditional = (): Read => this.#conditional();
  readonly #readConjunction = (): Read => this.#joined(T.and, this.#readOperands);
  readonly #readOperands = (): Read => this.#operands();

  /** Reads expressions up to the end of the statement, or to a comma. */
  protected expressionUpTo(): void {
    const targets: Target[] = [];
    this.#upTo(targets);
    this.assignAll(targets);
  }

  #upTo(targets: Target[]): void {
    while (!this.isEndOfStatement() && this.kind() !== T.comma) {
      const before = this.at;
      this.lastRead = this.expression();
      const kind = this.kind();
      if (kind === T.assign || kind === T.assignWith) {
        if (this.tokens.is(before, 'params') && this.at - before > 1) this.scope.sink = PARAMS;
        else if (this.isContentOfFile()) this.scope.sink = FILE;
        const target = this.targetOf(before);
        if (target !== undefined) targets.push(target);
        this.at += 1;
        this.skipNewLines();
      } else if (this.at === before) {
        if (kind === T.colon || kind === T.arrow || CLOSING(kind)) return;
        this.at += 1;
      } else if (kind === T.colon) {
        return;
      }
    }
  }

  protected list(): void {
    const parts = this.partsOfCall();
    while (!this.isAtEnd) {
      const kind = this.kind();
      if (kind === T.comma || kind === T.newLine || kind === T.semicolon || kind === T.colon) {
        this.at += 1;
        continue;
      }
      const before = this.at;
      parts?.push(this.flow.mark());
      this.#entry();
      if (this.kind() === T.assign || this.kind() === T.assignWith || this.at === before) this.at += 1;
    }
  }

  /** Reads an element or argument. One with a key gives no name of a secret. */
  #entry(): void {
    const key = this.at;
    const hasKey = this.#skipKey();
    const mark = this.flow.mark();
    if (hasKey && this.scope.names !== undefined) {
      this.scoped({ names: undefined }, this.#readExpression);
    } else {
      this.expression();
    }
    if (hasKey && this.flow.mark() > mark) {
      const isText = this.tokens.kind(key) === T.string;
      this.flow.keyed(mark, isText ? this.tokens.constant(key) : this.tokens.source(key));
    }
  }

  /** Skips `key:` of a map or a named argument. @returns false if there is none. */
  #skipKey(): boolean {
    const kind = this.kind();
    const isKey = kind === T.word || kind === T.string || kind === T.number;
    if (!isKey || this.kind(this.at + 1) !== T.colon) return false;
    this.at += 2;
    this.skipNewLines();
    return true;
  }

  /** Reads the arguments of a call without parentheses. */
  protected arguments(): void {
    const parts = this.partsOfCall();
    for (;;) {
      parts?.push(this.flow.mark());
      this.#entry();
      if (this.kind() !== T.comma) return;
      this.at += 1;
      this.skipNewLines();
    }
  }

  // Conditions

  /** Reads an expression with its conditions: `a ? b : c`, `a ?: b`. */
  protected expression(): Read {
    return this.deeper(this.#readConditional, NOTHING);
  }

  #conditional(): Read {
    const { names } = this.scope;
    const undo: (() => void)[] = [];
    let read: Read;
    for (;;) {
      const namesBefore = names?.length ?? 0;
      const mark = this.flow.mark();
      read = this.#or();
      const { test } = read;
      const next = this.behindNewLines();
      const kind = this.kind(next);
      if (kind === T.question) {
        used(test);
        this.flow.lookedAt(mark);
        if (names !== undefined) names.length = namesBefore;
        this.at = next + 1;
        this.skipNewLines();
        this.guardedBy(test, true, this.#readExpression);
        const colon = this.behindNewLines();
        if (this.kind(colon) !== T.colon) break;
        this.at = colon + 1;
      } else if (kind === T.elvis) {
        // If the secret is set, its value is the result.
        for (const { reference } of test?.atoms ?? []) reference.optional = true;
        this.at = next + 1;
      } else {
        break;
      }
      this.skipNewLines();
      undo.push(this.guards.push(test, false));
    }
    const isCondition = undo.length > 0;
    while (undo.length > 0) undo.pop()?.();
    return isCondition ? NOTHING : read;
  }

  #or(): Read {
    return this.#joined(T.or, this.#readConjunction);
  }

  /** Reads `a && b && c` or `a || b || c`. A test guards the operands on its right. */
  #joined(sign: T, read: () => Read): Read {
    const { names } = this.scope;
    const namesBefore = names?.length ?? 0;
    const mark = this.flow.mark();
    const first = read();
    let next = this.behindNewLines();
    if (this.kind(next) !== sign) return first;
    const join = sign === T.and ? 'and' : 'or';
    const all: Test = { atoms: [], join };
    const undo: (() => void)[] = [];
    let { test } = first;
    for (;;) {
      if (test !== undefined) {
        used(test);
        if (test.join !== 'one' && test.join !== join) all.join = 'mixed';
        for (const atom of test.atoms) all.atoms.push(atom);
        undo.push(this.guards.push(test, sign === T.and));
      }
      if (this.kind(next) !== sign) break;
      this.at = next + 1;
      this.skipNewLines();
      ({ test } = read());
      next = this.behindNewLines();
    }
    while (undo.length > 0) undo.pop()?.();
    this.flow.lookedAt(mark);
    if (names !== undefined) names.length = namesBefore;
    return all.atoms.length === 0 ? NOTHING : { test: all };
  }

  // Operands

  /** Reads operands with any signs between them except those of conditions, and calls without parentheses. */
  #operands(): Read {
    const from = this.at;
    const { names } = this.scope;
    const namesBefore = names?.length ?? 0;
    const mark = this.flow.mark();
    const read: Operands = {
      mark,
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
      this.#prefixes(read);
      if (!startsOperand(this.kind())) break;
      read.count += 1;
      const isNegated = this.tokens.kind(this.at - 1) === T.not;
      const { test } = this.operand();
      if (isNegated) used(test);
      read.test = read.count === 1 ? test : undefined;
      read.castable = read.isCompared ? test : undefined;
    } while (this.#behindOperand(read, from));
    this.settleValues(read, from);
    const { count, hasSigns, negations, test } = read;
    const isAlone = count === 1 && !hasSigns;
    if (names !== undefined)
      this.settleNames(names, { before: namesBefore, from, isAlone: isAlone && negations === 0 });
    if (!isAlone || test === undefined) return NOTHING;
    return { test: negations % 2 === 0 ? test : negated(test) };
  }

  #prefixes(read: Operands): void {
    for (;;) {
      const kind = this.kind();
      if (kind === T.not) {
        read.negations += 1;
        this.at += 1;
      } else if (PREFIXES(kind)) {
        read.hasSigns = true;
        this.at += 1;
        this.skipNewLines();
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
  #behindOperand(read: Operands, from: number): boolean {
    for (;;) {
      const kind = this.kind();
      if (this.#nullTest(read)) continue;
      if (kind === T.equal || kind === T.notEqual || kind === T.operator || kind === T.at) {
        read.hasSigns = true;
        read.isCompared = kind !== T.at && COMPARISONS.has(this.tokens.source(this.at));
        this.noteSign(read);
        this.at += 1;
        this.skipNewLines();
        return true;
      }
      if (kind === T.step) {
        read.hasSigns = true;
        this.at += 1;
      } else if (kind === T.newLine) {
        const next = this.behindNewLines();
        if (!this.#continuesLine(next)) return false;
        this.at = next;
      } else if (this.isWordSign()) {
        if (this.isWord('as') && TRUTH_TYPE.test(this.tokens.source(this.at + 1))) {
          used(read.castable);
          this.at += 1;
          this.skipNewLines();
          this.at += 1;
        } else {
          read.hasSigns = true;
          read.isCompared = true;
          if (!this.isWord('as')) read.isComparison = true;
          this.at += kind === T.not ? 2 : 1;
          if (kind !== T.not) this.skipNewLines();
          return true;
        }
      } else if (this.startsArguments(this.at)) {
        // `println x`, `secret 'X'`
        this.call(from);
        read.hasSigns = true;
        read.castable = undefined;
      } else {
        return false;
      }
    }
  }

  /** Reads the rest of the test `secrets.X == null`. */
  #nullTest(read: Operands): boolean {
    const kind = this.kind();
    if (kind !== T.equal && kind !== T.notEqual) return false;
    const isOneUse = read.count === 1 && !read.hasSigns && read.negations === 0 && read.test?.join === 'one';
    const [atom] = isOneUse ? (read.test?.atoms ?? []) : [];
    const value = this.behindNewLines(this.at + 1);
    if (atom === undefined || !this.isWord('null', value) || BINDS_CLOSER(this.kind(value + 1))) return false;
    used(read.test);
    read.test = { atoms: [{ reference: atom.reference, set: kind === T.notEqual }], join: 'one' };
    this.at = value + 1;
    return true;
  }

  /** Tells whether a line that starts with this token belongs to the expression before it. */
  #continuesLine(index: number): boolean {
    const kind = this.kind(index);
    if (kind === T.equal || kind === T.notEqual || IS_DOT(kind)) return true;
    if (kind === T.word)
      return (
        this.tokens.is(index, 'as') || this.tokens.is(index, 'instanceof') || this.tokens.is(index, 'in')
      );
    return kind === T.operator && !['+', '-', '~', '...'].includes(this.tokens.source(index));
  }
}

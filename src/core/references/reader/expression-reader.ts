import { TokenKind as T, isKindOf } from '../tokens.ts';
import { negated, type Test, used } from './conditions.ts';
import type { Scope, Sink } from './scope.ts';
import { NOTHING, type Read, UseReader } from './use-reader.ts';

/** Calls whose arguments are shown, and logged. */
const PRINTERS = new Set(['println', 'print', 'printf', 'error', 'exit', 'view', 'tag']);
const LOG_LEVELS = new Set(['trace', 'debug', 'info', 'warn', 'error']);
/** Calls whose arguments become parameters, and the block of parameters. */
const PARAMETERS = new Set(['params', 'addParams']);

/** Words that end the expression before them. */
const STATEMENTS = new Set('else while catch finally case default if for return throw try switch'.split(' '));

/** Signs that bind less than `as`. */
const COMPARISONS = new Set('== != === !== < > <= >= <=> =~ ==~ & | ^'.split(' '));

/** `a as boolean` */
const TRUTH_TYPE = /^[Bb]oolean$/;

/** What stands before an operand, beside `!`. */
const PREFIXES = isKindOf(T.operator, T.step, T.equal, T.notEqual, T.at);
const DOTS = isKindOf(T.dot, T.safeDot, T.otherDot);
const CLOSING = isKindOf(T.closeBrace, T.closeParen, T.closeBracket, T.closeText);
const startsOperand = isKindOf(
  T.word,
  T.number,
  T.string,
  T.openBrace,
  T.openParen,
  T.openBracket,
  T.openText,
);

/** Signs that would make `null` a part of something else. */
const BINDS_CLOSER = isKindOf(T.operator, T.dot, T.safeDot, T.otherDot, T.openBracket);

/** What the parameters of a closure are made of, beside brackets. */
const IN_PARAMETERS = isKindOf(
  T.word,
  T.comma,
  T.newLine,
  T.assign,
  T.dot,
  T.string,
  T.number,
  T.operator,
  T.question,
);
const BEHIND_PARAMETER = isKindOf(T.comma, T.arrow, T.assign, T.newLine);

/** Operands that are read with the signs between them. */
interface Operands {
  count: number;
  /** Whether there are signs other than `!`. */
  hasSigns: boolean;
  negations: number;
  /** The test that the only operand is. */
  test: Test | undefined;
  /** The test that the operand is which `as` would cast: it binds closer than comparisons, and not than sums. */
  castable: Test | undefined;
  /** Whether a comparison stands before the next operand. */
  isCompared: boolean;
}

/** Reads expressions: what is a condition of what, and what becomes of the value of a secret. */
export abstract class ExpressionReader extends UseReader {
  /** Whether a list of parameters, or a loop's head, names a variable `secrets`. */
  protected abstract declaresSecrets(open: number): boolean;

  // Made once: there are more expressions than anything else.
  readonly #readExpression = (): void => {
    this.expression();
  };
  readonly #readConditional = (): Read => this.#conditional();
  readonly #readConjunction = (): Read => this.#joined(T.and, this.#readOperands);
  readonly #readOperands = (): Read => this.#operands();

  /** Expressions up to the end of the statement, or to a comma. */
  protected expressionUpTo(): void {
    while (!this.isEndOfStatement() && this.kind() !== T.comma) {
      const before = this.at;
      this.expression();
      const kind = this.kind();
      if (kind === T.assign || kind === T.assignWith) {
        if (this.tokens.is(before, 'params') && this.at - before > 1) this.scope.sink = 'params';
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
    while (!this.isAtEnd) {
      const kind = this.kind();
      if (kind === T.comma || kind === T.newLine || kind === T.semicolon || kind === T.colon) {
        this.at += 1;
        continue;
      }
      const before = this.at;
      this.#entry();
      if (this.kind() === T.assign || this.kind() === T.assignWith || this.at === before) this.at += 1;
    }
  }

  /** An element or argument, or one with a key, which gives no name of a secret. */
  #entry(): void {
    if (this.#skipKey() && this.scope.names !== undefined) {
      this.scoped({ names: undefined }, this.#readExpression);
    } else {
      this.expression();
    }
  }

  /** `key:` of a map or a named argument. @returns false if there is none. */
  #skipKey(): boolean {
    const kind = this.kind();
    const isKey = kind === T.word || kind === T.string || kind === T.number;
    if (!isKey || this.kind(this.at + 1) !== T.colon) return false;
    this.at += 2;
    this.skipNewLines();
    return true;
  }

  /** The arguments of a call without parentheses. */
  protected arguments(): void {
    for (;;) {
      this.#entry();
      if (this.kind() !== T.comma) return;
      this.at += 1;
      this.skipNewLines();
    }
  }

  // Conditions

  /** An expression with its conditions: `a ? b : c`, `a ?: b`. */
  protected expression(): Read {
    return this.deeper(this.#readConditional, NOTHING);
  }

  #conditional(): Read {
    const { names } = this.scope;
    const undo: (() => void)[] = [];
    let read: Read;
    for (;;) {
      const namesBefore = names?.length ?? 0;
      read = this.#or();
      const { test } = read;
      const next = this.behindNewLines();
      const kind = this.kind(next);
      if (kind === T.question) {
        used(test);
        if (names !== undefined) names.length = namesBefore;
        this.at = next + 1;
        this.skipNewLines();
        this.guardedBy(test, true, this.#readExpression);
        const colon = this.behindNewLines();
        if (this.kind(colon) !== T.colon) break;
        this.at = colon + 1;
      } else if (kind === T.elvis) {
        // Here the value itself goes on where it is set.
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

  /** `a && b && c` or `a || b || c`. What is right of a test is guarded by it. */
  #joined(sign: T, read: () => Read): Read {
    const { names } = this.scope;
    const namesBefore = names?.length ?? 0;
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
    if (names !== undefined) names.length = namesBefore;
    return all.atoms.length === 0 ? NOTHING : { test: all };
  }

  // Operands

  /** Operands with any signs but those of conditions between them, and calls without parentheses. */
  #operands(): Read {
    const from = this.at;
    const { names } = this.scope;
    const namesBefore = names?.length ?? 0;
    const read: Operands = {
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
      const { test } = this.#operand();
      if (isNegated) used(test);
      read.test = read.count === 1 ? test : undefined;
      read.castable = read.isCompared ? test : undefined;
    } while (this.#behindOperand(read, from));
    const { count, hasSigns, negations, test } = read;
    const isAlone = count === 1 && !hasSigns;
    if (names !== undefined) this.settleNames(names, namesBefore, from, isAlone && negations === 0);
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
   * What stands behind an operand and does not end the expression.
   *
   * @returns whether it was a sign that another operand follows.
   */
  #behindOperand(read: Operands, from: number): boolean {
    for (;;) {
      const kind = this.kind();
      if (this.#nullTest(read)) continue;
      if (kind === T.equal || kind === T.notEqual || kind === T.operator || kind === T.at) {
        read.hasSigns = true;
        read.isCompared = kind !== T.at && COMPARISONS.has(this.tokens.source(this.at));
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
      } else if (this.#isWordSign()) {
        if (this.isWord('as') && TRUTH_TYPE.test(this.tokens.source(this.at + 1))) {
          used(read.castable);
          this.at += 1;
          this.skipNewLines();
          this.at += 1;
        } else {
          read.hasSigns = true;
          read.isCompared = true;
          this.at += kind === T.not ? 2 : 1;
          if (kind !== T.not) this.skipNewLines();
          return true;
        }
      } else if (this.startsArguments(this.at)) {
        // `println x`, `secret 'X'`
        this.#call(from);
        read.hasSigns = true;
        read.castable = undefined;
      } else {
        return false;
      }
    }
  }

  /** `secrets.X == null`: a test. */
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

  /** `as`, `in`, `instanceof`, `!in`, `!instanceof` */
  #isWordSign(at = this.at): boolean {
    const index = this.kind(at) === T.not ? at + 1 : at;
    return (
      this.isWord('in', index) ||
      this.isWord('instanceof', index) ||
      (index === at && this.isWord('as', index))
    );
  }

  protected startsArguments(index: number): boolean {
    // `a b c d` is `a(b).c(d)`: no argument is such a call itself.
    if (this.scope.callEnd === this.end) return false;
    const kind = this.kind(index);
    return kind === T.word ? this.#isName(index) : startsOperand(kind) || kind === T.not;
  }

  /** Whether a word is no sign and no statement. */
  #isName(index: number): boolean {
    return !STATEMENTS.has(this.tokens.source(index)) && !this.#isWordSign(index);
  }

  /** Whether a line that starts with this token belongs to the expression before it. */
  #continuesLine(index: number): boolean {
    const kind = this.kind(index);
    if (kind === T.equal || kind === T.notEqual || DOTS(kind)) return true;
    if (kind === T.word)
      return (
        this.tokens.is(index, 'as') || this.tokens.is(index, 'instanceof') || this.tokens.is(index, 'in')
      );
    return kind === T.operator && !['+', '-', '~', '...'].includes(this.tokens.source(index));
  }

  /** A value with what is called on it: `a.b(c)[d] { e }`. */
  #operand(): Read {
    const start = this.at;
    let test: Test | undefined;
    switch (this.kind() as number) {
      case T.word:
        if (this.isWord('this') && this.kind(start + 1) === T.dot && this.isWord('secrets', start + 2)) {
          this.at += 2;
          return this.secrets();
        }
        if (this.isSecrets()) return this.secrets();
        if (this.kind(start + 1) === T.arrow) return this.#lambda(start + 2, this.isWord('secrets'));
        this.at += 1;
        if (this.tokens.is(start, 'new')) {
          while (this.kind() === T.word || this.kind() === T.dot) this.at += 1;
        }
        break;
      case T.openParen: {
        const behind = this.behind(start);
        if (this.kind(behind) === T.arrow) return this.#lambda(behind + 1, this.declaresSecrets(start));
        this.within(start, () => {
          ({ test } = this.expression());
          if (this.isAtEnd) return;
          test = undefined;
          if (this.kind() === T.assign) this.at += 1;
          this.list();
        });
        break;
      }
      case T.openBracket:
        this.within(start, this.readList);
        break;
      case T.openBrace:
        if (this.scope.names === undefined) this.#closure(start);
        else this.#closureOfNames(start);
        break;
      case T.openText:
        this.#interpolated(start);
        break;
      default:
        this.at += 1;
    }
    const end = this.at;
    this.suffixes(start);
    return this.at === end ? { test } : NOTHING;
  }

  protected suffixes(from: number): void {
    for (;;) {
      const kind = this.kind();
      if (kind === T.newLine) {
        const next = this.behindNewLines();
        if (!DOTS(this.kind(next))) return;
        this.at = next;
      } else if (DOTS(kind)) {
        if (!this.#member()) return;
      } else if (kind === T.openParen) {
        this.#inCall(from, () => {
          this.within(this.at, this.readList);
        });
      } else if (kind === T.openBracket) {
        this.within(this.at, this.readList);
      } else if (kind === T.openBrace) {
        this.#inCall(from, () => {
          this.#closure(this.at);
        });
      } else if (kind === T.question && this.isSafeIndex(this.at)) {
        this.at += 1;
      } else {
        return;
      }
    }
  }

  /** `.b`, `."b"`, `*.b`. @returns false if there is no name. */
  #member(): boolean {
    this.at += 1;
    this.skipNewLines();
    if (this.kind() === T.operator || this.kind() === T.at) this.at += 1;
    const name = this.kind();
    if (name === T.word || name === T.string) this.at += 1;
    else if (name === T.openText) this.#interpolated(this.at);
    else if (name === T.openParen) this.within(this.at, this.readList);
    else return false;
    return true;
  }

  /** `a?[b]` is an index, `a ?[b] : c` a condition. */
  protected isSafeIndex(question: number): boolean {
    const open = question + 1;
    const isNear = this.kind(open) === T.openBracket && this.tokens.end(question) === this.tokens.start(open);
    return isNear && this.kind(this.behindNewLines(this.tokens.partner(open) + 1)) !== T.colon;
  }

  // Calls and closures

  /** The arguments of a call without parentheses, up to the end of the statement, with what is called on it. */
  #call(from: number): void {
    const { scope } = this;
    const { callEnd } = scope;
    scope.callEnd = this.end;
    this.#inCall(from, () => {
      this.arguments();
      while (this.kind() === T.word && this.#isName(this.at)) {
        this.at += 1;
        this.suffixes(this.at);
        if (startsOperand(this.kind())) this.arguments();
      }
    });
    scope.callEnd = callEnd;
  }

  /** Reads the arguments of a call: names of secrets are not passed on by it. */
  #inCall(from: number, read: () => void): void {
    // By hand, because there are many calls.
    const { scope } = this;
    const { names, sink } = scope;
    scope.names = undefined;
    scope.sink = this.#sinkAt(from) ?? sink;
    read();
    scope.names = names;
    scope.sink = sink;
  }

  /** What the call whose name ends right before here does with its arguments. */
  #sinkAt(from: number): Sink | undefined {
    const name = this.at - 1;
    if (name < from || this.tokens.kind(name) !== T.word) return undefined;
    const word = this.tokens.source(name);
    if (PRINTERS.has(word)) return 'print';
    if (PARAMETERS.has(word)) return 'params';
    return LOG_LEVELS.has(word) && name - 2 >= from && this.tokens.is(name - 2, 'log') ? 'print' : undefined;
  }

  /** The body of `a -> b`. */
  #lambda(body: number, shadows: boolean): Read {
    this.scoped(shadows ? { isShadowed: true } : {}, () => {
      this.at = body;
      this.skipNewLines();
      this.expression();
    });
    return NOTHING;
  }

  #closure(open: number): void {
    this.scoped({ names: undefined, isBody: false, isClosure: true }, () => {
      this.within(open, () => {
        this.#parameters(open);
        this.statements();
      });
    });
  }

  /** `secret { ['A'] }`: what the closure gives, if that is all there is in it. */
  #closureOfNames(open: number): void {
    const { names } = this.scope;
    const namesBefore = names?.length ?? 0;
    this.scoped({ isBody: false, isClosure: true }, () => {
      this.within(open, () => {
        this.#parameters(open);
        this.skipNewLines();
        const isEmpty = this.isAtEnd;
        this.expression();
        this.skipNewLines();
        if (this.isAtEnd && !isEmpty) return;
        if (names !== undefined) names.length = namesBefore;
        this.scoped({ names: undefined }, this.readStatements);
        names?.push(this.computedName(open, this.tokens.partner(open)));
      });
    });
  }

  /** Goes on behind the parameters of a closure, if it has any. */
  #parameters(open: number): void {
    const arrow = this.#closureArrow();
    if (arrow === undefined) return;
    if (this.#areParametersSecrets(open, arrow)) this.scope.isShadowed = true;
    this.at = arrow + 1;
  }

  /** The `->` behind a closure's parameters, if it has any. */
  #closureArrow(): number | undefined {
    // `{ (a, b) -> … }` has none, and is a closure with a lambda in it.
    if (this.kind() === T.openParen) return undefined;
    for (let index = this.at; ; index++) {
      const kind = this.kind(index);
      if (kind === T.arrow) return index;
      if (kind === T.openParen || kind === T.openBracket) index = this.tokens.partner(index);
      else if (!IN_PARAMETERS(kind)) return undefined;
    }
  }

  #areParametersSecrets(open: number, arrow: number): boolean {
    for (let index = open + 1; index < arrow; index++) {
      if (this.tokens.is(index, 'secrets') && BEHIND_PARAMETER(this.tokens.kind(index + 1))) return true;
    }
    return false;
  }

  /** The expressions in a text. */
  #interpolated(open: number): void {
    const { sink, section } = this.scope;
    const inText: Partial<Scope> = {
      names: undefined,
      isClosure: true,
      // No directive stands in a text.
      section: section === 'directives' ? undefined : section,
      sink: sink ?? (section === 'script' ? 'task' : undefined),
    };
    this.scoped(inText, () => {
      this.within(open, () => {
        while (!this.isAtEnd) {
          const kind = this.kind();
          if (kind === T.openExpression) this.within(this.at, this.readStatements);
          else if (kind === T.openPath)
            this.within(this.at, () => {
              this.#operand();
            });
          else this.at += 1;
        }
      });
    });
  }
}

import { TokenKind as T, isKindOf } from '../tokens.ts';
import type { Test } from './conditions.ts';
import { FlowReader } from './flow-reader.ts';
import { type Scope, TASK } from './scope.ts';
import { NOTHING, type Read } from './use-reader.ts';

/** Words that end the expression before them. */
const STATEMENTS = new Set('else while catch finally case default if for return throw try switch'.split(' '));

/** Tells whether a token is before the name of a member. */
export const IS_DOT = isKindOf(T.dot, T.safeDot, T.otherDot);
/** Tells whether a value starts with this token. */
export const startsOperand = isKindOf(
  T.word,
  T.number,
  T.string,
  T.openBrace,
  T.openParen,
  T.openBracket,
  T.openText,
);

/** Tokens that the parameters of a closure consist of, beside brackets. */
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
  T.colon,
);
const BEHIND_PARAMETER = isKindOf(T.comma, T.arrow, T.assign, T.newLine, T.colon);

/** Reads operands: values with the calls on them, closures, texts, and the arguments of calls. */
export abstract class OperandReader extends FlowReader {
  /** Tells whether a list of parameters, or a loop's head, names a variable `secrets`. */
  protected abstract declaresSecrets(open: number): boolean;

  /** Reads an expression. @returns the test that it is. */
  protected abstract expression(): Read;
  /** Reads the arguments of a call without parentheses. */
  protected abstract arguments(): void;

  /** Reads a value with the calls on it: `a.b(c)[d] { e }`. */
  protected operand(): Read {
    return this.chained(this.#readOperand);
  }

  readonly #readOperand = (): Read => {
    const start = this.at;
    let test: Test | undefined;
    switch (this.kind() as number) {
      case T.word:
        if (this.isWord('this') && this.kind(start + 1) === T.dot && this.isWord('secrets', start + 2)) {
          this.at += 2;
          return this.secrets();
        }
        if (this.kind(start + 1) === T.arrow) return this.#lambda(start + 2, this.isWord('secrets'));
        if (this.isSecrets()) return this.secrets();
        if (!this.variables.areNone) {
          const name = this.tokens.source(start);
          const variable = this.variables.get(name);
          if (variable !== undefined) {
            this.noteVariable(start);
            return this.variableUse(name, variable);
          }
        }
        this.noteVariable(start);
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
  };

  protected suffixes(from: number): void {
    for (;;) {
      const kind = this.kind();
      if (kind === T.newLine) {
        const next = this.behindNewLines();
        if (!IS_DOT(this.kind(next))) return;
        this.at = next;
      } else if (IS_DOT(kind)) {
        if (!this.#member()) return;
      } else if (kind === T.openParen) {
        this.inCall(from, () => {
          this.within(this.at, this.readList);
        });
      } else if (kind === T.openBracket) {
        this.within(this.at, this.readList);
      } else if (kind === T.openBrace) {
        this.inCall(from, () => {
          this.#closure(this.at);
        });
      } else if (kind === T.question && this.isSafeIndex(this.at)) {
        this.at += 1;
      } else {
        return;
      }
    }
  }

  /** Reads `.b`, `."b"`, `*.b`. @returns false if there is no name. */
  #member(): boolean {
    this.at += 1;
    this.skipNewLines();
    if (this.kind() === T.operator || this.kind() === T.at) this.at += 1;
    const name = this.kind();
    if (name === T.word) this.noteMember();
    if (name === T.word || name === T.string) {
      this.at += 1;
      if (name === T.word) this.loaderCall(this.at - 1);
    } else if (name === T.openText) this.#interpolated(this.at);
    else if (name === T.openParen) this.within(this.at, this.readList);
    else return false;
    return true;
  }

  /** Tells whether `?` is before an index: `a?[b]` has an index, `a ?[b] : c` is a condition. */
  protected isSafeIndex(question: number): boolean {
    const open = question + 1;
    const isNear = this.kind(open) === T.openBracket && this.tokens.end(question) === this.tokens.start(open);
    return isNear && this.kind(this.behindNewLines(this.tokens.partner(open) + 1)) !== T.colon;
  }

  // Calls and closures

  /** Reads the arguments of a call without parentheses, up to the end of the statement, with the calls on it. */
  protected call(from: number): void {
    const { scope } = this;
    const { callEnd } = scope;
    scope.callEnd = this.end;
    this.inCall(from, () => {
      this.arguments();
      while (this.kind() === T.word && this.isName(this.at)) {
        this.at += 1;
        this.suffixes(this.at);
        if (startsOperand(this.kind())) this.arguments();
      }
    });
    scope.callEnd = callEnd;
  }

  /** Reads the body of `a -> b`. */
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
        this.closureOf(open, this.#closureArrow(), () => {
          this.#parameters(open);
          this.readStatements();
        });
      });
    });
  }

  /** Reads the closure of `secret { ['A'] }`. It gives names if it is one expression and nothing else. */
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

  /** Moves to the token after the parameters of a closure, if it has any. */
  #parameters(open: number): void {
    const arrow = this.#closureArrow();
    if (arrow === undefined) return;
    if (this.#areParametersSecrets(open, arrow)) this.scope.isShadowed = true;
    this.at = arrow + 1;
  }

  /** The index of the `->` after a closure's parameters, if it has any. */
  #closureArrow(): number | undefined {
    // `{ (a, b) -> … }` has no parameters: it is a closure with a lambda in it.
    if (this.kind() === T.openParen) return undefined;
    for (let index = this.at; ; index++) {
      const kind = this.kind(index);
      if (kind === T.arrow) return index;
      if (kind === T.openParen || kind === T.openBracket) index = this.tokens.partner(index);
      else if (!IN_PARAMETERS(kind)) return undefined;
    }
  }

  /** Tells whether a parameter is called `secrets`. Names are after a comma or a type; `x = secrets` has a value. */
  #areParametersSecrets(open: number, arrow: number): boolean {
    for (let index = open + 1; index < arrow; index++) {
      index = Math.max(index, this.tokens.partner(index));
      const isName = this.tokens.kind(index - 1) !== T.assign;
      if (isName && this.tokens.is(index, 'secrets') && BEHIND_PARAMETER(this.tokens.kind(index + 1)))
        return true;
    }
    return false;
  }

  /** Reads the expressions in a text. */
  #interpolated(open: number): void {
    const { sink, section } = this.scope;
    const inText: Partial<Scope> = {
      names: undefined,
      isClosure: true,
      // A text has no directives.
      section: section === 'directives' ? undefined : section,
      sink: sink ?? (section === 'script' ? TASK : undefined),
    };
    this.scoped(inText, () => {
      this.within(open, () => {
        while (!this.isAtEnd) {
          const kind = this.kind();
          if (kind === T.openExpression) this.within(this.at, this.readStatements);
          else if (kind === T.openPath)
            this.within(this.at, () => {
              this.operand();
            });
          else this.at += 1;
        }
      });
    });
  }

  /** Tells whether a word is a sign: `as`, `in`, `instanceof`, `!in`, `!instanceof`. */
  protected isWordSign(at = this.at): boolean {
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
    return kind === T.word ? this.isName(index) : startsOperand(kind) || kind === T.not;
  }

  /** Tells whether a word is a name: no sign, and no start of a statement. */
  protected isName(index: number): boolean {
    return !STATEMENTS.has(this.tokens.source(index)) && !this.isWordSign(index);
  }
}

import { isKindOf, TokenKind as T } from '../tokens.ts';
import { type Test, used } from './conditions.ts';
import { DeclarationReader } from './declaration-reader.ts';
import type { Place } from './findings.ts';
import { PRINT } from './scope.ts';

/** Words with a block, or one statement, after them. */
const BLOCK_WORDS = new Set(['else', 'do', 'try', 'finally']);
const TYPE_WORDS = new Set(['class', 'interface', 'enum', 'trait']);

/** Tokens that make the text before them a part of an expression. */
const CONTINUES_PATH = isKindOf(T.operator, T.dot, T.safeDot, T.question, T.elvis);

/** Reads the statements that scripts and configs have in common. */
export abstract class StatementReader extends DeclarationReader {
  /** Reads a statement that only one language has, known by its first word. @returns false if it is none. */
  protected abstract ownKeyword(word: string, next: T): boolean;

  readonly #readBody = (): void => {
    this.#body();
  };

  protected statements(): void {
    const mark = this.flow.mark();
    while (!this.isAtEnd) {
      const kind = this.kind();
      if (kind === T.newLine || kind === T.semicolon || kind === T.comma) {
        this.at += 1;
        continue;
      }
      const before = this.at;
      // The value of the last statement is the value of all of them.
      this.flow.forget(mark);
      this.#statement();
      // No token is read twice.
      if (this.at === before) this.at += 1;
    }
  }

  #statement(): void {
    this.deeper(this.#readStatement, undefined);
  }

  readonly #readStatement = (): void => {
    this.skipNewLines();
    while (this.kind() === T.at) this.#annotation();
    const isWord = this.kind() === T.word;
    if (isWord && this.isLabel()) this.label();
    else if (!isWord || !this.#wordStatement()) this.otherStatement();
  };

  /** `script:` */
  protected isLabel(): boolean {
    return this.kind(this.at + 1) === T.colon;
  }

  protected label(): void {
    this.at += 2;
  }

  /** Reads a statement with a special first word. @returns false if it has none. */
  #wordStatement(): boolean {
    const word = this.tokens.source(this.at);
    const next = this.kind(this.at + 1);
    const inParens = next === T.openParen;
    if (word === 'if' && inParens) this.#ifStatement();
    else if (word === 'while' && inParens) this.guardedBy(this.#condition(), true, this.#readBody);
    else if ((word === 'for' || word === 'catch') && inParens) this.#forOrCatch();
    else if (BLOCK_WORDS.has(word)) this.#bodyBehindWord();
    else if (word === 'case') this.#caseLabel();
    else if (word === 'import' || word === 'package') this.skipStatement();
    else if (word === 'return') this.#returned();
    else if (word === 'throw') this.#thrown();
    else if (word === 'assert') this.#assertion();
    else if (TYPE_WORDS.has(word) && next === T.word) this.typeDefinition();
    else return this.ownKeyword(word, next) || this.declaration();
    return true;
  }

  /** Reads a statement that is an expression: an assignment, a call without parentheses, … */
  protected otherStatement(): void {
    this.expressionStatement();
  }

  protected expressionStatement(): void {
    const start = this.at;
    // Without `scoped`, because most statements are expressions: nothing else of the scope changes.
    const { scope } = this;
    const { isBody, sink } = scope;
    scope.isBody = false;
    this.expressionUpTo();
    scope.isBody = isBody;
    scope.sink = sink;
    const isAssignment = this.at - start >= 2 && this.tokens.kind(start + 1) === T.assign;
    if (isAssignment && !scope.isShadowed && this.tokens.is(start, 'secrets'))
      scope.binding.hasSecrets = true;
  }

  #bodyBehindWord(): void {
    this.at += 1;
    this.#body();
  }

  #behindWord(): void {
    this.at += 1;
    if (!this.isEndOfStatement()) this.expressionStatement();
  }

  /** Reads `throw`: Nextflow shows and logs the error that ends a run. */
  #thrown(): void {
    this.scoped({ sink: PRINT }, () => {
      this.#behindWord();
    });
  }

  #returned(): void {
    const mark = this.flow.mark();
    this.#behindWord();
    this.noteReturned(mark);
  }

  /** Reads `assert`. A failed one shows all values in it. One that only tests a secret fails if there is no value. */
  #assertion(): void {
    const mark = this.flow.mark();
    this.at += 1;
    this.scoped({ sink: PRINT }, () => {
      this.flow.isAsserted = true;
      const { test } = this.expression();
      this.flow.isAsserted = false;
      if (test !== undefined) this.flow.lookedAt(mark);
      const kind = this.kind();
      if (kind === T.colon || kind === T.comma) this.#behindWord();
      else if (!this.isEndOfStatement()) this.expressionStatement();
    });
  }

  #annotation(): void {
    this.at += 1;
    while (this.kind() === T.word || this.kind() === T.dot) this.at += 1;
    if (this.kind() === T.openParen) this.within(this.at, this.readList);
    this.skipNewLines();
  }

  #ifStatement(): void {
    const test = this.#condition();
    this.guardedBy(test, true, this.#readBody);
    const next = this.#behindEnds();
    if (this.isWord('else', next)) {
      this.at = next + 1;
      this.guardedBy(test, false, this.#readBody);
    }
  }

  /** The index after line ends and one `;`: `else` may follow them. */
  #behindEnds(): number {
    const next = this.behindNewLines();
    return this.kind(next) === T.semicolon ? this.behindNewLines(next + 1) : next;
  }

  /** Reads the body of `if`, `else`, `for`, …: a block, or one statement. */
  #body(): void {
    const next = this.behindNewLines();
    this.scoped({ isConditional: true }, () => {
      if (this.kind(next) === T.openBrace) this.within(next, this.readStatements);
      else this.#statement();
    });
  }

  /** Reads the condition in the parentheses after `if` or `while`. */
  #condition(): Test | undefined {
    const mark = this.flow.mark();
    this.at += 1;
    let test: Test | undefined;
    this.within(this.at, () => {
      test = this.expression().test;
      this.list();
    });
    used(test);
    this.flow.lookedAt(mark);
    return test;
  }

  #forOrCatch(): void {
    this.at += 1;
    this.scoped(this.declaresSecrets(this.at) ? { isShadowed: true } : {}, () => {
      this.#loopHead();
      this.#body();
    });
  }

  /** `(x in list)`, `(int i = 0; …)`, `(Exception e)` */
  #loopHead(): void {
    const open = this.at;
    const close = this.tokens.partner(open);
    let sign = open + 1;
    while (sign < close && this.kind(sign) === T.word && !this.isWord('in', sign)) sign += 1;
    const isLoop = sign > open + 1 && (this.isWord('in', sign) || this.kind(sign) === T.colon);
    const mark = this.flow.mark();
    this.within(open, () => {
      if (isLoop) this.at = sign + 1;
      this.statements();
    });
    if (!isLoop) return;
    const name = this.tokens.source(sign - 1);
    this.flow.declare(name);
    this.flow.assign(name, undefined, mark);
  }

  #caseLabel(): void {
    this.at += 1;
    this.expression();
    if (this.kind() === T.colon) this.at += 1;
  }

  /** Reads an expression that gives the path of another file. Notes the path if the expression is one text alone. */
  protected includedPath(aliases: readonly string[] = []): void {
    this.found.includes.push({
      ...this.pathAt(this.at),
      aliases,
      isConditional: this.scope.isConditional,
      profile: this.profile(),
      within: this.scope.path,
    });
    this.expressionStatement();
  }

  /** The path at a token, in parentheses or not: as it is written, or null if it is not one text alone. */
  protected pathAt(token: number): Place & { readonly path: string | null } {
    const index = this.kind(token) === T.openParen ? token + 1 : token;
    const kind = this.kind(index);
    const close = kind === T.openText ? this.tokens.partner(index) : index;
    const isText = kind === T.string || kind === T.openText;
    if (!isText || CONTINUES_PATH(this.kind(close + 1))) return { path: null, ...this.place(index) };
    if (kind === T.string) return { path: this.tokens.constant(index), ...this.tokens.content(index) };
    const [start, end] = [this.tokens.end(index), this.tokens.start(close)];
    return { path: this.tokens.text.slice(start, end), start, end };
  }
}

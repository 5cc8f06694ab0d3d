import { isKeyword, isKindOf, TokenKind as T } from '../tokens.ts';
import { ExpressionReader } from './expression-reader.ts';
import { NOTHING } from './use-reader.ts';

/** Words that a declaration may start with. */
const MODIFIERS = new Set(
  'def var final static private public protected abstract synchronized transient volatile native strictfp'.split(
    ' ',
  ),
);
const PRIMITIVES = new Set('boolean char byte short int long float double void'.split(' '));

const BEHIND_VARIABLE = isKindOf(T.assign, T.newLine, T.semicolon, T.comma, T.end);
const BEHIND_DECLARED = isKindOf(T.end, T.comma, T.assign, T.arrow, T.colon);
const IN_TYPE_ARGUMENTS = isKindOf(T.word, T.dot, T.comma, T.question);
const IN_THROWS = isKindOf(T.word, T.dot, T.comma);

/** Reads declarations. They may make `secrets` a variable or parameter of the script itself. */
export abstract class DeclarationReader extends ExpressionReader {
  protected abstract expressionStatement(): void;
  /** Tells whether the code between two tokens is passed over, because it is about no secret. */
  protected passesOver(_from: number, _to: number): boolean {
    return false;
  }

  /** Reads `def x = …`, `String x`, `def f(x) { … }`. @returns false if the statement is something else. */
  protected declaration(): boolean {
    const start = this.at;
    let index = start;
    while (this.kind(index) === T.word && MODIFIERS.has(this.tokens.source(index))) index += 1;
    const hasModifier = index > start;
    if (hasModifier && this.kind(index) === T.openParen) return this.#manyVariables(index);
    const type = this.#behindType(index);
    const name = type !== undefined && this.kind(type) === T.word ? type : hasModifier ? index : undefined;
    if (name === undefined || this.kind(name) !== T.word) return false;
    if (name === start) return false;
    const next = this.kind(name + 1);
    if (next === T.openParen) return this.#method(name, hasModifier || type === name);
    if (isKeyword(this.tokens.source(name)) && !hasModifier) return false;
    const isVariable = BEHIND_VARIABLE(next);
    if (!isVariable && !hasModifier) return false;
    this.#variables(name);
    return true;
  }

  /** The index after a type (`a.b.C<D>[]`), or undefined if it is no type: types start with a capital here. */
  #behindType(from: number): number | undefined {
    let index = from;
    let isType = false;
    for (;;) {
      if (this.kind(index) !== T.word) return undefined;
      const first = this.tokens.text.charCodeAt(this.tokens.start(index));
      isType = (first >= 65 && first <= 90) || PRIMITIVES.has(this.tokens.source(index));
      index += 1;
      if (this.kind(index) !== T.dot) break;
      index += 1;
    }
    if (!isType) return undefined;
    let behind = this.tokens.is(index, '<') ? this.#behindTypeArguments(index) : index;
    if (behind === undefined) return undefined;
    while (this.kind(behind) === T.openBracket && this.tokens.partner(behind) === behind + 1) behind += 2;
    return behind;
  }

  /** The index after `<A, B<C>>`. */
  #behindTypeArguments(from: number): number | undefined {
    let open = 0;
    for (let index = from; this.kind(index) !== T.end; index++) {
      const text = this.tokens.source(index);
      if (/^<+$/.test(text)) open += text.length;
      else if (/^>+$/.test(text)) open -= text.length;
      else if (!IN_TYPE_ARGUMENTS(this.kind(index))) return undefined;
      if (open <= 0) return index + 1;
    }
    return from;
  }

  #manyVariables(open: number): boolean {
    const declares = this.declaresSecrets(open);
    const names = this.namesBetween(open, this.tokens.partner(open));
    const mark = this.flow.mark();
    this.at = this.behind(open);
    if (this.kind() === T.assign) {
      this.at += 1;
      this.skipNewLines();
      this.expressionStatement();
    }
    for (const name of names) {
      this.flow.declare(name);
      this.flow.assign(name, undefined, mark);
    }
    if (declares) this.scope.isShadowed = true;
    return true;
  }

  #variables(first: number): void {
    this.at = first;
    const isTruth = /^[Bb]oolean$/.test(this.tokens.source(first - 1));
    for (;;) {
      const isSecrets = this.isWord('secrets');
      const name = this.tokens.source(this.at);
      const mark = this.flow.mark();
      this.lastRead = NOTHING;
      let value = NOTHING;
      this.at += 1;
      if (this.kind() === T.assign) {
        this.at += 1;
        this.skipNewLines();
        if (this.kind() === T.openBrace) this.closureName = name;
        this.expressionUpTo();
        value = this.lastRead;
      }
      this.variables.declare(name, value.test);
      this.flow.declare(name);
      if (!isTruth) this.flow.assign(name, undefined, mark);
      // The value of the variable itself still reads the former `secrets`.
      if (isSecrets) this.scope.isShadowed = true;
      if (this.kind() !== T.comma) break;
      this.at += 1;
      this.skipNewLines();
      if (this.kind() !== T.word) break;
    }
  }

  /** Reads `f(x) { … }` after a type or `def`. @returns false if no body follows. */
  #method(name: number, isDeclared: boolean): boolean {
    const open = name + 1;
    let brace = this.tokens.partner(open) + 1;
    if (this.isWord('throws', brace)) {
      while (IN_THROWS(this.kind(brace))) brace += 1;
    }
    // `-> Map<String, Path>`
    if (this.kind(brace) === T.arrow) brace = this.#behindType(brace + 1) ?? brace;
    if (this.kind(brace) === T.question) brace += 1;
    brace = this.behindNewLines(brace);
    if (this.kind(brace) !== T.openBrace || !isDeclared) return false;
    // A function sees no variables of the script around it, but its own parameters.
    const isShadowed = this.scope.isType || this.declaresSecrets(open);
    const outside = { process: null, section: undefined, isBody: false, binding: this.globals };
    const called = this.tokens.source(name);
    this.scoped({ ...outside, isShadowed }, () => {
      this.inFunction(called, this.namesBetween(open, this.tokens.partner(open)), () => {
        this.within(open, this.readList);
        this.at = brace;
        if (this.passesOver(brace, this.behind(brace) - 1)) {
          this.at = this.behind(brace);
          return;
        }
        this.variables.hiding(() => {
          this.within(brace, this.readStatements);
        });
      });
    });
    return true;
  }

  /** Tells whether a list of parameters, or a loop's head, names a variable `secrets`. */
  protected declaresSecrets(open: number): boolean {
    const close = this.tokens.partner(open);
    for (let index = open + 1; index < close; index++) {
      const partner = this.tokens.partner(index);
      if (partner > index) {
        index = partner;
        continue;
      }
      if (!this.tokens.is(index, 'secrets') || this.tokens.kind(index) !== T.word) continue;
      const next = index + 1 < close ? this.tokens.kind(index + 1) : T.end;
      const isDeclared = BEHIND_DECLARED(next) || this.tokens.is(index + 1, 'in');
      const previous = this.tokens.kind(index - 1);
      const follows =
        index - 1 === open || previous === T.comma || previous === T.word || previous === T.operator;
      if (isDeclared && follows && !this.tokens.is(index - 1, 'in')) return true;
    }
    return false;
  }

  /** Reads `class A extends B { … }`. */
  protected typeDefinition(): void {
    while (this.kind() !== T.openBrace && this.kind() !== T.end && this.kind() !== T.semicolon) this.at += 1;
    if (this.kind() !== T.openBrace) return;
    this.scoped({ isShadowed: true, isType: true }, () => {
      this.within(this.at, this.readStatements);
    });
  }
}

import { secretNameProblem } from '../../secrets/secret-name.ts';
import type { SourceDiagnostic } from '../scan.ts';
import { TokenKind as T, type Tokens } from '../tokens.ts';
import { Guards, type Test } from './conditions.ts';
import { type Findings, type FoundName, type FoundReference, noFindings } from './findings.ts';
import { type NamingOperand, settleNames } from './name-candidates.ts';
import { type Binding, type NameCandidate, type Scope, TASK } from './scope.ts';
import { type SecretVariable, SecretVariables } from './secret-variables.ts';
import { TokenCursor } from './token-cursor.ts';
import { ValueFlow } from './value-flow.ts';

/** The result of reading an expression. */
export interface Read {
  /** The test that the expression is, if it is used as a condition. */
  readonly test: Test | undefined;
}

export const NOTHING: Read = { test: undefined };

/** Number of characters that are shown of the code of a dynamic name. */
const MAX_SHOWN = 80;

/** Methods of Nextflow's own class of secrets that return more than one secret. */
const LISTS_SECRETS = new Set(['listSecrets', 'listSecretsNames', 'getSecretsEnv']);

/** Notes the uses of secrets: the properties of `secrets` that code reads, and the names in directives. */
export abstract class UseReader extends TokenCursor {
  protected readonly found: Findings = noFindings();
  protected guards = new Guards();
  /** Variables that functions see, and code outside of processes and workflows. */
  protected readonly globals: Binding = { hasSecrets: false };
  protected scope: Scope;
  /** Follows the values of secrets. */
  protected readonly flow: ValueFlow;
  /** The result of the last expression of a statement. */
  protected lastRead: Read = NOTHING;
  protected variables = new SecretVariables();
  #hasLoader: boolean | undefined;

  constructor(tokens: Tokens, path: readonly string[] = []) {
    super(tokens);
    this.flow = new ValueFlow(tokens.text);
    this.scope = {
      process: null,
      section: undefined,
      isBody: false,
      definition: undefined,
      isConditional: false,
      isShadowed: false,
      binding: this.globals,
      isType: false,
      sink: undefined,
      names: undefined,
      callEnd: undefined,
      path,
      isClosure: false,
    };
  }

  /** Reads statements up to the end of the code that is read. */
  protected abstract statements(): void;
  /** Reads a list: arguments, elements, `key: value` entries. */
  protected abstract list(): void;
  /** Reads the suffixes of a value: `.b`, `(c)`, `[d]`, `{ e }`. */
  protected abstract suffixes(from: number): void;
  /** Notes the name of a member that is read next. */
  protected abstract noteMember(): void;
  /** Tells whether a question mark is before an index: `a?[b]` has one, `a ?[b] : c` is a condition. */
  protected abstract isSafeIndex(question: number): boolean;
  /** Tells whether this token starts the arguments of a call without parentheses, if a name is before it. */
  protected abstract startsArguments(index: number): boolean;

  /** Reads the whole text. Works only once. */
  read(): Findings {
    this.readStatements();
    this.variables.settle();
    for (const { reference, sink, place, through } of this.flow.faults()) {
      const { code, setting, into } = sink;
      const { name } = reference;
      const { start, end } = place;
      this.found.diagnostics.push({ code, name, start, end, setting, into, through });
    }
    return this.found;
  }

  /** Reads a block. Its variables end with it. */
  protected readonly readStatements = (): void => {
    this.variables.block(this.#readStatements);
  };
  readonly #readStatements = (): void => {
    this.statements();
  };
  protected readonly readList = (): void => {
    this.list();
  };

  // Scopes and guards

  /** Reads code with changes to the scope, and undoes them after it. */
  protected scoped(changes: Partial<Scope>, read: () => void): void {
    const outer = this.scope;
    this.scope = Object.assign({ ...outer }, changes);
    read();
    this.scope = outer;
  }

  protected guardedBy(test: Test | undefined, holds: boolean, read: () => void): void {
    const undo = this.guards.push(test, holds);
    read();
    undo();
  }

  /** The profile that the code belongs to, in a config. */
  protected profile(): string | null {
    const [block, name] = this.scope.path;
    return block === 'profiles' ? (name ?? null) : null;
  }

  // Properties of `secrets`

  /** Tells whether the next token is Nextflow's `secrets`, and no variable or member with that name. */
  protected isSecrets(): boolean {
    return this.isWord('secrets') && !this.scope.isShadowed && !this.scope.binding.hasSecrets;
  }

  /** Reads the variable `secrets`, with the property that is read of it. */
  protected secrets(): Read {
    const start = this.at;
    this.at += 1;
    const kind = this.kind();
    // A call or a block with that name.
    if (kind === T.openParen || kind === T.openBrace || this.#isCalled(start)) {
      this.suffixes(start);
      return NOTHING;
    }
    const reference = this.#property(start);
    if (reference === undefined) {
      if (this.kind() === T.assign) return NOTHING;
      this.suffixes(start);
      // `path 'x', emit: secrets`: the name of an output, or of a variable that a script has set.
      const isOutput = this.scope.section === 'output' && this.at === start + 1;
      if (!isOutput) this.#addDynamic(this.tokens.start(start), this.tokens.end(this.at - 1));
      return NOTHING;
    }
    return this.#testOf(reference, true, start);
  }

  /** Tells whether a name is called with arguments that have no parentheses. */
  #isCalled(name: number): boolean {
    const behind = this.kind(name + 1);
    return behind !== T.openBracket && behind !== T.not && this.startsArguments(name + 1);
  }

  /** Reads the suffixes of a value. Without any, or with safe navigation only, the value is a test. */
  #testOf(reference: FoundReference, set: boolean, start: number): Read {
    const isSafe = this.#safeNavigation();
    const end = this.at;
    this.suffixes(start);
    if (this.at !== end) return NOTHING;
    if (isSafe) reference.optional = true;
    return { test: { atoms: [{ reference, set }], join: 'one' } };
  }

  // Variables that are secrets

  /** Reads a variable that has a secret, with its suffixes. */
  protected variableUse(name: string, { reference, set, uses }: SecretVariable): Read {
    const start = this.at;
    this.at += 1;
    if (this.kind() === T.assign) {
      if (!this.scope.isConditional && !this.scope.isClosure) this.variables.forget(name);
      return NOTHING;
    }
    const use = { ...reference, optional: this.guards.saySet(reference.name), tested: false };
    uses.push(use);
    return this.#testOf(use, set, start);
  }

  // Nextflow's own classes

  /** Notes `SecretsLoader.instance.load().getSecret('X')`. The token before the next one is the name of the method. */
  protected loaderCall(method: number): void {
    const word = this.tokens.source(method);
    const isRead = word === 'getSecret';
    if (!(isRead || LISTS_SECRETS.has(word)) || this.kind() !== T.openParen) return;
    this.#hasLoader ??= /\bSecrets(?:Loader|Provider)\b/.test(this.tokens.text);
    if (!this.#hasLoader) return;
    const argument = this.at + 1;
    const isText = this.kind(argument) === T.string && this.tokens.partner(this.at) === argument + 1;
    if (isRead && isText) this.#addProperty(argument);
    else this.#addDynamic(this.tokens.start(method), this.tokens.end(this.tokens.partner(this.at)));
  }

  /** Reads suffixes that keep null if the secret is null: `?.trim()`. */
  #safeNavigation(): boolean {
    const from = this.at;
    for (let next = this.behindNewLines(); this.kind(next) === T.safeDot; next = this.behindNewLines()) {
      this.at = next + 1;
      if (this.kind() === T.word) {
        this.noteMember();
        this.at += 1;
      }
      if (this.kind() === T.openParen) this.within(this.at, this.readList);
    }
    return this.at > from;
  }

  /** Reads the name after `secrets`: `.NAME`, `?.NAME`, `['NAME']`, `?['NAME']`, `."NAME"`. */
  #property(start: number): FoundReference | undefined {
    let next = this.behindNewLines();
    const kind = this.kind(next);
    if (kind === T.dot || kind === T.safeDot) {
      next = this.behindNewLines(next + 1);
      const name = this.kind(next);
      if (name !== T.word && name !== T.string) return undefined;
      const behind = this.kind(next + 1);
      if (behind === T.openParen) return this.#getter(next);
      // `secrets.with { … }`, `secrets.put 'a', 'b'` call a method.
      if (behind === T.openBrace || this.#isCalled(next)) return undefined;
      this.at = next + 1;
      return this.#addProperty(next);
    }
    if (kind === T.question && this.isSafeIndex(next)) next += 1;
    if (this.kind(next) === T.openBracket && (next === start + 1 || kind === T.question)) {
      const close = this.tokens.partner(next);
      if (this.kind(next + 1) !== T.string || close !== next + 2) return undefined;
      this.at = close + 1;
      return this.#addProperty(next + 1);
    }
    return undefined;
  }

  /** Reads `secrets.getProperty('NAME')`, `secrets.getAt('NAME')`. */
  #getter(method: number): FoundReference | undefined {
    const name = this.tokens.source(method);
    const close = this.tokens.partner(method + 1);
    const isGetter = name === 'getProperty' || name === 'getAt';
    if (!isGetter || this.kind(method + 2) !== T.string || close !== method + 3) return undefined;
    this.at = close + 1;
    return this.#addProperty(method + 2);
  }

  #addProperty(token: number): FoundReference {
    const isText = this.tokens.kind(token) === T.string;
    const name = isText ? this.tokens.constant(token) : this.tokens.source(token);
    const { process, section } = this.scope;
    const reference: FoundReference = {
      name,
      kind: 'property',
      optional: this.guards.saySet(name),
      tested: false,
      process,
      profile: this.profile(),
      guards: this.guards.nearest(),
      ignored: false,
      ...(isText ? this.tokens.content(token) : this.place(token)),
    };
    this.#addReference(reference);
    this.flow.secret(reference, this.scope.sink ?? (section === 'script' ? TASK : undefined));
    return reference;
  }

  /** Finds plain references in code that is nested too deep, without regard to the code around them. */
  protected flat(): void {
    while (!this.isAtEnd) {
      const previous = this.at === 0 ? T.end : this.tokens.kind(this.at - 1);
      const isMember = previous === T.dot || previous === T.safeDot || previous === T.otherDot;
      const start = this.at;
      const isUse = this.isSecrets() && !isMember;
      this.at += 1;
      if (isUse) this.#property(start);
    }
  }

  // Names in directives

  /**
   * Reads an expression that gives one name or a list of names of secrets.
   *
   * @param inNoList - the diagnostic for a text that is no element of a list; undefined if nothing is wrong with it.
   */
  protected names(
    read: () => void,
    inNoList: (name: NameCandidate) => SourceDiagnostic['code'] | undefined,
  ): void {
    const names: NameCandidate[] = [];
    this.scoped({ names }, read);
    const { process } = this.scope;
    for (const candidate of names) {
      const { token, start, end, guards, isListed, isText } = candidate;
      const name = token < 0 ? '' : this.tokens.constant(token);
      const place = token < 0 ? { start, end } : this.tokens.content(token);
      const fault = isText && !isListed ? inNoList(candidate) : undefined;
      if (fault !== undefined) this.diagnose(fault, { name, ...place });
      if (token < 0) this.#addDynamic(start, end);
      if (name === '') continue;
      this.#addReference({
        name,
        kind: 'directive',
        optional: guards.length > 0,
        tested: false,
        process,
        profile: this.profile(),
        guards,
        ignored: false,
        ...this.tokens.content(token),
      });
    }
  }

  /** Decides which names the operand gives that was just read. */
  protected settleNames(names: NameCandidate[], operand: Omit<NamingOperand, 'to'>): void {
    settleNames(this.tokens, names, { ...operand, to: this.at }, (first, last) =>
      this.computedName(first, last),
    );
  }

  /** A name that the code between these tokens computes. Only the running pipeline knows it. */
  protected computedName(first: number, last: number): NameCandidate {
    const guards = this.guards.nearest();
    return {
      token: -1,
      start: this.tokens.start(first),
      end: this.tokens.end(last),
      guards,
      isListed: false,
      isText: false,
      isInClosure: this.scope.isClosure,
    };
  }

  // Findings

  #addReference(reference: FoundReference): void {
    this.found.references.push(reference);
    if (secretNameProblem(reference.name) !== undefined) this.diagnose('invalid-name', reference);
  }

  #addDynamic(start: number, end: number): void {
    const source = this.tokens.text.slice(start, Math.min(end, start + MAX_SHOWN));
    const text = (source.split(/[\r\n]/, 1)[0] ?? '').trim();
    const place = { start, end: start + text.length };
    this.found.dynamic.push({ text, process: this.scope.process, profile: this.profile(), ...place });
    this.found.diagnostics.push({ code: 'dynamic-name', name: null, ...place });
  }

  protected diagnose(code: SourceDiagnostic['code'], { name, start, end }: FoundName): void {
    this.found.diagnostics.push({ code, name, start, end });
  }
}

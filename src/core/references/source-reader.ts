import { secretNameProblem } from '../secret-name.ts';
import type { SecretGuard, SourceDiagnostic, SourceLanguage } from './scan-source.ts';
import { isKeyword, TokenKind as T, type Tokens } from './tokens.ts';

interface Place {
  readonly start: number;
  readonly end: number;
}

interface FoundReference extends Place {
  readonly name: string;
  readonly kind: 'directive' | 'property';
  optional: boolean;
  /** Whether the code only looks whether it is set. */
  tested: boolean;
  readonly process: string | null;
  readonly profile: string | null;
  readonly guards: readonly SecretGuard[];
}

interface FoundDynamic extends Place {
  readonly text: string;
  readonly process: string | null;
  readonly profile: string | null;
}

interface FoundDiagnostic extends Place {
  readonly code: SourceDiagnostic['code'];
  readonly name: string | null;
}

interface FoundName extends Place {
  readonly name: string;
}

interface FoundInclude extends Place {
  readonly path: string | null;
  readonly profile: string | null;
  readonly within: readonly string[];
}

interface FoundSetting extends Place {
  readonly path: readonly string[];
  readonly value: string;
}

/** What a text says about secrets, with offsets. */
export interface Findings {
  readonly references: FoundReference[];
  readonly dynamic: FoundDynamic[];
  readonly diagnostics: FoundDiagnostic[];
  readonly processes: FoundName[];
  entryWorkflow?: Place;
  readonly includes: FoundInclude[];
  readonly profiles: FoundName[];
  readonly settings: FoundSetting[];
}

/** Reads a script or config as far as secrets go: statements, scopes, conditions, and what becomes of a value. */
export function readSource(
  tokens: Tokens,
  language: SourceLanguage,
  within: readonly string[] = [],
): Findings {
  return new SourceReader(tokens, language, within).read();
}

/** Code that is nested deeper than this is still read, but without what its conditions mean. */
const MAX_DEPTH = 150;
/** A reference remembers this many of the tests around it. */
const MAX_GUARDS = 8;
/** Of the code of a dynamic name, so much is shown. */
const MAX_SHOWN = 80;

/** Part of a process's body. */
type Section = 'directives' | 'script' | 'other';

/** Where a secret's value goes. */
type Sink = 'params' | 'print' | 'task' | null;

const SINK_CODES = { params: 'in-params', print: 'printed', task: 'in-script' } as const;

/** Names that a task's script comes from. `exec:` runs in Nextflow itself. */
const SCRIPT_LABELS = new Set(['script', 'shell', 'stub']);

/** Process settings of a config whose text gets into the task's script, or into the wrapper around it, as `env` does. */
const TASK_SETTINGS = new Set([
  'ext',
  'beforeScript',
  'afterScript',
  'clusterOptions',
  'containerOptions',
  'script',
]);

const PRINTERS = new Set(['println', 'print', 'printf', 'error', 'view', 'tag']);
const LOG_LEVELS = new Set(['trace', 'debug', 'info', 'warn', 'error']);

/** Words that a declaration may start with. */
const MODIFIERS = new Set(
  'def var final static private public protected abstract synchronized transient volatile native strictfp'.split(
    ' ',
  ),
);
const PRIMITIVES = new Set('boolean char byte short int long float double void'.split(' '));

/** Words that end the expression before them. */
const STATEMENTS = new Set('else while catch finally case default if for return throw try switch'.split(' '));

const BLOCK_WORDS = new Set(['else', 'do', 'try', 'finally']);
const TYPE_WORDS = new Set(['class', 'interface', 'enum', 'trait']);

/** A test of whether secrets are set, as a condition has it. */
interface Test {
  readonly atoms: { readonly reference: FoundReference; readonly set: boolean }[];
  /** What joins them; with only one, either. */
  join: 'and' | 'or' | 'one' | 'mixed';
}

/** What an expression was. */
interface Read {
  /** The test that it is, if it is used for a condition. */
  readonly test: Test | undefined;
}

const NOTHING: Read = { test: undefined };

/** A name that a directive or setting gives, before it is known whether it is only part of a condition. */
interface Candidate {
  /** The index of a string token, or -1 if the name is computed. */
  readonly token: number;
  readonly start: number;
  readonly end: number;
  readonly guards: readonly SecretGuard[];
  readonly guarded: boolean;
}

interface GuardLink extends SecretGuard {
  readonly outer: GuardLink | undefined;
}

class SourceReader {
  readonly #tokens: Tokens;
  readonly #isConfig: boolean;
  readonly #found: Findings = {
    references: [],
    dynamic: [],
    diagnostics: [],
    processes: [],
    includes: [],
    profiles: [],
    settings: [],
  };

  /** The index of the next token, and of the first one that no longer belongs to what is read. */
  #at = 0;
  #limit: number;
  #depth = 0;

  #process: string | null = null;
  #section: Section | undefined;
  /** Whether the statements that are read stand directly in a process's body. */
  #isProcessBody = false;
  /** Whether `secrets` is something else here: a variable, a parameter. */
  #shadowed = false;
  #sink: Sink = null;
  #guards: GuardLink | undefined;
  /** How many guards say that a name is set. */
  readonly #guarded = new Map<string, number>();
  /** Collects the names of a directive while one is read. */
  #candidates: Candidate[] | undefined;
  /** The blocks of a config that the statement stands in. */
  #path: readonly string[] = [];
  /** Inside a closure of a config: what stands there is code and no settings. */
  #inClosure = false;

  constructor(tokens: Tokens, language: SourceLanguage, within: readonly string[]) {
    this.#tokens = tokens;
    this.#isConfig = language === 'config';
    this.#limit = tokens.count;
    this.#path = within;
  }

  read(): Findings {
    this.#statements();
    for (const { reference, sink } of this.#values) {
      if (!reference.tested) this.#diagnose(SINK_CODES[sink], reference);
    }
    return this.#found;
  }

  // Moving on

  #kind(index = this.#at): T {
    return index < this.#limit ? this.#tokens.kind(index) : T.end;
  }

  #isWord(word: string, index = this.#at): boolean {
    return this.#kind(index) === T.word && this.#tokens.is(index, word);
  }

  #skipNewLines(): void {
    while (this.#kind() === T.newLine) this.#at += 1;
  }

  /** The index of the first token from here on that is no new line. */
  #behindNewLines(from = this.#at): number {
    let index = from;
    while (this.#kind(index) === T.newLine) index += 1;
    return index;
  }

  /** Reads what is between a bracket and its partner, and goes on behind it. */
  #within(open: number, read: () => void): void {
    const close = Math.min(this.#tokens.partner(open), this.#limit);
    const limit = this.#limit;
    this.#at = open + 1;
    this.#limit = close;
    if (this.#depth >= MAX_DEPTH) {
      this.#flat();
    } else {
      this.#depth += 1;
      read();
      this.#depth -= 1;
    }
    this.#limit = limit;
    this.#at = Math.min(close + 1, limit);
  }

  /** Reads with a few things different, and puts them back. */
  #scoped(read: () => void): void {
    const process = this.#process;
    const section = this.#section;
    const isProcessBody = this.#isProcessBody;
    const shadowed = this.#shadowed;
    const sink = this.#sink;
    const candidates = this.#candidates;
    const path = this.#path;
    const inClosure = this.#inClosure;
    read();
    this.#process = process;
    this.#section = section;
    this.#isProcessBody = isProcessBody;
    this.#shadowed = shadowed;
    this.#sink = sink;
    this.#candidates = candidates;
    this.#path = path;
    this.#inClosure = inClosure;
  }

  readonly #readStatements = (): void => {
    this.#statements();
  };
  readonly #readBody = (): void => {
    this.#body();
  };
  readonly #readList = (): void => {
    this.#list();
  };
  readonly #readExpression = (): void => {
    this.#expression();
  };

  // Statements

  #statements(): void {
    const inProcessBody = this.#isProcessBody;
    while (this.#at < this.#limit) {
      const kind = this.#kind();
      if (kind === T.newLine || kind === T.semicolon || kind === T.comma) {
        this.#at += 1;
        continue;
      }
      const before = this.#at;
      this.#isProcessBody = inProcessBody;
      this.#statement();
      // Whatever it was, it is not read twice.
      if (this.#at === before) this.#at += 1;
    }
  }

  #statement(): void {
    if (this.#depth >= MAX_DEPTH) {
      this.#flat();
      return;
    }
    this.#depth += 1;
    this.#anyStatement();
    this.#depth -= 1;
  }

  #anyStatement(): void {
    this.#skipNewLines();
    while (this.#kind() === T.at) this.#annotation();
    if (this.#kind() !== T.word) {
      // Without a label, the script is the text that the body ends with.
      const isText = this.#kind() === T.string || this.#kind() === T.openText;
      if (isText && this.#isProcessBody && this.#section === 'directives') this.#section = 'script';
      if (isText && this.#isConfig && !this.#inClosure && this.#setting()) return;
      this.#expressionStatement();
      return;
    }
    const next = this.#kind(this.#at + 1);
    if (next === T.colon && !this.#isConfigSelector()) {
      this.#label();
      return;
    }
    if (this.#keyword(this.#tokens.source(this.#at), next)) return;
    if (this.#declaration()) return;
    if (this.#isConfig && !this.#inClosure && this.#setting()) return;
    this.#expressionStatement();
  }

  /** A statement that its first word makes special. @returns false if it is none. */
  #keyword(word: string, next: T): boolean {
    const inParens = next === T.openParen;
    if (word === 'if' && inParens) this.#ifStatement();
    else if (word === 'while' && inParens) this.#whileStatement();
    else if ((word === 'for' || word === 'catch') && inParens) this.#forOrCatch();
    else if (BLOCK_WORDS.has(word)) this.#bodyBehindWord();
    else if (word === 'case') this.#caseLabel();
    else if (word === 'import' || word === 'package') this.#skipStatement();
    else if (word === 'return' || word === 'throw') this.#behindWord();
    else if (word === 'assert') this.#assertion();
    else if (TYPE_WORDS.has(word) && next === T.word) this.#typeDefinition();
    else if (this.#isConfig) {
      if (word !== 'includeConfig' || isSign(next)) return false;
      this.#includeConfig();
    } else if (word === 'include' && INCLUDED.has(next)) this.#include();
    else if (word === 'process' || word === 'workflow') return this.#definition(word);
    else if (word === 'secret' && this.#isDirective(next)) this.#directive();
    else return false;
    return true;
  }

  #bodyBehindWord(): void {
    this.#at += 1;
    this.#body();
  }

  #behindWord(): void {
    this.#at += 1;
    if (!this.#isAtEndOfStatement()) this.#expressionStatement();
  }

  #assertion(): void {
    this.#behindWord();
    if (this.#kind() === T.colon || this.#kind() === T.comma) this.#behindWord();
  }

  #annotation(): void {
    this.#at += 1;
    while (this.#kind() === T.word || this.#kind() === T.dot) this.#at += 1;
    if (this.#kind() === T.openParen) this.#within(this.#at, this.#readList);
    this.#skipNewLines();
  }

  #label(): void {
    const label = this.#tokens.source(this.#at);
    this.#at += 2;
    if (this.#isProcessBody) this.#section = SCRIPT_LABELS.has(label) ? 'script' : 'other';
  }

  #skipStatement(): void {
    while (!this.#isAtEndOfStatement()) this.#skipOne();
  }

  #skipOne(): void {
    const partner = this.#tokens.partner(this.#at);
    this.#at = partner > this.#at ? Math.min(partner + 1, this.#limit) : this.#at + 1;
  }

  #isAtEndOfStatement(): boolean {
    const kind = this.#kind();
    return kind === T.end || kind === T.newLine || kind === T.semicolon;
  }

  #ifStatement(): void {
    const test = this.#condition();
    this.#guardedBy(test, true, this.#readBody);
    const next = this.#behindEnds();
    if (this.#isWord('else', next)) {
      this.#at = next + 1;
      this.#guardedBy(test, false, this.#readBody);
    }
  }

  /** `else` may stand behind line ends, and behind one `;`. */
  #behindEnds(): number {
    const next = this.#behindNewLines();
    return this.#kind(next) === T.semicolon ? this.#behindNewLines(next + 1) : next;
  }

  #whileStatement(): void {
    const test = this.#condition();
    this.#guardedBy(test, true, this.#readBody);
  }

  /** What `if`, `else`, `for`, … rule: a block, or one statement. */
  #body(): void {
    const next = this.#behindNewLines();
    if (this.#kind(next) !== T.openBrace) {
      this.#statement();
      return;
    }
    this.#at = next;
    this.#scoped(() => {
      this.#within(next, this.#readStatements);
    });
  }

  /** What is in the parentheses behind `if` or `while`. */
  #condition(): Test | undefined {
    this.#at += 1;
    let test: Test | undefined;
    this.#within(this.#at, () => {
      test = this.#expression().test;
      this.#list();
    });
    used(test);
    return test;
  }

  #forOrCatch(): void {
    this.#scoped(() => {
      this.#at += 1;
      if (this.#declaresSecrets(this.#at)) this.#shadowed = true;
      this.#within(this.#at, this.#readStatements);
      this.#body();
    });
  }

  /** Whether a list of parameters, or a loop's head, names a variable `secrets`. */
  #declaresSecrets(open: number): boolean {
    const close = Math.min(this.#tokens.partner(open), this.#limit);
    for (let index = open + 1; index < close; index++) {
      const partner = this.#tokens.partner(index);
      if (partner > index) {
        index = partner;
        continue;
      }
      if (!this.#tokens.is(index, 'secrets') || this.#tokens.kind(index) !== T.word) continue;
      const next = index + 1 < close ? this.#tokens.kind(index + 1) : T.end;
      const isDeclared =
        isOne([T.end, T.comma, T.assign, T.arrow, T.colon], next) || this.#tokens.is(index + 1, 'in');
      const previous = this.#tokens.kind(index - 1);
      const follows =
        index - 1 === open || previous === T.comma || previous === T.word || previous === T.operator;
      if (isDeclared && follows && !this.#tokens.is(index - 1, 'in')) return true;
    }
    return false;
  }

  #caseLabel(): void {
    this.#at += 1;
    this.#expression();
    if (this.#kind() === T.colon) this.#at += 1;
  }

  /** `class A extends B { … }` */
  #typeDefinition(): void {
    while (this.#kind() !== T.openBrace && this.#kind() !== T.end && this.#kind() !== T.semicolon)
      this.#at += 1;
    if (this.#kind() !== T.openBrace) return;
    this.#scoped(() => {
      // A class sees nothing of the script around it.
      this.#shadowed = true;
      this.#within(this.#at, this.#readStatements);
    });
  }

  /** `process NAME { … }`, `workflow { … }`. @returns false if it is something else. */
  #definition(word: string): boolean {
    const isProcess = word === 'process';
    let name = this.#at + 1;
    const isNamed = this.#kind(name) === T.word || (isProcess && this.#kind(name) === T.string);
    const brace = this.#behindNewLines(isNamed ? name + 1 : name);
    if (this.#kind(brace) !== T.openBrace || (isProcess && !isNamed)) return false;
    if (!isNamed) {
      name = this.#at;
      this.#found.entryWorkflow ??= this.#place(name);
    }
    const text = !isNamed
      ? ''
      : this.#kind(name) === T.string
        ? this.#tokens.constant(name)
        : this.#tokens.source(name);
    if (isProcess) {
      const content = this.#kind(name) === T.string ? this.#tokens.content(name) : this.#place(name);
      this.#found.processes.push({ name: text, ...content });
    }
    this.#scoped(() => {
      if (isProcess) {
        this.#process = text;
        this.#section = 'directives';
        this.#isProcessBody = true;
      } else {
        this.#process = null;
        this.#section = undefined;
        this.#isProcessBody = false;
      }
      this.#within(brace, this.#readStatements);
    });
    return true;
  }

  /** `secret [ … ]` is an index, as Groovy reads it, and fails. */
  #isDirective(next: T): boolean {
    if (this.#section !== 'directives' || this.#process === null) return false;
    return !NO_ARGUMENT.has(next);
  }

  /** `secret 'A'`, `secret('A')`, `secret condition ? 'A' : ''` */
  #directive(): void {
    this.#at += 1;
    this.#names(() => {
      if (this.#kind() === T.openParen && this.#isWholeStatement(this.#at)) {
        this.#within(this.#at, this.#readList);
      } else {
        this.#arguments();
      }
    });
    this.#skipStatement();
  }

  /** Whether a bracket and what is in it is the rest of the statement. */
  #isWholeStatement(open: number): boolean {
    const behind = this.#tokens.partner(open) + 1;
    const kind = this.#kind(behind);
    return kind === T.end || kind === T.newLine || kind === T.semicolon;
  }

  /** Reads an expression whose value is one name or a list of names of secrets. */
  #names(read: () => void): void {
    const outer = this.#candidates;
    const candidates: Candidate[] = [];
    this.#candidates = candidates;
    read();
    this.#candidates = outer;
    for (const { token, start, end, guards, guarded } of candidates) {
      if (token < 0) {
        this.#addDynamic(start, end);
        continue;
      }
      const name = this.#tokens.constant(token);
      if (name === '') continue;
      this.#addReference({
        name,
        kind: 'directive',
        optional: guarded,
        tested: false,
        process: this.#process,
        profile: this.#profile(),
        guards,
        ...this.#tokens.content(token),
      });
    }
  }

  #addReference(reference: FoundReference): void {
    this.#found.references.push(reference);
    if (secretNameProblem(reference.name) !== undefined) this.#diagnose('invalid-name', reference);
  }

  #addDynamic(start: number, end: number): void {
    const source = this.#tokens.text.slice(start, Math.min(end, start + MAX_SHOWN));
    const text = (source.split(/[\r\n]/, 1)[0] ?? '').trim();
    const place = { start, end: start + text.length };
    this.#found.dynamic.push({ text, process: this.#process, profile: this.#profile(), ...place });
    this.#found.diagnostics.push({ code: 'dynamic-name', name: null, ...place });
  }

  #diagnose(code: SourceDiagnostic['code'], { name, start, end }: FoundName): void {
    this.#found.diagnostics.push({ code, name, start, end });
  }

  /** `include { A; B as C } from './path' addParams(…)` */
  #include(): void {
    let index = this.#at + 1;
    if (this.#kind(index) === T.openBrace) index = this.#tokens.partner(index) + 1;
    while (this.#kind(index) === T.word && !this.#isWord('from', index)) index += 1;
    if (this.#isWord('from', index)) index += 1;
    this.#at = index;
    if (!this.#isAtEndOfStatement()) {
      this.#includedPath();
      this.#expressionStatement();
    }
  }

  #includeConfig(): void {
    this.#at += 1;
    if (this.#kind() === T.openParen && this.#isWholeStatement(this.#at)) {
      this.#within(this.#at, () => {
        this.#includedPath();
        this.#expressionStatement();
      });
    } else {
      this.#includedPath();
      this.#expressionStatement();
    }
  }

  /** Notes the path that an expression gives, if it is one text and nothing else. */
  #includedPath(): void {
    const where = { profile: this.#profile(), within: this.#path };
    let index = this.#at;
    if (this.#kind(index) === T.openParen) index += 1;
    const kind = this.#kind(index);
    const isText = kind === T.string || kind === T.openText;
    const behind = (kind === T.openText ? this.#tokens.partner(index) : index) + 1;
    const next = this.#kind(behind);
    const isAlone = isText && !isOne([T.operator, T.dot, T.safeDot, T.question, T.elvis], next);
    const start = this.#tokens.start(index);
    if (!isAlone) {
      this.#found.includes.push({ path: null, ...where, start, end: this.#tokens.end(index) });
      return;
    }
    if (kind === T.string) {
      const path = this.#tokens.constant(index);
      this.#found.includes.push({ path, ...where, ...this.#tokens.content(index) });
      return;
    }
    const from = this.#tokens.end(index);
    const to = this.#tokens.start(behind - 1);
    this.#found.includes.push({ path: this.#tokens.text.slice(from, to), ...where, start: from, end: to });
  }

  #profile(): string | null {
    return this.#path[0] === 'profiles' ? (this.#path[1] ?? null) : null;
  }

  // Declarations

  /** `def x = …`, `String x`, `def f(x) { … }`. @returns false if the statement is something else. */
  #declaration(): boolean {
    const start = this.#at;
    let index = start;
    while (this.#kind(index) === T.word && MODIFIERS.has(this.#tokens.source(index))) index += 1;
    const hasModifier = index > start;
    if (hasModifier && this.#kind(index) === T.openParen) return this.#manyVariables(index);
    const type = this.#behindType(index);
    const name = type !== undefined && this.#kind(type) === T.word ? type : hasModifier ? index : undefined;
    if (name === undefined || this.#kind(name) !== T.word) return false;
    if (name === start) return false;
    const next = this.#kind(name + 1);
    if (next === T.openParen) return this.#method(name, hasModifier || type === name);
    if (isKeyword(this.#tokens.source(name)) && !hasModifier) return false;
    const isVariable = isOne([T.assign, T.newLine, T.semicolon, T.comma, T.end], next);
    if (!isVariable && !hasModifier) return false;
    this.#variables(name);
    return true;
  }

  /** The index behind a type (`a.b.C<D>[]`), or undefined if it is none: types start with a capital here. */
  #behindType(from: number): number | undefined {
    let index = from;
    let isType = false;
    for (;;) {
      if (this.#kind(index) !== T.word) return undefined;
      const word = this.#tokens.source(index);
      isType = PRIMITIVES.has(word) || /^[A-Z]/.test(word);
      index += 1;
      if (this.#kind(index) !== T.dot) break;
      index += 1;
    }
    if (!isType) return undefined;
    if (this.#tokens.is(index, '<')) {
      let open = 0;
      for (let end = index; end < this.#limit; end++) {
        const text = this.#tokens.source(end);
        if (/^<+$/.test(text)) open += text.length;
        else if (/^>+$/.test(text)) open -= text.length;
        else if (!isOne([T.word, T.dot, T.comma, T.question], this.#kind(end))) return undefined;
        if (open <= 0) {
          index = end + 1;
          break;
        }
      }
    }
    while (this.#kind(index) === T.openBracket && this.#tokens.partner(index) === index + 1) index += 2;
    return index;
  }

  #manyVariables(open: number): boolean {
    const declares = this.#declaresSecrets(open);
    this.#at = Math.min(this.#tokens.partner(open) + 1, this.#limit);
    if (this.#kind() === T.assign) {
      this.#at += 1;
      this.#skipNewLines();
      this.#expressionStatement();
    }
    if (declares) this.#shadowed = true;
    return true;
  }

  #variables(first: number): void {
    this.#at = first;
    for (;;) {
      const isSecrets = this.#isWord('secrets');
      this.#at += 1;
      if (this.#kind() === T.assign) {
        this.#at += 1;
        this.#skipNewLines();
        this.#expressionUpTo();
      }
      // Its own value still reads what was there before.
      if (isSecrets) this.#shadowed = true;
      if (this.#kind() !== T.comma) break;
      this.#at += 1;
      this.#skipNewLines();
      if (this.#kind() !== T.word) break;
    }
  }

  /** `f(x) { … }` behind a type or `def`. @returns false if no body follows. */
  #method(name: number, isDeclared: boolean): boolean {
    const open = name + 1;
    let brace = this.#tokens.partner(open) + 1;
    if (this.#isWord('throws', brace)) {
      while (isOne([T.word, T.dot, T.comma], this.#kind(brace))) brace += 1;
    }
    brace = this.#behindNewLines(brace);
    if (this.#kind(brace) !== T.openBrace || !isDeclared) return false;
    this.#scoped(() => {
      this.#process = null;
      this.#section = undefined;
      this.#isProcessBody = false;
      // Variables of the script around it are not seen in a function, but its own parameters are.
      this.#shadowed = this.#declaresSecrets(open);
      this.#within(open, this.#readList);
      this.#at = brace;
      this.#within(brace, this.#readStatements);
    });
    return true;
  }

  // Settings of a config

  #isConfigSelector(): boolean {
    return this.#isConfig && (this.#isWord('withName') || this.#isWord('withLabel'));
  }

  /** `a.b { … }`, `withName: X { … }`, `a.b = …` @returns false if the statement is something else. */
  #setting(): boolean {
    const start = this.#at;
    const names: string[] = [];
    let index = start;
    if (this.#isConfigSelector() && this.#kind(index + 1) === T.colon) {
      const selected = this.#behindNewLines(index + 2);
      const kind = this.#kind(selected);
      const behind =
        kind === T.openText || kind === T.openParen ? this.#tokens.partner(selected) + 1 : selected + 1;
      const text =
        kind === T.string
          ? this.#tokens.constant(selected)
          : this.#tokens.text.slice(this.#tokens.start(selected), this.#tokens.end(behind - 1));
      names.push(`${this.#tokens.source(index)}:${text}`);
      index = behind;
    } else {
      for (;;) {
        const kind = this.#kind(index);
        if (kind === T.word) names.push(this.#tokens.source(index));
        else if (kind === T.string) names.push(this.#tokens.constant(index));
        else return false;
        index += 1;
        if (this.#kind(index) !== T.dot) break;
        index += 1;
      }
    }
    const next = this.#kind(index);
    if (next === T.openBrace) {
      this.#settingsBlock(index, names, start);
      return true;
    }
    if (next !== T.assign && next !== T.assignWith) return false;
    this.#at = index + 1;
    this.#skipNewLines();
    this.#scoped(() => {
      this.#path = [...this.#path, ...names];
      this.#settingValue();
    });
    return true;
  }

  #settingsBlock(brace: number, names: readonly string[], start: number): void {
    if (this.#path.length === 1 && this.#path[0] === 'profiles' && names.length === 1) {
      this.#noteProfile(names[0] ?? '', start);
    } else if (this.#path.length === 0 && names[0] === 'profiles' && names.length > 1) {
      this.#noteProfile(names[1] ?? '', start);
    }
    this.#scoped(() => {
      // Long chains of blocks would copy long paths; nothing that matters is that deep.
      if (this.#path.length < MAX_GUARDS) this.#path = [...this.#path, ...names];
      this.#process = this.#selector();
      if (this.#settingPath()[0] === 'params') this.#sink = 'params';
      this.#within(brace, this.#readStatements);
    });
  }

  #noteProfile(name: string, token: number): void {
    const place = this.#kind(token) === T.string ? this.#tokens.content(token) : this.#place(token);
    this.#found.profiles.push({ name, ...place });
  }

  /** The path of the setting that is read, without its profile. */
  #settingPath(): readonly string[] {
    return this.#path[0] === 'profiles' ? this.#path.slice(2) : this.#path;
  }

  #selector(): string | null {
    const path = this.#settingPath();
    if (path[0] !== 'process') return null;
    return path.findLast(isSelector) ?? null;
  }

  #settingValue(): void {
    const path = this.#settingPath();
    if (this.#isEndBehind(this.#at)) this.#noteSetting();
    this.#process = this.#selector();
    const isProcess = path[0] === 'process';
    if (isProcess && path.at(-1) === 'secret' && path.slice(1, -1).every(isSelector)) {
      if (this.#kind() === T.string && this.#isEndBehind(this.#at)) {
        const name = this.#tokens.constant(this.#at);
        if (name !== '') this.#diagnose('config-string', { name, ...this.#tokens.content(this.#at) });
      }
      this.#names(() => {
        this.#expressionStatement();
      });
      return;
    }
    if (path[0] === 'params') this.#sink = 'params';
    else if (path[0] === 'env') this.#sink = 'task';
    else if (isProcess && path.some((name) => TASK_SETTINGS.has(name))) this.#sink = 'task';
    this.#expressionStatement();
  }

  /** A setting whose value is a plain text, word or number. */
  #noteSetting(): void {
    const kind = this.#kind();
    if (!isOne([T.string, T.word, T.number], kind)) return;
    const value = kind === T.string ? this.#tokens.constant(this.#at) : this.#tokens.source(this.#at);
    this.#found.settings.push({ path: this.#path, value, ...this.#place(this.#at) });
  }

  #isEndBehind(index: number): boolean {
    const kind = this.#kind(index + 1);
    return kind === T.end || kind === T.newLine || kind === T.semicolon;
  }

  // Expressions

  /** A statement that is an expression: an assignment, a call without parentheses, … */
  #expressionStatement(): void {
    this.#scoped(() => {
      const start = this.#at;
      this.#isProcessBody = false;
      this.#expressionUpTo();
      const isOverwritten =
        this.#at - start >= 2 &&
        this.#tokens.is(start, 'secrets') &&
        this.#tokens.kind(start + 1) === T.assign;
      if (isOverwritten) this.#overwritten = true;
    });
    if (this.#overwritten) this.#shadowed = true;
  }

  #overwritten = false;

  /** Expressions up to the end of the statement, or to a comma. */
  #expressionUpTo(): void {
    while (!this.#isAtEndOfStatement() && this.#kind() !== T.comma) {
      const before = this.#at;
      this.#expression();
      const kind = this.#kind();
      if (kind === T.assign || kind === T.assignWith) {
        const target = this.#tokens.source(before);
        if (target === 'params' && this.#at - before > 1) this.#sink = 'params';
        this.#at += 1;
        this.#skipNewLines();
      } else if (this.#at === before) {
        if (kind === T.colon || kind === T.arrow || isClosing(kind)) return;
        this.#at += 1;
      } else if (kind === T.colon) {
        return;
      }
    }
  }

  /** A list: arguments, elements, `key: value` entries. */
  #list(): void {
    while (this.#at < this.#limit) {
      const kind = this.#kind();
      if (kind === T.comma || kind === T.newLine || kind === T.semicolon || kind === T.colon) {
        this.#at += 1;
        continue;
      }
      const before = this.#at;
      if (this.#skipKey()) continue;
      this.#expression();
      if (this.#kind() === T.assign || this.#kind() === T.assignWith || this.#at === before) this.#at += 1;
    }
  }

  /** `key:` of a map or a named argument. @returns false if there is none. */
  #skipKey(): boolean {
    const kind = this.#kind();
    const isKey = kind === T.word || kind === T.string || kind === T.number;
    if (!isKey || this.#kind(this.#at + 1) !== T.colon) return false;
    this.#at += 2;
    this.#skipNewLines();
    return true;
  }

  /** The arguments of a call without parentheses. */
  #arguments(): void {
    for (;;) {
      if (this.#skipKey()) {
        const candidates = this.#candidates;
        this.#candidates = undefined;
        this.#expression();
        this.#candidates = candidates;
      } else this.#expression();
      if (this.#kind() !== T.comma) return;
      this.#at += 1;
      this.#skipNewLines();
    }
  }

  /** An expression with its conditions: `a ? b : c`, `a ?: b`. */
  #expression(): Read {
    if (this.#depth >= MAX_DEPTH) {
      this.#flat();
      return NOTHING;
    }
    this.#depth += 1;
    let pending = 0;
    const undo: (() => void)[] = [];
    let read: Read;
    for (;;) {
      const candidatesBefore = this.#candidates?.length ?? 0;
      read = this.#or();
      const next = this.#behindNewLines();
      const kind = this.#kind(next);
      if (kind === T.question) {
        used(read.test);
        if (this.#candidates !== undefined) this.#candidates.length = candidatesBefore;
        this.#at = next + 1;
        this.#skipNewLines();
        const { test } = read;
        this.#guardedBy(test, true, this.#readExpression);
        const colon = this.#behindNewLines();
        if (this.#kind(colon) !== T.colon) break;
        this.#at = colon + 1;
        this.#skipNewLines();
        undo.push(this.#pushGuards(test, false));
      } else if (kind === T.elvis) {
        // Here the value itself goes on where it is set.
        for (const { reference } of read.test?.atoms ?? []) reference.optional = true;
        this.#at = next + 1;
        this.#skipNewLines();
        undo.push(this.#pushGuards(read.test, false));
      } else {
        break;
      }
      pending += 1;
    }
    while (undo.length > 0) undo.pop()?.();
    this.#depth -= 1;
    return pending === 0 ? read : NOTHING;
  }

  #or(): Read {
    return this.#joined(T.or, () => this.#joined(T.and, () => this.#operands()));
  }

  /** `a && b && c` or `a || b || c`. What is right of a test is guarded by it. */
  #joined(sign: T, read: () => Read): Read {
    const first = read();
    let next = this.#behindNewLines();
    if (this.#kind(next) !== sign) return first;
    const join = sign === T.and ? 'and' : 'or';
    const all: Test = { atoms: [], join };
    const undo: (() => void)[] = [];
    const candidatesBefore = this.#candidates?.length;
    let { test } = first;
    for (;;) {
      if (test !== undefined) {
        used(test);
        if (test.join !== 'one' && test.join !== join) all.join = 'mixed';
        for (const atom of test.atoms) all.atoms.push(atom);
        undo.push(this.#pushGuards(test, sign === T.and));
      }
      if (this.#kind(next) !== sign) break;
      this.#at = next + 1;
      this.#skipNewLines();
      ({ test } = read());
      next = this.#behindNewLines();
    }
    while (undo.length > 0) undo.pop()?.();
    if (this.#candidates !== undefined && candidatesBefore !== undefined)
      this.#candidates.length = candidatesBefore;
    return all.atoms.length === 0 ? NOTHING : { test: all };
  }

  /**
   * Operands with any signs but those of conditions between them, and calls without parentheses.
   */
  #operands(): Read {
    const from = this.#at;
    const candidates = this.#candidates;
    const candidatesBefore = candidates?.length ?? 0;
    let operands = 0;
    let signs = 0;
    let negations = 0;
    let test: Test | undefined;
    let lastWasOperand = false;
    for (;;) {
      const kind = this.#kind();
      if (lastWasOperand) {
        if (kind === T.equal || kind === T.notEqual) {
          const value = this.#behindNewLines(this.#at + 1);
          const isNull = this.#isWord('null', value) && !BINDS_CLOSER.has(this.#kind(value + 1));
          if (isNull && operands === 1 && signs === 0 && negations === 0 && test?.join === 'one') {
            used(test);
            const [atom] = test.atoms;
            this.#at = value + 1;
            if (atom === undefined) continue;
            test = { atoms: [{ reference: atom.reference, set: kind === T.notEqual }], join: 'one' };
            // What follows is no longer part of it: `a == null == b` is nothing that anybody writes.
            continue;
          }
          this.#at += 1;
          this.#skipNewLines();
          signs += 1;
          lastWasOperand = false;
          continue;
        }
        if (kind === T.operator || kind === T.at) {
          this.#at += 1;
          this.#skipNewLines();
          signs += 1;
          lastWasOperand = false;
          continue;
        }
        if (kind === T.step) {
          this.#at += 1;
          signs += 1;
          continue;
        }
        if (kind === T.newLine) {
          const next = this.#behindNewLines();
          if (!this.#continuesLine(next)) break;
          this.#at = next;
          continue;
        }
        if (kind === T.word) {
          const word = this.#tokens.source(this.#at);
          if (word === 'as' || word === 'in' || word === 'instanceof') {
            const isTruth = word === 'as' && /^[Bb]oolean$/.test(this.#tokens.source(this.#at + 1));
            if (!isTruth) signs += 1;
            else used(test);
            this.#at += 1;
            this.#skipNewLines();
            lastWasOperand = false;
            if (isTruth) {
              this.#at += 1;
              lastWasOperand = true;
            }
            continue;
          }
        }
        if (
          kind === T.not &&
          (this.#isWord('in', this.#at + 1) || this.#isWord('instanceof', this.#at + 1))
        ) {
          this.#at += 2;
          signs += 1;
          lastWasOperand = false;
          continue;
        }
        const isStatement = kind === T.word && STATEMENTS.has(this.#tokens.source(this.#at));
        if (!isStatement && (startsOperand(kind) || kind === T.not)) {
          // `println x`, `secret 'X'`: the rest are arguments.
          this.#call(from);
          signs += 1;
          lastWasOperand = true;
          continue;
        }
        break;
      }
      if (kind === T.not) {
        negations += 1;
        this.#at += 1;
      } else if (
        kind === T.operator ||
        kind === T.step ||
        kind === T.equal ||
        kind === T.notEqual ||
        kind === T.at
      ) {
        signs += 1;
        this.#at += 1;
        this.#skipNewLines();
      } else if (startsOperand(kind)) {
        operands += 1;
        const first = this.#at;
        const read = this.#operand();
        if (this.#tokens.kind(first - 1) === T.not) used(read.test);
        test = operands === 1 ? read.test : undefined;
        lastWasOperand = true;
      } else {
        break;
      }
    }
    if (candidates !== undefined && this.#candidates === candidates) {
      this.#settleCandidates(candidates, candidatesBefore, from, operands === 1 && signs + negations === 0);
    }
    if (operands !== 1 || signs > 0 || test === undefined) return NOTHING;
    if (negations === 0) return { test };
    return { test: negations % 2 === 0 ? test : negated(test) };
  }

  /** A name is given by a text, or by a list of texts; what else there is, is computed. */
  #settleCandidates(candidates: Candidate[], before: number, from: number, isAlone: boolean): void {
    const to = this.#at;
    if (to === from) return;
    const kind = this.#tokens.kind(from);
    const whole = (close: number): boolean => isAlone && close === to - 1;
    if (whole(from) && kind === T.string) {
      candidates.push(this.#candidate(from, this.#tokens.start(from), this.#tokens.end(from)));
      return;
    }
    const isGroup = kind === T.openBracket || kind === T.openParen || kind === T.openBrace;
    if (isGroup && whole(this.#tokens.partner(from)) && (kind !== T.openBrace || candidates.length > before))
      return;
    if (this.#areLists(from, to)) return;
    candidates.length = before;
    if (
      isAlone &&
      to === from + 1 &&
      (kind === T.number || ['null', 'true', 'false'].includes(this.#tokens.source(from)))
    )
      return;
    candidates.push(this.#candidate(-1, this.#tokens.start(from), this.#tokens.end(to - 1)));
  }

  /** `['A'] + ['B']` */
  #areLists(from: number, to: number): boolean {
    let index = from;
    while (this.#tokens.kind(index) === T.openBracket) {
      index = this.#tokens.partner(index) + 1;
      if (index === to) return true;
      if (!this.#tokens.is(index, '+')) return false;
      index += 1;
      while (this.#tokens.kind(index) === T.newLine) index += 1;
    }
    return false;
  }

  #candidate(token: number, start: number, end: number): Candidate {
    const guards = this.#nearestGuards();
    return { token, start, end, guards, guarded: guards.length > 0 };
  }

  /** Whether a line that starts with this token belongs to the expression before it. */
  #continuesLine(index: number): boolean {
    const kind = this.#kind(index);
    if (
      kind === T.equal ||
      kind === T.notEqual ||
      kind === T.dot ||
      kind === T.safeDot ||
      kind === T.otherDot
    )
      return true;
    if (kind === T.word)
      return (
        this.#tokens.is(index, 'as') || this.#tokens.is(index, 'instanceof') || this.#tokens.is(index, 'in')
      );
    return kind === T.operator && !['+', '-', '~', '...'].includes(this.#tokens.source(index));
  }

  /** A value with what is called on it: `a.b(c)[d] { e }`. */
  #operand(): Read {
    const start = this.#at;
    let test: Test | undefined;
    let end = start;
    switch (this.#kind() as number) {
      case T.word: {
        const isOfThis =
          this.#isWord('this') && this.#kind(start + 1) === T.dot && this.#isWord('secrets', start + 2);
        if (isOfThis) this.#at += 2;
        if (isOfThis || (this.#isWord('secrets') && !this.#shadowed)) return this.#secrets();
        if (this.#isWord('new')) {
          this.#at += 1;
          while (isOne([T.word, T.dot], this.#kind())) this.#at += 1;
          break;
        }
        if (this.#isLambda(start + 1) && this.#kind(start + 1) === T.arrow) {
          const isSecrets = this.#isWord('secrets');
          this.#lambda(start + 2, isSecrets);
          return NOTHING;
        }
        this.#at += 1;
        break;
      }
      case T.openParen: {
        const behind = Math.min(this.#tokens.partner(start) + 1, this.#limit);
        if (this.#kind(behind) === T.arrow) {
          this.#lambda(behind + 1, this.#declaresSecrets(start));
          return NOTHING;
        }
        this.#within(start, () => {
          const inner = this.#expression();
          ({ test } = inner);
          if (this.#at < this.#limit) {
            test = undefined;
            if (this.#kind() === T.assign) this.#at += 1;
            this.#list();
          }
        });
        break;
      }
      case T.openBracket:
        this.#within(start, this.#readList);
        break;
      case T.openBrace:
        if (this.#candidates === undefined) this.#closure(start);
        else this.#closureOfNames(start);
        break;
      case T.openText:
        this.#interpolated(start);
        break;
      default:
        this.#at += 1;
    }
    end = this.#at;
    this.#suffixes(start);
    return this.#at === end ? { test } : NOTHING;
  }

  #isLambda(index: number): boolean {
    return this.#kind(index) === T.arrow;
  }

  #lambda(body: number, shadows: boolean): void {
    this.#scoped(() => {
      if (shadows) this.#shadowed = true;
      this.#at = body;
      this.#skipNewLines();
      this.#expression();
    });
  }

  /** What follows a value and belongs to it. */
  #suffixes(from: number): void {
    for (;;) {
      const kind = this.#kind();
      if (kind === T.newLine) {
        const next = this.#behindNewLines();
        const then = this.#kind(next);
        if (then !== T.dot && then !== T.safeDot && then !== T.otherDot) return;
        this.#at = next;
        continue;
      }
      if (kind === T.dot || kind === T.safeDot || kind === T.otherDot) {
        this.#at += 1;
        this.#skipNewLines();
        if (this.#kind() === T.operator || this.#kind() === T.at) this.#at += 1;
        const name = this.#kind();
        if (name === T.word || name === T.string) this.#at += 1;
        else if (name === T.openText) this.#interpolated(this.#at);
        else if (name === T.openParen) this.#within(this.#at, this.#readList);
        else return;
      } else if (kind === T.openParen) {
        this.#into(this.#printsAt(from), () => {
          this.#within(this.#at, this.#readList);
        });
      } else if (kind === T.openBracket) {
        this.#within(this.#at, this.#readList);
      } else if (kind === T.openBrace) {
        this.#into(this.#printsAt(from), () => {
          this.#closure(this.#at);
        });
      } else if (kind === T.question && this.#kind(this.#at + 1) === T.openBracket && this.#isSafeIndex()) {
        this.#at += 1;
      } else {
        return;
      }
    }
  }

  /** `a?[b]` is an index, `a ?[b] : c` a condition. */
  #isSafeIndex(): boolean {
    const at = this.#at;
    if (this.#tokens.end(at) !== this.#tokens.start(at + 1)) return false;
    const behind = this.#behindNewLines(this.#tokens.partner(at + 1) + 1);
    return this.#kind(behind) !== T.colon;
  }

  /** Reads arguments of a call; what a printing one gets, is printed. Names of secrets are not passed on. */
  #into(prints: boolean, read: () => void): void {
    const sink = this.#sink;
    const candidates = this.#candidates;
    if (prints) this.#sink = 'print';
    this.#candidates = undefined;
    read();
    this.#sink = sink;
    this.#candidates = candidates;
  }

  /** Whether the call whose name ends right before here prints its arguments. */
  #printsAt(from: number): boolean {
    const name = this.#at - 1;
    if (name < from || this.#tokens.kind(name) !== T.word) return false;
    const word = this.#tokens.source(name);
    if (PRINTERS.has(word)) return true;
    return LOG_LEVELS.has(word) && name - 2 >= from && this.#tokens.is(name - 2, 'log');
  }

  /** The arguments of a call without parentheses, up to the end of the statement. */
  #call(from: number): void {
    this.#into(this.#printsAt(from), () => {
      this.#arguments();
    });
  }

  #closure(open: number): void {
    this.#scoped(() => {
      this.#candidates = undefined;
      this.#isProcessBody = false;
      this.#inClosure = true;
      this.#within(open, () => {
        const arrow = this.#closureArrow();
        if (arrow !== undefined) {
          if (this.#declaresSecretsBetween(open, arrow)) this.#shadowed = true;
          this.#at = arrow + 1;
        }
        this.#statements();
      });
    });
  }

  /** `secret { ['A'] }`: what the closure gives, if that is all there is in it. */
  #closureOfNames(open: number): void {
    const candidates = this.#candidates;
    this.#scoped(() => {
      this.#isProcessBody = false;
      this.#inClosure = true;
      this.#within(open, () => {
        this.#skipNewLines();
        const before = candidates?.length ?? 0;
        this.#expression();
        this.#skipNewLines();
        if (this.#at === this.#limit) return;
        if (candidates !== undefined) candidates.length = before;
        this.#candidates = undefined;
        this.#statements();
      });
    });
  }

  /** The `->` behind a closure's parameters, if it has any. */
  #closureArrow(): number | undefined {
    for (let index = this.#at; index < this.#limit; index++) {
      const kind = this.#kind(index);
      if (kind === T.arrow) return index;
      if (kind === T.openParen || kind === T.openBracket) {
        index = this.#tokens.partner(index);
        continue;
      }
      const isParameter = [
        T.word,
        T.comma,
        T.newLine,
        T.assign,
        T.dot,
        T.string,
        T.number,
        T.operator,
        T.question,
      ];
      if (!isOne(isParameter, kind)) return undefined;
    }
    return undefined;
  }

  #declaresSecretsBetween(open: number, arrow: number): boolean {
    for (let index = open + 1; index < arrow; index++) {
      if (!this.#tokens.is(index, 'secrets')) continue;
      const next = this.#tokens.kind(index + 1);
      if (next === T.comma || next === T.arrow || next === T.assign || next === T.newLine) return true;
    }
    return false;
  }

  /** The expressions in a text. */
  #interpolated(open: number): void {
    const candidates = this.#candidates;
    this.#candidates = undefined;
    const outer = this.#sink;
    const inClosure = this.#inClosure;
    this.#inClosure = true;
    if (this.#sink === null && this.#section === 'script') this.#sink = 'task';
    this.#within(open, () => {
      while (this.#at < this.#limit) {
        const kind = this.#kind();
        if (kind === T.openExpression) this.#within(this.#at, this.#readStatements);
        else if (kind === T.openPath)
          this.#within(this.#at, () => {
            this.#operand();
          });
        else this.#at += 1;
      }
    });
    this.#sink = outer;
    this.#inClosure = inClosure;
    this.#candidates = candidates;
  }

  // Secrets

  /** `secrets` as a variable, with what is read of it. */
  #secrets(): Read {
    const start = this.#at;
    this.#at += 1;
    const kind = this.#kind();
    // A call or a block that is called so, or a place that it is put into.
    if (kind === T.openParen || kind === T.openBrace) {
      this.#suffixes(start);
      return NOTHING;
    }
    const reference = this.#property(start);
    if (reference === undefined) {
      if (this.#kind() !== T.assign) {
        this.#suffixes(start);
        this.#addDynamic(this.#tokens.start(start), this.#tokens.end(this.#at - 1));
      }
      return NOTHING;
    }
    const behind = this.#at;
    let isSafe = true;
    for (let index = behind; ; index = this.#at) {
      const next = this.#behindNewLines(index);
      if (this.#kind(next) !== T.safeDot) break;
      this.#at = next + 1;
      if (this.#kind() === T.word) this.#at += 1;
      if (this.#kind() === T.openParen) this.#within(this.#at, this.#readList);
    }
    const safeEnd = this.#at;
    this.#suffixes(start);
    if (this.#at !== safeEnd) isSafe = false;
    return isSafe ? { test: { atoms: [{ reference, set: true }], join: 'one' } } : NOTHING;
  }

  /** What follows `secrets`: `.NAME`, `?.NAME`, `['NAME']`, `."NAME"`. */
  #property(start: number): FoundReference | undefined {
    let next = this.#behindNewLines();
    const kind = this.#kind(next);
    if (kind === T.dot || kind === T.safeDot) {
      next = this.#behindNewLines(next + 1);
      const name = this.#kind(next);
      if (name !== T.word && name !== T.string) return undefined;
      const behind = this.#kind(next + 1);
      if (behind === T.openParen) return this.#getter(next);
      // `secrets.with { … }` calls a method.
      if (behind === T.openBrace) return undefined;
      this.#at = next + 1;
      return this.#addProperty(next);
    }
    if (kind === T.openBracket && next === start + 1) {
      const close = this.#tokens.partner(next);
      if (this.#kind(next + 1) !== T.string || close !== next + 2) return undefined;
      this.#at = close + 1;
      return this.#addProperty(next + 1);
    }
    return undefined;
  }

  /** `secrets.getProperty('NAME')`, `secrets.getAt('NAME')` */
  #getter(method: number): FoundReference | undefined {
    const name = this.#tokens.source(method);
    const close = this.#tokens.partner(method + 1);
    const isGetter = name === 'getProperty' || name === 'getAt';
    if (!isGetter || this.#kind(method + 2) !== T.string || close !== method + 3) return undefined;
    this.#at = close + 1;
    return this.#addProperty(method + 2);
  }

  #addProperty(token: number): FoundReference {
    const isText = this.#tokens.kind(token) === T.string;
    const name = isText ? this.#tokens.constant(token) : this.#tokens.source(token);
    const reference: FoundReference = {
      name,
      kind: 'property',
      optional: (this.#guarded.get(name) ?? 0) > 0,
      tested: false,
      process: this.#process,
      profile: this.#profile(),
      guards: this.#nearestGuards(),
      ...(isText ? this.#tokens.content(token) : this.#place(token)),
    };
    this.#addReference(reference);
    const sink = this.#sink ?? (this.#section === 'script' ? 'task' : null);
    if (sink !== null) this.#values.push({ reference, sink });
    return reference;
  }

  readonly #values: { readonly reference: FoundReference; readonly sink: Exclude<Sink, null> }[] = [];

  #place(token: number): Place {
    return { start: this.#tokens.start(token), end: this.#tokens.end(token) };
  }

  // Guards

  #guardedBy(test: Test | undefined, holds: boolean, read: () => void): void {
    const undo = this.#pushGuards(test, holds);
    read();
    undo();
  }

  /** What a test says about secrets where it holds, or where it does not. @returns what takes it back. */
  #pushGuards(test: Test | undefined, holds: boolean): () => void {
    if (test === undefined) return () => undefined;
    const outer = this.#guards;
    // Of `a && b` only both together say something where it does not hold, of `a || b` where it does.
    const says = test.join === 'one' || test.join === (holds ? 'and' : 'or');
    const counted: string[] = [];
    for (const { reference, set } of test.atoms) {
      const isSet = set === holds;
      if (says) this.#guards = { name: reference.name, set: isSet, outer: this.#guards };
      if (!isSet) continue;
      counted.push(reference.name);
      this.#guarded.set(reference.name, (this.#guarded.get(reference.name) ?? 0) + 1);
    }
    return () => {
      this.#guards = outer;
      for (const name of counted) this.#guarded.set(name, (this.#guarded.get(name) ?? 1) - 1);
    };
  }

  #nearestGuards(): SecretGuard[] {
    const guards: SecretGuard[] = [];
    for (let link = this.#guards; link !== undefined && guards.length < MAX_GUARDS; link = link.outer) {
      guards.push({ name: link.name, set: link.set });
    }
    return guards;
  }

  // Code that is nested too deep

  /** Finds plain references in the rest of what is read, whatever stands around them. */
  #flat(): void {
    while (this.#at < this.#limit) {
      const previous = this.#at === 0 ? T.end : this.#tokens.kind(this.#at - 1);
      const isMember = previous === T.dot || previous === T.safeDot || previous === T.otherDot;
      if (this.#isWord('secrets') && !isMember && !this.#shadowed) {
        const start = this.#at;
        this.#at += 1;
        this.#property(start);
        this.#at = Math.max(this.#at, start + 1);
      } else {
        this.#at += 1;
      }
    }
  }
}

/** The references of a test are only looked at, not used: the code works without them. */
function used(test: Test | undefined): void {
  for (const { reference } of test?.atoms ?? []) Object.assign(reference, { optional: true, tested: true });
}

function negated({ atoms, join }: Test): Test {
  const turned = { and: 'or', or: 'and', one: 'one', mixed: 'mixed' } as const;
  return { atoms: atoms.map(({ reference, set }) => ({ reference, set: !set })), join: turned[join] };
}

const isSelector = (name: string): boolean => /^(withName|withLabel):/.test(name);

const isSign = (kind: T): boolean =>
  kind === T.assign || kind === T.assignWith || kind === T.dot || kind === T.colon;

const isClosing = (kind: T): boolean =>
  kind === T.closeBrace || kind === T.closeParen || kind === T.closeBracket || kind === T.closeText;

const isOne = (kinds: readonly T[], kind: T): boolean => kinds.includes(kind);

/** Signs that would make `null` a part of something else. */
const BINDS_CLOSER = new Set<T>([T.operator, T.dot, T.safeDot, T.otherDot, T.openBracket]);

/** Behind these a word is no call that has arguments without parentheses. */
const NO_ARGUMENT = new Set<T>([
  T.dot,
  T.safeDot,
  T.otherDot,
  T.assign,
  T.assignWith,
  T.colon,
  T.newLine,
  T.semicolon,
  T.openBracket,
  T.end,
]);

/** What may stand behind `include`, where it is no name of something else. */
const INCLUDED = new Set<T>([T.openBrace, T.word, T.string]);

const OPERANDS = new Set<T>([
  T.word,
  T.number,
  T.string,
  T.openBrace,
  T.openParen,
  T.openBracket,
  T.openText,
]);
const startsOperand = (kind: T): boolean => OPERANDS.has(kind);

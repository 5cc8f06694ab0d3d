import { exposedDirective, exposedPrompt } from '../config-sinks.ts';
import { tokenize } from '../tokenize.ts';
import { isKindOf, TokenKind as T, type Tokens } from '../tokens.ts';
import type { Findings, FoundProcess, Place } from './findings.ts';
import { used } from './conditions.ts';
import { isTypedScript } from '../typed-script.ts';
import { inputNames } from './process-inputs.ts';
import { type Binding, type Sink, TASK, TASK_SETTINGS } from './scope.ts';
import { endOfSection, isQuiet } from './quiet-code.ts';
import { hasSecretsInput, isInput, SECTIONS } from './sections.ts';
import { shellInterpolations } from './shell-interpolations.ts';
import { StatementReader } from './statement-reader.ts';

/** Label before code that Nextflow runs itself. */
const NATIVE_LABEL = 'exec';

/** Label before a text in which Nextflow itself replaces `!{ … }`, with any quotes: `TaskTemplateEngine`. */
const SHELL_LABEL = 'shell';

/** Tokens that cannot start arguments without parentheses: a word before them is no such call. */
const NO_ARGUMENT = isKindOf(
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
);

const IN_NAMES = isKindOf(T.string, T.comma, T.openParen, T.closeParen, T.openBracket, T.closeBracket);
const ENDS_STATEMENT = isKindOf(T.newLine, T.semicolon, T.closeBrace, T.end);

/** Tokens that may follow the keyword `include`; before others it is a name. */
const INCLUDED = isKindOf(T.openBrace, T.word, T.string);

/** Reads a Nextflow script: processes with their directives, workflows, includes. */
export class ScriptReader extends StatementReader {
  /** True if the label `shell` was the last one. */
  #isShell = false;
  #isTyped: boolean | undefined;
  readonly #isWhole: boolean;
  #hasPassedOver = false;

  /** @param isWhole - true if code is read that is about no secret by itself, too. */
  constructor(tokens: Tokens, isWhole = true) {
    super(tokens);
    this.#isWhole = isWhole;
  }

  protected override passesOver(from: number, to: number): boolean {
    if (this.#isWhole || !this.variables.areNone || !isQuiet(this.tokens, from, to)) return false;
    this.#hasPassedOver = true;
    return true;
  }

  /** True if code was passed over that values of secrets may get into: findings may lack something. */
  get isPartial(): boolean {
    return this.#hasPassedOver && this.flow.isCarried;
  }

  protected ownKeyword(word: string, next: T): boolean {
    if (word === 'include' && INCLUDED(next)) this.#include();
    else if (word === 'process') return this.#process();
    else if (word === 'workflow') return this.#workflow();
    else if (word === 'agent') return this.#agent();
    else if (word === 'secret' && this.#isSecretDirective(next)) this.#directive();
    else {
      if (word === 'template' && !NO_ARGUMENT(next)) this.#template();
      else if (word === 'label' && !NO_ARGUMENT(next)) this.#labelDirective();
      else if (word === 'executor' && this.#isDirective(next)) this.#noteExecutor();
      return false;
    }
    return true;
  }

  /** Reads `process NAME { … }`. @returns false if it is something else. */
  #process(): boolean {
    const name = this.at + 1;
    const isText = this.kind(name) === T.string;
    const brace = this.behindNewLines(name + 1);
    if (!(isText || this.kind(name) === T.word) || this.kind(brace) !== T.openBrace) return false;
    const process = isText ? this.tokens.constant(name) : this.tokens.source(name);
    const definition: FoundProcess = {
      name: process,
      ...(isText ? this.tokens.content(name) : this.place(name)),
      labels: [],
      hasOtherLabels: false,
      hasSecrets: false,
      isNative: false,
    };
    this.found.processes.push(definition);
    this.#isShell = false;
    const before = this.found.references.length;
    const executors = this.found.executors.length;
    const binding = this.#bindingOf(brace);
    const isConditional = false;
    this.scoped({ process, definition, section: 'directives', isBody: true, isConditional, binding }, () => {
      this.#bodyOf(process, brace);
    });
    if (definition.isNative) {
      this.#noEffect(before);
      this.found.executors.length = executors;
    }
    return true;
  }

  /** Reports the directives of a process that Nextflow runs itself, like its stub: Nextflow ignores them. */
  #noEffect(before: number): void {
    for (const reference of this.found.references.slice(before)) {
      if (reference.kind !== 'directive') continue;
      reference.ignored = true;
      this.diagnose('no-effect', reference);
    }
  }

  /** Reads `workflow { … }`, `workflow NAME { … }`. @returns false if it is something else. */
  #workflow(): boolean {
    const word = this.at;
    const isNamed = this.kind(word + 1) === T.word;
    const brace = this.behindNewLines(isNamed ? word + 2 : word + 1);
    if (this.kind(brace) !== T.openBrace) return false;
    if (!isNamed) this.found.entryWorkflow ??= this.place(word);
    const binding = this.#bindingOf(brace);
    this.scoped({ process: null, section: undefined, isBody: true, definition: undefined, binding }, () => {
      this.#bodyOf(isNamed ? this.tokens.source(word + 1) : '', brace);
    });
    return true;
  }

  /**
   * Reads `agent NAME { … }`, of Nextflow 26.08: it has directives and inputs, and a prompt.
   *
   * @returns false if it is something else.
   */
  #agent(): boolean {
    const name = this.at + 1;
    const brace = this.behindNewLines(name + 1);
    if (this.kind(name) !== T.word || this.kind(brace) !== T.openBrace) return false;
    const binding = this.#bindingOf(brace);
    this.scoped({ process: null, section: 'prompt', isBody: true, definition: undefined, binding }, () => {
      this.#bodyOf(this.tokens.source(name), brace);
    });
    return true;
  }

  /** Reads code that the model gets: a directive, or the text after `prompt:`. */
  #toldToModel(): void {
    const isDirective = this.kind() === T.word && this.startsArguments(this.at + 1);
    const setting = exposedPrompt(isDirective ? this.tokens.source(this.at) : 'prompt');
    this.scoped({ sink: { code: 'in-config', setting } }, () => {
      super.otherStatement();
    });
  }

  /** Reads the body of a process or workflow. Its inputs are its parameters. */
  #bodyOf(name: string, brace: number): void {
    this.flow.scoped(() => {
      this.flow.definition(name, inputNames(this.tokens, brace, isInput));
      const close = this.behind(brace) - 1;
      if (this.scope.process === null && this.passesOver(brace, close)) this.at = this.behind(brace);
      else this.within(brace, this.readStatements);
    });
  }

  /** The variables of the body of a process or workflow. An input may be called `secrets`. */
  #bindingOf(brace: number): Binding {
    return { hasSecrets: this.globals.hasSecrets || hasSecretsInput(this.tokens, brace) };
  }

  /** Reads `include { A; B as C } from './path' addParams(…)`. */
  #include(): void {
    this.at += 1;
    const first = this.at;
    if (this.kind() === T.openBrace) this.skipOne();
    while (this.kind() === T.word && !this.isWord('from')) this.at += 1;
    const aliases: string[] = [];
    for (let index = first; index < this.at; index++) {
      if (this.tokens.is(index, 'as')) aliases.push(this.tokens.source(index + 1));
    }
    if (this.isWord('from')) this.at += 1;
    if (!this.isEndOfStatement()) this.includedPath(aliases);
  }

  /** Notes `label 'big'`. */
  #labelDirective(): void {
    const { definition, section, isBody } = this.scope;
    if (definition === undefined || section !== 'directives') return;
    const argument = this.kind(this.at + 1) === T.openParen ? this.at + 2 : this.at + 1;
    const isText = this.kind(argument) === T.string && this.isLastOfStatement(this.at + 1);
    const isWhole = argument === this.at + 1 || this.tokens.partner(this.at + 1) === argument + 1;
    if (isBody && isText && isWhole) definition.labels.push(this.tokens.constant(argument));
    else definition.hasOtherLabels = true;
  }

  protected override label(): void {
    const label = this.tokens.source(this.at);
    super.label();
    const section = this.scope.isBody ? SECTIONS.get(label) : undefined;
    if (section === undefined) return;
    this.scope.section = section;
    if (label === NATIVE_LABEL && this.scope.definition !== undefined) this.scope.definition.isNative = true;
    this.#isShell = label === SHELL_LABEL;
    const end = this.scope.process === null ? undefined : endOfSection(this.tokens, this.at, this.end);
    if (end !== undefined && this.passesOver(this.at, end)) this.at = end;
  }

  protected override otherStatement(): void {
    // Without a label, the script is the text at the end of the body.
    const isText = this.kind() === T.string || this.kind() === T.openText;
    const { isBody, section } = this.scope;
    if (isText && isBody && section === 'directives') this.scope.section = 'script';
    if (isText && this.#isShell && this.scope.section === 'script' && !this.scope.isShadowed) {
      const last = this.kind() === T.openText ? this.tokens.partner(this.at) : this.at;
      this.#shellText(this.tokens.start(this.at), this.tokens.end(last));
    }
    if (isBody && section === 'when') this.#when();
    else if (isBody && section === 'prompt') this.#toldToModel();
    else if (section === 'directives') this.#directiveOrCode();
    else super.otherStatement();
  }

  /** Reads the condition after `when:`. Each task has its own. */
  #when(): void {
    this.scoped({ isBody: false }, () => {
      used(this.expression().test);
      this.expressionUpTo();
    });
  }

  /** Reads a directive or code: `beforeScript "…"`, `ext.args = …`, `publishDir "…"`. */
  #directiveOrCode(): void {
    const sink = directiveSink(this.tokens.source(this.at));
    if (sink === undefined) {
      super.otherStatement();
      return;
    }
    this.scoped({ sink }, () => {
      super.otherStatement();
    });
  }

  /** Notes a file that is the script of a process. It sees inputs, but no variables that the script declares. */
  #template(): void {
    const { process, section, binding } = this.scope;
    if (process === null || (section !== 'script' && section !== 'directives') || binding.hasSecrets) return;
    this.found.templates.push({ ...this.pathAt(this.at + 1), process, isShell: this.#isShell });
  }

  /**
   * Reads the tokens as a template. Works only once.
   *
   * @param isShell - true if it is a template of the section `shell:`.
   */
  readTemplate(process: string, isShell: boolean): Findings {
    this.scope = { ...this.scope, process, section: 'script' };
    if (!isShell) return this.read();
    this.#shellText(0, this.tokens.text.length);
    return this.found;
  }

  /** Reads a text of the section `shell:`. */
  #shellText(start: number, end: number): void {
    for (const { code, offset } of shellInterpolations(this.tokens.text, start, end))
      if (!this.variables.areNone || code.includes('secrets')) this.#shellExpression(code, offset);
  }

  #shellExpression(code: string, at: number): void {
    const inner = new ScriptReader(tokenize(code));
    inner.scope = { ...this.scope, isBody: false, names: undefined, callEnd: undefined };
    inner.guards = this.guards;
    inner.variables = this.variables.forInnerCode();
    const { references, dynamic, diagnostics } = inner.read();
    const moved = <Found extends Place>(found: readonly Found[]): Found[] =>
      found.map((one) => ({ ...one, start: one.start + at, end: one.end + at }));
    for (const one of moved(references)) this.found.references.push(one);
    for (const one of moved(dynamic)) this.found.dynamic.push(one);
    for (const one of moved(diagnostics)) this.found.diagnostics.push(one);
  }

  /** Tells whether the word is a directive. Groovy reads `secret [ … ]` as an index, and fails. */
  #isDirective(next: T): boolean {
    return this.scope.section === 'directives' && this.scope.process !== null && !NO_ARGUMENT(next);
  }

  /** Tells whether `secret` is a directive. The older parser also accepts it after `input:` and `output:`. */
  #isSecretDirective(next: T): boolean {
    const { section, process } = this.scope;
    const isBeforeScript = section === 'directives' || section === 'input' || section === 'output';
    return isBeforeScript && process !== null && !NO_ARGUMENT(next);
  }

  /** Notes `executor 'k8s'`, `executor('k8s')`: a plain text and nothing else. */
  #noteExecutor(): void {
    const { process } = this.scope;
    const inParens = this.kind(this.at + 1) === T.openParen;
    const value = this.at + (inParens ? 2 : 1);
    const isAlone = inParens ? this.kind(value + 1) === T.closeParen : ENDS_STATEMENT(this.kind(value + 1));
    if (process === null || this.kind(value) !== T.string || !isAlone) return;
    this.found.executors.push({ process, value: this.tokens.constant(value), ...this.place(value) });
  }

  /** Reads `secret 'A'`, `secret('A')`, `secret condition ? 'A' : ''`. */
  #directive(): void {
    this.at += 1;
    const { definition, isBody } = this.scope;
    const areTexts = this.#areTexts();
    if (definition !== undefined && isBody && areTexts) definition.hasSecrets = true;
    this.#isTyped ??= isTypedScript(this.tokens);
    const isComputed = this.#isTyped && !areTexts;
    // Nextflow reads it when it defines the process, before there is any input.
    this.scoped({ binding: this.globals }, () => {
      this.names(
        () => {
          if (this.kind() === T.openParen && this.isLastOfStatement()) this.within(this.at, this.readList);
          else this.arguments();
        },
        ({ isInClosure }) => (isComputed || isInClosure ? 'directive-string' : undefined),
      );
    });
    this.skipStatement();
  }

  /** Tells whether the rest of the statement is only names, none of them computed. */
  #areTexts(): boolean {
    let isNamed = false;
    for (let index = this.at; !this.isEndOfStatement(index); index++) {
      const kind = this.kind(index);
      if (!IN_NAMES(kind)) return false;
      isNamed ||= kind === T.string && this.tokens.constant(index) !== '';
    }
    return isNamed;
  }
}

function directiveSink(name: string): Sink | undefined {
  if (TASK_SETTINGS.has(name)) return TASK;
  const setting = exposedDirective(name);
  return setting === undefined ? undefined : { code: 'in-config', setting };
}

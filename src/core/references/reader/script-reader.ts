import { tokenize } from '../tokenize.ts';
import { isKindOf, TokenKind as T } from '../tokens.ts';
import type { Place } from './findings.ts';
import { StatementReader } from './statement-reader.ts';

/** The labels that a task's script stands behind. */
const SCRIPT_LABELS = new Set(['script', 'shell', 'stub']);
/** What stands behind this label runs in Nextflow itself. */
const NATIVE_LABEL = 'exec';

/** In the text behind this label Nextflow itself replaces `!{ … }`, whatever its quotes are: `TaskTemplateEngine`. */
const SHELL_LABEL = 'shell';

/** Behind these a word is no call that has arguments without parentheses. */
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

const ENDS_STATEMENT = isKindOf(T.newLine, T.semicolon, T.closeBrace, T.end);

/** What may stand behind `include`, where it is no name of something else. */
const INCLUDED = isKindOf(T.openBrace, T.word, T.string);

/** Reads a Nextflow script: processes with their directives, workflows, includes. */
export class ScriptReader extends StatementReader {
  /** Whether the label `shell` was the last one. */
  #isShell = false;

  protected ownKeyword(word: string, next: T): boolean {
    if (word === 'include' && INCLUDED(next)) this.#include();
    else if (word === 'process') return this.#process();
    else if (word === 'workflow') return this.#workflow();
    else if (word === 'secret' && this.#isDirective(next)) this.#directive();
    else {
      if (word === 'executor' && this.#isDirective(next)) this.#noteExecutor();
      return false;
    }
    return true;
  }

  /** `process NAME { … }` @returns false if it is something else. */
  #process(): boolean {
    const name = this.at + 1;
    const isText = this.kind(name) === T.string;
    const brace = this.behindNewLines(name + 1);
    if (!(isText || this.kind(name) === T.word) || this.kind(brace) !== T.openBrace) return false;
    const process = isText ? this.tokens.constant(name) : this.tokens.source(name);
    this.found.processes.push({
      name: process,
      ...(isText ? this.tokens.content(name) : this.place(name)),
    });
    const labels = new Set<string>();
    this.#isShell = false;
    const before = this.found.references.length;
    const executors = this.found.executors.length;
    this.scoped({ process, section: 'directives', isProcessBody: true, labels }, () => {
      this.within(brace, this.readStatements);
    });
    if (labels.has(NATIVE_LABEL)) {
      this.#noEffect(before);
      this.found.executors.length = executors;
    }
    return true;
  }

  /** Nextflow ignores the directives of a process that it runs itself, and so its stub. */
  #noEffect(before: number): void {
    for (const reference of this.found.references.slice(before)) {
      if (reference.kind !== 'directive') continue;
      reference.ignored = true;
      this.diagnose('no-effect', reference);
    }
  }

  /** `workflow { … }`, `workflow NAME { … }` @returns false if it is something else. */
  #workflow(): boolean {
    const word = this.at;
    const isNamed = this.kind(word + 1) === T.word;
    const brace = this.behindNewLines(isNamed ? word + 2 : word + 1);
    if (this.kind(brace) !== T.openBrace) return false;
    if (!isNamed) this.found.entryWorkflow ??= this.place(word);
    this.scoped({ process: null, section: undefined, isProcessBody: false }, () => {
      this.within(brace, this.readStatements);
    });
    return true;
  }

  /** `include { A; B as C } from './path' addParams(…)` */
  #include(): void {
    this.at += 1;
    if (this.kind() === T.openBrace) this.skipOne();
    while (this.kind() === T.word && !this.isWord('from')) this.at += 1;
    if (this.isWord('from')) this.at += 1;
    if (!this.isEndOfStatement()) this.includedPath();
  }

  protected override label(): void {
    const label = this.tokens.source(this.at);
    super.label();
    if (!this.scope.isProcessBody) return;
    this.scope.section = SCRIPT_LABELS.has(label) ? 'script' : 'other';
    this.scope.labels?.add(label);
    this.#isShell = label === SHELL_LABEL;
  }

  protected override otherStatement(): void {
    // Without a label, the script is the text that the body ends with.
    const isText = this.kind() === T.string || this.kind() === T.openText;
    const { isProcessBody, section } = this.scope;
    if (isText && isProcessBody && section === 'directives') this.scope.section = 'script';
    if (isText && this.#isShell && this.scope.section === 'script' && !this.scope.isShadowed) {
      this.#shellText(this.at);
    }
    super.otherStatement();
  }

  /** A text behind `shell:` */
  #shellText(index: number): void {
    const { text } = this.tokens;
    const isOpen = this.kind(index) === T.openText;
    const start = this.tokens.start(index);
    const end = isOpen ? this.tokens.end(this.tokens.partner(index)) : this.tokens.end(index);
    for (let open = text.indexOf('!{', start); open >= 0 && open < end;) {
      const from = open + '!{'.length;
      const close = closingBrace(text, from, end);
      if (close === undefined) return;
      const code = text.slice(from, close);
      if (code.includes('secrets')) this.#shellExpression(code, from);
      open = text.indexOf('!{', close);
    }
  }

  #shellExpression(code: string, at: number): void {
    const inner = new ScriptReader(tokenize(code));
    inner.scope = { ...this.scope, isProcessBody: false, names: undefined, callEnd: undefined };
    inner.guards = this.guards;
    inner.isOverwritten = this.isOverwritten;
    const { references, dynamic, diagnostics } = inner.read();
    const moved = <Found extends Place>(found: readonly Found[]): Found[] =>
      found.map((one) => ({ ...one, start: one.start + at, end: one.end + at }));
    this.found.references.push(...moved(references));
    this.found.dynamic.push(...moved(dynamic));
    this.found.diagnostics.push(...moved(diagnostics));
  }

  /** `secret [ … ]` is an index, as Groovy reads it, and fails. */
  #isDirective(next: T): boolean {
    return this.scope.section === 'directives' && this.scope.process !== null && !NO_ARGUMENT(next);
  }

  /** `executor 'k8s'`, `executor('k8s')`: a plain text and nothing else. */
  #noteExecutor(): void {
    const { process } = this.scope;
    const inParens = this.kind(this.at + 1) === T.openParen;
    const value = this.at + (inParens ? 2 : 1);
    const isAlone = inParens ? this.kind(value + 1) === T.closeParen : ENDS_STATEMENT(this.kind(value + 1));
    if (process === null || this.kind(value) !== T.string || !isAlone) return;
    this.found.executors.push({ process, value: this.tokens.constant(value), ...this.place(value) });
  }

  /** `secret 'A'`, `secret('A')`, `secret condition ? 'A' : ''` */
  #directive(): void {
    this.at += 1;
    this.names(() => {
      if (this.kind() === T.openParen && this.isLastOfStatement()) this.within(this.at, this.readList);
      else this.arguments();
    });
    this.skipStatement();
  }
}

/** Where the brace closes that was opened before a place, if it does. Nextflow, too, only counts them. */
function closingBrace(text: string, from: number, end: number): number | undefined {
  let depth = 1;
  for (let at = from; at < end; at++) {
    if (text[at] === '{') depth += 1;
    else if (text[at] === '}') depth -= 1;
    if (depth === 0) return at;
  }
  return undefined;
}

import { exposedDirective, exposedPrompt } from '../config-sinks.ts';
import { type Sink, TASK, TASK_SETTINGS } from '../reading/sinks.ts';
import { used } from '../reading/guards.ts';
import type { Reading } from '../reading/reading.ts';
import { noteExecutor } from '../rules/executors.ts';
import { readInclude } from '../rules/includes.ts';
import { noteLabel } from '../rules/labels.ts';
import { readSecretDirective } from '../rules/secret-directive.ts';
import { noteShellText } from '../rules/shell-text.ts';
import { noteTemplate } from '../rules/templates.ts';
import { isKindOf, TokenKind as T } from '../tokens.ts';
import { readAssignments, readExpressionStatement } from './assignments.ts';
import { readAgent, readProcess, readWorkflow } from './definitions.ts';
import { startsArguments } from '../reading/operand-starts.ts';
import { endOfSection, passesOver } from './quiet-code.ts';
import { SECTIONS } from './sections.ts';

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

/** Tokens that may follow the keyword `include`; before others it is a name. */
const INCLUDED = isKindOf(T.openBrace, T.word, T.string);

/** Reads a statement that only scripts have. @returns false if it is none. */
export function readScriptKeyword(reading: Reading, word: string, next: T): boolean {
  if (word === 'include' && INCLUDED(next)) readInclude(reading);
  else if (word === 'process') return readProcess(reading);
  else if (word === 'workflow') return readWorkflow(reading);
  else if (word === 'agent') return readAgent(reading);
  else if (word === 'secret' && isSecretDirective(reading, next)) readSecretDirective(reading);
  else {
    if (word === 'template' && !NO_ARGUMENT(next)) noteTemplate(reading);
    else if (word === 'label' && !NO_ARGUMENT(next)) noteLabel(reading);
    else if (word === 'executor' && isDirective(reading, next)) noteExecutor(reading);
    return false;
  }
  return true;
}

/** Tells whether the word is a directive. Groovy reads `secret [ … ]` as an index, and fails. */
const isDirective = ({ scope }: Reading, next: T): boolean =>
  scope.section === 'directives' && scope.process !== null && !NO_ARGUMENT(next);

/** Tells whether `secret` is a directive. The older parser also accepts it after `input:` and `output:`. */
function isSecretDirective({ scope }: Reading, next: T): boolean {
  const { section, process } = scope;
  const isBeforeScript = section === 'directives' || section === 'input' || section === 'output';
  return isBeforeScript && process !== null && !NO_ARGUMENT(next);
}

/** Reads a label, with which a section of a process or workflow may start. @returns false if it is none. */
export function readSectionLabel(reading: Reading): boolean {
  const { cursor, tokens, scope } = reading;
  if (cursor.kind(cursor.at + 1) !== T.colon) return false;
  const label = tokens.source(cursor.at);
  cursor.at += 2;
  const section = scope.isBody ? SECTIONS.get(label) : undefined;
  if (section === undefined) return true;
  scope.section = section;
  if (label === NATIVE_LABEL && scope.definition !== undefined) scope.definition.isNative = true;
  reading.isShell = label === SHELL_LABEL;
  const end = scope.process === null ? undefined : endOfSection(tokens, cursor.at, cursor.end);
  if (end !== undefined && passesOver(reading, cursor.at, end)) cursor.at = end;
  return true;
}

/** Reads a statement that is an expression. Its section says what Nextflow does with its value. */
export function readScriptStatement(reading: Reading): void {
  const { cursor, scope } = reading;
  // Without a label, the script is the text at the end of the body.
  const isText = cursor.kind() === T.string || cursor.kind() === T.openText;
  const { isBody, section } = scope;
  if (isText && isBody && section === 'directives') scope.section = 'script';
  if (isText && reading.isShell && scope.section === 'script' && !scope.isShadowed) noteShellText(reading);
  if (isBody && section === 'when') readWhen(reading);
  else if (isBody && section === 'prompt') readPrompt(reading);
  else if (section === 'directives') readDirectiveOrCode(reading);
  else readExpressionStatement(reading);
}

/** Reads the condition after `when:`. Each task has its own. */
function readWhen(reading: Reading): void {
  reading.scoped({ isBody: false }, () => {
    used(reading.grammar.expression(reading).test);
    readAssignments(reading);
  });
}

/** Reads code that the model gets: a directive of an agent, or the text after `prompt:`. */
function readPrompt(reading: Reading): void {
  const { cursor, tokens } = reading;
  const isArgument = cursor.kind() === T.word && startsArguments(reading, cursor.at + 1);
  const setting = exposedPrompt(isArgument ? tokens.source(cursor.at) : 'prompt');
  reading.scoped({ sink: { code: 'in-config', setting } }, readExpressionStatement);
}

/** Reads a directive or code: `beforeScript "…"`, `ext.args = …`, `publishDir "…"`. */
function readDirectiveOrCode(reading: Reading): void {
  const sink = directiveSink(reading.tokens.source(reading.cursor.at));
  if (sink === undefined) readExpressionStatement(reading);
  else reading.scoped({ sink }, readExpressionStatement);
}

function directiveSink(name: string): Sink | undefined {
  if (TASK_SETTINGS.has(name)) return TASK;
  const setting = exposedDirective(name);
  return setting === undefined ? undefined : { code: 'in-config', setting };
}

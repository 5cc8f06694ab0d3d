import type { FoundProcess } from '../reading/findings.ts';
import { readBlock, type Reading } from '../reading/reading.ts';
import type { Binding } from '../reading/scope.ts';
import { reportNoEffect } from '../rules/no-effect.ts';
import { TokenKind as T } from '../tokens.ts';
import { inputNames } from './process-inputs.ts';
import { passesOver } from './quiet-code.ts';
import { hasSecretsInput, isInput } from './sections.ts';

/** Reads `process NAME { … }`. @returns false if it is something else. */
export function readProcess(reading: Reading): boolean {
  const { cursor, tokens, found } = reading;
  const name = cursor.at + 1;
  const isText = cursor.kind(name) === T.string;
  const brace = cursor.afterNewLines(name + 1);
  if (!(isText || cursor.kind(name) === T.word) || cursor.kind(brace) !== T.openBrace) return false;
  const process = isText ? tokens.constant(name) : tokens.source(name);
  const definition: FoundProcess = {
    name: process,
    ...(isText ? cursor.content(name) : cursor.range(name)),
    labels: [],
    hasOtherLabels: false,
    hasSecrets: false,
    isNative: false,
  };
  found.processes.push(definition);
  reading.isShell = false;
  const before = found.references.length;
  const executors = found.executors.length;
  const binding = bindingOf(reading, brace);
  const body = { process, definition, section: 'directives', isBody: true, isConditional: false } as const;
  reading.scoped({ ...body, binding }, () => {
    readBody(reading, process, brace);
  });
  if (definition.isNative) {
    reportNoEffect(reading, before);
    found.executors.length = executors;
  }
  return true;
}

/** Reads `workflow { … }`, `workflow NAME { … }`. @returns false if it is something else. */
export function readWorkflow(reading: Reading): boolean {
  const { cursor, tokens, found } = reading;
  const word = cursor.at;
  const isNamed = cursor.kind(word + 1) === T.word;
  const brace = cursor.afterNewLines(isNamed ? word + 2 : word + 1);
  if (cursor.kind(brace) !== T.openBrace) return false;
  if (!isNamed) found.entryWorkflow ??= cursor.range(word);
  const body = { process: null, section: undefined, isBody: true, definition: undefined };
  reading.scoped({ ...body, binding: bindingOf(reading, brace) }, () => {
    readBody(reading, isNamed ? tokens.source(word + 1) : '', brace);
  });
  return true;
}

/**
 * Reads `agent NAME { … }`, of Nextflow 26.08: it has directives and inputs, and a prompt.
 *
 * @returns false if it is something else.
 */
export function readAgent(reading: Reading): boolean {
  const { cursor, tokens } = reading;
  const name = cursor.at + 1;
  const brace = cursor.afterNewLines(name + 1);
  if (cursor.kind(name) !== T.word || cursor.kind(brace) !== T.openBrace) return false;
  const body = { process: null, section: 'prompt', isBody: true, definition: undefined } as const;
  reading.scoped({ ...body, binding: bindingOf(reading, brace) }, () => {
    readBody(reading, tokens.source(name), brace);
  });
  return true;
}

/** Reads the body of a process or workflow. Its inputs are its parameters. */
function readBody(reading: Reading, name: string, brace: number): void {
  const { cursor, tokens, flow } = reading;
  flow.scoped(() => {
    if (flow.isNeeded) flow.definition(name, inputNames(tokens, brace, isInput));
    const after = cursor.after(brace);
    if (reading.scope.process === null && passesOver(reading, brace, after - 1)) cursor.at = after;
    else reading.within(brace, readBlock);
  });
}

/** The variables of the body of a process or workflow. An input may be called `secrets`. */
const bindingOf = ({ tokens, globals }: Reading, brace: number): Binding => ({
  hasSecrets: globals.hasSecrets || hasSecretsInput(tokens, brace),
});

import { readExpressionStatement } from './grammar/assignments.ts';
import { readConfigKeyword, readConfigLabel, readConfigStatement } from './grammar/configs.ts';
import { readAnyExpression } from './grammar/expressions.ts';
import { readAnyList, readArguments } from './grammar/lists.ts';
import { isLikelyCarried, passesOver } from './grammar/quiet-code.ts';
import { readScriptKeyword, readScriptStatement, readSectionLabel } from './grammar/scripts.ts';
import { readStatements } from './grammar/statements.ts';
import type { Findings } from './reading/findings.ts';
import { type Grammar, Reading } from './reading/reading.ts';
import { readFlat } from './rules/flat-code.ts';
import { readShellCode } from './rules/shell-text.ts';
import type { SourceLanguage, SourceTemplate } from './scan.ts';
import { tokenizeTemplate } from './tokenize.ts';
import type { Tokens } from './tokens.ts';

const COMMON = {
  expression: readAnyExpression,
  list: readAnyList,
  arguments: readArguments,
  expressionStatement: readExpressionStatement,
  statements: readStatements,
  flat: readFlat,
};

const SCRIPT: Grammar = {
  ...COMMON,
  ownKeyword: readScriptKeyword,
  otherStatement: readScriptStatement,
  label: readSectionLabel,
  passesOver,
};

const CONFIG: Grammar = {
  ...COMMON,
  ownKeyword: readConfigKeyword,
  otherStatement: readConfigStatement,
  label: readConfigLabel,
  passesOver: () => false,
};

/**
 * Reads all of a script or config that concerns secrets: statements, scopes, conditions, and the flow of values.
 *
 * @param within - the blocks of another config that include this one.
 */
export function readSource(
  tokens: Tokens,
  language: SourceLanguage,
  within: readonly string[] = [],
): Findings {
  if (language === 'config') return new Reading(tokens, CONFIG, { path: within }).readAll();
  // Most code of a script is about no secret by itself. It is read if values of secrets get into it.
  if (isLikelyCarried(tokens.text)) return readWholeScript(tokens);
  const reading = new Reading(tokens, SCRIPT, { isWhole: false });
  const found = reading.readAll();
  return reading.isPartial ? readWholeScript(tokens) : found;
}

/** Reads a script with the code that is about no secret by itself. */
export const readWholeScript = (tokens: Tokens): Findings => new Reading(tokens, SCRIPT).readAll();

/** Reads a template of a process: all of it is one text. */
export function readTemplate(
  text: string,
  { process, isShell }: Pick<SourceTemplate, 'process' | 'isShell'>,
): Findings {
  const reading = new Reading(tokenizeTemplate(text), SCRIPT);
  reading.scope = { ...reading.scope, process, section: 'script' };
  if (!isShell) return reading.readAll();
  readShellCode(reading, 0, text.length);
  return reading.found;
}

import type { SourceLanguage } from '../scan.ts';
import { tokenizeTemplate } from '../tokenize.ts';
import type { Tokens } from '../tokens.ts';
import { ConfigReader } from './config-reader.ts';
import type { Findings } from './findings.ts';
import { ScriptReader } from './script-reader.ts';

/**
 * Reads all of a script or config that concerns secrets: statements, scopes, conditions, and the flow of values.
 *
 * There is one reader, in layers: `TokenCursor` moves over the tokens, `UseReader` notes uses, `OperandReader` reads
 * values, calls and closures, `ExpressionReader` the signs and conditions between them, `DeclarationReader` names that
 * are `secrets` but not Nextflow's, `StatementReader` statements, `ScriptReader` and `ConfigReader` the parts that only
 * one of the two languages has.
 *
 * @param within - the blocks of another config that include this one.
 */
export function readSource(
  tokens: Tokens,
  language: SourceLanguage,
  within: readonly string[] = [],
): Findings {
  if (language === 'config') return new ConfigReader(tokens, within).read();
  // Most code of a script is about no secret by itself. It is read if values of secrets get into it.
  const reader = new ScriptReader(tokens, false);
  const found = reader.read();
  return reader.isPartial ? new ScriptReader(tokens).read() : found;
}

/** Does the same for a template of a process. */
export function readTemplate(text: string, process: string, isShell: boolean): Findings {
  return new ScriptReader(tokenizeTemplate(text)).readTemplate(process, isShell);
}

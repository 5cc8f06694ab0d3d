import type { SourceLanguage } from '../scan.ts';
import { tokenizeTemplate } from '../tokenize.ts';
import type { Tokens } from '../tokens.ts';
import { ConfigReader } from './config-reader.ts';
import type { Findings } from './findings.ts';
import { ScriptReader } from './script-reader.ts';

/**
 * Reads a script or config as far as secrets go: statements, scopes, conditions, and what becomes of a value.
 *
 * The reader is one, in layers: `TokenCursor` moves over the tokens, `UseReader` notes uses, `OperandReader` reads
 * values, calls and closures, `ExpressionReader` signs and conditions between them, `DeclarationReader` what is called `secrets` but is not, `StatementReader` statements,
 * `ScriptReader` and `ConfigReader` what only one of the two languages has.
 *
 * @param within - the blocks of another config that this one is included in.
 */
export function readSource(
  tokens: Tokens,
  language: SourceLanguage,
  within: readonly string[] = [],
): Findings {
  const reader = language === 'config' ? new ConfigReader(tokens, within) : new ScriptReader(tokens);
  return reader.read();
}

/** The same for a template of a process. */
export function readTemplate(text: string, process: string, isShell: boolean): Findings {
  return new ScriptReader(tokenizeTemplate(text)).readTemplate(process, isShell);
}

import { locator } from './locator.ts';
import type { Findings, TextRange } from './reading/findings.ts';
import { readSource, readTemplate } from './read-source.ts';
import { tokenize } from './tokenize.ts';
import { TokenKind, type Tokens } from './tokens.ts';
import type { SourceLanguage, SourceScan, SourceSpan, SourceTemplate } from './scan.ts';

/**
 * Finds the secrets that a script or config uses. Reads only the text, never throws, and takes time in proportion to
 * the length of any text.
 *
 * @param within - the blocks of another config that include this one.
 */
export function scanSource(
  text: string,
  language: SourceLanguage,
  within: readonly string[] = [],
): SourceScan {
  const tokens = tokenize(text);
  return { ...located(text, readSource(tokens, language, within)), blocks: outermostBlocks(tokens) };
}

/** Finds the secrets that a process's template uses. */
export function scanTemplate(
  text: string,
  template: Pick<SourceTemplate, 'process' | 'isShell'>,
): SourceScan {
  return { ...located(text, readTemplate(text, template)), blocks: [] };
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Adds lines and columns to what was found: to the very objects, since a copy of each takes longer than to find it. */
function located(text: string, found: Findings): Omit<SourceScan, 'blocks'> {
  const locate = locator(text);
  const spanned = <T extends TextRange>(item: T): T & SourceSpan => {
    const found = item as T & Writable<SourceSpan>;
    const { line, column, endColumn } = locate(found.offset, found.endOffset);
    found.line = line;
    found.column = column;
    found.endColumn = endColumn;
    return found;
  };
  const inOrder = <T extends TextRange>(items: T[]): T[] => items.sort((a, b) => a.offset - b.offset);
  return {
    references: inOrder(found.references).map(spanned),
    dynamic: inOrder(found.dynamic).map(spanned),
    diagnostics: inOrder(found.diagnostics).map(spanned),
    processes: found.processes.map(spanned),
    entryWorkflow: found.entryWorkflow === undefined ? null : spanned(found.entryWorkflow),
    includes: found.includes.map(spanned),
    templates: found.templates.map(spanned),
    profiles: found.profiles.map(spanned),
    settings: found.settings.map(spanned),
    secretSettings: found.secretSettings,
    selectors: found.selectors.map(spanned),
    executors: found.executors.map(spanned),
  };
}

function outermostBlocks(tokens: Tokens): { offset: number; endOffset: number }[] {
  const blocks: { offset: number; endOffset: number }[] = [];
  for (let index = 0; index < tokens.count; index++) {
    if (tokens.kind(index) !== TokenKind.openBrace) continue;
    const offset = tokens.start(index);
    index = tokens.partner(index);
    blocks.push({ offset, endOffset: tokens.end(index) });
  }
  return blocks;
}

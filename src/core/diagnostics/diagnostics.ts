import { locator } from '../references/locator.ts';
import type { SourceScan, SourceSpan } from '../references/scan.ts';
import { printable } from '../system/printable.ts';
import { fileNotRead } from './rules/not-read.ts';
import { type DiagnosticCode, READER_RULES, RULES, SCAN_RULES } from './rules/registry.ts';
import type { Severity, Strictness } from './rules/rule.ts';
import { unusedMessage } from './rules/unused.ts';

export const STRICTNESS: readonly Strictness[] = ['code', 'set'];

/** Whether a diagnostic makes a strict scan fail. `set` includes `code`. */
export function countsIn(code: DiagnosticCode, strictness: Strictness): boolean {
  const { strict } = RULES[code];
  return strict === 'code' || (strict !== undefined && strictness === 'set');
}

/** What is wrong at a place, in words for a person. */
export interface Diagnostic extends SourceSpan {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  readonly message: string;
}

export function diagnostic(code: DiagnosticCode, span: SourceSpan, message: string): Diagnostic {
  const { offset, endOffset, line, column, endColumn } = span;
  return { code, severity: RULES[code].severity, message, offset, endOffset, line, column, endColumn };
}

/** The start of a file, for what is about the whole of it. */
export const FILE_START: SourceSpan = { offset: 0, endOffset: 0, line: 1, column: 1, endColumn: 1 };

/**
 * What a scan found wrong, with sentences that say what happens at run time.
 *
 * @param names - the secrets that are set; without it nothing is said about missing ones.
 */
export function diagnose(
  scan: Pick<SourceScan, 'references' | 'dynamic' | 'diagnostics'>,
  names?: ReadonlySet<string>,
): Diagnostic[] {
  // For each of many, none is looked for from the start.
  const dynamic = new Map(scan.dynamic.map(({ offset, text }) => [offset, text]));
  const found = scan.diagnostics.map((item) => {
    const shown = printable(item.name ?? '');
    const value = `The value of ${shown}${item.through === undefined ? '' : ` (in ${printable(item.through)})`}`;
    const facts = { shown, value, dynamic: printable(dynamic.get(item.offset) ?? '') };
    return diagnostic(item.code, item, READER_RULES[item.code].message(item, facts));
  });
  if (names !== undefined) {
    for (const rule of SCAN_RULES) {
      for (const { span, message } of rule.find(scan, names))
        found.push(diagnostic(rule.code, span, message));
    }
  }
  return found.sort((a, b) => a.offset - b.offset);
}

/** What is said of a file that is not read. */
export const notRead = (problem: string): Diagnostic =>
  diagnostic('not-read', FILE_START, fileNotRead(problem));

/**
 * What is said of a workspace's secrets that no code uses.
 *
 * @param vault - the text of the vault's file, in which the names stand.
 */
export function diagnoseUnused(vault: string, names: readonly string[]): Diagnostic[] {
  const locate = locator(vault);
  const keys = new Map<string, number>();
  for (const { 1: name = '', index } of vault.matchAll(/"(\w{1,100})"/g)) {
    if (!keys.has(name)) keys.set(name, index);
  }
  return names.map((name) => {
    const key = keys.get(name) ?? -1;
    const span = key < 0 ? FILE_START : locate(key + 1, key + 1 + name.length);
    return diagnostic('unused', span, unusedMessage(name));
  });
}

import { locator } from '../references/locator.ts';
import type { SourceScan, SourceSpan } from '../references/scan.ts';
import { type Phrase, phrase } from '../system/phrase.ts';
import type { Remedy } from '../system/remedy.ts';
import { printable } from '../system/printable.ts';
import { fileNotRead, includeNotRead } from './rules/not-read.ts';
import { type DiagnosticCode, READER_RULES, RULES, SCAN_RULES } from './rules/registry.ts';
import type { FoundSecrets, Severity, Strictness } from './rules/rule.ts';
import { unusedMessage, unusedRemedy } from './rules/unused.ts';

export const STRICTNESS: readonly Strictness[] = ['code', 'set'];

/** Tells whether a diagnostic makes a strict scan fail. `set` includes `code`. */
export function countsIn(code: DiagnosticCode, strictness: Strictness): boolean {
  const { strict } = RULES[code];
  return strict === 'code' || (strict !== undefined && strictness === 'set');
}

/** Something wrong at a location. */
export interface Diagnostic extends SourceSpan {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  readonly message: Phrase;
  readonly remedies: readonly Remedy[];
}

export function diagnostic(
  code: DiagnosticCode,
  span: SourceSpan,
  message: Phrase,
  remedy?: Remedy,
): Diagnostic {
  const { offset, endOffset, line, column, endColumn } = span;
  const remedies = remedy === undefined ? [] : [remedy];
  const { severity } = RULES[code];
  return { code, severity, message, remedies, offset, endOffset, line, column, endColumn };
}

/** The start of a file, for diagnostics about the whole file. */
export const FILE_START: SourceSpan = { offset: 0, endOffset: 0, line: 1, column: 1, endColumn: 1 };

/**
 * Makes the diagnostics of a scan, with sentences that tell what happens at run time.
 *
 * @param names - the secrets that are set; without them missing ones are not reported.
 * @param ending - the secrets that are near their end, if they are to be reported.
 */
export function diagnose(
  scan: Pick<SourceScan, 'references' | 'dynamic' | 'diagnostics'>,
  names?: ReadonlySet<string>,
  ending?: FoundSecrets['ending'],
): Diagnostic[] {
  // A map: there may be many, and a search from the start for each would take long.
  const dynamic = new Map(scan.dynamic.map(({ offset, text }) => [offset, text]));
  const found = scan.diagnostics.map((item) => {
    const shown = printable(item.name ?? '');
    const value =
      item.through === undefined
        ? phrase`The value of ${shown}`
        : phrase`The value of ${shown} (in ${printable(item.through)})`;
    const facts = { shown, value, dynamic: printable(dynamic.get(item.offset) ?? '') };
    const rule = READER_RULES[item.code];
    return diagnostic(item.code, item, rule.message(item, facts), rule.remedy);
  });
  for (const rule of SCAN_RULES) {
    for (const { span, message, remedy } of rule.find(scan, { names, ending }))
      found.push(diagnostic(rule.code, span, message, remedy));
  }
  return found.sort((a, b) => a.offset - b.offset);
}

/** A file, as far as it could be read. */
export interface ReadFile {
  /** The scan; undefined for a text that cannot refer to a secret. */
  readonly scan?: Pick<SourceScan, 'references' | 'dynamic' | 'diagnostics'> | undefined;
  /** Reason that the file is not read. */
  readonly problem?: Phrase | undefined;
  /** Includes of the file that are not read. */
  readonly lost?: readonly { readonly include: SourceSpan; readonly reason: Phrase }[] | undefined;
  /** Keys in the code, if they were searched. */
  readonly literals?: readonly Diagnostic[] | undefined;
}

/**
 * All diagnostics of one file, sorted by offset. Scan and editor both use this function.
 *
 * @param names - and `ending`: see {@link diagnose}.
 */
export function diagnoseFile(
  { scan, problem, lost = [], literals = [] }: ReadFile,
  names: ReadonlySet<string> | undefined,
  ending?: FoundSecrets['ending'],
): Diagnostic[] {
  const known = scan?.diagnostics.filter(({ code }) => code === 'literal-secret') ?? [];
  const found = [
    ...(problem === undefined ? [] : [diagnostic('not-read', FILE_START, fileNotRead(problem))]),
    ...(scan === undefined ? [] : diagnose(scan, names, ending)),
    ...lost.map(({ include, reason }) => diagnostic('not-read', include, includeNotRead(reason))),
    // The reader knows some settings that the search for keys knows too.
    ...literals.filter((one) => !known.some((other) => isOver(one, other))),
  ];
  return found.sort((a, b) => a.offset - b.offset);
}

const isOver = (one: SourceSpan, other: SourceSpan): boolean =>
  one.offset < other.endOffset && other.offset < one.endOffset;

/** The first location of each name in the text of a vault's file. */
export function vaultKeys(vault: string): ReadonlyMap<string, SourceSpan> {
  const locate = locator(vault);
  const keys = new Map<string, SourceSpan>();
  for (const { 1: name = '', index } of vault.matchAll(/"(\w{1,100})"/g))
    if (!keys.has(name)) keys.set(name, locate(index + 1, index + 1 + name.length));
  return keys;
}

/**
 * Diagnostics of a workspace's secrets that no code uses.
 *
 * @param keys - the locations of the names in the vault's file.
 */
export const diagnoseUnused = (
  keys: ReadonlyMap<string, SourceSpan>,
  names: readonly string[],
): Diagnostic[] =>
  names.map((name) =>
    diagnostic('unused', keys.get(name) ?? FILE_START, unusedMessage(name), unusedRemedy(name)),
  );

import { candidatesFor, nearMiss } from '../system/near-miss.ts';
import { printable } from '../system/printable.ts';
import { secretNameProblem } from '../secrets/secret-name.ts';
import { exposure } from '../references/config-sinks.ts';
import { locator } from '../references/locator.ts';
import type { SourceDiagnostic, SourceReference, SourceScan, SourceSpan } from '../references/scan.ts';

/** Stable codes; each has a page `docs/diagnostics/<code>.md`. */
export type DiagnosticCode = SourceDiagnostic['code'] | 'not-set' | 'unused' | 'not-read';

export type Severity = 'error' | 'warning' | 'info';

/** An `error` ends a run, or puts a secret where others read it; a `warning` may be meant. */
const SEVERITIES: Readonly<Record<DiagnosticCode, Severity>> = {
  'not-set': 'error',
  'config-string': 'error',
  'directive-string': 'error',
  'in-script': 'warning',
  'in-params': 'warning',
  printed: 'warning',
  'in-config': 'warning',
  lineage: 'warning',
  'invalid-name': 'error',
  'dynamic-name': 'info',
  'no-effect': 'info',
  'literal-secret': 'error',
  unused: 'info',
  'not-read': 'warning',
};

/** What a strict scan fails for. */
export type Strictness = 'code' | 'set';
export const STRICTNESS: readonly Strictness[] = ['code', 'set'];

/**
 * `code`: what is wrong wherever the code runs. `set`: what depends on the secrets of the machine that looks. The
 * others are no faults: something is not known, or does nothing.
 */
const COUNTED: Readonly<Record<DiagnosticCode, Strictness | undefined>> = {
  'not-set': 'set',
  'config-string': 'code',
  'directive-string': 'code',
  'in-script': 'code',
  'in-params': 'code',
  printed: 'code',
  'in-config': 'code',
  // Whether any code of a run reads a value, one file does not tell.
  lineage: undefined,
  'invalid-name': 'code',
  'dynamic-name': undefined,
  'no-effect': undefined,
  'literal-secret': 'code',
  unused: undefined,
  'not-read': undefined,
};

/** Whether a diagnostic makes a strict scan fail. `set` includes `code`. */
export function countsIn(code: DiagnosticCode, strictness: Strictness): boolean {
  const counted = COUNTED[code];
  return counted === 'code' || (counted !== undefined && strictness === 'set');
}

/** What is wrong at a place, in words for a person. */
export interface Diagnostic extends SourceSpan {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  readonly message: string;
}

export function diagnostic(code: DiagnosticCode, span: SourceSpan, message: string): Diagnostic {
  const { offset, endOffset, line, column, endColumn } = span;
  return { code, severity: SEVERITIES[code], message, offset, endOffset, line, column, endColumn };
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
  const found = scan.diagnostics.map((item) => diagnostic(item.code, item, sentence(item, dynamic)));
  const messages = new Map<string, string>();
  if (names !== undefined) {
    for (const reference of scan.references) {
      const isKnown = names.has(reference.name) || secretNameProblem(reference.name) !== undefined;
      if (!reference.optional && !reference.ignored && !isKnown) {
        const key = `${reference.kind} ${reference.name}`;
        const message = messages.get(key) ?? notSet(reference, candidatesFor(messages.size, names));
        messages.set(key, message);
        found.push(diagnostic('not-set', reference, message));
      }
    }
  }
  return found.sort((a, b) => a.offset - b.offset);
}

/** What is said of a file that is not read. */
export function notRead(problem: string): Diagnostic {
  const message = `This file is not read: ${problem}. Secrets that only it uses are not known.`;
  return diagnostic('not-read', FILE_START, message);
}

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
    const shown = printable(name);
    const message = `No code here uses ${shown}. If nothing else does: nf-secrets delete ${shown} --scope workspace`;
    return diagnostic('unused', span, message);
  });
}

/** Where a value is shown. */
const PRINTED = {
  output: "is shown: it gets into Nextflow's output, and from log and tag into .nextflow.log.",
  file: 'is written into a file in clear text.',
  mail: 'is sent by mail in clear text.',
  command: 'becomes an argument of a command: everybody on this machine can see those.',
};

function sentence(
  { code, name, offset, setting = '', into, through }: SourceDiagnostic,
  dynamic: ReadonlyMap<number, string>,
): string {
  const shown = printable(name ?? '');
  const value = `The value of ${shown}${through === undefined ? '' : ` (in ${printable(through)})`}`;
  switch (code) {
    case 'config-string':
      return `In a config, secret has to be a list: with this text every task fails with a cast error. Write ${name === '' ? '[]' : `['${shown}']`}`;
    case 'directive-string':
      return (
        'Nextflow computes this directive for each task, and then wants a list: with a text every task fails with a cast ' +
        `error. Write ${name === '' ? 'a list' : `secret { secrets.${shown} ? ['${shown}'] : [] }, or with another condition`}`
      );
    case 'in-script':
      return (
        `${value} gets in clear text into .command.sh or .command.run of tasks, and as a part of a script ` +
        `a new value runs them again. Use the directive secret '${shown}' and $${shown} in the shell.`
      );
    case 'in-params':
      return (
        `${value} becomes a parameter: pipelines print those, put them into reports and send them to ` +
        `monitoring services. Read secrets.${shown} where it is needed.`
      );
    case 'printed':
      return `${value} ${PRINTED[into ?? 'output']}`;
    case 'in-config': {
      const { ends, remedy } = exposure(setting);
      return `${value} becomes a part of ${printable(setting)}: ${ends}. ${remedy}`;
    }
    case 'lineage':
      return (
        'With lineage, Nextflow keeps in clear text, for good, what configs and scripts read by secrets.NAME: ' +
        'the config, parameters, and the scripts and inputs of tasks. What tasks get by the directive secret is not kept.'
      );
    case 'invalid-name':
      return `No secret can be called ${shown}: ${secretNameProblem(name ?? '') ?? 'the name is not allowed'}. It can never be set.`;
    case 'no-effect':
      return (
        `The directive secret '${shown}' does nothing here: what stands behind exec: runs in Nextflow itself, which gets ` +
        `no environment for it and does not check it. Read secrets.${shown} in the code.`
      );
    case 'literal-secret':
      return literalSecret('a key or password');
    case 'dynamic-name': {
      const text = dynamic.get(offset) ?? '';
      return (
        `Which secret ${printable(text)} names is known only when the pipeline runs. ` +
        'A launch sends it with --secret NAME or --all.'
      );
    }
  }
}

/** @param kind - `a key of AWS`. What it is itself is not repeated. */
export function literalSecret(kind: string): string {
  return (
    `This looks like ${kind}: whoever can read the file or its history has it. ` +
    'Replace it by a new one, and keep that as a secret: nf-secrets set NAME'
  );
}

function notSet({ name, kind }: SourceReference, names: ReadonlySet<string>): string {
  const near = nearMiss(name, names);
  const shown = printable(name);
  const happens =
    kind === 'directive' ? 'Nextflow stops at the first task that asks for it' : 'it reads as null';
  const hint = near === undefined ? '' : ` Did you mean ${printable(near)}?`;
  return `Secret ${shown} is used but not set: ${happens}.${hint} Set it: nf-secrets set ${shown}`;
}

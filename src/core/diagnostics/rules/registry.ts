import type { SourceDiagnostic } from '../../references/scan.ts';
import { configString } from './config-string.ts';
import { directiveString } from './directive-string.ts';
import { dynamicName } from './dynamic-name.ts';
import { inConfig } from './in-config.ts';
import { inParams } from './in-params.ts';
import { inScript } from './in-script.ts';
import { invalidName } from './invalid-name.ts';
import { lineage } from './lineage.ts';
import { literalSecret } from './literal-secret.ts';
import { noEffect } from './no-effect.ts';
import { notReadRule } from './not-read.ts';
import { notSet } from './not-set.ts';
import { printed } from './printed.ts';
import type { ReaderRule, Rule, ScanRule } from './rule.ts';
import { unused } from './unused.ts';

/** Rules about what the reader of a text finds. */
export const READER_RULES: Readonly<Record<SourceDiagnostic['code'], ReaderRule>> = {
  'config-string': configString,
  'directive-string': directiveString,
  'in-script': inScript,
  'in-params': inParams,
  printed,
  'in-config': inConfig,
  lineage,
  'invalid-name': invalidName,
  'dynamic-name': dynamicName,
  'no-effect': noEffect,
  'literal-secret': literalSecret,
};

/** Rules that look through a scan themselves. */
export const SCAN_RULES = [notSet] as const satisfies readonly ScanRule[];

/** Stable codes; each has a page `docs/diagnostics/<code>.md`. */
export type DiagnosticCode = SourceDiagnostic['code'] | 'not-set' | 'unused' | 'not-read';

export const RULES: Readonly<Record<DiagnosticCode, Rule>> = {
  ...READER_RULES,
  'not-set': notSet,
  unused,
  'not-read': notReadRule,
};

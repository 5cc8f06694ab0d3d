import type { SourceDiagnostic } from '../../references/scan.ts';
import { configString } from './config-string.ts';
import { directiveString } from './directive-string.ts';
import { dynamicName } from './dynamic-name.ts';
import { expires } from './expires.ts';
import { inConfig } from './in-config.ts';
import { inParams } from './in-params.ts';
import { inScript } from './in-script.ts';
import { invalidName } from './invalid-name.ts';
import { lineage } from './lineage.ts';
import { literalSecret } from './literal-secret.ts';
import { noEffect } from './no-effect.ts';
import { notInPlatformRule } from './not-in-platform.ts';
import { notReadRule } from './not-read.ts';
import { notSet } from './not-set.ts';
import { printed } from './printed.ts';
import type { ReaderRule, Rule, ScanRule } from './rule.ts';
import { unused } from './unused.ts';

/** Rules about findings of the reader. */
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
const scanRules = [notSet, expires] as const satisfies readonly ScanRule[];

/** Rules about a whole file or workspace, which `diagnostics.ts` applies, and about a Platform, which the extension does. */
const OTHER_RULES = [unused, notReadRule, notInPlatformRule] as const satisfies readonly Rule[];

/** Stable codes; each has a page `docs/diagnostics/<code>.md`. */
export type DiagnosticCode =
  SourceDiagnostic['code'] | (typeof scanRules)[number]['code'] | (typeof OTHER_RULES)[number]['code'];

export const SCAN_RULES: readonly (ScanRule & { readonly code: DiagnosticCode })[] = scanRules;

export const RULES = Object.fromEntries(
  [...Object.values(READER_RULES), ...scanRules, ...OTHER_RULES].map((rule) => [rule.code, rule]),
) as Readonly<Record<DiagnosticCode, Rule>>;

import type { SecretGuard, SourceDiagnostic } from '../scan.ts';

/** A range of the text, by offsets. */
export interface TextRange {
  readonly offset: number;
  readonly endOffset: number;
}

export interface FoundReference extends TextRange {
  readonly name: string;
  readonly kind: 'directive' | 'property';
  optional: boolean;
  /** True if the code only tests whether the secret is set. */
  tested: boolean;
  readonly process: string | null;
  readonly profile: string | null;
  readonly guards: readonly SecretGuard[];
  /** True if Nextflow ignores it. Known when all of the process was read. */
  ignored: boolean;
}

export interface FoundDynamic extends TextRange {
  readonly text: string;
  readonly process: string | null;
  readonly profile: string | null;
}

export interface FoundDiagnostic extends TextRange {
  readonly code: SourceDiagnostic['code'];
  readonly name: string | null;
  readonly setting?: string | undefined;
  readonly into?: SourceDiagnostic['into'];
  readonly through?: string | undefined;
}

export interface FoundName extends TextRange {
  readonly name: string;
}

export interface FoundProcess extends FoundName {
  readonly labels: string[];
  /** True if there may be labels that are not the same in each run. */
  hasOtherLabels: boolean;
  hasSecrets: boolean;
  isNative: boolean;
}

export interface FoundSecretSetting extends TextRange {
  readonly selector: string | null;
  readonly profile: string | null;
  readonly replaces: boolean;
}

export interface FoundSelector extends FoundName {
  readonly profile: string | null;
}

export interface FoundInclude extends TextRange {
  readonly path: string | null;
  readonly aliases: readonly string[];
  readonly isConditional: boolean;
  readonly profile: string | null;
  readonly within: readonly string[];
}

export interface FoundTemplate extends TextRange {
  readonly path: string | null;
  readonly process: string;
  readonly isShell: boolean;
}

export interface FoundSetting extends TextRange {
  readonly path: readonly string[];
  readonly value: string;
}

export interface FoundExecutor extends TextRange {
  readonly process: string;
  readonly value: string;
}

/** All that a text says about secrets, with offsets. */
export interface Findings {
  readonly references: FoundReference[];
  readonly dynamic: FoundDynamic[];
  readonly diagnostics: FoundDiagnostic[];
  readonly processes: FoundProcess[];
  entryWorkflow?: TextRange;
  readonly includes: FoundInclude[];
  readonly templates: FoundTemplate[];
  readonly profiles: FoundName[];
  readonly settings: FoundSetting[];
  readonly secretSettings: FoundSecretSetting[];
  readonly selectors: FoundSelector[];
  readonly executors: FoundExecutor[];
}

/** Makes empty findings. */
export const noFindings = (): Findings => ({
  references: [],
  dynamic: [],
  diagnostics: [],
  processes: [],
  includes: [],
  templates: [],
  profiles: [],
  settings: [],
  secretSettings: [],
  selectors: [],
  executors: [],
});

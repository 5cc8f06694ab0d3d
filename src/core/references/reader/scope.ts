import type { SecretGuard } from '../scan.ts';
import type { FoundProcess } from './findings.ts';

/** Part of the body of a process or workflow: what stands behind one of its labels. */
export type Section = 'directives' | 'input' | 'output' | 'when' | 'script' | 'prompt' | 'other';

/** Where a secret's value goes, which is wrong. */
export interface Sink {
  readonly code: 'in-params' | 'printed' | 'in-script' | 'in-config';
  /** The setting or directive, such as `docker.runOptions`. */
  readonly setting?: string;
  /** What else than output and log the value is put into. */
  readonly into?: 'file' | 'mail' | 'command';
}

export const PARAMS: Sink = { code: 'in-params' };
export const PRINT: Sink = { code: 'printed' };
export const TASK: Sink = { code: 'in-script' };
export const FILE: Sink = { code: 'printed', into: 'file' };
export const MAIL: Sink = { code: 'printed', into: 'mail' };
export const COMMAND: Sink = { code: 'printed', into: 'command' };

/** Process settings whose text gets into the task's script, or into the wrapper around it, as `env` does. */
export const TASK_SETTINGS: ReadonlySet<string> = new Set([
  'ext',
  'beforeScript',
  'afterScript',
  'clusterOptions',
  'containerOptions',
]);

/** The variables that need no declaration: those of the script, or of one process or workflow. */
export interface Binding {
  /** Whether one of them is called `secrets`, in the place of Nextflow's. */
  hasSecrets: boolean;
}

/** A name that a directive or setting gives, before it is known whether it is only part of a condition. */
export interface NameCandidate {
  /** The index of a string token, or -1 if the name is computed. */
  readonly token: number;
  readonly start: number;
  readonly end: number;
  readonly guards: readonly SecretGuard[];
  /** Whether it is an element of a list. */
  isListed: boolean;
  /** Whether it is a text, with interpolations or without. */
  readonly isText: boolean;
  /** Whether it stands in a closure, which each task calls for its own list. */
  readonly isInClosure: boolean;
}

/** What holds for the code that is being read. */
export interface Scope {
  /** The process that it stands in, or a config's selector. */
  readonly process: string | null;
  /** In a process or workflow, which changes with each label. */
  section: Section | undefined;
  /** Whether the statements stand directly in the body of a process or workflow. */
  isBody: boolean;
  /** The process that it stands in, if the code is directly in its body or in conditions there. */
  readonly definition: FoundProcess | undefined;
  /** Whether the code may be passed over, or run more than once. */
  readonly isConditional: boolean;
  /** Whether `secrets` is something else here: a declared variable, a parameter. */
  isShadowed: boolean;
  readonly binding: Binding;
  /** Inside a class, which sees nothing of the script around it. */
  readonly isType: boolean;
  /** What becomes of values. */
  sink: Sink | undefined;
  /** Collects the names of a directive while one is read. */
  names: NameCandidate[] | undefined;
  /** Where the arguments that are read end, of a call without parentheses: what is in brackets inside ends before. */
  callEnd: number | undefined;
  /** The blocks of a config that the statement stands in. */
  readonly path: readonly string[];
  /** Inside a closure of a config: what stands there is code and no settings. */
  readonly isClosure: boolean;
}

import type { Sink } from './sinks.ts';
import type { SecretGuard } from '../scan.ts';
import type { FoundProcess } from './findings.ts';

/** Part of the body of a process or workflow: the code after one of its labels. */
export type Section = 'directives' | 'input' | 'output' | 'when' | 'script' | 'prompt' | 'other';

/** The variables that need no declaration: those of the script, or of one process or workflow. */
export interface Binding {
  /** True if one of them is called `secrets`, and so hides Nextflow's. */
  hasSecrets: boolean;
}

/** A name in a directive or setting. It may still turn out to be only part of a condition. */
export interface NameCandidate {
  /** Index of a string token, or -1 if the name is computed. */
  readonly token: number;
  readonly start: number;
  readonly end: number;
  readonly guards: readonly SecretGuard[];
  /** True if it is an element of a list. */
  isListed: boolean;
  /** True if it is a text, with interpolations or without. */
  readonly isText: boolean;
  /** True if it is in a closure: each task calls the closure for its own list. */
  readonly isInClosure: boolean;
}

/** Facts about the code that is being read. */
export interface Scope {
  /** The process that the code is in, or a config's selector. */
  readonly process: string | null;
  /** Section of a process or workflow; it changes with each label. */
  section: Section | undefined;
  /** True if the statements are directly in the body of a process or workflow. */
  isBody: boolean;
  /** The process that the code is in, if it is directly in its body or in conditions there. */
  readonly definition: FoundProcess | undefined;
  /** True if a run may skip the code, or run it more than once. */
  readonly isConditional: boolean;
  /** True if `secrets` is something else here: a declared variable, a parameter. */
  isShadowed: boolean;
  readonly binding: Binding;
  /** True inside a class: it sees nothing of the script around it. */
  readonly isType: boolean;
  /** The wrong destination of the values that are read, if there is one. */
  sink: Sink | undefined;
  /** Names of the directive that is being read. */
  names: NameCandidate[] | undefined;
  /**
   * Index of the token at which the arguments of a call without parentheses end. Code in brackets inside them ends
   * before it.
   */
  callEnd: number | undefined;
  /** The blocks of a config that the statement is in. */
  readonly path: readonly string[];
  /** True inside a closure or a text: in a config, it contains code and no settings. */
  readonly isClosure: boolean;
}

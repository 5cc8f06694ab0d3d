import type { SecretGuard } from '../scan-source.ts';

/** Part of a process's body. */
export type Section = 'directives' | 'script' | 'other';

/** Where a secret's value goes. */
export type Sink = 'params' | 'print' | 'task';

/** A name that a directive or setting gives, before it is known whether it is only part of a condition. */
export interface NameCandidate {
  /** The index of a string token, or -1 if the name is computed. */
  readonly token: number;
  readonly start: number;
  readonly end: number;
  readonly guards: readonly SecretGuard[];
}

/** What holds for the code that is being read. */
export interface Scope {
  /** The process that it stands in, or a config's selector. */
  readonly process: string | null;
  /** In a process, which changes with each label. */
  section: Section | undefined;
  /** Whether the statements stand directly in a process's body. */
  isProcessBody: boolean;
  /** The labels of the process's body, so far. */
  readonly labels: Set<string> | undefined;
  /** Whether `secrets` is something else here: a variable, a parameter. */
  isShadowed: boolean;
  /** Inside a class, which sees nothing of the script around it. */
  readonly isType: boolean;
  /** What becomes of values. */
  sink: Sink | undefined;
  /** Collects the names of a directive while one is read. */
  names: NameCandidate[] | undefined;
  /** Where the arguments that are read end, of a call without parentheses: what is in brackets inside ends before. */
  readonly callEnd: number | undefined;
  /** The blocks of a config that the statement stands in. */
  readonly path: readonly string[];
  /** Inside a closure of a config: what stands there is code and no settings. */
  readonly isClosure: boolean;
}

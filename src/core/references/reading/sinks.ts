/** A wrong destination of a secret's value. */
export interface Sink {
  readonly code: 'in-params' | 'printed' | 'in-script' | 'in-config';
  /** The setting or directive, for example `docker.runOptions`. */
  readonly setting?: string;
  /** The destination, if it is neither output nor log. */
  readonly into?: 'file' | 'mail' | 'command';
}

export const PARAMS: Sink = { code: 'in-params' };
export const PRINT: Sink = { code: 'printed' };
export const TASK: Sink = { code: 'in-script' };
export const FILE: Sink = { code: 'printed', into: 'file' };
export const MAIL: Sink = { code: 'printed', into: 'mail' };
export const COMMAND: Sink = { code: 'printed', into: 'command' };

/** Process settings that Nextflow writes into the task's script, or into the wrapper around it, like `env`. */
export const TASK_SETTINGS: ReadonlySet<string> = new Set([
  'ext',
  'beforeScript',
  'afterScript',
  'clusterOptions',
  'containerOptions',
]);

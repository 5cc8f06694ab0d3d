import type { ResolveOptions } from '../secrets/resolve.ts';
import type { RunId } from '../system/run-id.ts';

/** Options about the secrets that a launch sends. */
export interface PlanOptions {
  /** `--all`: every secret, not only those that the code names. */
  readonly all?: boolean | undefined;
  /** `--only`: these, whatever the code names. */
  readonly only?: readonly string[] | undefined;
  /** `--secret`: these too. */
  readonly required?: readonly string[] | undefined;
  /** `--allow-missing`: all, or these, may be missing. */
  readonly allowMissing?: true | readonly string[] | undefined;
}

/** Options about the look for values in what the run wrote. */
export interface LeakOptions {
  /** `--no-leak-check` makes it false. */
  readonly leakCheck?: boolean | undefined;
  /** `--leaks`: the files that Nextflow makes, or also results and all files of tasks. */
  readonly leaks?: 'usual' | 'all' | undefined;
  /** `--fail-on-leak`. */
  readonly failOnLeak?: boolean | undefined;
}

/** Options about the lease that `launch` and `exec` make. */
export interface LeaseOptions extends ResolveOptions, LeakOptions, Pick<PlanOptions, 'all' | 'allowMissing'> {
  /** `--workspace`. */
  readonly workspace?: string | undefined;
  /** `--run-root`. */
  readonly runRoot?: string | undefined;
  /** `--grant`: names that a remote pipeline may get, or `all`. */
  readonly grant?: readonly string[] | undefined;
  /** `--keep`: the lease stays after the run. */
  readonly keep?: boolean | undefined;
  /** `--target`: the id of a target. */
  readonly target?: string | undefined;
  /** `--ask-again`: Nextflow is asked even if its answer to an earlier launch would be the same. */
  readonly askAgain?: boolean | undefined;
  /** Parameters of the pipeline that a person may have meant as options of ours, without dashes. */
  readonly doubtful?: readonly string[] | undefined;
  /** The run's id, if it has one already. */
  readonly runId?: RunId | undefined;
}

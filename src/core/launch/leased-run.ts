import type { RunId } from '../system/run-id.ts';
import type { OpenLease, PreparedRun } from '../targets/target.ts';
import type { LeakOptions } from './lease-options.ts';
import type { PlannedRun } from './plan-run.ts';
import type { Program } from './program.ts';

/** A program and the secrets that it gets. */
export interface LeasedRun extends PlannedRun {
  readonly runId: RunId;
  readonly program: Program;
  readonly leakOptions?: LeakOptions | undefined;
  /** `--keep`. */
  readonly keep?: boolean | undefined;
  /** Provisions what the run needs beside the private store. Returns the command's arguments and environment. */
  readonly prepare?: ((lease: OpenLease) => Promise<PreparedRun>) | undefined;
}

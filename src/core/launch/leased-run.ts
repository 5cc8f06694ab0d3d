import type { RunId } from '../system/run-id.ts';
import type { OpenLease, PreparedRun } from '../targets/target.ts';
import type { PlannedRun } from './plan-run.ts';
import type { Program } from './program.ts';

/** A program and what it gets. */
export interface LeasedRun extends PlannedRun {
  readonly runId: RunId;
  readonly program: Program;
  /** `--keep`. */
  readonly keep?: boolean | undefined;
  /** Provisions what the private store is not enough for, and says what the command needs then. */
  readonly prepare?: ((lease: OpenLease) => Promise<PreparedRun>) | undefined;
}

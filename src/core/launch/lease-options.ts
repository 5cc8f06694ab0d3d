import type { ResolveOptions } from '../secrets/resolve.ts';
import type { RunId } from '../system/run-id.ts';
import type { PlanOptions } from './plan.ts';

/** What `launch` and `exec` may be told of the lease that they make. */
export interface LeaseOptions extends ResolveOptions, Pick<PlanOptions, 'all' | 'allowMissing'> {
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
  /** The run's id, if it has one already. */
  readonly runId?: RunId | undefined;
}

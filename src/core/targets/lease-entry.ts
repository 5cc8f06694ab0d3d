import type { ProcessIdentity } from '../system/process-identity.ts';
import { shellWord } from '../system/printable.ts';
import type { RunId } from '../system/run-id.ts';
import type { LeaseItem } from './lease-item.ts';
import type { SlurmAccess } from './local/items.ts';

/**
 * What is on disk about a run from before anything is created for it until all of that is gone. It has all that
 * another process needs to release the lease, and no value. A target may note more in it, which only it understands.
 */
export interface LedgerEntry {
  readonly format: 1;
  readonly runId: RunId;
  readonly pipeline: string;
  /** The id of the target that the run was for: `local` as long as nothing of it can be in another one. */
  readonly target: string;
  /** ISO 8601 in UTC. */
  readonly started: string;
  readonly launcher: ProcessIdentity;
  /** Nextflow, or the command of `exec`; null until it has started. */
  readonly child: ProcessIdentity | null;
  /** The Slurm job that the launcher runs in, whose end kills every process of it; else null. */
  readonly slurmJob: string | null;
  /** The Slurm that the launcher saw. Null if there was none. */
  readonly slurm: SlurmAccess | null;
  /** Other schedulers that may get jobs of the run, by Nextflow's names: they cannot be asked. Absent: none. */
  readonly schedulers?: readonly string[];
  /** Of `exec`: any process that its command leaves may start a Nextflow later. Absent: of `launch`. */
  readonly anyProcess?: boolean;
  /** Where the command's script submits jobs that may start after its end, in words. Absent: nowhere that is seen. */
  readonly submits?: string;
  /** What is known of a private store that is no longer where it was made, in words. Absent: it was not moved. */
  readonly moved?: string;
  /** `--keep`: the lease stays after the run, until a person names it. */
  readonly keep: boolean;
  readonly items: readonly LeaseItem[];
}

/** What could not be removed, why, and the command that a person can remove it with. */
export interface Leftover {
  readonly item: string;
  readonly reason: string;
  readonly remedy: string;
}

export function leftover(item: string, reason: string): Leftover {
  return { item, reason, remedy: `rm -r ${shellWord(item)}` };
}

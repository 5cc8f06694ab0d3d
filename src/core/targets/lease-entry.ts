import type { ProcessIdentity } from '../system/process-identity.ts';
import { shellWord } from '../system/printable.ts';
import type { RunId } from '../system/run-id.ts';
import { isRecord } from '../system/state-file.ts';
import {
  type AwsJobDefinition,
  awsItemLabel,
  type AwsPlace,
  type AwsSecret,
  isAwsJobDefinition,
  isAwsSecret,
} from './aws-batch/items.ts';
import { isPrivateStore, type PrivateStore, type SlurmAccess } from './local/items.ts';

/** Something that was provisioned for a run and has to be removed. */
export type LeaseItem = PrivateStore | AwsSecret | AwsJobDefinition;

/** Where a run's secrets go: this machine and what shares its file system, or AWS (and, mixed, both). */
export type Target = 'local' | 'aws-batch';

/**
 * What is on disk about a run from before anything is created for it until all of that is gone. It has all that
 * another process needs to release the lease, and no value.
 */
export interface LedgerEntry {
  readonly format: 1;
  readonly runId: RunId;
  readonly pipeline: string;
  readonly target: Target;
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
  /** Absent as long as nothing of the run can be in AWS. */
  readonly aws?: AwsPlace;
  readonly items: readonly LeaseItem[];
}

export const privateStores = (items: readonly LeaseItem[]): PrivateStore[] =>
  items.filter((item) => item.kind === 'private-store');

/** What a person is shown for an item: a path, or an ARN. */
export const itemLabel = (item: LeaseItem, place: AwsPlace | undefined): string =>
  item.kind === 'private-store' ? item.path : awsItemLabel(item, place);

/** Whether a value of a file is an item of this run. */
export function isLeaseItem(value: unknown, runId: RunId): value is LeaseItem {
  if (!isRecord(value)) return false;
  switch (value['kind']) {
    case 'private-store':
      return isPrivateStore(value, runId);
    case 'aws-secret':
      return isAwsSecret(value, runId);
    case 'aws-job-definition':
      return isAwsJobDefinition(value);
    default:
      return false;
  }
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

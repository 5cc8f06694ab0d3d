import type { ProcessIdentity } from '../system/process-identity.ts';
import type { Phrase } from '../system/phrase.ts';
import { shellWord } from '../system/printable.ts';
import type { LedAction } from '../system/remedy.ts';
import type { RunId } from '../system/run-id.ts';
import type { LeaseItem } from './lease-item.ts';
import type { SlurmAccess } from './local/items.ts';

/**
 * Fields of an entry that a target has of its own beside its items, as an account, and that only it understands. Each
 * target declares its fields itself (`declare module`), and picks them from files with `Target.ownFields`.
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- the targets' declarations are merged into it
export interface TargetFields {}

/**
 * The record of a run on disk. It exists from before anything is created for the run until all of that is gone. It has
 * all that another process needs to release the lease, and no value.
 */
export interface LedgerEntry extends TargetFields {
  readonly format: 1;
  readonly runId: RunId;
  readonly pipeline: string;
  /** The id of the run's target: `local` as long as nothing of the run can be in another target. */
  readonly target: string;
  /** ISO 8601 in UTC. */
  readonly started: string;
  readonly launcher: ProcessIdentity;
  /** The process of Nextflow, or of the command of `exec`; null until it has started. */
  readonly child: ProcessIdentity | null;
  /** The Slurm job that the launcher runs in; else null. The end of the job kills each of its processes. */
  readonly slurmJob: string | null;
  /** The Slurm that the launcher saw. Null if there was none. */
  readonly slurm: SlurmAccess | null;
  /** Other schedulers that may get jobs of the run, by Nextflow's names. They cannot be asked. Absent: none. */
  readonly schedulers?: readonly string[];
  /** True for `exec`: any process that its command leaves may start a Nextflow later. Absent for `launch`. */
  readonly anyProcess?: boolean;
  /** Location in the command's script that submits jobs which may start after its end, in words. Absent: none seen. */
  readonly submits?: string;
  /** Known facts about a private store that is no longer at its first path, in words. Absent: it was not moved. */
  readonly moved?: string;
  /** `--keep`: the lease stays after the run, until a person names it. */
  readonly keep: boolean;
  readonly items: readonly LeaseItem[];
}

/** Something that could not be removed, the reason as a part of a sentence, and the way to remove it. */
export interface Leftover {
  readonly item: string;
  readonly reason: Phrase;
  readonly remedy: LedAction;
}

export function leftover(item: string, reason: Phrase): Leftover {
  return { item, reason, remedy: { do: 'run', command: `rm -r ${shellWord(item)}` } };
}

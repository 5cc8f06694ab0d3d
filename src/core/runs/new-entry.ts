import { findOnPath } from '../system/find-on-path.ts';
import { ownProcess } from '../system/process-identity.ts';
import type { RunId } from '../system/run-id.ts';
import { timestamp, type World } from '../system/world.ts';
import type { LedgerEntry } from '../targets/lease-entry.ts';
import type { PrivateStore, SlurmAccess } from '../targets/local/items.ts';

/** A lease that will be made. */
export interface NewLease {
  readonly runId: RunId;
  /** Its name in `runs`. */
  readonly label: string;
  readonly store: PrivateStore;
  /** `--keep`. */
  readonly keep?: boolean | undefined;
}

/** The entry that the ledger gets before anything is made for a run. */
export function newEntry({ runId, label, store, keep = false }: NewLease, world: World): LedgerEntry {
  return {
    format: 1,
    runId,
    pipeline: label,
    target: 'local',
    started: timestamp(world.now()),
    launcher: ownProcess(world.platform),
    child: null,
    slurmJob: world.env['SLURM_JOB_ID'] ?? null,
    slurm: slurmOf(world),
    keep,
    items: [store],
  };
}

/** The Slurm of this machine, for all who will have to ask about the run. */
function slurmOf(world: World): SlurmAccess | null {
  if (findOnPath('squeue', world) === undefined) return null;
  return { conf: world.env['SLURM_CONF'] ?? null, clusters: world.env['SLURM_CLUSTERS'] ?? null };
}

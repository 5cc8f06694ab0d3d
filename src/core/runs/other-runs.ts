import type { World } from '../system/world.ts';
import type { RunId } from '../system/run-id.ts';
import type { LeaseItem } from '../targets/lease-item.ts';
import { readLease, recordedRuns } from './ledger.ts';
import { findRun } from './sweep.ts';

/**
 * Another run of the ledger that goes on and has, or will have, such an item. A run of which only jobs are left does
 * not count: the jobs have what they were submitted with.
 */
export async function otherRunWith(
  isSuch: (item: LeaseItem) => boolean,
  own: RunId,
  world: World,
): Promise<RunId | undefined> {
  for (const runId of await recordedRuns(world)) {
    if (runId === own) continue;
    const lease = await readLease(runId, world);
    if (lease === undefined || 'problem' in lease || !lease.items.some(isSuch)) continue;
    const run = await findRun(runId, world);
    if (run?.state === 'running' && run.asked !== true) return runId;
  }
  return undefined;
}

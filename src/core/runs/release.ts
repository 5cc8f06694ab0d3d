import { reasonOf } from '../system/human-error.ts';
import type { World } from '../system/world.ts';
import type { OpenTarget, Releasable, Released, Target } from '../targets/target.ts';
import type { Leftover } from '../targets/lease-entry.ts';
import { TARGETS } from '../targets/targets.ts';
import { forgetItems, markReleasing, strikeLease } from './ledger.ts';

/**
 * Removes all that was provisioned for a run, then its entry. Items that cannot be removed stay in the ledger.
 *
 * @param open - the targets that the launcher has open.
 * @returns what could not be removed. Never throws.
 */
export async function releaseLease(
  lease: Releasable,
  world: World,
  open: readonly OpenTarget[] = [],
): Promise<Leftover[]> {
  await markReleasing(lease.runId, world);
  const ends = await Promise.all(TARGETS.map(async (target) => releaseIn(target, lease, world, open)));
  const leftovers = ends.flatMap(({ left }) => left);
  if (leftovers.length === 0) return strikeLease(lease.runId, world);
  const gone = ends.flatMap((end) => end.gone);
  if (gone.length > 0) await forgetItems(lease.runId, gone, world);
  return leftovers;
}

async function releaseIn(
  target: Target,
  lease: Releasable,
  world: World,
  open: readonly OpenTarget[],
): Promise<Released> {
  try {
    return await target.release(
      lease,
      world,
      open.find((one) => one.target === target.id),
    );
  } catch (error) {
    // It is not known what is gone.
    const { reason } = reasonOf(error);
    return { gone: [], left: [{ item: target.title, reason, remedy: { do: 'sweep', run: lease.runId } }] };
  }
}

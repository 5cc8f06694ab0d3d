import { setTimeout as sleep } from 'node:timers/promises';
import { releaseStore, type DirectoryIdentity } from '../targets/local/private-store.ts';
import type { AwsAccess } from '../targets/aws-batch/access.ts';
import type { World } from '../system/world.ts';
import type { AwsPlace } from '../targets/aws-batch/items.ts';
import { itemLabel, type LeaseItem, type Leftover, leftover, privateStores } from '../targets/lease-entry.ts';
import { forgetItems, markReleasing, strikeLease } from './ledger.ts';
import type { RunId } from '../system/run-id.ts';

/** How long a request of a process that was killed may be under way. In milliseconds. */
const SETTLING = 3_000;

/** A lease as far as its release needs it. */
export interface Releasable {
  readonly runId: RunId;
  readonly items: readonly LeaseItem[];
  readonly aws?: AwsPlace | undefined;
}

/** What only the launcher itself knows. */
export interface OfLauncher {
  /** The directory that it made. */
  readonly made?: DirectoryIdentity | undefined;
  /** AWS, if it is open. */
  readonly access?: AwsAccess | undefined;
}

/**
 * Removes all that was provisioned for a run, then its entry. What cannot be removed stays in the ledger with the rest.
 *
 * @returns what could not be removed. Never throws.
 */
export async function releaseLease(
  { runId, items, aws }: Releasable,
  world: World,
  { made, access }: OfLauncher = {},
): Promise<Leftover[]> {
  await markReleasing(runId, world);
  const inAws = async (): Promise<Leftover[]> => {
    if (aws === undefined) return [];
    // Its launcher died within a request that may still arrive, after what we would remove.
    const isUnfinished = items.some((item) => item.kind === 'aws-job-definition' && item.revision === null);
    if (access === undefined && isUnfinished) await sleep(SETTLING);
    const { releaseAws } = await import('../targets/aws-batch/release.ts');
    return releaseAws(runId, items, aws, world, access);
  };
  const stores = privateStores(items).map(async (item): Promise<Attempt> => {
    const tried = releaseStore(item, runId, made);
    return {
      items: [item],
      left: await tried.catch((error: unknown) => [leftover(item.path, reasonOf(error))]),
    };
  });
  const attempts = await Promise.all([...stores, attemptInAws(items, inAws, runId)]);
  const leftovers = attempts.flatMap(({ left }) => left);
  if (leftovers.length === 0) return strikeLease(runId, world);
  const gone = attempts.flatMap((attempt) => goneOf(attempt, aws));
  if (gone.length > 0) await forgetItems(runId, gone, world);
  return leftovers;
}

/** Items that were to be removed together, and what of them is left. */
interface Attempt {
  readonly items: readonly LeaseItem[];
  readonly left: readonly Leftover[];
}

async function attemptInAws(
  items: readonly LeaseItem[],
  inAws: () => Promise<Leftover[]>,
  runId: RunId,
): Promise<Attempt> {
  try {
    return { items: items.filter(({ kind }) => kind !== 'private-store'), left: await inAws() };
  } catch (error) {
    // It is not known what is gone.
    return {
      items: [],
      left: [{ item: 'AWS', reason: reasonOf(error), remedy: `nf-secrets sweep --run ${runId}` }],
    };
  }
}

/** A store of which a part is left is left as a whole. */
const goneOf = ({ items, left }: Attempt, aws: AwsPlace | undefined): LeaseItem[] =>
  items.filter((item) =>
    item.kind === 'private-store'
      ? left.length === 0
      : !left.some((one) => one.item === itemLabel(item, aws)),
  );

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown error');

import { releaseStore, type DirectoryIdentity } from '../targets/local.ts';
import type { AwsAccess } from '../targets/aws-batch/access.ts';
import type { World } from '../world.ts';
import {
  type AwsPlace,
  type LeaseItem,
  type Leftover,
  leftover,
  privateStores,
  type RunId,
  strikeLease,
} from './ledger.ts';

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
  const inAws = async (): Promise<Leftover[]> => {
    if (aws === undefined) return [];
    const { releaseAws } = await import('../targets/aws-batch/release.ts');
    return releaseAws(runId, items, aws, world, access);
  };
  const attempts: Promise<Leftover[]>[] = privateStores(items).map((item) =>
    releaseStore(item, runId, made).catch((error: unknown) => [leftover(item.path, reasonOf(error))]),
  );
  attempts.push(
    inAws().catch((error: unknown) => [
      { item: 'AWS', reason: reasonOf(error), remedy: `nf-secrets sweep --run ${runId}` },
    ]),
  );
  const leftovers = (await Promise.all(attempts)).flat();
  return leftovers.length > 0 ? leftovers : strikeLease(runId, world);
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown error');

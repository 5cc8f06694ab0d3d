import type { World } from '../system/world.ts';
import { awsPlaceKey, rememberedAws } from '../targets/aws-batch/accounts.ts';
import type { AwsPlace } from '../targets/aws-batch/items.ts';
import { readLease, recordedRuns } from './ledger.ts';

/** Where in AWS runs of this person are, or were in the last 30 days. */
export async function awsPlaces(world: World): Promise<AwsPlace[]> {
  const places = new Map<string, AwsPlace>();
  for (const runId of await recordedRuns(world)) {
    const lease = await readLease(runId, world);
    if (lease !== undefined && !('problem' in lease) && lease.aws !== undefined)
      places.set(awsPlaceKey(lease.aws), lease.aws);
  }
  for (const place of await rememberedAws(world)) places.set(awsPlaceKey(place), place);
  return [...places.values()];
}

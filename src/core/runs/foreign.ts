import type { RunId } from '../system/run-id.ts';
import type { World } from '../system/world.ts';
import type { LedgerEntry } from '../targets/lease-entry.ts';
import type { Foreign } from '../targets/target.ts';
import { SERVICES } from '../targets/targets.ts';
import { recordedRuns } from './ledger.ts';

/** Options of the search for what other runs have left. */
export interface ForeignOptions {
  /** Targets to search with the settings of the environment, even if no run was there. */
  readonly here: readonly string[];
  /** True to search too where runs of this person are, or were a short time ago. */
  readonly known: boolean;
  /** The ledger, as it was before a sweep. */
  readonly entries: readonly LedgerEntry[];
}

/**
 * Looks for what other runs have left, those of other people or of lost ledgers. Removes nothing.
 *
 * @param released - runs that were in the ledger until just now.
 * @returns undefined if there is no reason to look.
 */
export async function lookForForeign(
  { here, known, entries }: ForeignOptions,
  released: readonly RunId[],
  world: World,
): Promise<Foreign | undefined> {
  const ownRuns = async (): Promise<Set<RunId>> => new Set([...released, ...(await recordedRuns(world))]);
  const found = await Promise.all(
    SERVICES.map(async (target) =>
      target.leftByOthers({ entries, here: here.includes(target.id), known, ownRuns }, world),
    ),
  );
  const all = found.filter((one) => one !== undefined);
  if (all.length === 0) return undefined;
  return { foreign: all.flatMap(({ foreign }) => foreign), unseen: all.flatMap(({ unseen }) => unseen) };
}

import { dirname } from 'node:path';
import { printable } from '../system/printable.ts';
import type { World } from '../system/world.ts';
import type { Schedulers } from '../targets/executors.ts';
import type { LedgerEntry } from '../targets/lease-entry.ts';
import { privateStores } from '../targets/local/items.ts';
import { nodeLocal } from '../targets/local/node-local.ts';
import { isOnlyNode } from '../targets/local/slurm.ts';
import { phrase } from '../system/phrase.ts';

/** Warns of a run root that the nodes do not see. It is no error here: the tasks with secrets are known only later. */
export async function warnOfNodeLocalRoot(
  { items, slurm, launcher }: LedgerEntry,
  { named }: Schedulers,
  world: World,
): Promise<void> {
  if (named.length === 0) return;
  for (const { path } of privateStores(items)) {
    const what = await nodeLocal(dirname(path), world);
    if (what === undefined) continue;
    const isSlurm = named.every((name) => name === 'slurm');
    if (isSlurm && (await isOnlyNode({ slurm }, launcher.host, world))) continue;
    world.notice(
      phrase`WARNING: the run root ${printable(dirname(path))} is on ${what}. If the nodes
        (${named.join(', ')}) do not see it, tasks there start without their secrets.`,
      { do: 'choose-run-root', lead: phrase`Choose a directory that they share` },
    );
  }
}

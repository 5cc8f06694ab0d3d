import { ListedDirectory } from '../system/open-directory.ts';
import type { World } from '../system/world.ts';
import { privateStores } from '../targets/local/items.ts';
import { recordedEntries } from './ledger.ts';

/** Devices and inodes of the private stores that are there now: values belong into them. */
export async function storesOfRuns(world: World): Promise<Set<string>> {
  const found = new Set<string>();
  for (const entry of await recordedEntries(world)) {
    for (const { path, ino } of privateStores(entry.items)) {
      const identity = await identityOfDirectory(path);
      // Another one at its path is none of ours. Until the run has started, its own is not recorded.
      if (identity !== undefined && (ino === undefined || Number(identity.split(':')[1]) === ino))
        found.add(identity);
    }
  }
  return found;
}

/** Device and inode of a directory; undefined if there is none that can be opened. */
export async function identityOfDirectory(path: string): Promise<string | undefined> {
  try {
    const directory = await ListedDirectory.open(path);
    await directory.close();
    return directory.identity;
  } catch {
    return undefined;
  }
}

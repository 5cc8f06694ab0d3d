import { join, resolve } from 'node:path';
import { toolHome } from '../../system/paths.ts';
import { phrase } from '../../system/phrase.ts';
import { git } from '../../system/safe-git.ts';
import { isRecord, readState, type StateFile, updateState } from '../../system/state-file.ts';
import { timestamp, type World } from '../../system/world.ts';
import { DRIVER, readSetting } from './install.ts';

interface Offered {
  /** ISO 8601. */
  readonly at: string;
}

const file = (world: World): StateFile<Offered> => ({
  path: join(toolHome(world), 'merge-offers.json'),
  isEntry: (value): value is Offered => isRecord(value) && typeof value['at'] === 'string',
  durable: false,
  ifRemoved: phrase`each clone is asked about once more`,
});

/**
 * Tells whether a person should be asked to set up merging in a clone: it has no driver, and nobody was asked before.
 * Notes that they are asked now.
 */
export async function isToBeOffered(directory: string, world: World): Promise<boolean> {
  const output = await git(directory, ['rev-parse', '--git-common-dir'], world);
  if (output === undefined) return false;
  const clone = resolve(directory, output.toString('utf8').trim());
  if ((await readState(file(world), world)).has(clone)) return false;
  if ((await readSetting(directory, DRIVER, world)) !== undefined) return false;
  await updateState(file(world), world, (entries) => {
    entries.set(clone, { at: timestamp(world.now()) });
  });
  return true;
}

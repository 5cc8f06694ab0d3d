import { join } from 'node:path';
import { toolHome } from '../../system/paths.ts';
import { phrase } from '../../system/phrase.ts';
import { isRecord, readState, type StateFile, updateState } from '../../system/state-file.ts';
import type { World } from '../../system/world.ts';
import type { Choices } from './merge-secrets.ts';
import type { SideName } from './three-way.ts';

// Decisions of a merge that is not finished: names, and the side that was chosen for each. In the tool's home, not in
// `.git`, which may be a stranger's.

interface Decided {
  /** Object ids of the versions that are being merged: decisions about others do not count. */
  readonly versions: string;
  readonly choices: Readonly<Record<string, SideName>>;
}

const file = (world: World): StateFile<Decided> => ({
  path: join(toolHome(world), 'merges.json'),
  isEntry: (value): value is Decided =>
    isRecord(value) &&
    typeof value['versions'] === 'string' &&
    isRecord(value['choices']) &&
    Object.values(value['choices']).every((side) => side === 'ours' || side === 'theirs'),
  ifRemoved: phrase`decide again what is left to merge`,
});

/** Reads the decisions about the merge of a vault. */
export async function readChoices(path: string, versions: string, world: World): Promise<Choices> {
  const found = (await readState(file(world), world)).get(path);
  return new Map(found?.versions === versions ? Object.entries(found.choices) : []);
}

/** Keeps decisions; none at all removes the entry. */
export async function writeChoices(
  path: string,
  versions: string,
  choices: Choices,
  world: World,
): Promise<void> {
  await updateState(file(world), world, (entries) => {
    if (choices.size === 0) entries.delete(path);
    else entries.set(path, { versions, choices: Object.fromEntries(choices) });
  });
}

import { join } from 'node:path';
import { toolHome } from '../../system/paths.ts';
import { phrase } from '../../system/phrase.ts';
import { isRecord, readState, type StateFile, updateState } from '../../system/state-file.ts';
import { timestamp, type World } from '../../system/world.ts';
import type { WorkspaceFile } from '../workspace-file.ts';

// AWS's list of secrets may be five minutes late. So changes of this machine are noted for a while, by names alone.

/** Time that a change is remembered, in milliseconds. */
const MEMORY = 10 * 60_000;
/** Time that a rename is remembered that has not come to its end. */
const LONG_MEMORY = 90 * 86_400_000;
/** Longest wait to note one. */
const PATIENCE = 1_000;

/** A change of this machine: a secret was set or deleted, or is being renamed. */
interface RecentChange {
  readonly did: 'set' | 'delete' | 'rename';
  readonly name: string;
  /** The new name of a rename. */
  readonly to?: string;
  readonly at: string;
}

/** Path of the notes of changes. */
export const recentPath = (world: World): string => join(toolHome(world), 'aws-recent.json');

const stateFile = (world: World): StateFile<RecentChange> => ({
  path: recentPath(world),
  isEntry: (value): value is RecentChange =>
    isRecord(value) &&
    ['set', 'delete', 'rename'].includes(String(value['did'])) &&
    typeof value['name'] === 'string' &&
    ['string', 'undefined'].includes(typeof value['to']) &&
    typeof value['at'] === 'string',
  durable: false,
  ifRemoved: phrase`lists of secrets in AWS may be some minutes late`,
});

const keyOf = ({ account, region, prefix }: WorkspaceFile, { did, name }: RecentChange): string =>
  [account, region, `${prefix}/${name}`, ...(did === 'rename' ? ['rename'] : [])].join(' ');

const isForgotten = ({ did, at }: RecentChange, world: World): boolean => {
  const age = world.now().getTime() - Date.parse(at);
  return !(age < (did === 'rename' ? LONG_MEMORY : MEMORY));
};

/** Notes changes. A convenience: a failure to write it stops nothing. */
export async function noteChanges(
  file: WorkspaceFile,
  changes: readonly Omit<RecentChange, 'at'>[],
  world: World,
): Promise<void> {
  const at = timestamp(world.now());
  await update(world, (entries) => {
    for (const change of changes) entries.set(keyOf(file, { ...change, at }), { ...change, at });
  });
}

/** Strikes the notes of renames from or to these names: one of the two is gone. */
export async function forgetRenames(
  file: WorkspaceFile,
  names: readonly string[],
  world: World,
): Promise<void> {
  const isOver = ({ did, name, to = '' }: RecentChange): boolean =>
    did === 'rename' && (names.includes(name) || names.includes(to));
  // Most changes end no rename, and write nothing more.
  if (!(await recentChanges(file, world)).some(isOver)) return;
  await update(world, (entries) => {
    for (const [key, change] of entries)
      if (isOver(change) && key === keyOf(file, change)) entries.delete(key);
  });
}

async function update(world: World, change: (entries: Map<string, RecentChange>) => void): Promise<void> {
  await updateState(
    stateFile(world),
    world,
    (entries) => {
      for (const [key, one] of entries) if (isForgotten(one, world)) entries.delete(key);
      change(entries);
    },
    PATIENCE,
  ).catch(() => undefined);
}

/** The changes of this machine that AWS's list may not have yet, and renames without an end. */
export async function recentChanges(file: WorkspaceFile, world: World): Promise<RecentChange[]> {
  const all = await readState(stateFile(world), world).catch(() => new Map<string, RecentChange>());
  return [...all]
    .filter(([key, change]) => key === keyOf(file, change) && !isForgotten(change, world))
    .map(([, change]) => change);
}

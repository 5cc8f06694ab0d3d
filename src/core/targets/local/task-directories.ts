import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { readHead } from '../../system/file-head.ts';
import type { World } from '../../system/world.ts';
import { type LeaseItem, privateStores } from '../../runs/ledger.ts';

// What the directory of a task tells: whose secrets it reads, and whether it has read them.

/**
 * A job that has begun but shows no output yet may still be busy with what comes before its secrets: modules, a
 * Conda environment, a beforeScript. After this it is believed to be past that. In milliseconds.
 */
const SLOWEST_START = 600_000;

/** The secrets of a task stand early in its script. In bytes. */
const MAX_SCRIPT_BYTES = 1 << 20;

/** The directories of those tasks of a job whose script reads a private store of the run. */
export async function tasksReading(items: readonly LeaseItem[], directory: string): Promise<string[]> {
  const tasks: string[] = [];
  for (const task of [directory, ...(await arrayTasks(directory))]) {
    const script = await readHead(join(task, '.command.run'), MAX_SCRIPT_BYTES);
    if (privateStores(items).some(({ path }) => script.includes(`${path}/`))) tasks.push(task);
  }
  return tasks;
}

/** The directories of the tasks that a job array of Nextflow runs: it lists them in its own script. */
async function arrayTasks(directory: string): Promise<string[]> {
  const list =
    /\barray=\(([^)]*)\)/.exec(await readHead(join(directory, '.command.sh'), MAX_SCRIPT_BYTES))?.[1] ?? '';
  return list.split(/\s+/).filter((word) => word.startsWith('/'));
}

/** A task touches `.command.begin`, reads its secrets some time later, and then makes `.command.out`. */
export async function hasItsSecrets(task: string, world: World): Promise<boolean> {
  const mtime = async (name: string): Promise<number | undefined> =>
    (await lstat(join(task, name)).catch(() => undefined))?.mtimeMs;
  if ((await mtime('.command.out')) !== undefined) return true;
  const begun = await mtime('.command.begin');
  return begun !== undefined && world.now().getTime() - begun > SLOWEST_START;
}

/** Whether one of these tasks, or of the elements of these job arrays, reads the secrets and has not yet. */
export async function oneAwaits(
  items: readonly LeaseItem[],
  directories: readonly string[],
  world: World,
): Promise<boolean> {
  for (const directory of directories) {
    for (const task of await tasksReading(items, directory)) {
      if (!(await hasItsSecrets(task, world))) return true;
    }
  }
  return false;
}

import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../../system/human-error.ts';
import { readFileHead } from '../../system/open-file.ts';
import type { World } from '../../system/world.ts';
import type { LeaseItem } from '../lease-item.ts';
import { privateStores } from './items.ts';

// What the directory of a task tells: whose secrets it reads, and whether it has read them.

/**
 * A job that has begun but shows no output yet may still be busy with what comes before its secrets: modules, a
 * Conda environment, a beforeScript. After this it is believed to be past that. In milliseconds.
 */
const SLOWEST_START = 600_000;

/** The commands that stage a task's inputs stand before its secrets, and a job array's script lists its tasks. In bytes. */
const MAX_SCRIPT_BYTES = 8 << 20;
/** Slurm has arrays of up to 4 million elements, but nobody lets Nextflow make them of more. */
const MOST_TASKS = 100_000;

/** A task that reads, or may read, a private store. */
export interface ReadingTask {
  readonly directory: string;
  /** The file that would tell whether it does, and that cannot be read. */
  readonly doubt?: string;
}

/**
 * Those tasks of a job whose script reads a private store of the run. Who has put a pipe, a device, a directory or an
 * endless file in the place of a script has hidden what it reads: then it may.
 */
export async function tasksReading(items: readonly LeaseItem[], directory: string): Promise<ReadingTask[]> {
  const stores = privateStores(items).map(({ path }) => `${path}/`);
  const reading: ReadingTask[] = [];
  const list = await scriptOf(directory, '.command.sh');
  const elements = arrayTasks(list.text);
  if (!list.isWhole || elements.length > MOST_TASKS) {
    reading.push({ directory, doubt: join(directory, '.command.sh') });
  }
  for (const task of new Set([directory, ...elements.slice(0, MOST_TASKS)])) {
    const { text, isWhole } = await scriptOf(task, '.command.run');
    if (stores.some((store) => text.includes(store))) reading.push({ directory: task });
    else if (!isWhole) reading.push({ directory: task, doubt: join(task, '.command.run') });
  }
  return reading;
}

/** A script of a task, as far as it is read. One that is not there is empty. */
async function scriptOf(task: string, name: string): Promise<{ text: string; isWhole: boolean }> {
  try {
    const bytes = await readFileHead(join(task, name), MAX_SCRIPT_BYTES);
    return { text: bytes.toString('utf8'), isWhole: bytes.length < MAX_SCRIPT_BYTES };
  } catch (error) {
    return { text: '', isWhole: ['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '') };
  }
}

/** The directories of the tasks that a job array of Nextflow runs: it lists them in its own script. */
function arrayTasks(script: string): string[] {
  const start = script.search(/\barray=\(/);
  if (start < 0) return [];
  const end = script.indexOf(')', start);
  const list = script.slice(start, end < 0 ? undefined : end);
  return list.split(/[\s(]+/).filter((word) => word.startsWith('/'));
}

/** A task touches `.command.begin`, reads its secrets some time later, and then makes `.command.out`. */
async function hasItsSecrets(task: string, world: World): Promise<boolean> {
  const mtime = async (name: string): Promise<number | undefined> =>
    (await lstat(join(task, name)).catch(() => undefined))?.mtimeMs;
  if ((await mtime('.command.out')) !== undefined) return true;
  const begun = await mtime('.command.begin');
  return begun !== undefined && world.now().getTime() - begun > SLOWEST_START;
}

/** Whether one of these tasks, or of the elements of these job arrays, reads the secrets and may not have them yet. */
export async function oneAwaits(
  items: readonly LeaseItem[],
  directories: readonly string[],
  world: World,
): Promise<boolean> {
  for (const directory of directories) {
    if ((await withoutSecrets(await tasksReading(items, directory), world)).length > 0) return true;
  }
  return false;
}

/** Those of these tasks that have not read their secrets yet. */
export async function withoutSecrets(tasks: readonly ReadingTask[], world: World): Promise<ReadingTask[]> {
  const had = await Promise.all(tasks.map(async ({ directory }) => hasItsSecrets(directory, world)));
  return tasks.filter((_, index) => had[index] === false);
}

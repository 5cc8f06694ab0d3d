import { join } from 'node:path';
import { lstat } from '../../system/file-calls.ts';
import { systemErrorCode } from '../../system/human-error.ts';
import { readFileHead } from '../../system/open-file.ts';
import type { World } from '../../system/world.ts';
import type { LeaseItem } from '../lease-item.ts';
import { privateStores } from './items.ts';

// The directory of a task tells which private store the task reads, and whether it has read it.

/**
 * Longest time that a job takes before it reads its secrets, for modules, a Conda environment, a beforeScript. A job
 * that has begun but shows no output is believed to have them after this time. In milliseconds.
 */
const SLOWEST_START = 600_000;

/**
 * Longest script that is read whole. The commands that stage a task's inputs are before its secrets, and the script of
 * a job array lists its tasks. In bytes.
 */
const MAX_SCRIPT_BYTES = 8 << 20;
/** Most tasks of a job array. Slurm allows 4 million elements, but nobody lets Nextflow make more than this. */
const MOST_TASKS = 100_000;

/** A task that reads, or may read, a private store. */
export interface ReadingTask {
  readonly directory: string;
  /** The file that would tell whether it reads the store, and that cannot be read. */
  readonly doubt?: string;
}

/**
 * Finds the tasks of a job that read a private store of the run, by their scripts. If somebody has put a pipe, a
 * device, a directory or an endless file at the path of a script, nobody can tell what the task reads: then it may.
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

/** Reads a script of a task, up to a limit. A script that is not there is empty. */
async function scriptOf(task: string, name: string): Promise<{ text: string; isWhole: boolean }> {
  try {
    const bytes = await readFileHead(join(task, name), MAX_SCRIPT_BYTES);
    return { text: bytes.toString('utf8'), isWhole: bytes.length < MAX_SCRIPT_BYTES };
  } catch (error) {
    return { text: '', isWhole: ['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '') };
  }
}

/** The directories of the tasks that a job array of Nextflow runs: the array's own script lists them. */
function arrayTasks(script: string): string[] {
  const start = script.search(/\barray=\(/);
  if (start < 0) return [];
  const end = script.indexOf(')', start);
  const list = script.slice(start, end < 0 ? undefined : end);
  return list.split(/[\s(]+/).filter((word) => word.startsWith('/'));
}

/** Tells whether a task has read its secrets: it touches `.command.begin`, reads them, then makes `.command.out`. */
async function hasItsSecrets(task: string, world: World): Promise<boolean> {
  const mtime = async (name: string): Promise<number | undefined> =>
    (await lstat(join(task, name)).catch(() => undefined))?.mtimeMs;
  if ((await mtime('.command.out')) !== undefined) return true;
  const begun = await mtime('.command.begin');
  return begun !== undefined && world.now().getTime() - begun > SLOWEST_START;
}

/** Tells whether one of these tasks or elements of these job arrays reads the secrets and may not have them yet. */
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

/** Finds those of the tasks that have not read their secrets yet. */
export async function withoutSecrets(tasks: readonly ReadingTask[], world: World): Promise<ReadingTask[]> {
  const had = await Promise.all(tasks.map(async ({ directory }) => hasItsSecrets(directory, world)));
  return tasks.filter((_, index) => had[index] === false);
}

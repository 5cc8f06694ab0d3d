import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  assertMode,
  lstatIfThere,
  PRIVATE_DIRECTORY,
  PRIVATE_FILE,
  syncDirectory,
} from '../../system/durable-file.ts';
import { link, lstat, mkdir, open, readdir, rename, rm, rmdir, unlink } from '../../system/file-calls.ts';
import { fileError, systemErrorCode, systemReason } from '../../system/human-error.ts';
import { isRunId, type RunId } from '../../system/run-id.ts';
import { phrase } from '../../system/phrase.ts';
import { type Leftover, leftover } from '../lease-entry.ts';
import type { PrivateStore } from './items.ts';
import { formatNextflowStore } from '../../nextflow/nextflow-store.ts';
import type { SecretValue } from '../../secrets/secret-value.ts';
import { PREVIEW_DIRECTORY } from '../../nextflow/preview-run.ts';

// The target `local`: this machine, and the schedulers of an HPC whose nodes share the run root. Nextflow reads
// the run's private store through NXF_SECRETS_FILE and writes the file for its tasks beside it.

const STORE = 'store.json';
/**
 * Name of the config beside the store of a run that sends secrets to a service. The file is removed with the run, but
 * its name stays in Nextflow's history. If a person starts the command from there, Nextflow tells that a file of this
 * name does not exist.
 */
const GENERATED_CONFIG = 'start-again-with-nf-secrets-launch.config';
/** The config's name in earlier versions. */
const EARLIER_CONFIG = 'nf-secrets.config';
/**
 * Name of the file that Nextflow writes for its tasks: `.nf-<hash>.secrets`, in 24.10 `.nf-<uuid>.secrets`. Only 24.10
 * removes the file itself, at a normal end.
 */
const NEXTFLOW_TASK_FILE = /^\.nf-[A-Za-z0-9-]+\.secrets$/;
/** Suffix of our link to that file: Nextflow 24.10 removes its own at an end that leaves jobs in the queue. */
const KEPT_SUFFIX = '.kept';

export { placeForRun } from './run-root.ts';

export const storePath = (directory: string): string => join(directory, STORE);

/** Path of the config that a launch adds to the run. */
export const generatedConfigPath = (directory: string): string => join(directory, GENERATED_CONFIG);

/** The id of the run that has a config at {@link generatedConfigPath}; undefined for any other file. */
export function runOfGeneratedConfig(path: string): string | undefined {
  const run = basename(dirname(path));
  const isOurs = [GENERATED_CONFIG, EARLIER_CONFIG].includes(basename(path)) && isRunId(run);
  return isOurs ? run : undefined;
}

/** Identity of a directory: tells it from another one that was put at its path. */
export interface DirectoryIdentity {
  readonly dev: number;
  readonly ino: number;
}

/**
 * Makes the private store: a directory, which must not exist yet, with the file that Nextflow reads.
 *
 * @param onMade - gets the directory as soon as there is one.
 */
export async function provisionStore(
  { path }: PrivateStore,
  secrets: Iterable<readonly [string, SecretValue]>,
  onMade: (directory: DirectoryIdentity) => void = () => undefined,
): Promise<void> {
  const file = storePath(path);
  try {
    await mkdir(path, { mode: PRIVATE_DIRECTORY });
    onMade(await lstat(path));
    await assertMode(path, PRIVATE_DIRECTORY);
    const handle = await open(file, 'wx', PRIVATE_FILE);
    try {
      // Checks the mode first: nothing is written to a file that others can read.
      await assertMode(file, PRIVATE_FILE);
      await handle.writeFile(formatNextflowStore(secrets));
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileError(error, 'create the private store', file);
  }
}

/**
 * Removes a run's private store, and the files that Nextflow derived from it there. Follows no link. Removes only names
 * that it knows, and only below a directory that has the run's id as its name. Safe to repeat.
 *
 * @param made - the directory that was made, if it is known. Another one at its path is not touched, but reported.
 */
export async function releaseStore(
  { path }: PrivateStore,
  runId: RunId,
  made?: DirectoryIdentity,
): Promise<Leftover[]> {
  const status = await lstatIfThere(path);
  if (status === undefined) return [];
  const another = made !== undefined && (made.dev !== status.dev || made.ino !== status.ino);
  if (basename(path) !== runId || !status.isDirectory() || another) {
    return [leftover(path, phrase`it is not the directory that was made`)];
  }
  const leftovers: Leftover[] = [];
  const attempt = async (item: string, removal: () => Promise<void>): Promise<void> => {
    try {
      await removal();
    } catch (error) {
      // Two processes may release the same lease at the same time: files that the other one removed are gone.
      if (systemErrorCode(error) !== 'ENOENT') leftovers.push(leftover(item, systemReason(error)));
    }
  };
  await attempt(path, async () => {
    for (const name of await readdir(path)) {
      const file = join(path, name);
      const known = name.endsWith(KEPT_SUFFIX) ? name.slice(0, -KEPT_SUFFIX.length) : name;
      if (name === PREVIEW_DIRECTORY) await attempt(file, () => rm(file, { recursive: true, force: true }));
      else if ([STORE, GENERATED_CONFIG, EARLIER_CONFIG].includes(name) || NEXTFLOW_TASK_FILE.test(known))
        await attempt(file, () => unlink(file));
      else leftovers.push(leftover(file, phrase`nf-secrets did not make it`));
    }
  });
  if (leftovers.length === 0) {
    await attempt(path, () => rmdir(path));
    await syncDirectory(dirname(path));
  }
  return leftovers;
}

/** Tells whether Nextflow has made its file for tasks with secrets and has not removed it. */
export async function hasTaskFile({ path }: PrivateStore): Promise<boolean> {
  const names = await readdir(path).catch(() => []);
  return names.some((name) => NEXTFLOW_TASK_FILE.test(name));
}

/** Time between two looks for Nextflow's file for tasks, if the directory cannot be watched. In milliseconds. */
const LOOK = 1_000;

/**
 * Keeps Nextflow's file for tasks while Nextflow runs.
 *
 * @returns a function that ends this, and puts the file back if Nextflow has removed it: jobs in a queue will need it.
 */
export function holdTaskFile({ path }: PrivateStore): () => Promise<void> {
  const held = new Set<string>();
  let looking: Promise<void> = Promise.resolve();
  const look = async (): Promise<void> => {
    const names = await readdir(path).catch(() => []);
    for (const name of names.filter((one) => NEXTFLOW_TASK_FILE.test(one) && !held.has(one))) {
      // If a file system has no links, the file cannot be kept.
      await link(join(path, name), join(path, name + KEPT_SUFFIX)).catch(() => undefined);
      held.add(name);
    }
  };
  const lookOnce = (): void => void (looking = looking.then(look));
  const timer = setInterval(lookOnce, LOOK);
  const watcher = watchIfPossible(path, lookOnce);
  return async () => {
    clearInterval(timer);
    watcher?.close();
    await looking;
    // If both names are still there, they are one file, and rename(2) does nothing.
    for (const name of held) {
      const kept = join(path, name + KEPT_SUFFIX);
      await rename(kept, join(path, name)).catch(() => undefined);
      await unlink(kept).catch(() => undefined);
    }
  };
}

/** Watches a directory. Undefined if the system cannot watch directories, or not one more. */
function watchIfPossible(path: string, onChange: () => void): FSWatcher | undefined {
  try {
    return watch(path, { persistent: false }, onChange).on('error', () => undefined);
  } catch {
    return undefined;
  }
}

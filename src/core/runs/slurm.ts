import { execFile } from 'node:child_process';
import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from '../world.ts';
import type { LeaseItem } from './ledger.ts';

// Nextflow's end does not prove that its jobs are gone: after a KILL, or when the controller does not answer, they
// stay in the queue, and start later. A job that starts after its store is gone runs with its secrets unset.

/** What Slurm says; `silent` if there is a Slurm that does not answer, `none` if this machine has none. */
export type SlurmAnswer<T> = T | 'silent' | 'none';

/** Longest wait for an answer: `squeue` itself retries for a minute. In milliseconds. */
const PATIENCE = 10_000;

/**
 * A job that has begun but shows no output yet may still be busy with what comes before its secrets: modules, a
 * Conda environment, a beforeScript. After this it is believed to be past that. In milliseconds.
 */
const SLOWEST_START = 600_000;

/** The secrets of a task stand early in its script. In bytes. */
const MAX_SCRIPT_BYTES = 1 << 20;

/**
 * The person's jobs that wait, or start, and whose task reads one of these private stores.
 *
 * @returns job ids, of job arrays as `12_3`.
 */
export async function jobsInNeed(items: readonly LeaseItem[], world: World): Promise<SlurmAnswer<string[]>> {
  // One line for each element of an array; Nextflow submits with the task's directory as the job's.
  const states = 'PENDING,CONFIGURING,RUNNING,SUSPENDED,REQUEUED,REQUEUE_HOLD,STOPPED,SIGNALING,RESIZING';
  const out = await squeue(['-h', '-r', '-u', String(world.uid), '-t', states, '-o', '%i %T %Z'], world);
  if (out === 'silent' || out === 'none') return out;
  const needing: string[] = [];
  for (const line of out.split('\n')) {
    const [, job, state, directory] = /^(\S+) (\S+) (.*)$/.exec(line) ?? [];
    if (job === undefined || directory === undefined) continue;
    if (await needsStore(directory, state === 'RUNNING', items, world)) needing.push(job);
  }
  return needing;
}

/** Whether a job is still queued or running. */
export async function jobLives(job: string, world: World): Promise<SlurmAnswer<boolean>> {
  const out = await squeue(['-h', '-o', '%T', '-j', job], world);
  if (out === 'silent' || out === 'none') return out;
  const state = out.trim();
  return state !== '' && !/^(COMPLETED|CANCELLED|FAILED|TIMEOUT|NODE_FAIL|OUT_OF_MEMORY)/.test(state);
}

async function squeue(args: readonly string[], { env }: World): Promise<SlurmAnswer<string>> {
  const names = ['PATH', 'HOME', 'SLURM_CONF'];
  const inherited = Object.fromEntries(names.map((name) => [name, env[name]]));
  return new Promise((resolve) => {
    const options = { env: inherited, timeout: PATIENCE, maxBuffer: 256 << 20, encoding: 'utf8' } as const;
    execFile('squeue', args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      // No such program, or one without a cluster.
      else if (error.code === 'ENOENT' || stderr.includes('establish a configuration source'))
        resolve('none');
      else resolve(stderr.includes('Invalid job id') ? '' : 'silent');
    });
  });
}

async function needsStore(
  directory: string,
  isRunning: boolean,
  items: readonly LeaseItem[],
  world: World,
): Promise<boolean> {
  for (const task of [directory, ...(await arrayTasks(directory))]) {
    const script = await head(join(task, '.command.run'));
    if (!items.some(({ path }) => script.includes(`${path}/`))) continue;
    if (!isRunning || !(await hasItsSecrets(task, world))) return true;
  }
  return false;
}

/** The directories of the tasks that a job array of Nextflow runs: it lists them in its own script. */
async function arrayTasks(directory: string): Promise<string[]> {
  const list = /\barray=\(([^)]*)\)/.exec(await head(join(directory, '.command.sh')))?.[1] ?? '';
  return list.split(/\s+/).filter((word) => word.startsWith('/'));
}

/** A task touches `.command.begin`, reads its secrets some time later, and then makes `.command.out`. */
async function hasItsSecrets(task: string, world: World): Promise<boolean> {
  const mtime = async (name: string): Promise<number | undefined> =>
    (await lstat(join(task, name)).catch(() => undefined))?.mtimeMs;
  if ((await mtime('.command.out')) !== undefined) return true;
  const begun = await mtime('.command.begin');
  return begun !== undefined && world.now().getTime() - begun > SLOWEST_START;
}

async function head(path: string): Promise<string> {
  try {
    const handle = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_SCRIPT_BYTES), 0, MAX_SCRIPT_BYTES, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch {
    return '';
  }
}

import { execFile } from 'node:child_process';
import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from '../world.ts';
import { type LedgerEntry, privateStores } from './ledger.ts';

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

/** After no answer Slurm is not asked again for this long: a sweep of many runs waits once. In milliseconds. */
const REST = 20_000;
let silentUntil = 0;

/** What of a run Slurm can be asked about. */
type SlurmRun = Pick<LedgerEntry, 'items' | 'slurm'>;

/**
 * The person's jobs that wait, or start, and whose task reads a private store of the run.
 *
 * @returns job ids, of job arrays as `12_3`.
 */
export async function jobsInNeed(run: SlurmRun, world: World): Promise<SlurmAnswer<string[]>> {
  // One line for each element of an array; Nextflow submits with the task's directory as the job's.
  const states = 'PENDING,CONFIGURING,RUNNING,SUSPENDED,REQUEUED,REQUEUE_HOLD,STOPPED,SIGNALING,RESIZING';
  const out = await squeue(['-h', '-r', '-u', String(world.uid), '-t', states, '-o', '%i %T %Z'], run, world);
  if (out === 'silent' || out === 'none') return out;
  const needing: string[] = [];
  // All elements of an array have one directory.
  const tasksIn = new Map<string, Promise<string[]>>();
  for (const line of out.split('\n')) {
    const [, job, state, directory] = /^(\S+) (\S+) (.*)$/.exec(line) ?? [];
    if (job === undefined || directory === undefined) continue;
    const reading = tasksIn.get(directory) ?? tasksReading(run, directory);
    tasksIn.set(directory, reading);
    const tasks = await reading;
    const begins = await Promise.all(tasks.map(async (task) => !(await hasItsSecrets(task, world))));
    if (state === 'RUNNING' ? begins.includes(true) : tasks.length > 0) needing.push(job);
  }
  return needing;
}

/** Whether a job is still queued or running. */
export async function jobLives(job: string, run: SlurmRun, world: World): Promise<SlurmAnswer<boolean>> {
  const out = await squeue(['-h', '-o', '%T', '-j', job], run, world);
  if (out === 'silent' || out === 'none') return out;
  const state = out.trim();
  return state !== '' && !/^(COMPLETED|CANCELLED|FAILED|TIMEOUT|NODE_FAIL|OUT_OF_MEMORY)/.test(state);
}

async function squeue(
  args: readonly string[],
  { slurm }: SlurmRun,
  { env }: World,
): Promise<SlurmAnswer<string>> {
  if (slurm === null) return 'none';
  if (performance.now() < silentUntil) return 'silent';
  // Where Slurm comes as a module, its libraries do too.
  const inherited = ['PATH', 'HOME', 'LD_LIBRARY_PATH'].map((name) => [name, env[name]] as const);
  const own = { ...Object.fromEntries(inherited), ...(slurm.conf !== null && { SLURM_CONF: slurm.conf }) };
  return new Promise((resolve) => {
    const options = { env: own, timeout: PATIENCE, maxBuffer: 256 << 20, encoding: 'utf8' } as const;
    execFile(slurm.squeue, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      // The program is installed, but there is no cluster.
      else if (stderr.includes('establish a configuration source')) resolve('none');
      else if (stderr.includes('Invalid job id')) resolve('');
      else {
        silentUntil = performance.now() + REST;
        resolve('silent');
      }
    });
  });
}

/** The directories of those tasks of a job whose script reads a private store of the run. */
async function tasksReading({ items }: SlurmRun, directory: string): Promise<string[]> {
  const tasks: string[] = [];
  for (const task of [directory, ...(await arrayTasks(directory))]) {
    const script = await head(join(task, '.command.run'));
    if (privateStores(items).some(({ path }) => script.includes(`${path}/`))) tasks.push(task);
  }
  return tasks;
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
      const { buffer, bytesRead } = await handle.read(
        Buffer.allocUnsafe(MAX_SCRIPT_BYTES),
        0,
        MAX_SCRIPT_BYTES,
        0,
      );
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch {
    return '';
  }
}

import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { findOnPath } from '../../system/find-on-path.ts';
import { type Phrase, phrase } from '../../system/phrase.ts';
import type { World } from '../../system/world.ts';
import type { LedgerEntry } from '../lease-entry.ts';
import { type ReadingTask, tasksReading, withoutSecrets } from './task-directories.ts';
import { monotonic } from '../../system/monotonic.ts';

// The end of Nextflow does not prove that its jobs are gone: after a KILL, or if the controller does not answer, they
// stay in the queue and start later. If a job starts after its store is gone, its secrets are unset.

/** An answer of Slurm; `silent` if there is a Slurm that does not answer, `none` if this machine has none. */
export type SlurmAnswer<T> = T | 'silent' | 'none';

/** Longest wait for an answer: `squeue` itself retries for a minute. In milliseconds. */
const PATIENCE = 10_000;

/** Most jobs for one scancel. */
const MOST_AT_ONCE = 500;
/** Time between two looks for cancelled jobs, in milliseconds, and the number of looks. */
const LOOK = 500;
const LOOKS = 60;

/** Time without questions after Slurm did not answer: a sweep of many runs waits only once. In milliseconds. */
const REST = 20_000;
let silentUntil = 0;

/** The part of a run that Slurm can be asked about. */
export type SlurmRun = Pick<LedgerEntry, 'items' | 'slurm'>;

/** A job, or one element of a job array. */
export interface SlurmJob {
  /** `12`; in job arrays `12_3`. */
  readonly id: string;
  /** Undefined for the cluster that answers if none is named. */
  readonly cluster: string | undefined;
}

/** A job that may need the secrets: nobody can tell. */
export interface UnclearJob {
  readonly job: SlurmJob;
  /** The file that would tell it, and cannot be read. */
  readonly unreadable: string;
}

/** The commands that end these jobs and nothing else. */
export function scancelCommands(jobs: readonly SlurmJob[]): string[][] {
  const clusters = [...new Set(jobs.map(({ cluster }) => cluster))];
  return clusters.flatMap((cluster) => {
    const ids = jobs.filter((job) => job.cluster === cluster).map(({ id }) => id);
    const where = cluster === undefined ? [] : ['-M', cluster];
    return chunks(ids, MOST_AT_ONCE).map((some) => ['scancel', ...where, ...some]);
  });
}

/** `12 PENDING /data/ab/cdef`; job arrays have `12_3`, heterogeneous jobs `12+1`; a job may have no directory. */
const JOB = /^(\d[\w+[\],%:-]*) ([A-Z_]+)(?: (.*))?$/;

/**
 * Finds the person's jobs that wait or start and have a task that reads a private store of the run. An answer that is
 * not understood counts as no answer. If there are no such jobs, but one with a task that cannot be read, finds that.
 */
export async function jobsInNeed(run: SlurmRun, world: World): Promise<SlurmAnswer<SlurmJob[] | UnclearJob>> {
  // Prints a line for each element of an array. Nextflow makes the task's directory the job's directory.
  const states = 'PENDING,CONFIGURING,RUNNING,SUSPENDED,REQUEUED,REQUEUE_HOLD,STOPPED,SIGNALING,RESIZING';
  const out = await squeue(['-h', '-r', '-u', String(world.uid), '-t', states, '-o', '%i %T %Z'], run, world);
  if (out === 'silent' || out === 'none') return out;
  const needing: SlurmJob[] = [];
  let unclear: UnclearJob | undefined;
  // All elements of an array have one directory.
  const tasksIn = new Map<string, ReturnType<typeof lookInto>>();
  let cluster: string | undefined;
  for (const line of out.split('\n')) {
    cluster = /^CLUSTER: (\S+)$/.exec(line)?.[1] ?? cluster;
    if (line.trim() === '' || line.startsWith('CLUSTER: ')) continue;
    const [, id, state, directory = ''] = JOB.exec(line) ?? [];
    // A line that is not understood may be a job.
    if (id === undefined) return 'silent';
    if (directory === '') continue;
    const found = tasksIn.get(directory) ?? lookInto(directory, run, world);
    tasksIn.set(directory, found);
    const { reading, waiting } = await found;
    const tasks = state === 'RUNNING' ? waiting : reading;
    const job = { id, cluster };
    if (tasks.some(({ doubt }) => doubt === undefined)) needing.push(job);
    const unreadable = tasks[0]?.doubt;
    if (unreadable !== undefined) unclear ??= { job, unreadable };
  }
  return needing.length > 0 || unclear === undefined ? needing : unclear;
}

/** Finds the tasks of a job that read the run's private store, and those of them that still wait for their secrets. */
async function lookInto(
  directory: string,
  { items }: SlurmRun,
  world: World,
): Promise<{ reading: ReadingTask[]; waiting: ReadingTask[] }> {
  const reading = await tasksReading(items, directory);
  return { reading, waiting: await withoutSecrets(reading, world) };
}

/**
 * Cancels jobs of a run that wait or start. Then waits until no job of the run does so.
 *
 * @returns the jobs that still do, or the fact that Slurm does not answer.
 */
export async function cancelJobs(
  jobs: readonly SlurmJob[],
  run: SlurmRun,
  world: World,
): Promise<SlurmAnswer<SlurmJob[] | UnclearJob>> {
  for (const [program = '', ...args] of scancelCommands(jobs)) {
    // It fails if a job has ended meanwhile. Only the jobs that are left count.
    await ask(program, args, run, world);
  }
  for (let looks = 1; ; looks++) {
    const left = await jobsInNeed(run, world);
    if (!Array.isArray(left) || left.length === 0 || looks >= LOOKS) return left;
    await sleep(LOOK);
  }
}

/** Tells whether this machine is the only node of the Slurm: then its nodes see all files of this machine. */
export async function isOnlyNode(run: Pick<SlurmRun, 'slurm'>, host: string, world: World): Promise<boolean> {
  const out = await ask('sinfo', ['-h', '-N', '-o', '%N'], run, world);
  if (out === 'silent' || out === 'none') return false;
  const nodes = new Set(out.split(/\s+/).filter(Boolean));
  return nodes.size === 1 && nodes.has(host.split('.')[0] ?? '');
}

/** Tells whether a job is still queued or running. */
export async function jobLives(job: string, run: SlurmRun, world: World): Promise<SlurmAnswer<boolean>> {
  const out = await squeue(['-h', '-o', '%T', '-j', job], run, world);
  if (out === 'silent' || out === 'none') return out;
  const state = out.trim();
  return state !== '' && !/^(COMPLETED|CANCELLED|FAILED|TIMEOUT|NODE_FAIL|OUT_OF_MEMORY)/.test(state);
}

const squeue = async (args: readonly string[], run: SlurmRun, world: World): Promise<SlurmAnswer<string>> =>
  ask('squeue', args, run, world);

/** Reason that a Slurm which a run had is `silent`: a part of a sentence. */
export const whySilent = (world: World): Phrase =>
  findOnPath('squeue', world) === undefined
    ? phrase`Slurm’s squeue is not on the PATH here (module load slurm?)`
    : phrase`Slurm does not answer`;

/**
 * Runs a program of Slurm. Looks it up now, on the PATH of this process: a path from a file could be anybody's program.
 */
async function ask(
  program: string,
  args: readonly string[],
  { slurm }: Pick<SlurmRun, 'slurm'>,
  world: World,
): Promise<SlurmAnswer<string>> {
  if (slurm === null) return 'none';
  const path = findOnPath(program, world);
  if (path === undefined || monotonic() < silentUntil) return 'silent';
  const { env } = world;
  // If Slurm is a module, its libraries are in that module too.
  const inherited = ['PATH', 'HOME', 'LD_LIBRARY_PATH'].map((name) => [name, env[name]] as const);
  const own = {
    ...Object.fromEntries(inherited),
    ...(slurm.conf !== null && { SLURM_CONF: slurm.conf }),
    ...(program === 'squeue' && slurm.clusters ? { SLURM_CLUSTERS: slurm.clusters } : {}),
  };
  return new Promise((resolve) => {
    const options = { env: own, timeout: PATIENCE, maxBuffer: 256 << 20, encoding: 'utf8' } as const;
    execFile(path, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      // The program is installed, but there is no cluster.
      else if (stderr.includes('establish a configuration source')) resolve('none');
      else if (/Invalid job id|already completing/.test(stderr)) resolve('');
      else {
        if (program === 'squeue') silentUntil = monotonic() + REST;
        resolve('silent');
      }
    });
  });
}

const chunks = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );

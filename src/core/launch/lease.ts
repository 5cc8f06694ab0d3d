import { lstat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Delivered } from '../delivery.ts';
import { lstatIfThere } from '../durable-file.ts';
import { ExitCode } from '../human-error.ts';
import {
  type LeaseItem,
  type LedgerEntry,
  type Leftover,
  leftover,
  recordLease,
  type RunId,
  type SlurmAccess,
  strikeLease,
} from '../runs/ledger.ts';
import { keepTouching } from '../runs/guard.ts';
import { runNextflows } from '../runs/run-processes.ts';
import { jobsInNeed } from '../runs/slurm.ts';
import { sayLeftovers } from '../runs/sweep.ts';
import { printable } from '../printable.ts';
import { ownProcess, processStartTime } from '../process-identity.ts';
import type { ResolvedSecret } from '../resolve.ts';
import {
  type DirectoryIdentity,
  placeForRun,
  provisionStore,
  releaseStore,
  storePath,
} from '../targets/local.ts';
import { recordUsage } from '../usage.ts';
import { timestamp, type World } from '../world.ts';
import { type ChildEnvironment, childEnvironment } from './child-environment.ts';
import { findOnPath } from './nextflow-command.ts';

/** The process that releases a run's lease if the launcher cannot, see `runs/guard.ts`. */
export interface Guardian {
  /**
   * Becomes true once it watches, with all that a release needs loaded; false if it could not be started, or has
   * ended.
   */
  readonly watches: Promise<boolean>;
  /** Whether it is still there. */
  isAlive(): boolean;
  /** Lets it end: all that it watched over is done, or has been said. */
  dismiss(): void;
}

/** Starts a program with the terminal handed through, and tells how it ended. The shells have the one we use. */
export interface ChildRunner {
  /** Starts the guardian of a run, outside of our terminal, session and process group. */
  startGuardian(runId: RunId): Guardian;
  /**
   * From now on INT, TERM, HUP and QUIT no longer end us: something has to be released first.
   */
  holdSignals(): void;
  /**
   * Runs to the end. If a signal was held before the start, nothing is started.
   *
   * @param onStart - gets the child's pid.
   * @returns the exit code as a shell gives it: 128+n after signal n, 126 and 127 if it cannot be started.
   */
  run(
    command: string,
    args: readonly string[],
    env: Record<string, string>,
    onStart: (pid: number) => void,
  ): Promise<number>;
}

/** A secret with what is stored for it. */
export interface LeasedSecret extends ResolvedSecret, Delivered {}

/** What a person should read before a run, beside its secrets. */
export interface RunNotes {
  /** Where each secret is used, short. */
  readonly usedAt?: ReadonlyMap<string, string>;
  readonly lines?: readonly string[];
}

/** What runs under a lease. */
export interface LeasedCommand {
  readonly runId: RunId;
  readonly command: string;
  readonly args: readonly string[];
  /** What `runs` calls it: the pipeline, or the command of `exec`. */
  readonly label: string;
  /** `--run-root`. */
  readonly runRoot: string | undefined;
  /** Absolute path of the workspace. */
  readonly workspace: string;
  /** `--keep`. */
  readonly keep?: boolean | undefined;
  readonly notes?: RunNotes | undefined;
}

/**
 * Records a lease, provisions it, runs the command and releases everything, whatever happens in between.
 *
 * @param guardian - of this run.
 * @returns the command's exit code; 75 if it succeeded but something could not be removed.
 * @throws HumanError 73, 74 if the lease cannot be made; nothing is left of it then.
 */
export async function runLeased(
  leased: LeasedCommand,
  secrets: readonly LeasedSecret[],
  guardian: Guardian,
  runner: ChildRunner,
  world: World,
): Promise<number> {
  const { runId, keep = false } = leased;
  const item = await placeForRun(runId, leased.runRoot, world);
  const entry: LedgerEntry = {
    format: 1,
    runId,
    pipeline: leased.label,
    target: 'local',
    started: timestamp(world.now()),
    launcher: ownProcess(world.platform),
    child: null,
    slurmJob: world.env['SLURM_JOB_ID'] ?? null,
    slurm: slurmOf(world),
    keep,
    items: [item],
  };
  announce(leased, secrets, item.path, world);
  const environment = childEnvironment(world.env, runId, storePath(item.path));
  for (const note of environment.notes) world.say(note);

  runner.holdSignals();
  let exitCode = 0;
  let failure: unknown;
  let made: DirectoryIdentity | undefined;
  let stopTouching: (() => void) | undefined;
  try {
    await recordLease(entry, world);
    stopTouching = keepTouching(runId, world);
    await provisionStore(
      item,
      secrets.map(({ name, stored }) => [name, stored] as const),
      (directory) => (made = directory),
    );
    if (!(await guardian.watches)) {
      world.say(
        'The guardian could not be started. If this launcher is killed, its secrets stay until: nf-secrets sweep',
      );
    }
    exitCode = await runAndRecord(leased, entry, environment, secrets, runner, world);
  } catch (error) {
    failure = error;
  }
  const endsHere = failure !== undefined || keep || !(await goesOnWithout(entry, exitCode, guardian, world));
  stopTouching?.();
  if (!endsHere) return exitCode;
  const leftovers = keep && failure === undefined ? [] : await release(item, runId, made, world);
  guardian.dismiss();
  if (failure === undefined && keep) {
    world.say(`Run ${runId} ended with exit code ${exitCode}. Its secrets stay in ${printable(item.path)}.`);
    world.say(`Remove them: nf-secrets sweep --run ${runId}`);
    return exitCode;
  }
  if (failure !== undefined) {
    sayLeftovers(leftovers, world);
    throw failure as Error;
  }
  if (leftovers.length === 0) {
    world.say(`Run ${runId} ended with exit code ${exitCode}. Its secrets are removed.`);
    return exitCode;
  }
  world.say(`Run ${runId} ended with exit code ${exitCode}, but not everything could be removed.`);
  sayLeftovers(leftovers, world);
  return exitCode === 0 ? ExitCode.notCleaned : exitCode;
}

/** The Slurm of this machine, for all who will have to ask about the run. */
function slurmOf(world: World): SlurmAccess | null {
  const squeue = findOnPath('squeue', world);
  return squeue === undefined ? null : { squeue, conf: world.env['SLURM_CONF'] ?? null };
}

/**
 * The command may have left something behind that still needs the secrets: a Nextflow that a script started in the
 * background or whose wrapper was killed, jobs that wait in the queue because Nextflow could not cancel them.
 *
 * @returns whether the guardian releases the lease in our place.
 */
async function goesOnWithout(
  entry: LedgerEntry,
  exitCode: number,
  guardian: Guardian,
  world: World,
): Promise<boolean> {
  const { runId } = entry;
  for (let said = false; ; said = true) {
    const rest = await whatGoesOn(entry, exitCode, world);
    if (rest === undefined) return false;
    if (guardian.isAlive()) {
      world.say(
        `Run ${runId} ended with exit code ${exitCode}, but ${rest}. Its secrets are removed when nothing of it ` +
          'needs them any more; nf-secrets runs shows that.',
      );
      return true;
    }
    if (!said) world.say(`Waiting, because ${rest} …`);
    await sleep(2_000);
  }
}

async function whatGoesOn(entry: LedgerEntry, exitCode: number, world: World): Promise<string | undefined> {
  const [nextflow] = runNextflows(entry.runId, world.platform);
  if (nextflow !== undefined) return `a Nextflow of it goes on as process ${nextflow.pid}`;
  // A run that succeeded has waited for all its jobs.
  const jobs = exitCode === 0 ? [] : await jobsInNeed(entry, world);
  if (jobs === 'silent') return 'Slurm does not answer, and jobs of it may still wait';
  return jobs === 'none' || jobs.length === 0 ? undefined : `its Slurm jobs ${jobs.join(', ')} wait or start`;
}

async function release(
  item: LeaseItem,
  runId: RunId,
  made: DirectoryIdentity | undefined,
  world: World,
): Promise<Leftover[]> {
  // Whatever goes wrong here is said beside the command's own exit code, never in its place.
  try {
    if (made !== undefined && (await lstatIfThere(item.path)) === undefined) {
      world.say(`${printable(item.path)} was gone already. If it was moved, remove it where it is now.`);
    }
    const leftovers = await releaseStore(item, runId, made);
    return leftovers.length > 0 ? leftovers : await strikeLease(runId, world);
  } catch (error) {
    return [leftover(item.path, error instanceof Error ? error.message : 'unknown error')];
  }
}

async function runAndRecord(
  { command, args, workspace }: LeasedCommand,
  entry: LedgerEntry,
  { env }: ChildEnvironment,
  secrets: readonly ResolvedSecret[],
  runner: ChildRunner,
  world: World,
): Promise<number> {
  // Beside the run, not before it: neither may delay the start or, failing, end it.
  let recorded: Promise<unknown> = Promise.resolve();
  const exitCode = await runner.run(command, args, env, (pid) => {
    const child = {
      ...ownProcess(world.platform),
      pid,
      startTime: processStartTime(pid, world.platform) ?? '',
    };
    recorded = recordLease({ ...entry, child }, world).catch(() => undefined);
    void recordUsage(secrets, workspace, world);
  });
  await recorded;
  return exitCode;
}

function announce(
  { label, runId, notes }: LeasedCommand,
  secrets: readonly LeasedSecret[],
  place: string,
  world: World,
): void {
  const count = secrets.length === 1 ? '1 secret' : `${secrets.length} secrets`;
  world.say(`Run ${runId}: ${count} for ${printable(label)}${secrets.length === 0 ? '.' : ':'}`);
  const width = Math.max(...secrets.map(({ name }) => name.length));
  for (const { name, from, overrides, delivery } of secrets) {
    const over = overrides.length === 0 ? '' : `, overrides ${overrides.join(' and ')}`;
    const how = delivery === 'encoded' ? ', encoded' : '';
    const used = notes?.usedAt?.get(name);
    world.say(
      `  ${printable(name).padEnd(width)}  ${from}${over}${how}${used === undefined ? '' : `; ${used}`}`,
    );
  }
  for (const line of notes?.lines ?? []) world.say(line);
  // A launch knows from the code that nothing reads them; any other command may.
  if (notes === undefined && secrets.some(({ delivery }) => delivery === 'encoded')) {
    world.say(
      "Encoded ones reach tasks exactly through the directive secret 'NAME'; secrets.NAME in a config or script " +
        'would read the encoded text.',
    );
  }
  const own = secrets.filter(({ from, value }) => from === 'nextflow' && /[\n\r\0]/.test(value.reveal()));
  if (own.length > 0) {
    world.say(
      `As they stand in your own Nextflow store, ${own.map(({ name }) => printable(name)).join(', ')} may spoil other secrets of a ` +
        'task: values of several lines are not safe there. Take them over: nf-secrets import nextflow',
    );
  }
  if (secrets.length > 0) {
    world.say(
      `Until it ends they are plain text in ${printable(place)} (readable by you alone; ` +
        'NF_SECRETS_RUN_ROOT chooses a place that no snapshot copies).',
    );
  }
}

/**
 * The store of the run that we are inside of, if we are: a launch or exec within another one uses that one's
 * lease, so that what a pipeline's script starts gets the same secrets.
 */
export async function outerStore(world: World): Promise<string | undefined> {
  const runId = world.env['NF_SECRETS_RUN'];
  const store = world.env['NXF_SECRETS_FILE'];
  if (!runId || store?.startsWith('/') !== true || basename(dirname(store)) !== runId) return undefined;
  const status = await lstat(store).catch(() => undefined);
  return status?.isFile() === true && status.uid === world.uid ? store : undefined;
}

/** Runs a command with the store of the run that we are inside of, which that run's launcher releases. */
export async function runInOuterLease(
  { command, args, notes: planned }: Pick<LeasedCommand, 'command' | 'args' | 'notes'>,
  store: string,
  runner: ChildRunner,
  world: World,
): Promise<number> {
  const runId = world.env['NF_SECRETS_RUN'] ?? '';
  const { env, notes } = childEnvironment(world.env, runId, store);
  world.say(`Inside run ${printable(runId)}: its secrets are used.`);
  for (const note of [...notes, ...(planned?.lines ?? [])]) world.say(note);
  runner.holdSignals();
  return runner.run(command, args, env, () => undefined);
}

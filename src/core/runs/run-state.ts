import { lstatIfThere } from '../system/durable-file.ts';
import { elapsed } from '../system/elapsed.ts';
import { reasonOf } from '../system/human-error.ts';
import type { Reason } from '../system/notice.ts';
import { type Phrase, phrase, verbatim } from '../system/phrase.ts';
import { printable } from '../system/printable.ts';
import { canSeeProcesses, ownProcess, processState, wasRestarted } from '../system/process-identity.ts';
import type { World } from '../system/world.ts';
import { HEARTBEAT, isReleasing, silence, type Unreadable } from './ledger.ts';
import type { LedgerEntry } from '../targets/lease-entry.ts';
import { privateStores } from '../targets/local/items.ts';
import type { RunId } from '../system/run-id.ts';
import { type RunProcess, runNextflows, runProcesses, UnseenProcessesError } from './run-processes.ts';
import { hasTaskFile } from '../targets/local/private-store.ts';
import { jobLives } from '../targets/local/slurm.ts';
import type { PendingJobs, WhyJobsUnknown } from '../targets/target.ts';
import { jobsThatWait } from './pending-jobs.ts';

/** Reason that it cannot be told from here whether a run is over. */
export type WhyUnknown =
  | 'otherMachine'
  | 'restarted'
  | WhyJobsUnknown
  | 'jobsUnasked'
  | 'hiddenProcesses'
  | 'unreadableEntry'
  | 'newerEntry'
  | 'storeMoved'
  | 'failure';

/** State of a run: it tells whether somebody may still need what was provisioned for it, and how that is known. */
export interface RunState extends Reason {
  /** `unknown`: it cannot be told from here; everything stays. */
  readonly state: 'running' | 'over' | 'unknown';
  /** Kind of reason; only for `unknown`. */
  readonly why?: WhyUnknown;
  /** True if a scheduler was asked, which is not to be asked often. */
  readonly asked?: true;
  /** Jobs that keep the lease, if nothing else does. */
  readonly jobs?: readonly PendingJobs[];
  /** True if only processes live that are no Nextflow: a person may know that none of them will start one. */
  readonly lingering?: true;
  /** True if only a person can ever tell. */
  readonly forPerson?: true;
}

/** Time of two missed heartbeats, and half of one for a slow disk. In milliseconds. */
const SILENT = 2.5 * HEARTBEAT;

/**
 * Finds the state of a run. On this machine its processes tell: the launcher, its child, and any Nextflow with the
 * run's environment, whoever started that. A run of another machine, or of before a restart of this one, lives as long
 * as its entry gets a heartbeat.
 */
export async function runState(
  runId: RunId,
  entry: LedgerEntry | Unreadable,
  world: World,
): Promise<RunState> {
  try {
    return 'problem' in entry ? unreadableState(runId, entry, world) : await stateOf(entry, world);
  } catch (error) {
    const forPerson = error instanceof UnseenProcessesError;
    const { reason } = reasonOf(error);
    return forPerson ? { ...unknown('hiddenProcesses', reason), forPerson } : unknown('failure', reason);
  }
}

/** State with an unreadable entry: only a person knows the store, the machine, and whether the run was to be kept. */
function unreadableState(runId: RunId, { problem }: Unreadable, { platform }: World): RunState {
  const [one] = runProcesses(runId, platform);
  if (one !== undefined) return running(belongs(one));
  return problem === 'newer'
    ? unknown('newerEntry', UNREADABLE[problem])
    : unknown('unreadableEntry', UNREADABLE[problem]);
}

const UNREADABLE: Readonly<Record<Unreadable['problem'], Phrase>> = {
  newer: phrase`a newer nf-secrets wrote its entry in the ledger`,
  damaged: phrase`its entry in the ledger is damaged`,
  'not readable': phrase`its entry in the ledger is not readable`,
};

const belongs = ({ pid }: RunProcess): Phrase => phrase`process ${pid} belongs to it`;

async function stateOf(entry: LedgerEntry, world: World): Promise<RunState> {
  const { runId, launcher, child, slurmJob } = entry;
  const { platform } = world;
  const here = ownProcess(platform);
  const host = printable(launcher.host);
  if (launcher.host === here.host && launcher.boot === here.boot) {
    if (processState(launcher, platform) === 'running')
      return running(phrase`its launcher, process ${launcher.pid}, lives`);
    if (child !== null && child.startTime !== '' && processState(child, platform) === 'running')
      return running(phrase`process ${child.pid} lives`);
    // The launcher may have been killed between the start of its child and the note of it.
    // For a command of `exec` all processes that it left are checked below, and a person may end them.
    const isCommand = entry.anyProcess === true;
    const [one] = isKnown(child) || isCommand ? runNextflows(runId, platform) : runProcesses(runId, platform);
    if (one !== undefined) return running(belongs(one));
    const [left] = isCommand ? runProcesses(runId, platform) : [];
    if (left !== undefined) return { state: 'running', ...lingers(left, runId), lingering: true };
    return schedulerState(entry, phrase`none of its processes lives`, world);
  }
  const age = await silence(runId, world).catch(() => 0);
  if (launcher.host === here.host && !canSeeProcesses(platform)) {
    if (age <= SILENT) return running(phrase`somebody looks after it; ${lastSign(age)}`);
    throw new UnseenProcessesError();
  }
  if (age > SILENT && slurmJob !== null) {
    // Slurm ends a job together with all that the job has started. Another cluster may have a job of the same number,
    // or none; so a heartbeat counts first.
    const lives = await jobLives(slurmJob, entry, world);
    if (lives === true) return running(phrase`it runs in Slurm job ${printable(slurmJob)}`);
    if (lives === false)
      return schedulerState(entry, phrase`Slurm job ${printable(slurmJob)} is over`, world);
  }
  if (wasRestarted(launcher, platform)) {
    // Another machine may have the same name: then the heartbeat goes on.
    return age > SILENT
      ? schedulerState(entry, phrase`${host} was restarted since`, world)
      : unknown('restarted', phrase`${host} seems to have been restarted; ${lastSign(age)}`);
  }
  return age <= SILENT
    ? running(phrase`it runs on ${host}; ${lastSign(age)}`)
    : unknown(
        'otherMachine',
        phrase`it ran on ${host}, and nobody can ask that machine from here; ${lastSign(age)}`,
      );
}

/** The state of a run of which no process is left. @param reason - tells how that is known. */
async function schedulerState(entry: LedgerEntry, reason: Phrase, world: World): Promise<RunState> {
  const moved =
    entry.moved === undefined ? await vanishedStore(entry, world) : verbatim(printable(entry.moved));
  if (moved !== undefined) return { ...unknown('storeMoved', moved), forPerson: true };
  const waiting = await jobsThatWait(entry, world);
  if (waiting !== undefined) {
    const { known, why = 'schedulerSilent', state, remedies, jobs } = waiting;
    const found: RunState = known
      ? { ...running(state), ...(jobs !== undefined && { jobs }) }
      : unknown(why, phrase`${reason}, but ${state}`);
    return { ...found, asked: true, ...(remedies !== undefined && { remedies }) };
  }
  return (await mayHaveJobs(entry))
    ? { ...unknown('jobsUnasked', phrase`${reason}, but ${unaskedJobs(entry)}`), forPerson: true }
    : { state: 'over', reason };
}

/** Describes a store that is no longer at its path: it existed when the run started; nf-secrets did not remove it. */
async function vanishedStore({ runId, items }: LedgerEntry, world: World): Promise<Phrase | undefined> {
  for (const { path, ino } of privateStores(items)) {
    if (ino === undefined || (await lstatIfThere(path)) !== undefined) continue;
    if (await isReleasing(runId, world)) continue;
    return phrase`its secrets are no longer in ${printable(path)}: another program moved or removed that directory`;
  }
  return undefined;
}

/**
 * Tells whether a scheduler that cannot be asked may have jobs that need the lease. They read the file that Nextflow
 * makes for tasks with secrets. Before the first such task, and after Nextflow has removed it, there is no such file.
 */
export async function mayHaveJobs({ schedulers = [], submits, items }: LedgerEntry): Promise<boolean> {
  if (submits !== undefined) return true;
  if (schedulers.length === 0) return false;
  return (await Promise.all(privateStores(items).map(hasTaskFile))).includes(true);
}

/** Reason for {@link mayHaveJobs}, as a part of a sentence. */
export const unaskedJobs = ({ schedulers = [], submits }: LedgerEntry): Phrase =>
  submits !== undefined
    ? phrase`${printable(submits)} may have submitted jobs that still need its secrets`
    : phrase`jobs of it may still wait in the queue (${printable(schedulers.join(', '))}), which nf-secrets
        cannot ask`;

/** Reason that a process that is no Nextflow keeps a run of `exec`, and the way for a person to end that. */
export const lingers = ({ pid, command }: RunProcess, run: RunId): Reason => ({
  reason: phrase`process ${pid} (${shortened(command)}) of it still runs and may start a Nextflow`,
  remedies: [{ do: 'sweep', run, lead: phrase`End it, or if it needs no secrets` }],
});

const shortened = (command: string): string => {
  const [program = ''] = command.split(' ');
  return printable(program.length > 60 ? `…${program.slice(-59)}` : program);
};

const unknown = (why: WhyUnknown, reason: Phrase): RunState => ({ state: 'unknown', why, reason });

const running = (reason: Phrase): RunState => ({ state: 'running', reason });

const isKnown = (child: LedgerEntry['child']): boolean => child !== null && child.startTime !== '';

const lastSign = (age: number): Phrase => phrase`its last heartbeat is ${elapsed(age)} old`;

import { setTimeout as sleep } from 'node:timers/promises';
import { canSeeProcesses } from '../system/process-identity.ts';
import type { LedgerEntry } from '../targets/lease-entry.ts';
import type { RunId } from '../system/run-id.ts';
import {
  isNextflowProcess,
  type RunProcess,
  runProcesses,
  UnseenProcessesError,
} from '../runs/run-processes.ts';
import { type JobsOfRun, jobsThatWait } from '../runs/pending-jobs.ts';
import { lingers, mayHaveJobs, unaskedJobs } from '../runs/run-state.ts';
import { oneAwaits } from '../targets/local/task-directories.ts';
import type { OpenTarget } from '../targets/target.ts';
import type { World } from '../system/world.ts';
import type { Guardian } from './child-runner.ts';
import type { NextflowLog } from '../nextflow/nextflow-log.ts';
import { reasonOf } from '../system/human-error.ts';
import type { Reason } from '../system/notice.ts';
import { phrase } from '../system/phrase.ts';

/** A run after the end of its command. */
export interface EndedRun {
  readonly entry: LedgerEntry;
  readonly args: readonly string[];
  readonly exitCode: number;
  readonly log: NextflowLog;
  /** The targets that are open. */
  readonly open: readonly OpenTarget[];
}

/** A part of an ended run that still needs its secrets, or may need them. */
type Need =
  /** A Nextflow that a script started in the background, or that lives on after its wrapper was killed. */
  | { readonly kind: 'nextflow'; readonly pid: number }
  /** Another process that `exec` left running. */
  | { readonly kind: 'process'; readonly process: RunProcess }
  /** Jobs that wait in a queue because Nextflow could not cancel them, or a scheduler that does not answer. */
  | { readonly kind: 'jobs'; readonly jobs: JobsOfRun }
  /** Jobs of a scheduler that cannot be asked. */
  | { readonly kind: 'unasked-jobs' }
  /** Processes of this machine, which the system does not show. */
  | { readonly kind: 'unseen-processes' };

/** A need as a reason that the lease stays. */
function reasonFor(need: Need, entry: LedgerEntry): Reason {
  switch (need.kind) {
    case 'nextflow':
      return { reason: phrase`a Nextflow of it still runs as process ${need.pid}` };
    case 'process':
      return lingers(need.process, entry.runId);
    case 'jobs':
      return { reason: need.jobs.still, remedies: need.jobs.known ? [] : (need.jobs.remedies ?? []) };
    case 'unasked-jobs':
      return { reason: unaskedJobs(entry) };
    case 'unseen-processes':
      return reasonOf(new UnseenProcessesError());
  }
}

/** Most looks in a row at a service that does not answer, if there is no guardian to go on with them. */
const SILENT_LOOKS = 5;

/**
 * Hands the lease over if something of the run still needs its secrets: to the guardian, or if there is none and the
 * need does not end, to a person.
 *
 * @returns true if it was handed over.
 */
export async function handOverIfNeeded(run: EndedRun, guardian: Guardian, world: World): Promise<boolean> {
  let silentLooks = 0;
  for (let looks = 1; ; looks++) {
    const need = await presentNeed(run, world);
    if (need === undefined) break;
    silentLooks = isServiceSilent(need) ? silentLooks + 1 : 0;
    if (guardian.isAlive()) {
      sayToGuardian(need, run, world);
      return true;
    }
    if (silentLooks >= SILENT_LOOKS) {
      sayToPerson(need, run, world);
      return true;
    }
    if (looks === 1) world.notice(phrase`Waiting, because ${reasonFor(need, run.entry).reason} …`);
    await sleep(2_000);
  }
  const need = await lastingNeed(run, world);
  if (need === undefined) return false;
  sayToPerson(need, run, world);
  guardian.dismiss();
  return true;
}

/** Tells whether only a service that does not answer could confirm a need. */
const isServiceSilent = (need: Need): boolean =>
  need.kind === 'jobs' && !need.jobs.known && need.jobs.why === 'serviceSilent';

function sayToGuardian(need: Need, { entry, exitCode }: EndedRun, world: World): void {
  const { reason, remedies = [] } = reasonFor(need, entry);
  world.notice(
    phrase`Run ${entry.runId} ended with exit code ${exitCode}, but ${reason}. Its secrets are removed when
      nothing of it needs them any more.`,
    [...remedies, { do: 'list-runs', lead: phrase`To see whether they are removed` }],
  );
}

function sayToPerson(need: Need, { entry, exitCode }: EndedRun, world: World): void {
  const { runId } = entry;
  const { reason, remedies = [] } = reasonFor(need, entry);
  world.notice(phrase`Run ${runId} ended with exit code ${exitCode}, but ${reason}. Its secrets stay.`, [
    ...remedies,
    { do: 'sweep', run: runId, lead: phrase`When nothing needs them any more` },
  ]);
}

/** A need that can be seen, and that ends some time. */
async function presentNeed({ entry, exitCode, open }: EndedRun, world: World): Promise<Need | undefined> {
  if (!canSeeProcesses(world.platform)) return undefined;
  const all = runProcesses(entry.runId, world.platform);
  const nextflow = all.find(isNextflowProcess);
  if (nextflow !== undefined) return { kind: 'nextflow', pid: nextflow.pid };
  const left = entry.anyProcess === true ? await leftProcess(all, entry.runId, world) : undefined;
  // A shell becomes a Nextflow while it is looked at.
  if (left !== undefined)
    return isNextflowProcess(left) ? { kind: 'nextflow', pid: left.pid } : { kind: 'process', process: left };
  // A run that succeeded has waited for all its jobs.
  if (exitCode === 0) return undefined;
  const jobs = await jobsThatWait(entry, world, open);
  return jobs && { kind: 'jobs', jobs };
}

/** A need that only a person can see the end of. */
async function lastingNeed(run: EndedRun, world: World): Promise<Need | undefined> {
  if (!canSeeProcesses(world.platform)) return { kind: 'unseen-processes' };
  return (await leavesUnaskedJobs(run, world)) ? { kind: 'unasked-jobs' } : undefined;
}

/** Looks for signs that jobs of schedulers that cannot be asked need the secrets. */
async function leavesUnaskedJobs({ args, entry, exitCode, log }: EndedRun, world: World): Promise<boolean> {
  if (entry.submits !== undefined) return true;
  if (exitCode === 0 || !(await mayHaveJobs(entry))) return false;
  const wasKilled = exitCode > 128;
  if (log.unread !== undefined) return true;
  const leavesJobs = log.cancellationFailed || args.includes('-disable-jobs-cancellation');
  return wasKilled || (leavesJobs && (await oneAwaits(entry.items, log.tasks, world)));
}

/** Time between two looks, for processes that end together with their command. In milliseconds. */
const ENDING = 100;
const LOOKS = 10;

/** A process of the run that does not end together with the command. @param seen - those of now. */
async function leftProcess(
  seen: readonly RunProcess[],
  runId: RunId,
  { platform }: World,
): Promise<RunProcess | undefined> {
  let [one] = seen;
  for (let looks = 1; one !== undefined && looks < LOOKS; looks++) {
    await sleep(ENDING);
    [one] = runProcesses(runId, platform);
  }
  return one;
}

import { setTimeout as sleep } from 'node:timers/promises';
import { canSeeProcesses } from '../system/process-identity.ts';
import type { LedgerEntry } from '../targets/lease-entry.ts';
import type { RunId } from '../system/run-id.ts';
import { type RunProcess, runNextflows, runProcesses, UnseenProcessesError } from '../runs/run-processes.ts';
import { jobsThatWait } from '../runs/pending-jobs.ts';
import { lingers, mayHaveJobs, unaskedJobs } from '../runs/run-state.ts';
import { oneAwaits } from '../targets/local/task-directories.ts';
import type { OpenTarget } from '../targets/target.ts';
import type { World } from '../system/world.ts';
import type { Guardian } from './child-runner.ts';
import type { NextflowLog } from '../nextflow/nextflow-log.ts';

/** A run whose command has ended. */
export interface EndedRun {
  readonly entry: LedgerEntry;
  readonly args: readonly string[];
  readonly exitCode: number;
  readonly log: NextflowLog;
  /** The targets that are open. */
  readonly open: readonly OpenTarget[];
}

/**
 * The command may have left something behind that still needs the secrets: a Nextflow that a script started in the
 * background or whose wrapper was killed, jobs that wait in the queue because Nextflow could not cancel them.
 *
 * @returns whether somebody else releases the lease in our place: the guardian, or a person.
 */
export async function goesOnWithout(run: EndedRun, guardian: Guardian, world: World): Promise<boolean> {
  const { entry, exitCode, open } = run;
  const { runId } = entry;
  let silent = 0;
  for (let said = false; ; said = true) {
    const goesOn = await whatGoesOn(entry, exitCode, open, world);
    if (goesOn === undefined) break;
    const { rest, isKnown } = goesOn;
    silent = isKnown ? 0 : silent + 1;
    if (guardian.isAlive()) {
      world.say(
        `Run ${runId} ended with exit code ${exitCode}, but ${rest}. Its secrets are removed when nothing of it ` +
          'needs them any more; nf-secrets runs shows that.',
      );
      return true;
    }
    if (silent >= SILENT_LOOKS) {
      world.say(`Run ${runId} ended with exit code ${exitCode}, but ${rest}. Its secrets stay.`);
      world.say(`When nothing needs them any more: nf-secrets sweep --run ${runId}`);
      return true;
    }
    if (!said) world.say(`Waiting, because ${rest} …`);
    await sleep(2_000);
  }
  const unseen = canSeeProcesses(world.platform) ? undefined : new UnseenProcessesError().message;
  if (unseen === undefined && !(await leavesUnaskedJobs(run, world))) return false;
  world.say(
    `Run ${runId} ended with exit code ${exitCode}, but ${unseen ?? unaskedJobs(entry)}. Its secrets stay.`,
  );
  world.say(`When nothing needs them any more: nf-secrets sweep --run ${runId}`);
  guardian.dismiss();
  return true;
}

/** Whether jobs of schedulers that cannot be asked may want the secrets. */
async function leavesUnaskedJobs({ args, entry, exitCode, log }: EndedRun, world: World): Promise<boolean> {
  if (entry.submits !== undefined) return true;
  if (exitCode === 0 || !(await mayHaveJobs(entry))) return false;
  const wasKilled = exitCode > 128;
  if (log.unread !== undefined) return true;
  const leavesJobs = log.cancellationFailed || args.includes('-disable-jobs-cancellation');
  return wasKilled || (leavesJobs && (await oneAwaits(entry.items, log.tasks, world)));
}

/** Looks in a row at a service that does not answer, where there is no guardian to go on with that. */
const SILENT_LOOKS = 5;

/** What of a run needs its secrets still, or may need them. */
interface GoesOn {
  /** For people. */
  readonly rest: string;
  /** False where only a service could say it, and does not. */
  readonly isKnown: boolean;
}

/** @returns undefined if nothing of a run needs its secrets any more. */
async function whatGoesOn(
  entry: LedgerEntry,
  exitCode: number,
  open: readonly OpenTarget[],
  world: World,
): Promise<GoesOn | undefined> {
  if (!canSeeProcesses(world.platform)) return undefined;
  const known = (rest: string): GoesOn => ({ rest, isKnown: true });
  const [nextflow] = runNextflows(entry.runId, world.platform);
  if (nextflow !== undefined) return known(`a Nextflow of it goes on as process ${nextflow.pid}`);
  const left = entry.anyProcess === true ? await leftProcess(entry.runId, world) : undefined;
  if (left !== undefined) return known(lingers(left, entry.runId));
  // A run that succeeded has waited for all its jobs.
  if (exitCode === 0) return undefined;
  const jobs = await jobsThatWait(entry, world, open);
  return jobs && { rest: jobs.still, isKnown: jobs.known || jobs.why !== 'serviceSilent' };
}

/** How long what a command leaves may take to end with it. In milliseconds. */
const ENDING = 100;
const LOOKS = 10;

/** A process of the run that does not end together with the command. */
async function leftProcess(runId: RunId, { platform }: World): Promise<RunProcess | undefined> {
  for (let looks = 1; ; looks++) {
    const [one] = runProcesses(runId, platform);
    if (one === undefined || looks >= LOOKS) return one;
    await sleep(ENDING);
  }
}

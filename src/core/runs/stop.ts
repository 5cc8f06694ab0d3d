import { setTimeout as sleep } from 'node:timers/promises';
import { ExitCode, HumanError, systemErrorCode } from '../system/human-error.ts';
import { processState } from '../system/process-identity.ts';
import type { World } from '../system/world.ts';
import type { RunId } from '../system/run-id.ts';
import { runNextflows, runProcesses } from './run-processes.ts';
import { findRun, namedRun } from './sweep.ts';
import { phrase } from '../system/phrase.ts';

/** Time between two looks, in milliseconds, and most looks at a run that is over and still has its lease. */
const LOOK = 200;
const LOOKS = 50;
/** Time between two looks at a scheduler, in milliseconds, and most looks in a row at one that does not answer. */
const LOOK_AT_SCHEDULER = 5_000;
const SILENT_LOOKS = 12;

/**
 * Asks a run of this machine to end, and waits until its lease is released. Sends TERM to the launcher, which passes it
 * on; without a launcher to Nextflow itself, which cancels its tasks. The guardian then releases the lease.
 *
 * @param force - sends KILL to Nextflow, which ends at once and leaves its tasks to themselves.
 * @param signal - sends a signal to a process.
 * @throws HumanError 64 if there is no such run, 69 if it runs elsewhere, 75 if it is over and could not be released.
 */
export async function stopRun(
  runId: RunId,
  force: boolean,
  signal: (pid: number, name: 'SIGTERM' | 'SIGKILL') => void,
  world: World,
): Promise<void> {
  const { entry, state, reason, remedies = [], asked } = await namedRun(runId, world);
  if (state === 'over') throw notReleased(runId);
  const candidates = [force ? undefined : entry?.launcher, entry?.child];
  const one = candidates.find((process) => process && processState(process, world.platform) === 'running');
  // The launcher may not have recorded its child yet, or ever.
  const others = entry?.child ? runNextflows : runProcesses;
  const found = one === undefined || force ? others(runId, world.platform).map(({ pid }) => pid) : [];
  const pids = new Set([...(one ? [one.pid] : []), ...found]);
  if (pids.size === 0) {
    throw new HumanError(ExitCode.unavailable, phrase`Run ${runId} cannot be stopped from here: ${reason}.`, [
      ...remedies,
      ...(asked === true ? [] : [{ do: 'stop-run', lead: phrase`Stop it on its own machine` } as const]),
    ]);
  }
  for (const pid of pids) {
    try {
      signal(pid, force ? 'SIGKILL' : 'SIGTERM');
    } catch (error) {
      // It has ended since.
      if (systemErrorCode(error) !== 'ESRCH') throw error;
    }
  }
  world.notice(phrase`Run ${runId} was asked to end. Waiting until it is over …`);
  let silent = 0;
  for (let looks = 0; looks < LOOKS;) {
    await sleep(LOOK);
    const run = await findRun(runId, world);
    if (run === undefined) {
      world.notice(phrase`Run ${runId} is over. Its secrets are removed.`);
      return;
    }
    if (run.asked === true) await sleep(LOOK_AT_SCHEDULER);
    silent = run.why === 'serviceSilent' ? silent + 1 : 0;
    if (run.forPerson === true || silent >= SILENT_LOOKS) {
      throw new HumanError(
        ExitCode.notCleaned,
        phrase`Run ${runId} has ended, but its secrets stay: ${run.reason}.`,
        [...(run.remedies ?? []), { do: 'sweep', run: runId, lead: phrase`When nothing of it needs them` }],
      );
    }
    if (run.state !== 'over') continue;
    if (entry?.keep === true) {
      world.notice(phrase`Run ${runId} is over. Its secrets stay, because it was launched to keep them.`, {
        do: 'sweep',
        run: runId,
        lead: phrase`Remove them`,
      });
      return;
    }
    looks += 1;
  }
  throw notReleased(runId);
}

const notReleased = (runId: RunId): HumanError =>
  new HumanError(ExitCode.notCleaned, phrase`Run ${runId} is over, but its lease is still there.`, {
    do: 'sweep',
    run: runId,
  });

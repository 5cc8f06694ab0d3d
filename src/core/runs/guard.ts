import { setTimeout as sleep } from 'node:timers/promises';
import type { Notice } from '../system/notice.ts';
import { phrase } from '../system/phrase.ts';
import { printable } from '../system/printable.ts';
import type { World } from '../system/world.ts';
import { HEARTBEAT, removeUnfinishedEntries, touchLease } from './ledger.ts';
import type { RunId } from '../system/run-id.ts';
import type { RunState } from './run-state.ts';
import { findRun, releaseRun } from './sweep.ts';
import { monotonic } from '../system/monotonic.ts';

/** Time between two looks whether Nextflow still lives, once its launcher is gone. In milliseconds. */
const LOOK = 250;
/** The same, if a scheduler has to be asked. */
const LOOK_AT_SCHEDULER = 5_000;
/**
 * Most looks in a row at a service that does not answer: without credentials it may never answer. The first ones are as
 * those at any scheduler; then the time between two others, in milliseconds.
 */
const SILENT_LOOKS = 30;
const FIRST_LOOKS = 12;
const LATER_LOOK = 30_000;

/** Limits for the wait of a guardian. Tests wait less. */
export interface Patience {
  /** Most looks in a row at a service that does not answer. */
  readonly silentLooks: number;
  /** Time before the next of them. In milliseconds. */
  readonly pause: (silentLooks: number) => number;
}

const PATIENCE: Patience = {
  silentLooks: SILENT_LOOKS,
  pause: (looks) => (looks < FIRST_LOOKS ? LOOK_AT_SCHEDULER : LATER_LOOK),
};

/** Number of tries of a release that fails, and the time between two of them. In milliseconds. */
const TRIES = 10;
const PAUSE = 3_000;

/**
 * Waits, when the launcher is gone, until the run is over; then releases its lease. This is the guardian's work. If the
 * launcher has released the lease itself, there is nothing to do. If a service does not tell whether the run is over,
 * the guardian does not wait for ever: the lease stays for a later sweep.
 *
 * @returns the facts that a person should know, if it could not do its work.
 */
export async function guard(runId: RunId, world: World, patience = PATIENCE): Promise<readonly Notice[]> {
  let touched = monotonic();
  let tries = 0;
  let silent = 0;
  for (;;) {
    const run = await findRun(runId, world);
    if (run === undefined) {
      await removeUnfinishedEntries(world);
      return [];
    }
    if (run.entry?.keep === true) return [];
    // An entry that cannot be understood: only a person can decide about it.
    if (run.entry === undefined && run.state === 'unknown') return [];
    if (run.forPerson === true) return [];
    if (run.state === 'over') {
      const leftovers = await releaseRun(run, world);
      tries += 1;
      // The rest stays in the ledger: `runs` shows it and `sweep` tries again.
      if (tries >= TRIES) {
        return leftovers.map(({ item, reason }) => ({
          fact: phrase`Not removed: ${printable(item)} (${reason}).`,
        }));
      }
      if (leftovers.length === 0) continue;
      await sleep(PAUSE);
      continue;
    }
    silent = run.why === 'serviceSilent' ? silent + 1 : 0;
    if (silent >= patience.silentLooks) {
      return [givenUp(run, runId)];
    }
    await sleep(silent > 0 ? patience.pause(silent) : run.asked === true ? LOOK_AT_SCHEDULER : LOOK);
    if (monotonic() - touched > HEARTBEAT) {
      touched = monotonic();
      await touchLease(runId, world).catch(() => undefined);
    }
  }
}

const givenUp = ({ reason, remedies = [] }: RunState, runId: RunId): Notice => ({
  fact: phrase`The guardian waits no longer, and the secrets of the run stay: ${reason}.`,
  remedy: [
    ...remedies,
    { do: 'sweep', lead: phrase`Later, when that is mended` },
    { do: 'sweep', run: runId, lead: phrase`If no job of it waits` },
  ],
});

/** Renews the run's heartbeat while the launcher lives. @returns the function that ends that. */
export function keepTouching(runId: RunId, world: World): () => void {
  const timer = setInterval(() => void touchLease(runId, world).catch(() => undefined), HEARTBEAT);
  return () => {
    clearInterval(timer);
  };
}

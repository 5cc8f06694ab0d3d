import { setTimeout as sleep } from 'node:timers/promises';
import { noteProblem } from '../system/problem-log.ts';
import type { World } from '../system/world.ts';
import { HEARTBEAT, removeUnfinishedEntries, type RunId, touchLease } from './ledger.ts';
import { findRun, releaseRun } from './sweep.ts';

/** How often is looked whether Nextflow still lives, once its launcher is gone. In milliseconds. */
const LOOK = 250;
/** The same, where a scheduler has to be asked. */
const LOOK_AT_SCHEDULER = 5_000;
/** How often a release that failed is tried again, and how long after. In milliseconds. */
const TRIES = 10;
const PAUSE = 3_000;

/**
 * What the guardian does when the launcher is gone: waits until the run is over, then releases its lease. If the
 * launcher has released it itself, there is nothing to do.
 */
export async function guard(runId: RunId, world: World): Promise<void> {
  let touched = performance.now();
  let tries = 0;
  for (;;) {
    const run = await findRun(runId, world);
    if (run === undefined) {
      await removeUnfinishedEntries(world);
      return;
    }
    if (run.entry?.keep === true) return;
    // An entry that cannot be understood: only a person can tell what becomes of it.
    if (run.entry === undefined && run.state === 'unknown') return;
    if (run.forPerson === true) return;
    if (run.state === 'over') {
      const leftovers = await releaseRun(run, world);
      tries += 1;
      // What it cannot remove stays in the ledger, for `runs` to show and `sweep` to try again.
      if (tries >= TRIES) {
        const lines = leftovers.map(({ item, reason }) => `not removed: ${item} (${reason})`);
        if (lines.length > 0) await noteProblem(`guardian of run ${runId}`, lines, world);
        return;
      }
      if (leftovers.length === 0) continue;
      await sleep(PAUSE);
      continue;
    }
    await sleep(run.asked === true ? LOOK_AT_SCHEDULER : LOOK);
    if (performance.now() - touched > HEARTBEAT) {
      touched = performance.now();
      await touchLease(runId, world).catch(() => undefined);
    }
  }
}

/** Touches the run's entry while the launcher lives. @returns what ends that. */
export function keepTouching(runId: RunId, world: World): () => void {
  const timer = setInterval(() => void touchLease(runId, world).catch(() => undefined), HEARTBEAT);
  return () => {
    clearInterval(timer);
  };
}

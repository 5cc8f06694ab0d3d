import { guard } from '../core/runs/guard.ts';
import { callDirectly } from '../core/system/file-calls.ts';
import { bugLines, noteProblem } from '../core/system/problem-log.ts';
import type { RunId } from '../core/system/run-id.ts';
import type { World } from '../core/system/world.ts';
import { processWorld } from './process-world.ts';
import { noticeLine } from './words/remedies.ts';

// Work that both guardians share: that of a shell, which starts Node.js only when it is needed, and that of Node.js.

/** The exit code of a guardian that has noted why it could not do its work. */
const NOTED = 74;

/**
 * Ignores the signals that end a whole group or a whole session: at a logout or a shutdown Nextflow is to end first,
 * then the lease. At USR1 Node.js would open its debugger to every user of the machine.
 */
export function ignoreSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1'] as const)
    process.on(signal, () => undefined);
}

/** The world of a guardian, which talks to nobody. */
export const silentWorld = (): World =>
  processWorld({
    say: () => undefined,
    notice: () => undefined,
    ask: () => Promise.resolve(undefined),
  });

/** Releases the lease of a run whose launcher is gone, once the run is over; then ends this process. */
export function guardToTheEnd(runId: RunId, world: World): void {
  // Nothing else runs in a guardian.
  callDirectly(true);
  void guard(runId, world).then(
    async (notices) => {
      const lines = notices.flatMap(({ fact, remedy }) => noticeLine(fact, remedy).split('\n'));
      if (lines.length > 0) await noteProblem(`guardian of run ${runId}`, lines, world);
      process.exit(0);
    },
    async (error: unknown) => {
      await noteProblem(`guardian of run ${runId}`, bugLines(error), world);
      process.exit(NOTED);
    },
  );
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { hasEnded, namedBackgroundRun } from '../../core/runs/background.ts';
import type { Shell } from '../shell.ts';
import { examples } from '../options.ts';

/** Time between two looks, in milliseconds, and most looks until the record of a run that is over is complete. */
const LOOK = 200;
const LOOKS = 25;

export function addWait(program: Command, { world }: Shell): void {
  program
    .command('wait')
    .summary('wait for a run in the background, and end with its exit code')
    .description('Waits until a run in the background is over, and ends with its exit code.')
    .argument('<run>', 'id of the run; nf-secrets logs lists them')
    .addHelpText(
      'after',
      examples('run=$(nf-secrets launch --background main.nf)', 'nf-secrets wait "$run" && echo done'),
    )
    .action(async (runId: string) => {
      let run = await namedBackgroundRun(runId, world);
      while (!(await hasEnded(run, world))) {
        await sleep(LOOK);
        run = await namedBackgroundRun(runId, world);
      }
      // Its lease goes before its end is written, and another machine sees that later still.
      for (let looks = 0; run.exitCode === null && looks < LOOKS; looks++) {
        await sleep(LOOK);
        run = await namedBackgroundRun(runId, world);
      }
      const { exitCode } = run;
      if (exitCode !== null) {
        process.exitCode = exitCode;
        return;
      }
      throw new HumanError(
        ExitCode.io,
        `Run ${runId} is over, but its launcher was killed: its exit code is not known.`,
        `What it wrote: nf-secrets logs ${runId}`,
      );
    });
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { readLeaks } from '../../core/leaks/record.ts';
import { ExitCode, fileError, HumanError } from '../../core/system/human-error.ts';
import { printableJson } from '../../core/system/printable.ts';
import {
  backgroundRuns,
  type BackgroundRun,
  hasEnded,
  logPath,
  namedBackgroundRun,
} from '../../core/runs/background.ts';
import { openRegularFile } from '../../core/system/open-file.ts';
import type { World } from '../../core/system/world.ts';
import { jsonOption, examples } from '../options.ts';
import type { Shell } from '../shell.ts';
import { table } from '../table.ts';

export function addLogs(program: Command, shell: Shell): void {
  const { world, print } = shell;
  program
    .command('logs')
    .summary('show the output of a run in the background, or list such runs')
    .description(
      'Shows the output of a run in the background: that of Nextflow and of nf-secrets. Without a run, it lists the ' +
        'runs. Logs stay for 30 days.',
    )
    .argument('[run]', 'id of the run')
    .option('-f, --follow', 'show new output until the run is over')
    .addOption(jsonOption())
    .addHelpText('after', examples('nf-secrets logs', 'nf-secrets logs zwd26tlw99pm -f'))
    .action(async (runId: string | undefined, { follow, json }: { follow?: true; json?: true }) => {
      if (runId !== undefined) {
        if (json === true) throw new HumanError(ExitCode.usage, '--json is for the list of all such runs.');
        await show(await namedBackgroundRun(runId, world), follow === true, shell);
        return;
      }
      const runs = await backgroundRuns(world);
      if (json === true) await print(`${printableJson(await Promise.all(runs.map(toJson(world))))}\n`);
      else if (runs.length === 0)
        world.say('No run in the background is known. One: nf-secrets launch --background PIPELINE');
      else await print(table(await cells(runs, shell)));
    });
}

const toJson =
  (world: World) =>
  async (run: BackgroundRun): Promise<object> => {
    const { runId, pipeline, started, ended, exitCode } = run;
    return {
      runId,
      pipeline,
      started,
      ended,
      exitCode,
      leaks: (await readLeaks(runId, world))?.leaks.length ?? null,
      state: (await hasEnded(run, world)) ? 'over' : 'running',
    };
  };

async function cells(runs: readonly BackgroundRun[], { world }: Shell): Promise<string[][]> {
  const rows = runs.map(async (run) => {
    const leaks = (await readLeaks(run.runId, world))?.leaks.length ?? 0;
    const found = leaks === 0 ? '' : `, ${leaks} ${leaks === 1 ? 'leak' : 'leaks'}`;
    const state = (await hasEnded(run, world)) ? `ended, ${run.exitCode ?? 'killed'}${found}` : 'running';
    return [run.runId, state, run.started, run.ended ?? '-', run.pipeline];
  });
  return [['RUN', 'STATE', 'STARTED', 'ENDED', 'PIPELINE'], ...(await Promise.all(rows))];
}

async function show(run: BackgroundRun, follow: boolean, { world, print }: Shell): Promise<void> {
  const path = logPath(run.runId, world);
  const handle = await openRegularFile(path, { followLinks: false }).catch((error: unknown) => {
    throw fileError(error, 'read the log', path, false);
  });
  try {
    const chunk = Buffer.alloc(1 << 16);
    for (;;) {
      // Asked before reading: what it wrote before its end is then read to the end.
      const last = !follow || (await hasEnded(await namedBackgroundRun(run.runId, world), world));
      for (let count = 1; count > 0;) {
        count = await handle.read(chunk, 0, chunk.length, null);
        await print(Buffer.from(chunk.subarray(0, count)));
      }
      if (last) return;
      await sleep(200);
    }
  } finally {
    await handle.close();
  }
}

import type { Command } from 'commander';
import { printable, printableJson } from '../../core/system/printable.ts';
import { allRuns, itemLabels, type Run } from '../../core/runs/sweep.ts';
import { notedProblems, problemLogPath } from '../../core/system/problem-log.ts';
import { jsonOption, examples } from '../options.ts';
import type { Shell } from '../shell.ts';
import { describeItem, TARGETS } from '../../core/targets/targets.ts';
import { table } from '../table.ts';
import { reasonSentence, reasonText } from '../words/remedies.ts';

export function addRuns(program: Command, { world, print }: Shell): void {
  program
    .command('runs')
    .summary('show the runs that have secrets now')
    .description(
      'Shows the runs in the ledger: those that are running, those that are over and left something, and those of ' +
        'other machines.',
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
States:
  running  a process of the run lives, or another machine gave a heartbeat in the last minutes
  over     the run has ended. To remove what is left: nf-secrets sweep
  unknown  nobody can tell from here, so all stays. If you know that it is over: nf-secrets sweep --run RUN
${examples('nf-secrets runs', `nf-secrets runs --json | jq -r '.[] | select(.state == "over").runId'`)}`,
    )
    .action(async ({ json }: { json?: true }) => {
      const runs = await allRuns(world);
      if (json === true) {
        await print(`${printableJson(runs.map(toJson))}\n`);
      } else if (runs.length === 0) {
        world.say('Nothing is provisioned for any run.');
      } else {
        await print(table(cells(runs)));
        for (const run of runs) {
          if (run.state === 'unknown') world.say(`${run.runId}: ${reasonSentence(run)}`);
        }
        for (const line of notesOf(runs)) world.say(line);
        const noted = await notedProblems(world);
        for (const { runId } of runs.filter((run) => noted.includes(`guardian of run ${run.runId}`)))
          world.say(
            `The guardian of ${runId} could not do its work: see ${printable(problemLogPath(world))}`,
          );
        if (runs.some(({ state, entry }) => state === 'over' && entry?.keep !== true)) {
          world.say('Remove what is left of those that are over: nf-secrets sweep');
        }
      }
    });
}

function toJson(run: Run): object {
  const { runId, entry, state } = run;
  const process = entry?.child ?? entry?.launcher;
  return {
    runId,
    pipeline: entry?.pipeline ?? null,
    target: entry?.target ?? null,
    started: entry?.started ?? null,
    state,
    reason: reasonText(run),
    pid: process?.pid ?? null,
    host: process?.host ?? null,
    keep: entry?.keep ?? false,
    items: itemLabels(run),
    ...Object.fromEntries(TARGETS.flatMap((target) => Object.entries(target.details?.(run.items) ?? {}))),
  };
}

/** Notes on the purpose of items, if their names do not tell it. */
const notesOf = (runs: readonly Run[]): string[] =>
  runs.flatMap((run) =>
    run.items.flatMap((item) => {
      const { note } = describeItem(item, run);
      return note === undefined ? [] : [`${run.runId}: ${String(note)}.`];
    }),
  );

function cells(runs: readonly Run[]): string[][] {
  return [
    ['RUN', 'STATE', 'STARTED', 'PROCESS', 'PIPELINE', 'PROVISIONED'],
    ...runs.map((run) => {
      const { runId, entry, state } = run;
      const process = entry?.child ?? entry?.launcher;
      return [
        runId,
        entry?.keep === true && state === 'over' ? 'over, kept' : state,
        entry?.started ?? '?',
        process === undefined ? '?' : `${process.pid} on ${process.host}`,
        entry?.pipeline ?? '?',
        itemLabels(run).join(' '),
      ];
    }),
  ];
}

import { type Command, Option } from 'commander';
import { ExitCode } from '../core/human-error.ts';
import { printable, printableJson } from '../core/printable.ts';
import { sayLeftovers, sweep, type SweepOptions } from '../core/runs/sweep.ts';
import { shownJobs } from '../core/runs/slurm.ts';
import { jsonOption } from './options.ts';
import type { Shell } from './shell.ts';

export function addSweep(program: Command, { world, print }: Shell): void {
  program
    .command('sweep')
    .summary('remove what is left of runs that are over')
    .description(
      'Releases the leases of runs that are over. Touches nothing that the ledger does not name. launch and exec do ' +
        'the same when they start.',
    )
    .option(
      '--run <run>',
      'only this run; also one that was launched with --keep, or of which nothing is known, but none that goes on',
    )
    .addOption(new Option('--dry-run', 'only show what would be removed'))
    .option(
      '--cancel-jobs',
      'first cancel the Slurm jobs that keep a lease when all else of its run is over (asks on a terminal)',
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExamples:\n  nf-secrets sweep --dry-run\n  nf-secrets sweep --run zwd26tlw99pm\n  nf-secrets sweep --cancel-jobs --dry-run',
    )
    .action(async ({ json, ...options }: SweepOptions & { json?: true }) => {
      const swept = await sweep(options, world);
      if (json === true) {
        await print(`${printableJson(swept)}\n`);
      } else {
        for (const { runId, jobs } of swept.cancelled ?? []) {
          world.say(
            `Slurm jobs of run ${runId}${options.dryRun === true ? ' would be' : ''} cancelled: ${printable(shownJobs(jobs))}`,
          );
        }
        for (const { runId, items } of swept.released) {
          const what =
            items.length === 0
              ? 'its entry (where its store was is not known)'
              : items.map(printable).join(', ');
          world.say(`Run ${runId} is over. Removed${options.dryRun === true ? ' would be' : ''}: ${what}`);
        }
        for (const { runId, reason } of swept.kept) world.say(`Run ${runId} is kept: ${printable(reason)}.`);
        sayLeftovers(swept.failed, world);
        if (swept.released.length + swept.kept.length + swept.failed.length === 0) {
          world.say('Nothing is provisioned for any run, so there is nothing to remove.');
        }
      }
      if (swept.failed.length > 0) process.exitCode = ExitCode.notCleaned;
    });
}

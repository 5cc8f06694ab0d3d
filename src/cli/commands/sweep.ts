import { type Command, Option } from 'commander';
import { elapsed } from '../../core/system/elapsed.ts';
import { ExitCode } from '../../core/system/human-error.ts';
import { printable, printableJson } from '../../core/system/printable.ts';
import { awsPlaces } from '../../core/runs/aws-places.ts';
import { type Foreign, lookForForeign } from '../../core/runs/foreign.ts';
import { sayLeftovers, sweep, type SweepOptions, type Swept } from '../../core/runs/sweep.ts';
import { byScheduler, shownJobs } from '../../core/runs/waiting-jobs.ts';
import type { World } from '../../core/system/world.ts';
import { jsonOption } from '../options.ts';
import type { Shell } from '../shell.ts';

interface Options extends SweepOptions {
  readonly json?: true;
  readonly aws?: boolean;
}

export function addSweep(program: Command, { world, print }: Shell): void {
  program
    .command('sweep')
    .summary('remove what is left of runs that are over')
    .description(
      'Releases the leases of runs that are over. Touches nothing that the ledger does not name. launch and exec do ' +
        'the same when they start. After runs in AWS Batch, it also shows what nf-secrets has left there for runs that ' +
        'are not in your ledger, and how to remove it.',
    )
    .option(
      '--run <run>',
      'only this run; also one that was launched with --keep, or of which nothing is known, but none that goes on',
    )
    .addOption(new Option('--dry-run', 'only show what would be removed'))
    .option(
      '--cancel-jobs',
      'first cancel the jobs of Slurm and AWS Batch that keep a lease when all else of its run is over (asks on a terminal)',
    )
    .option('--aws', 'show what is left in AWS even if no run of the last 30 days was there')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExamples:\n  nf-secrets sweep --dry-run\n  nf-secrets sweep --run zwd26tlw99pm\n  nf-secrets sweep --cancel-jobs --dry-run\n  AWS_REGION=eu-west-1 nf-secrets sweep --aws',
    )
    .action(async ({ json, aws = false, ...options }: Options) => {
      // Before the sweep, which may empty the ledger.
      const places = options.run === undefined ? await awsPlaces(world) : [];
      const swept = await sweep(options, world);
      const released = swept.released.map(({ runId }) => runId);
      const foreign =
        aws || places.length > 0 ? await lookForForeign(places, aws, released, world) : undefined;
      if (json === true) {
        await print(`${printableJson({ ...swept, ...foreign })}\n`);
      } else {
        saySwept(swept, options.dryRun === true, world);
        if (foreign !== undefined) sayForeign(foreign, world);
      }
      if (swept.failed.length > 0) process.exitCode = ExitCode.notCleaned;
    });
}

function saySwept({ cancelled = [], released, kept, failed }: Swept, dryRun: boolean, world: World): void {
  const wouldBe = dryRun ? ' would be' : '';
  for (const { runId, jobs } of cancelled) {
    for (const [scheduler, some] of byScheduler(jobs)) {
      world.say(`${scheduler} jobs of run ${runId}${wouldBe} cancelled: ${printable(shownJobs(some))}`);
    }
  }
  for (const { runId, items } of released) {
    const what =
      items.length === 0 ? 'its entry (where its store was is not known)' : items.map(printable).join(', ');
    world.say(`Run ${runId} is over. Removed${wouldBe}: ${what}`);
  }
  for (const { runId, reason } of kept) world.say(`Run ${runId} is kept: ${printable(reason)}.`);
  sayLeftovers(failed, world);
  if (released.length + kept.length + failed.length === 0) {
    world.say('Nothing is provisioned for any run, so there is nothing to remove.');
  }
}

function sayForeign({ foreign, unseen }: Foreign, world: World): void {
  if (foreign.length > 0) {
    world.say(
      'In AWS there is more that nf-secrets has made, for runs that are not in your ledger. It is not touched: such a ' +
        'run may go on, on another machine or as somebody else. What you know to be left over, remove yourself:',
    );
  }
  for (const { item, runId, created, caller, remedy } of foreign) {
    const age = created === null ? '' : `, ${elapsed(world.now().getTime() - Date.parse(created))} old`;
    const by = caller === null ? '' : `, made by ${printable(caller)}`;
    world.say(`  ${printable(item)} (run ${runId}${age}${by})\n    ${remedy}`);
  }
  for (const { where, reason, remedy } of unseen) {
    world.say(
      `It is not known what is left in ${printable(where)}: ${printable(reason)}${remedy === null ? '' : `\n  ${remedy}`}`,
    );
  }
}

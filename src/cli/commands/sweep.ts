import { type Command, Option } from 'commander';
import { elapsed } from '../../core/system/elapsed.ts';
import { ExitCode } from '../../core/system/human-error.ts';
import { printable, printableJson } from '../../core/system/printable.ts';
import { lookForForeign } from '../../core/runs/foreign.ts';
import { recordedEntries } from '../../core/runs/ledger.ts';
import { shownJobs } from '../../core/runs/pending-jobs.ts';
import { sayLeftovers, sweep, type SweepOptions, type Swept } from '../../core/runs/sweep.ts';
import type { World } from '../../core/system/world.ts';
import type { Foreign } from '../../core/targets/target.ts';
import { SERVICES, targetOf, TARGETS } from '../../core/targets/targets.ts';
import { jsonOption, examples } from '../options.ts';
import type { Shell } from '../shell.ts';
import type { TargetOptions } from '../target-options.ts';
import { inOneLine, reasonSentence, reasonText, remedyCommand, remedyLines } from '../words/remedies.ts';

interface Options extends SweepOptions {
  readonly json?: true;
}

/** The schedulers with jobs that can be cancelled. */
const SCHEDULERS = TARGETS.map(({ scheduler }) => scheduler);
/** The targets that others may have left something in. */
const PLACES = SERVICES.map(({ title }) => title);

const listed = (words: readonly string[]): string => words.join(' and ');

export function addSweep(program: Command, shell: Shell, ofTargets: readonly TargetOptions[]): void {
  const command = program
    .command('sweep')
    .summary('remove what is left of runs that are over')
    .description(
      'Removes what runs that are over have left, as far as the ledger names it. launch and exec sweep too when they ' +
        `start. After runs in ${listed(PLACES)}, it also shows what is left there of runs that are not in your ` +
        'ledger, and how to remove it.',
    )
    .option(
      '--run <run>',
      'remove what is left of this run, even if its state is unknown or it was launched with --keep',
    )
    .addOption(new Option('--dry-run', 'show what the sweep would remove, and remove nothing'))
    .option(
      '--cancel-jobs',
      `first cancel the jobs of ${listed(SCHEDULERS)} that still wait, if all else of their run is over; asks on a terminal`,
    )
    .addOption(jsonOption());
  for (const { sweep: own } of ofTargets) command.option(`--${own.name}`, own.description);
  const own = ['--dry-run', '--run zwd26tlw99pm', '--cancel-jobs --dry-run'].map(
    (options) => `nf-secrets sweep ${options}`,
  );
  const all = [...own, ...ofTargets.map((target) => target.sweep.example)];
  command.addHelpText('after', examples(...all)).action(async (options: Options) => {
    const given: Readonly<Record<string, unknown>> = command.opts();
    const here = ofTargets.filter(({ sweep: own }) => given[own.name] === true).map(({ target }) => target);
    await run(options, here, shell);
  });
}

/** @param here - targets that are searched for what is left there. */
async function run(
  { json, ...options }: Options,
  here: readonly string[],
  { world, print }: Shell,
): Promise<void> {
  const known = options.run === undefined;
  // Before the sweep, which may empty the ledger.
  const entries = known ? await recordedEntries(world) : [];
  const swept = await sweep(options, world);
  const released = swept.released.map(({ runId }) => runId);
  const foreign = await lookForForeign({ here, known, entries }, released, world);
  if (json === true) {
    await print(`${printableJson({ ...sweptJson(swept), ...(foreign && foreignJson(foreign)) })}\n`);
  } else {
    saySwept(swept, options.dryRun === true, world);
    if (foreign !== undefined) sayForeign(foreign, world);
  }
  if (swept.failed.length > 0) process.exitCode = ExitCode.notCleaned;
}

function sweptJson({ released, kept, failed, cancelled }: Swept): object {
  return {
    released,
    kept: kept.map((run) => ({ runId: run.runId, reason: reasonText(run) })),
    failed: failed.map(({ remedy, ...left }) => ({ ...left, remedy: remedyCommand(remedy) })),
    ...(cancelled !== undefined && { cancelled: cancelled.map(cancelledJobs) }),
  };
}

/** The jobs of all schedulers in one list. */
const cancelledJobs = ({ runId, jobs }: NonNullable<Swept['cancelled']>[number]): object => ({
  runId,
  jobs: jobs.flatMap((some) => some.jobs),
});

const foreignJson = ({ foreign, unseen }: Foreign): object => ({
  foreign: foreign.map(({ remedy, ...item }) => ({ ...item, remedy: remedyCommand(remedy) })),
  unseen: unseen.map(({ where, reason, remedies = [] }) => ({
    ...{ where, reason },
    remedy: remedies.length === 0 ? null : inOneLine(remedies),
  })),
});

function saySwept({ cancelled = [], released, kept, failed }: Swept, dryRun: boolean, world: World): void {
  const wouldBe = dryRun ? ' would be' : '';
  for (const { runId, jobs } of cancelled) {
    for (const some of jobs) {
      const { scheduler } = targetOf(some.target);
      world.say(`${scheduler} jobs of run ${runId}${wouldBe} cancelled: ${printable(shownJobs([some]))}`);
    }
  }
  for (const { runId, items } of released) {
    const what =
      items.length === 0 ? 'its entry (where its store was is not known)' : items.map(printable).join(', ');
    world.say(`Run ${runId} is over. Removed${wouldBe}: ${what}`);
  }
  for (const run of kept) world.say(`Run ${run.runId} is kept: ${reasonSentence(run)}`);
  sayLeftovers(failed, world);
  if (released.length + kept.length + failed.length === 0) {
    world.say('Nothing is provisioned for any run, so there is nothing to remove.');
  }
}

function sayForeign({ foreign, unseen }: Foreign, world: World): void {
  if (foreign.length > 0) {
    world.say(
      `In ${listed(PLACES)} there is more that nf-secrets has made, for runs that are not in your ledger. It is not touched: such a ` +
        'run may go on, on another machine or as somebody else. What you know to be left over, remove yourself:',
    );
  }
  for (const { item, runId, created, caller, remedy } of foreign) {
    const age = created === null ? '' : `, ${elapsed(world.now().getTime() - Date.parse(created))} old`;
    const by = caller === null ? '' : `, made by ${printable(caller)}`;
    world.say(`  ${printable(item)} (run ${runId}${age}${by})\n    ${remedyCommand(remedy)}`);
  }
  for (const { where, reason, remedies = [] } of unseen) {
    const lines = [
      `Nobody knows what is left in ${printable(where)}: ${String(reason)}.`,
      ...remedyLines(remedies),
    ];
    world.say(lines.join('\n  '));
  }
}

import { type Command, CommanderError } from 'commander';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { checkLaunch } from '../../core/launch/check-launch.ts';
import { dryRun } from '../../core/launch/dry-run.ts';
import { withoutEarlierConfig } from '../../core/launch/earlier-config.ts';
import { launch } from '../../core/launch/launch.ts';
import type { LeaseOptions } from '../../core/launch/lease-options.ts';
import { withoutCredentials } from '../../core/pipeline/pipeline-label.ts';
import {
  foregroundEnvironment,
  type NextflowCommand,
  pipelineCommand,
  wholeCommand,
} from '../../core/nextflow/nextflow-command.ts';
import { didYouMean } from '../../core/system/near-miss.ts';
import { printable } from '../../core/system/printable.ts';
import { newRunId } from '../../core/system/run-id.ts';
import type { World } from '../../core/system/world.ts';
import { goOnInBackground, ownBackgroundRun, runInBackground } from '../background.ts';
import {
  addChoiceOptions,
  addLeakOptions,
  addLeaseOptions,
  addPlanOptions,
  addRunOptions,
  ANY_NAME,
  assertForLaunch,
  assertNames,
  type LaunchOptions,
  leaseOptions,
  optionsAmong,
} from '../launch-options.ts';
import { showDryRun } from '../plan.ts';
import type { Shell } from '../shell.ts';

export function addLaunch(program: Command, shell: Shell, args: readonly string[]): void {
  const command = program
    .command('launch')
    .summary('run a pipeline with its secrets, and remove them when it ends')
    .description(
      'Gives one run of a pipeline its secrets, and removes them when it ends, however it ends. User secrets override ' +
        'those of the workspace, and these override your own Nextflow store.',
    )
    .usage(
      '[options] PIPELINE [nextflow run options]\n       nf-secrets launch [options] -- nextflow [global options] run PIPELINE …',
    )
    .argument('[pipeline]', 'as for nextflow run')
    .argument('[options...]', 'options of nextflow run, which launch does not change')
    .passThroughOptions();
  for (const add of [addRunOptions, addPlanOptions, addChoiceOptions, addLeaseOptions, addLeakOptions])
    add(command);
  command
    .addHelpText('after', EXAMPLES)
    .action(
      async (_pipeline: string | undefined, _options: string[], options: LaunchOptions, self: Command) => {
        assertNames(options);
        const words = self.args;
        const isWhole = afterDashes(words, args);
        const typed = isWhole
          ? wholeCommand(needed(words), options.nextflow, shell.world)
          : shortCommand(words, options.nextflow, shell.world);
        const doubtful = isWhole ? [] : optionsAmong(words, command);
        process.exitCode = await start(
          withoutEarlierConfig(typed, shell.world),
          { ...options, doubtful },
          shell,
        );
      },
    )
    .exitOverride((error) => {
      throw explain(error, command);
    });
}

const EXAMPLES = `
Examples:
  nf-secrets launch main.nf -profile test --outdir results
  nf-secrets launch --dry-run main.nf -profile test
  nf-secrets launch --secret NCBI_API_KEY ./pipeline -resume
  nf-secrets launch --background main.nf -resume
  nf-secrets launch -- nextflow -log run.log run main.nf`;

/** @throws HumanError 64 if there are no words. */
function needed(words: readonly string[]): readonly string[] {
  if (words[0] !== undefined && words[0] !== '') return words;
  throw new HumanError(
    ExitCode.usage,
    'launch needs a pipeline.',
    'For example: nf-secrets launch main.nf   (nf-secrets launch --help has more)',
  );
}

/** The pipeline and its options, without `nextflow run`. */
function shortCommand(words: readonly string[], nextflow: string | undefined, world: World): NextflowCommand {
  const [pipeline = '', ...nextflowOptions] = needed(words);
  return pipelineCommand(pipeline, nextflowOptions, nextflow, world);
}

/** Shows the plan, or launches: here, in the background, or as the process that was started for that. */
async function start(command: NextflowCommand, options: LaunchOptions, shell: Shell): Promise<number> {
  assertForLaunch(options);
  const { world } = shell;
  const own = { ...shell, world: { ...world, env: foregroundEnvironment(world.env) } };
  const ofLease = leaseOptions(options);
  if (options.dryRun === true) {
    const result = await dryRun(command, ofLease, { preview: options.preview === true }, own.world);
    await showDryRun(result, options.json === true, shell);
    return 0;
  }
  const runId = ownBackgroundRun(world);
  if (runId === undefined) {
    const isForBackground = options.background === true || command.background !== undefined;
    if (isForBackground) return launchInBackground(command, ofLease, own);
    return launch(command, ofLease, await shell.openRunner(), own.world);
  }
  return runInBackground(
    { runId, pipeline: withoutCredentials(command.pipeline) },
    await shell.openRunner(),
    (reporting) => launch(command, { ...ofLease, runId }, reporting, own.world),
    own.world,
  );
}

/** Checks the launch here, where a person can be asked, and goes on in the background. */
async function launchInBackground(
  command: NextflowCommand,
  options: LeaseOptions,
  { world, print }: Shell,
): Promise<number> {
  if (command.background !== undefined) {
    world.say(`${command.background}: the launch goes on in the background, and Nextflow in its foreground.`);
  }
  const runId = newRunId();
  await checkLaunch(command, { ...options, runId }, world);
  await goOnInBackground(runId, world);
  world.say(`Run ${runId} goes on in the background. Its output: nf-secrets logs ${runId} -f`);
  await print(`${runId}\n`);
  return 0;
}

/**
 * Gives `--allow-missing` a name that means all, if it has none: commander would take the pipeline for its value.
 */
export function withAnyMissing(args: readonly string[], program: Command): string[] {
  const options = program.commands.find((command) => command.name() === 'launch')?.options ?? [];
  const words = [...args];
  for (let index = 1; words[index]?.startsWith('--') === true && words[index] !== '--'; index++) {
    const word = words[index];
    if (word === '--allow-missing') words[index] = `--allow-missing=${ANY_NAME}`;
    else if (options.find(({ long }) => long === word)?.required === true) index += 1;
  }
  return words;
}

/** Tells whether the words of a command came after `--`, which commander itself forgets. */
function afterDashes(words: readonly string[], args: readonly string[]): boolean {
  return args[args.length - words.length - 1] === '--';
}

/** Explains an unknown option: Nextflow's own, with one dash, would be taken for ours before the pipeline. */
function explain(error: CommanderError, command: Command): Error {
  const flag = /unknown option '(.*)'/s.exec(error.message)?.[1];
  if (error.code !== 'commander.unknownOption' || flag === undefined) return error;
  const near = didYouMean(
    flag,
    flag.startsWith('--') ? command.options.flatMap(({ long }) => long ?? []) : [],
  );
  const what = flag.startsWith('--') ? 'a parameter of the pipeline' : 'an option of Nextflow';
  return new HumanError(
    ExitCode.usage,
    `launch has no option ${printable(flag)}.${String(near)}`,
    `If it is ${what}, put it after the pipeline: nf-secrets launch PIPELINE ${printable(flag)}`,
  );
}

import { type Command, CommanderError, Option } from 'commander';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { planLaunch } from '../../core/launch/dry-run.ts';
import { withoutEarlierConfig } from '../../core/launch/earlier-config.ts';
import { checkLaunch, launch } from '../../core/launch/launch.ts';
import type { LeaseOptions } from '../../core/launch/lease-options.ts';
import type { ChildRunner } from '../../core/launch/leased-command.ts';
import { withoutCredentials } from '../../core/pipeline/remote-pipeline.ts';
import {
  foregroundEnvironment,
  pipelineCommand,
  wholeCommand,
} from '../../core/nextflow/nextflow-command.ts';
import { didYouMean } from '../../core/system/near-miss.ts';
import { printable } from '../../core/system/printable.ts';
import { newRunId } from '../../core/system/run-id.ts';
import { assertSecretName } from '../../core/secrets/secret-name.ts';
import { goOnInBackground, ownBackgroundRun, runInBackground } from '../background.ts';
import { terminalRunner } from '../child.ts';
import { acceptOption, choices, collect, jsonOption, workspaceOption } from '../options.ts';
import { showPlan } from '../plan.ts';
import type { Shell } from '../shell.ts';

interface LaunchOptions extends Pick<
  LeaseOptions,
  'workspace' | 'runRoot' | 'acceptMembers' | 'keep' | 'target'
> {
  readonly grant?: string[];
  readonly nextflow?: string;
  readonly only?: string[];
  readonly secret?: string[];
  readonly withoutUser?: true;
  readonly background?: true;
  readonly all?: true;
  readonly allowMissing?: string[];
  readonly dryRun?: true;
  readonly preview?: true;
  readonly json?: true;
}

/** `--allow-missing` without a name. */
const ANY_NAME = '*';

export const runRootOption = (): Option =>
  new Option('--run-root <dir>', "where the run's private store is made (NF_SECRETS_RUN_ROOT)");

export function addLaunch(program: Command, shell: Shell, args: readonly string[]): void {
  const command = program
    .command('launch')
    .summary('run a pipeline with its secrets, and remove them when it ends')
    .description(
      'Gives the secrets of user, workspace and your own Nextflow store (the first that has a name wins) to one ' +
        '`nextflow run`, and removes them when it ends, however it ends.',
    )
    .usage(
      '[options] PIPELINE [nextflow run options]\n       nf-secrets launch [options] -- nextflow [global options] run PIPELINE …',
    )
    .argument('[pipeline]', 'as for nextflow run; all that follows goes to Nextflow untouched')
    .argument('[options...]')
    .passThroughOptions()
    .addOption(workspaceOption())
    .addOption(
      choices(
        new Option(
          '--target <target>',
          "where the secrets go (default: as the pipeline's executors need it)",
        ),
        ['local', 'aws-batch'],
      ),
    )
    .addOption(runRootOption())
    .option('--nextflow <path>', 'the nextflow executable (default: the one on your PATH)')
    .option('--dry-run', 'show what would be sent, from where and why; run no code, create and send nothing')
    .option(
      '--preview',
      "with --dry-run: ask Nextflow about AWS Batch too; the pipeline's code runs, with placeholders for values",
    )
    .addOption(jsonOption())
    .option('--all', 'send every secret, not only those that the code names')
    .option('--secret <name>', 'send this secret too, and it must be set; repeatable', collect)
    .option('--only <name>', 'send only this secret; repeatable', collect)
    .option(
      '--allow-missing [name]',
      'start although this secret, or any, is used but not set (--allow-missing=NAME; repeatable)',
      collect,
    )
    .option('--without-user', 'leave your user secrets out')
    .option('--background', 'return when Nextflow has been started; see logs, wait and stop')
    .option('--keep', 'leave what was provisioned until: nf-secrets sweep --run RUN')
    .option(
      '--grant <name>',
      'let this remote pipeline have a secret of yours, or "all"; repeatable',
      collect,
    )
    .addOption(acceptOption())
    .addHelpText(
      'after',
      `
Examples:
  nf-secrets launch main.nf -profile test --outdir results
  nf-secrets launch --dry-run main.nf -profile test
  nf-secrets launch --secret NCBI_API_KEY ./pipeline -resume
  nf-secrets launch --background main.nf -resume
  nf-secrets launch -- nextflow -log run.log run main.nf`,
    )
    .action(
      async (_pipeline: string | undefined, _options: string[], options: LaunchOptions, self: Command) => {
        const words = self.args;
        const { only, secret, allowMissing, grant } = options;
        const typed = [
          ...[only, secret, allowMissing].flatMap((names) => names ?? []).filter((name) => name !== ANY_NAME),
          ...(grant ?? []).filter((name) => name !== 'all'),
        ];
        typed.forEach(assertSecretName);
        process.exitCode = await start(words, afterDashes(words, args), options, shell);
      },
    );
  command.exitOverride((error) => {
    throw explain(error, command);
  });
}

async function start(
  words: readonly string[],
  whole: boolean,
  options: LaunchOptions,
  shell: Shell,
): Promise<number> {
  const { world, print } = shell;
  const [pipeline, ...nextflowOptions] = words;
  if (pipeline === undefined || pipeline === '') {
    throw new HumanError(
      ExitCode.usage,
      'launch needs a pipeline.',
      'For example: nf-secrets launch main.nf   (nf-secrets launch --help has more)',
    );
  }
  const typed = whole
    ? wholeCommand(words, options.nextflow, world)
    : pipelineCommand(pipeline, nextflowOptions, options.nextflow, world);
  const command = withoutEarlierConfig(typed, world);
  const own = { ...world, env: foregroundEnvironment(world.env) };
  const allowed = options.allowMissing;
  const leaseOptions: LeaseOptions = {
    ...options,
    required: options.secret,
    allowMissing: allowed?.includes(ANY_NAME) === true ? true : allowed,
  };
  if (options.preview === true && options.dryRun !== true) {
    throw new HumanError(
      ExitCode.usage,
      '--preview goes with --dry-run.',
      'For a preview by Nextflow itself, put -preview after the pipeline.',
    );
  }
  if (options.dryRun === true) {
    await showPlan(
      await planLaunch(command, leaseOptions, { preview: options.preview === true }, own),
      options.json === true,
      shell,
    );
    return 0;
  }
  if (options.json === true) throw new HumanError(ExitCode.usage, '--json goes with --dry-run.');
  const runId = ownBackgroundRun(world);
  if (runId === undefined && (options.background === true || command.background !== undefined)) {
    if (command.background !== undefined) {
      own.say(`${command.background}: the launch goes on in the background, and Nextflow in its foreground.`);
    }
    const newId = newRunId();
    await checkLaunch(command, { ...leaseOptions, runId: newId }, own);
    await goOnInBackground(newId, own);
    world.say(`Run ${newId} goes on in the background. Its output: nf-secrets logs ${newId} -f`);
    await print(`${newId}\n`);
    return 0;
  }
  const runner = terminalRunner(shell);
  if (runId === undefined) return launch(command, leaseOptions, runner, own);
  const inBackground = (reporting: ChildRunner): Promise<number> =>
    launch(command, { ...leaseOptions, runId }, reporting, own);
  return runInBackground(runId, withoutCredentials(command.pipeline), runner, inBackground, own);
}

/**
 * commander would take the pipeline for the value of `--allow-missing`, so without a name it gets one that stands
 * for all.
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

/** Whether the words of a command came behind `--`, which commander itself forgets. */
function afterDashes(words: readonly string[], args: readonly string[]): boolean {
  return args[args.length - words.length - 1] === '--';
}

/** Nextflow has one-dash options; before the pipeline they would be taken for ours. */
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
    `launch has no option ${printable(flag)}.${near}`,
    `If it is ${what}, put it after the pipeline: nf-secrets launch PIPELINE ${printable(flag)}`,
  );
}

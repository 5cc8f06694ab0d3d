import { type Command, CommanderError, Option } from 'commander';
import { ExitCode, HumanError } from '../core/human-error.ts';
import { launch, type LeaseOptions } from '../core/launch/launch.ts';
import { pipelineCommand, wholeCommand } from '../core/launch/nextflow-command.ts';
import { didYouMean } from '../core/near-miss.ts';
import { printable } from '../core/printable.ts';
import { assertSecretName } from '../core/secret-name.ts';
import { acceptOption, choices, collect, workspaceOption } from './options.ts';
import type { Shell } from './shell.ts';

interface LaunchOptions extends Pick<LeaseOptions, 'workspace' | 'runRoot' | 'acceptMembers'> {
  readonly grant?: string[];
  readonly nextflow?: string;
  readonly only?: string[];
  readonly secret?: string[];
  readonly withoutUser?: true;
}

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
    .addOption(choices(new Option('--target <target>', 'where the secrets go'), ['local']))
    .addOption(runRootOption())
    .option('--nextflow <path>', 'the nextflow executable (default: the one on your PATH)')
    .option('--only <name>', 'send only this secret; repeatable', collect)
    .option('--secret <name>', 'this secret must be set; repeatable', collect)
    .option('--all', 'send every secret (as this version always does)')
    .option('--without-user', 'leave your user secrets out')
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
  nf-secrets launch --only NCBI_API_KEY ./pipeline -resume
  nf-secrets launch -- nextflow -log run.log run main.nf`,
    )
    .action(
      async (_pipeline: string | undefined, _options: string[], options: LaunchOptions, self: Command) => {
        const words = self.args;
        for (const name of [...(options.only ?? []), ...(options.secret ?? [])]) assertSecretName(name);
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
  { world }: Shell,
): Promise<number> {
  const [pipeline, ...nextflowOptions] = words;
  if (pipeline === undefined || pipeline === '') {
    throw new HumanError(
      ExitCode.usage,
      'launch needs a pipeline.',
      'For example: nf-secrets launch main.nf   (nf-secrets launch --help has more)',
    );
  }
  const command = whole
    ? wholeCommand(words, options.nextflow, world)
    : pipelineCommand(pipeline, nextflowOptions, options.nextflow, world);
  // Loaded here: commands that start nothing have no use for it.
  const { terminalRunner } = await import('./child.ts');
  return launch(command, { ...options, required: options.secret }, terminalRunner(world), world);
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

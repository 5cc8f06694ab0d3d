import { type Command, Option } from 'commander';
import type { LeaseOptions } from '../core/launch/lease-options.ts';
import { assertSecretName } from '../core/secrets/secret-name.ts';
import { ExitCode, HumanError } from '../core/system/human-error.ts';
import { SERVICES, TARGET_IDS } from '../core/targets/targets.ts';
import { acceptOption, choices, collect, jsonOption, workspaceOption } from './options.ts';

/** The options of `launch`, as they were typed. */
export interface LaunchOptions extends Pick<
  LeaseOptions,
  | 'workspace'
  | 'runRoot'
  | 'leakCheck'
  | 'leaks'
  | 'failOnLeak'
  | 'acceptMembers'
  | 'keep'
  | 'target'
  | 'askAgain'
  | 'doubtful'
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
export const ANY_NAME = '*';

export const runRootOption = (): Option =>
  new Option('--run-root <dir>', 'directory for the private store of the run (NF_SECRETS_RUN_ROOT)');

/** Adds the options about the target of a launch, and its Nextflow. */
export function addRunOptions(command: Command): Command {
  return command
    .addOption(workspaceOption())
    .addOption(
      choices(
        new Option(
          '--target <target>',
          'where the secrets go (default: as the executors of the pipeline need it)',
        ),
        TARGET_IDS,
      ),
    )
    .addOption(runRootOption())
    .option('--nextflow <path>', 'the nextflow executable (default: the one on your PATH)')
    .option(
      '--ask-again',
      `ask Nextflow before a run in ${SERVICES.map(({ title }) => title).join(' or ')}, even if nothing has changed since an earlier launch (NF_SECRETS_ASK_AGAIN=true: always)`,
    );
}

/** Adds the options for a plan instead of a launch. */
export function addPlanOptions(command: Command): Command {
  return command
    .option('--dry-run', 'show which secrets a launch would send, and why; run no code, send nothing')
    .option(
      '--preview',
      `with --dry-run: ask Nextflow about ${SERVICES.map(({ title }) => title).join(' and ')} too; this runs the pipeline's code, with placeholders for values`,
    )
    .addOption(jsonOption('with --dry-run: print JSON'));
}

/** Adds the options about the secrets that a launch sends. */
export function addChoiceOptions(command: Command): Command {
  return command
    .option('--all', 'send every secret, not only those that the code names')
    .option('--secret <name>', 'send this secret too; it must be set; repeatable', collect)
    .option('--only <name>', 'send only this secret; repeatable', collect)
    .option(
      '--allow-missing [name]',
      'start although this secret, or any, is used but not set; repeatable (--allow-missing=NAME)',
      collect,
    )
    .option('--without-user', 'send none of your user secrets');
}

/** Adds the options about the lease, and about what a launch may do without a question. */
export function addLeaseOptions(command: Command): Command {
  return command
    .option('--background', 'return when Nextflow has started; then use logs, wait and stop')
    .option('--keep', 'keep the secrets after the run, until you remove them: nf-secrets sweep --run RUN')
    .option(
      '--grant <name>',
      'let this remote pipeline get one of your secrets, or "all"; repeatable',
      collect,
    )
    .addOption(acceptOption());
}

/** Adds the options about the look for values in what the run wrote. */
export function addLeakOptions(command: Command): Command {
  return command
    .option('--no-leak-check', 'do not look for values in the files of the run')
    .addOption(
      choices(
        new Option(
          '--leaks <files>',
          'where to look for values: in the files that Nextflow makes, or in all that the run wrote (default: usual)',
        ),
        ['usual', 'all'],
      ),
    )
    .option('--fail-on-leak', 'end with exit code 74 if a value is found, or if not all could be looked at');
}

/** @throws HumanError 64 for a word that cannot be a secret's name. */
export function assertNames(options: LaunchOptions): void {
  const { only, secret, allowMissing, grant } = options;
  const typed = [
    ...[only, secret, allowMissing].flatMap((names) => names ?? []).filter((name) => name !== ANY_NAME),
    ...(grant ?? []).filter((name) => name !== 'all'),
  ];
  typed.forEach(assertSecretName);
}

/** @throws HumanError 64 for options that go only with `--dry-run`. */
export function assertForLaunch({ dryRun, preview, json }: LaunchOptions): void {
  if (dryRun === true) return;
  if (preview === true) {
    throw new HumanError(
      ExitCode.usage,
      '--preview goes with --dry-run.',
      'For a preview by Nextflow itself, put -preview after the pipeline.',
    );
  }
  if (json === true) throw new HumanError(ExitCode.usage, '--json goes with --dry-run.');
}

export function leaseOptions(options: LaunchOptions): LeaseOptions {
  const { secret: required, allowMissing } = options;
  return {
    ...options,
    required,
    allowMissing: allowMissing?.includes(ANY_NAME) === true ? true : allowMissing,
  };
}

/** Finds parameters that have the name of an option of ours: `dry-run` for `--dry-run` and `--dry-run=true`. */
export function optionsAmong(words: readonly string[], command: Command): string[] {
  const ours = new Set(command.options.map(({ long }) => long));
  const typed = words.slice(1).map((word) => word.split('=', 1)[0] ?? '');
  return [...new Set(typed.filter((word) => ours.has(word)).map((word) => word.slice(2)))];
}

import { type Command, Option } from 'commander';
import type { PlatformLaunchOptions } from '../../../core/platform/launch/plan.ts';
import { type LaunchWish, launchWish } from '../../../core/platform/launch/wish.ts';
import { assertSecretName } from '../../../core/secrets/secret-name.ts';
import { ExitCode, HumanError } from '../../../core/system/human-error.ts';
import { ANY_NAME } from '../../launch-options.ts';
import { collect } from '../../options.ts';
import type { ContextOptions } from './session.ts';

/** The options of `platform launch` and `platform check`, as they were typed. */
export interface PlannedOptions extends ContextOptions {
  readonly revision?: string;
  readonly mainScript?: string;
  readonly secret?: string[];
  readonly only?: string[];
  readonly all?: true;
  readonly withoutUser?: true;
}

export interface LaunchOptions extends PlannedOptions {
  readonly computeEnv?: string;
  readonly workDir?: string;
  readonly name?: string;
  readonly allowMissing?: string[];
  readonly grant?: string[];
  readonly dryRun?: true;
  readonly background?: true;
  readonly yes?: true;
}

/** Adds the options that say which code counts, and which secrets. */
export function addPlannedOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--revision <revision>',
        'branch, tag or commit of the repository (default: what is checked out here, else its default branch)',
      ),
    )
    .option('--main-script <path>', 'script in the repository (default: the one of the pipeline)')
    .option('--all', 'every secret there, not only those that the code names')
    .option('--secret <name>', 'this secret too; it must be there; repeatable', collect)
    .option('--only <name>', 'only this secret; repeatable', collect)
    .option('--without-user', 'none of your own secrets there');
}

/** The launch that was asked for. @throws HumanError 64 */
export function wishOf(words: readonly string[], options: LaunchOptions, command: string): LaunchWish {
  if (words[0] === undefined || words[0] === '') {
    throw new HumanError(
      ExitCode.usage,
      `${command} needs a pipeline: a path in a git repository, OWNER/NAME of GitHub, or the address of a repository.`,
      `nf-secrets ${command} --help has examples.`,
    );
  }
  const { secret, only, allowMissing, revision, workDir, mainScript, name } = options;
  [secret, only, allowMissing]
    .flatMap((names) => names ?? [])
    .filter((one) => one !== ANY_NAME)
    .forEach(assertSecretName);
  return launchWish(words, {
    ...(revision !== undefined && { revision }),
    ...(workDir !== undefined && { workDir }),
    ...(mainScript !== undefined && { mainScript }),
    ...(name !== undefined && { runName: name }),
  });
}

export function planOptions(options: LaunchOptions): PlatformLaunchOptions {
  const { secret, only, all, allowMissing, withoutUser, grant, computeEnv } = options;
  return {
    ...{ required: secret, only, all, withoutUser, grant, computeEnv },
    allowMissing: allowMissing?.includes(ANY_NAME) === true ? true : allowMissing,
  };
}

import { resolve } from 'node:path';
import { readSourceFile } from '../../pipeline/source-file.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import type { World } from '../../system/world.ts';
import type { ComputeEnv, LaunchRequest, ServiceInfo } from '../types.ts';
import { paramsText } from './params-text.ts';
import { repositoryName } from './repository-url.ts';
import type { LaunchSource } from './source.ts';
import type { LaunchWish } from './wish.ts';

/** What a launch is made of, beside its secrets. */
export interface LaunchParts {
  readonly wish: LaunchWish;
  readonly source: Pick<LaunchSource, 'repository' | 'revision' | 'commit' | 'mainScript'>;
  readonly computeEnv: ComputeEnv;
  /** The texts that are sent, see {@link launchTexts}. */
  readonly texts: LaunchTexts;
  readonly runName: string;
  readonly userSecrets: readonly string[];
  readonly workspaceSecrets: readonly string[];
}

export interface LaunchTexts {
  readonly params: string | undefined;
  readonly config: string | undefined;
}

/**
 * Reads the parameters and configs that a launch sends.
 *
 * @throws HumanError 65 if they cannot be read, or a Platform takes no texts of that size.
 */
export async function launchTexts(
  wish: LaunchWish,
  { maxParamsText, maxConfigText }: Pick<ServiceInfo, 'maxParamsText' | 'maxConfigText'>,
  world: World,
): Promise<LaunchTexts> {
  const params = await paramsText(wish, world);
  const config = configText(wish, world);
  if (params !== undefined && maxParamsText !== null && params.length > maxParamsText)
    throw tooLong(phrase`The parameters of this launch have`, params.length, maxParamsText);
  if (config !== undefined && maxConfigText !== null && config.length > maxConfigText)
    throw tooLong(phrase`The configs of this launch have`, config.length, maxConfigText);
  return { params, config };
}

const tooLong = (what: ReturnType<typeof phrase>, size: number, limit: number): HumanError =>
  new HumanError(
    ExitCode.data,
    phrase`${what} ${size} characters, and this Platform takes ${limit}.`,
    phrase`Put long lists into a file that the pipeline reads.`,
  );

function configText({ configs }: LaunchWish, { cwd }: Pick<World, 'cwd'>): string | undefined {
  if (configs.length === 0) return undefined;
  return configs
    .map((path) => {
      const source = readSourceFile(resolve(cwd, path));
      if ('problem' in source)
        throw new HumanError(ExitCode.data, phrase`Cannot read ${printable(path)}: ${source.problem}.`);
      return source.bytes.toString('utf8');
    })
    .join('\n');
}

/** Nextflow's rule for names of runs (`nextflow.cli.CmdRun.RUN_NAME_PATTERN`). */
const RUN_NAME = /^[a-z](?:[a-z\d]|[-_](?=[a-z\d])){0,79}$/;

/**
 * The name of a run: the given one, or one that no other run has, so that it can be found if the answer to its launch is
 * lost.
 *
 * @throws HumanError 64 if the given one is no name for Nextflow.
 */
export function runNameFor(
  { runName }: Pick<LaunchWish, 'runName'>,
  { repository }: Pick<LaunchSource, 'repository'>,
  id: string,
): string {
  if (runName === undefined) {
    const words =
      repositoryName(repository)
        .toLowerCase()
        .match(/[a-z\d]+/g) ?? [];
    const name = words
      .join('-')
      .replace(/^[\d-]+/, '')
      .slice(0, 40)
      .replace(/-+$/, '');
    return name === '' ? `run-${id}` : `${name}-${id}`;
  }
  if (RUN_NAME.test(runName)) return runName;
  throw new HumanError(
    ExitCode.usage,
    phrase`"${printable(runName)}" is no name for a run of Nextflow.`,
    phrase`It has up to 80 small letters, digits, and single - or _ between them, and begins with a letter.`,
  );
}

/** @throws HumanError 64 if there is no work directory. */
export function launchRequest({ wish, source, computeEnv, texts, ...rest }: LaunchParts): LaunchRequest {
  const workDir = wish.workDir ?? computeEnv.workDir ?? undefined;
  if (workDir === undefined || workDir === '') {
    throw new HumanError(
      ExitCode.usage,
      phrase`The compute environment ${printable(computeEnv.name)} has no work directory of its own: name one.`,
    );
  }
  return {
    computeEnvId: computeEnv.id,
    pipeline: source.repository,
    revision: source.revision,
    commitId: source.commit,
    workDir,
    ...(texts.params !== undefined && { paramsText: texts.params }),
    ...(texts.config !== undefined && { configText: texts.config }),
    ...(wish.profiles.length > 0 && { configProfiles: wish.profiles }),
    ...(source.mainScript !== undefined && { mainScript: source.mainScript }),
    ...(wish.entryName !== undefined && { entryName: wish.entryName }),
    ...(wish.isStub && { stubRun: true }),
    ...rest,
  };
}

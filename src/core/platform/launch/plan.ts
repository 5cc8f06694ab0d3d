import { ensureGranted, grantKey, notYetGranted } from '../../launch/grants.ts';
import type { PlanOptions } from '../../launch/lease-options.ts';
import { planNotes } from '../../launch/plan-notes.ts';
import { refuseShellsOwn } from '../../launch/variable-names.ts';
import type { PipelineCode } from '../../pipeline/pipeline-code.ts';
import { readPipeline } from '../../pipeline/pipeline.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import type { Notice } from '../../system/notice.ts';
import { phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import { newRunId } from '../../system/run-id.ts';
import type { World } from '../../system/world.ts';
import { SERVICE_EXECUTORS } from '../../targets/targets.ts';
import type { PlatformClient } from '../client.ts';
import type { ComputeEnv, LaunchRequest, PlatformContext } from '../types.ts';
import { listAvailable } from './available.ts';
import { assertGivesSecrets, chooseComputeEnv, secretsNotes } from './compute-env.ts';
import {
  asPlan,
  missingThere,
  platformNeeds,
  type PlatformNeeds,
  secretLists,
  unknownNotes,
} from './needs.ts';
import { OwnRepository } from './remote-git.ts';
import { launchRequest, launchTexts, runNameFor } from './request.ts';
import { launchSource, type LaunchSource } from './source.ts';
import type { LaunchWish } from './wish.ts';

/** Options of a launch on a Platform, and of a check before one. */
export interface PlatformLaunchOptions extends PlanOptions {
  /** Name or id of a compute environment. */
  readonly computeEnv?: string | undefined;
  /** None of the person's own secrets. */
  readonly withoutUser?: boolean | undefined;
  /** Names that a remote pipeline may get, or `all`. */
  readonly grant?: readonly string[] | undefined;
  /** Parameters that a person may have meant as options of ours, without dashes. */
  readonly doubtful?: readonly string[] | undefined;
}

/** Where something is launched. */
export interface LaunchPlace {
  readonly client: PlatformClient;
  readonly context: PlatformContext;
}

/** What the code of one commit needs, and what a run in a context gets. */
export interface PlatformCheck {
  readonly source: LaunchSource;
  readonly code: PipelineCode;
  readonly needs: PlatformNeeds;
  /** Notes for a person, beside the list of secrets. */
  readonly notes: readonly Notice[];
  /** The error if something is missing: exit code 66. */
  readonly stop: HumanError | undefined;
}

/** A launch before it is sent. */
export interface PlatformLaunch extends PlatformCheck {
  readonly computeEnv: ComputeEnv;
  readonly request: LaunchRequest;
  /** Names of the person that this remote pipeline has not had before. */
  readonly ungranted: readonly string[];
}

/**
 * Compares what the code needs that a Platform would run with what is there. Nothing is changed.
 *
 * @throws HumanError 64, 65, 69 of the code; PlatformError.
 */
export async function checkPlatform(
  place: LaunchPlace,
  wish: LaunchWish,
  options: PlatformLaunchOptions,
  world: World,
): Promise<PlatformCheck> {
  const { source, code } = await readSource(wish, options, world);
  return compare(place, { source, code, options, end: undefined }, world);
}

interface ReadSource {
  readonly source: LaunchSource;
  readonly code: PipelineCode;
}

/** Reads the code that a Platform would run. */
async function readSource(
  wish: LaunchWish,
  { doubtful }: Pick<PlatformLaunchOptions, 'doubtful'>,
  world: World,
): Promise<ReadSource> {
  const own = await OwnRepository.make(world);
  try {
    const source = await launchSource(wish, own, world);
    const command = {
      executable: '',
      args: wordsFor(wish, source),
      pipeline: wish.pipeline,
      background: undefined,
    };
    const { directory, tree } = source;
    const request = {
      pulling: 'never',
      services: SERVICE_EXECUTORS,
      doubtful,
      at: { directory, tree },
    } as const;
    const code = await readPipeline(command, request, world);
    refuseMisplaced(code.unknownParameters);
    return { source, code };
  } finally {
    await own.remove();
  }
}

/** The words of a `nextflow run` that has the same effect on the code. */
function wordsFor(wish: LaunchWish, { mainScript }: Pick<LaunchSource, 'mainScript'>): string[] {
  const option = (name: string, value: string | undefined): string[] =>
    value === undefined ? [] : [name, value];
  return [
    ...['run', wish.pipeline],
    ...option('-main-script', mainScript),
    ...option('-entry', wish.entryName),
    ...option('-params-file', wish.paramsFile),
    ...option('-profile', wish.profiles.length === 0 ? undefined : wish.profiles.join(',')),
    ...wish.configs.flatMap((path) => ['-c', path]),
    ...wish.parameters.map(({ name, value }) => `--${name}=${value}`),
  ];
}

/** @throws HumanError 64 for parameters that only we know, as options. */
function refuseMisplaced(names: readonly string[]): void {
  const [first] = names;
  if (first === undefined) return;
  throw new HumanError(
    ExitCode.usage,
    phrase`What comes after the pipeline goes to it, and this pipeline has no parameter ${printable(first)}.`,
    { do: 'place-options', names, of: 'platform' },
  );
}

async function compare(
  { client, context }: LaunchPlace,
  {
    source,
    code,
    options,
    end,
  }: ReadSource & {
    readonly options: PlatformLaunchOptions;
    readonly end: ReturnType<typeof phrase> | undefined;
  },
  world: World,
): Promise<PlatformCheck> {
  const available = await listAvailable(client, context, { user: options.withoutUser === true });
  const needs = platformNeeds(code, available, options, context);
  const plan = asPlan(needs);
  refuseShellsOwn(plan);
  const stop = missingThere(needs, options, {
    context,
    host: client.host,
    ...(end !== undefined && { end }),
  });
  const notes = [
    ...unknownNotes(needs),
    ...planNotes({ code, destination: undefined }, plan, options, world),
    ...source.notes,
  ];
  return { source, code, needs, notes, stop };
}

/**
 * Plans a launch: reads the code, what is there, the compute environments, and makes the request. Nothing is sent but
 * questions.
 *
 * @throws HumanError 64, 65, 66, 69 of what is asked for; PlatformError.
 */
export async function planPlatformLaunch(
  place: LaunchPlace,
  wish: LaunchWish,
  options: PlatformLaunchOptions,
  world: World,
): Promise<PlatformLaunch> {
  const { client, context } = place;
  const texts = await launchTexts(wish, await client.serviceInfo(), world);
  const computeEnv = chooseComputeEnv(await client.computeEnvs(context), options.computeEnv, context);
  const read = await readSource(wish, options, world);
  const end = phrase`Nothing was launched.`;
  const check = await compare(place, { ...read, options, end }, world);
  const lists = secretLists(check.needs);
  const names = [...lists.userSecrets, ...lists.workspaceSecrets].sort();
  if (check.stop === undefined) assertGivesSecrets(computeEnv, names);
  const runName = runNameFor(wish, check.source, newRunId());
  const request = launchRequest({ wish, source: check.source, computeEnv, texts, runName, ...lists });
  const key = keyOf(check.source);
  return {
    ...check,
    computeEnv,
    request,
    notes: [...check.notes, ...secretsNotes(computeEnv, names)],
    ungranted: check.source.isOwn ? [] : await notYetGranted(key, check.needs.secrets, world),
  };
}

const keyOf = ({ repository }: LaunchSource): string => grantKey(repository, undefined);

/**
 * Makes sure that a pipeline that is not checked out here may have the person's own secrets.
 *
 * @throws HumanError 77 if there is no yes.
 */
export async function ensurePlatformGrant(
  { source, needs }: PlatformLaunch,
  granted: readonly string[],
  world: World,
): Promise<void> {
  if (!source.isOwn) await ensureGranted(keyOf(source), needs.secrets, granted, world);
}

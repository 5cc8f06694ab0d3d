import { ExitCode, HumanError } from '../system/human-error.ts';
import { printable } from '../system/printable.ts';
import type { InFile, SourceSetting } from '../references/scan.ts';
import { isExecutor } from '../pipeline/executor-setting.ts';
import type { PipelineCode } from '../pipeline/pipeline.ts';
import { findOnPath } from '../system/find-on-path.ts';
import type { World } from '../system/world.ts';
import { type NextflowCommand, optionValue } from '../nextflow/nextflow-command.ts';
import type { ServiceNames } from './service-names.ts';
import type { Remedy } from '../system/remedy.ts';
import { joined, phrase, type PhraseArgument } from '../system/phrase.ts';

/**
 * Nextflow's executors that send tasks to a scheduler with a shared file system, and the program that each of them
 * submits with.
 */
const SUBMIT_PROGRAMS: ReadonlyMap<string, string> = new Map([
  ['bridge', 'ccc_msub'],
  ['condor', 'condor_submit'],
  ['crg', 'qsub'],
  ['flux', 'flux'],
  ['hq', 'hq'],
  ['hyperqueue', 'hq'],
  ['lsf', 'bsub'],
  ['moab', 'msub'],
  ['nqsii', 'qsub'],
  ['oar', 'oarsub'],
  ['oge', 'qsub'],
  ['pbs', 'qsub'],
  ['pbspro', 'qsub'],
  ['sge', 'qsub'],
  ['slurm', 'sbatch'],
  ['tcs', 'pjsub'],
  ['uge', 'qsub'],
]);

/**
 * Answer to the question whether tasks of a run go to a service, by the texts. `maybe`: only Nextflow can tell.
 */
export type ServiceUse = 'yes' | 'no' | 'maybe';

/** Tells whether tasks go to a service. Cheap: starts no Nextflow. */
export function serviceUse(
  { executors }: ServiceNames,
  { args }: Pick<NextflowCommand, 'args'>,
  code: Pick<PipelineCode, 'settings' | 'mayUse'>,
  { env }: World,
): ServiceUse {
  const named = [
    optionExecutor(args),
    env['NXF_EXECUTOR'],
    ...code.settings.filter(isExecutor).map(({ value }) => value),
  ];
  if (named.some((name) => name !== undefined && executors.includes(name.toLowerCase()))) return 'yes';
  return executors.some((executor) => code.mayUse.has(executor)) ? 'maybe' : 'no';
}

/** The services that can get secrets, and the one that the run uses. */
export interface Reach {
  readonly services: readonly ServiceNames[];
  readonly used: ServiceNames | undefined;
}

const optionExecutor = (args: readonly string[]): string | undefined =>
  args.find((word) => word.startsWith('-process.executor='))?.split('=')[1] ??
  optionValue(args, '-process.executor');

/** A setting that keeps secrets from reaching tasks, and its location. */
interface Obstacle {
  readonly what: PhraseArgument;
  readonly where: string;
  /** The executor's name in lower case, if the setting is an executor. */
  readonly executor?: string;
}

/**
 * Refuses a run if its executor cannot get secrets from a private store: Nextflow would run the tasks with unset
 * variables, without a message. Does not see computed settings.
 *
 * @param settings - those of the configs that the run reads.
 * @throws HumanError 69 with the location.
 */
export function refuseUnreachableExecutors(
  { args }: NextflowCommand,
  settings: readonly InFile<SourceSetting>[],
  reach: Reach,
  world: World,
): void {
  const isInside = Boolean(world.env['NF_SECRETS_RUN']);
  // In Nextflow later settings win. Here any setting that cannot work is a reason to stop.
  const obstacle = onCommandLine(args, reach, world) ?? firstObstacle(settings, reach);
  if (obstacle !== undefined) throw refusal(obstacle, reach.services, isInside);
}

/**
 * @param where - location, for a person.
 * @throws HumanError 69 if the executor of a process cannot get secrets from a private store.
 */
export function refuseUnreachable(executor: string, where: string, services: readonly ServiceNames[]): void {
  const obstacle = executorObstacle(executor, where, { services, used: undefined });
  if (obstacle !== undefined) throw refusal(obstacle, services);
}

function refusal(
  { what, where, executor }: Obstacle,
  services: readonly ServiceNames[],
  isInside = false,
): HumanError {
  const location = printable(where);
  const ending = phrase`Nextflow would run its tasks with unset variables, so it was not started.`;
  if (what === FUSION) {
    return new HumanError(
      ExitCode.unavailable,
      phrase`With Fusion (${location}) no secret reaches a task, wherever it runs: ${ending}`,
      where === WITH_FUSION
        ? phrase`Leave ${WITH_FUSION} out.`
        : phrase`Run without it: fusion.enabled = false`,
    );
  }
  const schedulers = phrase`the local executor, a scheduler with a shared file system (Slurm, SGE, LSF, PBS, …)`;
  const service = services.find(({ executors }) => executor !== undefined && executors.includes(executor));
  const others = joined(
    services.map(({ title }) => phrase` or ${title}`),
    '',
  );
  const outside: Remedy = service
    ? { do: 'choose-target', target: service.id, lead: phrase`Leave the target out, or name it` }
    : phrase`Use ${schedulers}${others} for this run.`;
  const inside = service ? LEAVE_RUN : phrase`Use ${schedulers} for this run.`;
  return new HumanError(
    ExitCode.unavailable,
    phrase`${what} (${location}) cannot get secrets from this machine: ${ending}`,
    isInside ? inside : outside,
  );
}

/** Remedy if a run inside of another run needs its own lease. */
export const LEAVE_RUN: Remedy = { do: 'leave-run', toLaunch: true };

const FUSION = 'Fusion';
const WITH_FUSION = '-with-fusion';

function onCommandLine(args: readonly string[], reach: Reach, world: World): Obstacle | undefined {
  if (args.includes(WITH_FUSION)) return { what: FUSION, where: WITH_FUSION };
  const named = optionExecutor(args);
  if (named !== undefined) return executorObstacle(named, '-process.executor', reach);
  const byEnvironment = world.env['NXF_EXECUTOR'];
  return byEnvironment ? executorObstacle(byEnvironment, 'NXF_EXECUTOR', reach) : undefined;
}

/** The schedulers that get tasks of a launch, as far as it knows them. */
export interface Schedulers {
  /** Nextflow's names of them, as far as the command line and the configs name them; lower case. */
  readonly named: readonly string[];
  /** Those that nf-secrets cannot ask about jobs: of the named ones, or of those on the PATH if none is known. */
  readonly unasked: readonly string[];
}

/**
 * Finds the schedulers that may get tasks of a run. If the executor is not known, as with a config that is not read,
 * these are all schedulers that have their program on the PATH, unless there is a Slurm.
 */
export function schedulersOf(
  args: readonly string[],
  settings: readonly InFile<SourceSetting>[],
  world: World,
): Schedulers {
  const option = optionExecutor(args);
  const byEnvironment = world.env['NXF_EXECUTOR'];
  const inConfigs = settings.filter(isExecutor).map(({ value }) => value);
  const given = option !== undefined ? [option] : byEnvironment ? [byEnvironment, ...inConfigs] : inConfigs;
  const names = [...new Set(given.map((name) => name.toLowerCase()))];
  const named = names.filter((name) => SUBMIT_PROGRAMS.has(name));
  const unasked = names.length > 0 ? named.filter((name) => name !== 'slurm') : onPath(world);
  return { named, unasked };
}

/** Finds the submit programs on the PATH; none if there is a Slurm, which is asked about its jobs. */
function onPath(world: World): string[] {
  if (findOnPath('sbatch', world) !== undefined) return [];
  const programs = [...new Set(SUBMIT_PROGRAMS.values())];
  return programs.filter((program) => findOnPath(program, world) !== undefined);
}

function firstObstacle(settings: readonly InFile<SourceSetting>[], reach: Reach): Obstacle | undefined {
  for (const setting of settings) {
    const { path, value, file, line } = setting;
    const where = `${file}:${line}`;
    if (path.join('.') === 'fusion.enabled' && value === 'true') return { what: FUSION, where };
    const obstacle = isExecutor(setting) ? executorObstacle(value, where, reach) : undefined;
    if (obstacle !== undefined) return obstacle;
  }
  return undefined;
}

function executorObstacle(name: string, where: string, { used }: Reach): Obstacle | undefined {
  if (used?.executors.includes(name.toLowerCase()) === true) return undefined;
  // Nextflow handles a computed name.
  const known = name.toLowerCase();
  const isComputed = !/^[A-Za-z][A-Za-z0-9-]*$/.test(name);
  if (isComputed || known === 'local' || SUBMIT_PROGRAMS.has(known)) return undefined;
  return { what: phrase`The executor "${printable(name)}"`, where, executor: known };
}

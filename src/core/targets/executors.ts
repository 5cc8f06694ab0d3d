import { ExitCode, HumanError } from '../system/human-error.ts';
import { printable } from '../system/printable.ts';
import type { InFile, SourceSetting } from '../references/scan.ts';
import { isExecutor } from '../pipeline/executor-mentions.ts';
import type { PipelineCode } from '../pipeline/pipeline.ts';
import { findOnPath } from '../system/find-on-path.ts';
import type { World } from '../system/world.ts';
import { type NextflowCommand, optionValue } from '../nextflow/nextflow-command.ts';
import type { ServiceNames } from './service-names.ts';
import type { Remedy } from '../system/remedy.ts';
import { phrase } from '../system/phrase.ts';

/**
 * Nextflow's executors that hand tasks to a scheduler with a shared file system, and the program that each submits
 * with.
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
 * Whether tasks of a run go to a service, as far as the texts tell: `maybe`, only Nextflow can tell.
 */
export type ServiceUse = 'yes' | 'no' | 'maybe';

/** A cheap look whether tasks go to a service, which starts no Nextflow. */
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

/** A setting that keeps secrets from reaching tasks, and where it is. */
interface Obstacle {
  readonly what: string;
  readonly where: string;
  /** Lower case, if it is one. */
  readonly executor?: string;
}

/**
 * Refuses a run whose executor cannot get secrets from a private store, because Nextflow would run its tasks
 * with unset variables and say nothing. What is computed goes unseen.
 *
 * @param settings - those of the configs that the run reads.
 * @throws HumanError 69 with the place.
 */
export function refuseUnreachableExecutors(
  { args }: NextflowCommand,
  settings: readonly InFile<SourceSetting>[],
  reach: Reach,
  world: World,
): void {
  const isInside = Boolean(world.env['NF_SECRETS_RUN']);
  // Later ones win in Nextflow; any one that cannot work is worth a stop.
  const obstacle = onCommandLine(args, reach, world) ?? firstObstacle(settings, reach);
  if (obstacle !== undefined) throw refusal(obstacle, reach.services, isInside);
}

/**
 * @param where - for a person.
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
  const place = printable(where);
  const ending = 'Nextflow would run its tasks with unset variables, so it was not started.';
  if (what === FUSION) {
    return new HumanError(
      ExitCode.unavailable,
      phrase`With Fusion (${place}) no secret reaches a task, wherever it runs: ${ending}`,
      where === WITH_FUSION
        ? phrase`Leave ${WITH_FUSION} out.`
        : phrase`Run without it: fusion.enabled = false`,
    );
  }
  const schedulers = 'the local executor, a scheduler with a shared file system (Slurm, SGE, LSF, PBS, …)';
  const service = services.find(({ executors }) => executor !== undefined && executors.includes(executor));
  const others = services.map(({ title }) => ` or ${title}`).join('');
  const outside: Remedy = service
    ? { do: 'choose-target', target: service.id, lead: phrase`Leave the target out, or say` }
    : phrase`Use ${schedulers}${others} for this run.`;
  const inside = service ? LEAVE_RUN : phrase`Use ${schedulers} for this run.`;
  return new HumanError(
    ExitCode.unavailable,
    phrase`${what} (${place}) cannot get secrets from this machine: ${ending}`,
    isInside ? inside : outside,
  );
}

/** What to do where a run inside of another one needs a lease of its own. */
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

/** What a launch knows of the schedulers that get its tasks. */
export interface Schedulers {
  /** Nextflow's names of them, as far as the command line and the configs say; lower case. */
  readonly named: readonly string[];
  /** Of those, and of those that nothing speaks against, the ones that nf-secrets cannot ask about jobs. */
  readonly unasked: readonly string[];
}

/**
 * The schedulers that may get tasks of a run. Where nothing says which executor it is, as with a config that is not
 * read, each one may be meant whose program is on the PATH, unless there is a Slurm.
 */
export function schedulersOf(
  args: readonly string[],
  settings: readonly InFile<SourceSetting>[],
  world: World,
): Schedulers {
  const option = optionExecutor(args);
  const byEnvironment = world.env['NXF_EXECUTOR'];
  const inConfigs = settings.filter(isExecutor).map(({ value }) => value);
  const said = option !== undefined ? [option] : byEnvironment ? [byEnvironment, ...inConfigs] : inConfigs;
  const names = [...new Set(said.map((name) => name.toLowerCase()))];
  const named = names.filter((name) => SUBMIT_PROGRAMS.has(name));
  const unasked = names.length > 0 ? named.filter((name) => name !== 'slurm') : onPath(world);
  return { named, unasked };
}

/** What is asked about its jobs is not among them. */
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
  // A name that is computed is left to Nextflow.
  const known = name.toLowerCase();
  const isComputed = !/^[A-Za-z][A-Za-z0-9-]*$/.test(name);
  if (isComputed || known === 'local' || SUBMIT_PROGRAMS.has(known)) return undefined;
  return { what: `The executor "${name}"`, where, executor: known };
}

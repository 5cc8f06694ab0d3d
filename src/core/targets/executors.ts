import { ExitCode, HumanError } from '../system/human-error.ts';
import { printable } from '../system/printable.ts';
import type { InFile, SourceSetting } from '../references/scan.ts';
import { isExecutor } from '../pipeline/executor-mentions.ts';
import type { PipelineCode } from '../pipeline/pipeline.ts';
import { findOnPath } from '../system/find-on-path.ts';
import type { World } from '../system/world.ts';
import { type NextflowCommand, optionValue } from '../nextflow/nextflow-command.ts';
import { AWS_BATCH } from '../nextflow/preview.ts';

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
 * Where a run's secrets have to go, as far as the texts tell: `yes`, to AWS Batch too; `no`, to this machine alone;
 * `maybe`, only Nextflow can tell.
 */
export type BatchUse = 'yes' | 'no' | 'maybe';

/**
 * A cheap look for AWS Batch, which starts no Nextflow.
 *
 * @param target - `--target`.
 */
export function batchUse(
  { args }: Pick<NextflowCommand, 'args'>,
  code: Pick<PipelineCode, 'settings' | 'mentionsBatch'>,
  target: string | undefined,
  { env }: World,
): BatchUse {
  if (target !== undefined) return target === 'local' ? 'no' : 'yes';
  const named = [
    optionExecutor(args),
    env['NXF_EXECUTOR'],
    ...code.settings.filter(isExecutor).map(({ value }) => value),
  ];
  if (named.some((name) => name?.toLowerCase() === AWS_BATCH)) return 'yes';
  return code.mentionsBatch ? 'maybe' : 'no';
}

const optionExecutor = (args: readonly string[]): string | undefined =>
  args.find((word) => word.startsWith('-process.executor='))?.split('=')[1] ??
  optionValue(args, '-process.executor');

/** A setting that keeps secrets from reaching tasks, and where it is. */
interface Obstacle {
  readonly what: string;
  readonly where: string;
}

/**
 * Refuses a run whose executor cannot get secrets from a private store, because Nextflow would run its tasks
 * with unset variables and say nothing. What is computed goes unseen.
 *
 * @param settings - those of the configs that the run reads.
 * @param withBatch - whether AWS Batch gets its secrets in another way.
 * @throws HumanError 69 with the place.
 */
export function refuseUnreachableExecutors(
  { args }: NextflowCommand,
  settings: readonly InFile<SourceSetting>[],
  withBatch: boolean,
  world: World,
): void {
  const isInside = Boolean(world.env['NF_SECRETS_RUN']);
  // Later ones win in Nextflow; any one that cannot work is worth a stop.
  const obstacle = onCommandLine(args, withBatch, world) ?? firstObstacle(settings, withBatch);
  if (obstacle !== undefined) throw refusal(obstacle, isInside);
}

/**
 * @param where - for a person.
 * @throws HumanError 69 if the executor of a process cannot get secrets from a private store.
 */
export function refuseUnreachable(executor: string, where: string): void {
  const obstacle = executorObstacle(executor, where, false);
  if (obstacle !== undefined) throw refusal(obstacle);
}

function refusal({ what, where }: Obstacle, isInside = false): HumanError {
  const place = printable(where);
  const ending = 'Nextflow would run its tasks with unset variables, so it was not started.';
  if (what === FUSION) {
    return new HumanError(
      ExitCode.unavailable,
      `With Fusion (${place}) no secret reaches a task, wherever it runs: ${ending}`,
      where === WITH_FUSION ? `Leave ${WITH_FUSION} out.` : 'Run without it: fusion.enabled = false',
    );
  }
  const schedulers = 'the local executor, a scheduler with a shared file system (Slurm, SGE, LSF, PBS, …)';
  const isBatch = what === `The executor "${AWS_BATCH}"`;
  const batch = isBatch
    ? 'Leave --target out, or say --target aws-batch.'
    : `Use ${schedulers} or AWS Batch for this run.`;
  const inside = isBatch ? LEAVE_RUN : `Use ${schedulers} for this run.`;
  return new HumanError(
    ExitCode.unavailable,
    `${what} (${place}) cannot get secrets from this machine: ${ending}`,
    isInside ? inside : batch,
  );
}

/** What to do where a run inside of another one needs a lease of its own. */
export const LEAVE_RUN = 'Launch it by itself: env -u NF_SECRETS_RUN nf-secrets launch …';

const FUSION = 'Fusion';
const WITH_FUSION = '-with-fusion';

function onCommandLine(args: readonly string[], withBatch: boolean, world: World): Obstacle | undefined {
  if (args.includes(WITH_FUSION)) return { what: FUSION, where: WITH_FUSION };
  const named = optionExecutor(args);
  if (named !== undefined) return executorObstacle(named, '-process.executor', withBatch);
  const byEnvironment = world.env['NXF_EXECUTOR'];
  return byEnvironment ? executorObstacle(byEnvironment, 'NXF_EXECUTOR', withBatch) : undefined;
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

function firstObstacle(settings: readonly InFile<SourceSetting>[], withBatch: boolean): Obstacle | undefined {
  for (const setting of settings) {
    const { path, value, file, line } = setting;
    const where = `${file}:${line}`;
    if (path.join('.') === 'fusion.enabled' && value === 'true') return { what: FUSION, where };
    const obstacle = isExecutor(setting) ? executorObstacle(value, where, withBatch) : undefined;
    if (obstacle !== undefined) return obstacle;
  }
  return undefined;
}

function executorObstacle(name: string, where: string, withBatch: boolean): Obstacle | undefined {
  if (withBatch && name.toLowerCase() === AWS_BATCH) return undefined;
  // A name that is computed is left to Nextflow.
  const known = name.toLowerCase();
  const isComputed = !/^[A-Za-z][A-Za-z0-9-]*$/.test(name);
  if (isComputed || known === 'local' || SUBMIT_PROGRAMS.has(known)) return undefined;
  return { what: `The executor "${name}"`, where };
}

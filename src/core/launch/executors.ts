import { ExitCode, HumanError } from '../human-error.ts';
import { printable } from '../printable.ts';
import type { InFile } from '../references/diagnostics.ts';
import type { SourceSetting } from '../references/scan-source.ts';
import type { World } from '../world.ts';
import { type NextflowCommand, optionValue } from './nextflow-command.ts';

/** Executors that run tasks here, or through a scheduler with a shared file system. */
const SHARED_FILE_SYSTEM = new Set([
  'local',
  'bridge',
  'condor',
  'crg',
  'flux',
  'hq',
  'hyperqueue',
  'lsf',
  'moab',
  'nqsii',
  'oar',
  'oge',
  'pbs',
  'pbspro',
  'sge',
  'slurm',
  'tcs',
  'uge',
]);

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
 * @throws HumanError 69 with the place.
 */
export function refuseUnreachableExecutors(
  { args }: NextflowCommand,
  settings: readonly InFile<SourceSetting>[],
  world: World,
): void {
  // Later ones win in Nextflow; any one that cannot work is worth a stop.
  const obstacle = onCommandLine(args, world) ?? firstObstacle(settings);
  if (obstacle === undefined) return;
  throw new HumanError(
    ExitCode.unavailable,
    `${obstacle.what} (${printable(obstacle.where)}) cannot get secrets from this machine: ` +
      'Nextflow would run its tasks with unset variables, so it was not started.',
    'Use the local executor or a scheduler with a shared file system (Slurm, SGE, LSF, PBS, …) for this run.',
  );
}

function onCommandLine(args: readonly string[], world: World): Obstacle | undefined {
  const option = args.find((word) => word.startsWith('-process.executor='))?.split('=')[1];
  const named = option ?? optionValue(args, '-process.executor');
  if (named !== undefined) return executorObstacle(named, '-process.executor');
  if (args.includes('-with-fusion')) return { what: 'Fusion', where: '-with-fusion' };
  const byEnvironment = world.env['NXF_EXECUTOR'];
  return byEnvironment ? executorObstacle(byEnvironment, 'NXF_EXECUTOR') : undefined;
}

function firstObstacle(settings: readonly InFile<SourceSetting>[]): Obstacle | undefined {
  for (const { path, value, file, line } of settings) {
    const key = path.join('.');
    const where = `${file}:${line}`;
    if (key === 'fusion.enabled' && value === 'true') return { what: 'Fusion', where };
    const isExecutor = key === 'executor.name' || (path[0] === 'process' && path.at(-1) === 'executor');
    const obstacle = isExecutor ? executorObstacle(value, where) : undefined;
    if (obstacle !== undefined) return obstacle;
  }
  return undefined;
}

function executorObstacle(name: string, where: string): Obstacle | undefined {
  // A name that is computed is left to Nextflow.
  if (!/^[A-Za-z][A-Za-z0-9-]*$/.test(name) || SHARED_FILE_SYSTEM.has(name.toLowerCase())) return undefined;
  return { what: `The executor "${name}"`, where };
}

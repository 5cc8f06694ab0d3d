import { expiryByName, type LaunchPlan, planLaunch, scopesByName, type Use } from '../../core/launch/plan.ts';
import { originOf } from '../../core/launch/program.ts';
import { printable } from '../../core/system/printable.ts';
import { type PipelineCode, readPipeline } from '../../core/pipeline/pipeline.ts';
import { SERVICE_EXECUTORS } from '../../core/targets/targets.ts';
import type { Pulling } from '../../core/pipeline/remote-pipeline.ts';
import type { Services } from '../services.ts';
import { settings } from '../settings.ts';
import type { LaunchDefinition } from './launch-definition.ts';
import { type LaunchTarget, launchTarget } from './launch-target.ts';
import { launchWords } from './launch-task.ts';
import type { Pipeline } from './pipelines.ts';

/** The plan of a launch, from the texts of its pipeline. Only Nextflow knows everything that tasks in a service get. */
export interface PipelinePlan extends LaunchPlan {
  readonly code: PipelineCode;
  readonly target: LaunchTarget;
  /** Title of the service that the workspace's secrets are in; undefined for a vault. */
  readonly workspaceService: string | undefined;
  /** Time of the plan: values may have expired. */
  readonly now: Date;
}

/**
 * The plan of a launch from names alone, by the same rules as the launch itself.
 *
 * @param pulling - `if-needed` only if the launch follows: Nextflow then fetches a remote pipeline.
 * @throws HumanError 69 if a remote pipeline is not on this machine.
 */
export async function planFor(
  { word, folder }: Pipeline,
  definition: LaunchDefinition,
  { secrets, openWorld }: Services,
  pulling: Pulling = 'never',
): Promise<PipelinePlan> {
  const command = {
    // Not started: a plan runs no code. Its text has its version, and the version decides which clone it runs.
    executable: settings.nextflowPath.get(folder) || 'nextflow',
    args: ['run', ...launchWords(definition, folder)],
    pipeline: word,
    background: undefined,
  };
  const world = openWorld(folder.uri);
  const code = await readPipeline(command, { pulling, services: SERVICE_EXECUTORS }, world);
  const target = launchTarget({ args: command.args, definition, code }, folder, world);
  const key = folder.uri.toString();
  const { rows = [], service } = secrets.inFolder(key) ?? {};
  const origin = originOf(command, world);
  const available = { scopesOf: scopesByName(rows), expiry: expiryByName(rows) };
  const plan = planLaunch({ code, destination: target.destination, origin }, available, {
    only: definition.secrets,
  });
  return { ...plan, code, target, workspaceService: service?.title, now: world.now() };
}

/** `main.nf:12`, for one use in the plan. */
export const locationOf = ({ file, line }: Pick<Use, 'file' | 'line'>): string =>
  `${printable(file)}:${line}`;

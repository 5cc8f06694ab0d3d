import { ensureGranted, grantKey } from '../grants.ts';
import { readNextflowStore } from '../nextflow-store.ts';
import { findWorkspace } from '../places.ts';
import { resolveSecrets, type ResolveOptions } from '../resolve.ts';
import type { World } from '../world.ts';
import { refuseUnreachableExecutors } from './executors.ts';
import { type ChildRunner, outerStore, planDelivery, runInOuterLease, runLeased } from './lease.ts';
import { localPipelineDirectory, type NextflowCommand, optionValue } from './nextflow-command.ts';

export interface LeaseOptions extends ResolveOptions {
  /** `--workspace`. */
  readonly workspace?: string | undefined;
  /** `--run-root`. */
  readonly runRoot?: string | undefined;
  /** `--grant`: names that a remote pipeline may get, or `all`. */
  readonly grant?: readonly string[] | undefined;
}

/**
 * Runs a pipeline with its secrets: plan, record, provision, run, release.
 *
 * @returns Nextflow's exit code, or 75 if it succeeded but something could not be removed.
 * @throws HumanError 66, 69 and those of the vaults, before anything was created.
 */
export async function launch(
  command: NextflowCommand,
  options: LeaseOptions,
  runner: ChildRunner,
  world: World,
): Promise<number> {
  const pipelineDirectory = localPipelineDirectory(command.pipeline, world);
  await refuseUnreachableExecutors(command, pipelineDirectory, world);
  return runWithSecrets(
    {
      command: command.executable,
      args: command.args,
      label: withoutCredentials(command.pipeline),
      pipelineDirectory,
      ...(pipelineDirectory === undefined && {
        remote: grantKey(withoutCredentials(command.pipeline), optionValue(command.args, '-hub')),
      }),
    },
    options,
    runner,
    world,
  );
}

/** A pipeline's URL may have a password in it, which belongs into no message and no file of ours. */
function withoutCredentials(pipeline: string): string {
  return pipeline.replace(/^([a-z+]+:\/\/)[^/@]*@/i, '$1');
}

/** What to run, and where to look for its workspace. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly label: string;
  readonly pipelineDirectory?: string | undefined;
  /** What a remote pipeline's grants are kept under. */
  readonly remote?: string;
}

/** Any command under a lease: the common part of `launch` and `exec`. */
export async function runWithSecrets(
  program: Program,
  options: LeaseOptions,
  runner: ChildRunner,
  world: World,
): Promise<number> {
  const store = await outerStore(world);
  if (store !== undefined) {
    const held = new Set((await readNextflowStore(world)).keys());
    return runInOuterLease(
      program,
      [...(options.only ?? []), ...(options.required ?? [])],
      held,
      store,
      runner,
      world,
    );
  }
  const { directory: workspace } = await findWorkspace(world, options.workspace, program.pipelineDirectory);
  const resolved = await resolveSecrets(workspace, world, {
    ...options,
    acceptMembers: options.acceptMembers === true,
  });
  const secrets = planDelivery(resolved);
  if (program.remote !== undefined) await ensureGranted(program.remote, secrets, options.grant ?? [], world);
  return runLeased({ ...program, runRoot: options.runRoot, workspace }, secrets, runner, world);
}

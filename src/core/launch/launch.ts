import { dirname } from 'node:path';
import { ensureGranted, grantKey } from '../grants.ts';
import { ExitCode, HumanError } from '../human-error.ts';
import { readNextflowStore } from '../nextflow-store.ts';
import { findWorkspace } from '../places.ts';
import { printable } from '../printable.ts';
import { type ResolvedSecret, resolveSecrets, type ResolveOptions } from '../resolve.ts';
import { newRunId, type RunId } from '../runs/ledger.ts';
import { sweepBefore } from '../runs/sweep.ts';
import { placeForRun } from '../targets/local.ts';
import type { World } from '../world.ts';
import { refuseUnreachableExecutors } from './executors.ts';
import {
  type ChildRunner,
  type LeasedSecret,
  outerStore,
  planDelivery,
  runInOuterLease,
  runLeased,
} from './lease.ts';
import { localPipelineDirectory, type NextflowCommand, optionValue } from './nextflow-command.ts';

export interface LeaseOptions extends ResolveOptions {
  /** `--workspace`. */
  readonly workspace?: string | undefined;
  /** `--run-root`. */
  readonly runRoot?: string | undefined;
  /** `--grant`: names that a remote pipeline may get, or `all`. */
  readonly grant?: readonly string[] | undefined;
  /** `--keep`: the lease stays after the run. */
  readonly keep?: boolean | undefined;
  /** The run's id, if it has one already. */
  readonly runId?: RunId | undefined;
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
  return runWithSecrets(await pipelineProgram(command, world), options, runner, world);
}

/**
 * All that can be asked and refused of a launch before it goes on in the background, where there is nobody to ask.
 * Creates nothing.
 *
 * @throws HumanError as {@link launch} does.
 */
export async function checkLaunch(
  command: NextflowCommand,
  options: LeaseOptions,
  world: World,
): Promise<void> {
  const program = await pipelineProgram(command, world);
  if ((await outerStore(world)) !== undefined) {
    throw new HumanError(
      ExitCode.usage,
      `This is inside run ${printable(world.env['NF_SECRETS_RUN'] ?? '')}, whose secrets end with it: no launch of it can go on in the background.`,
      'Launch in the foreground, or leave that run: env -u NF_SECRETS_RUN nf-secrets …',
    );
  }
  await planRun(program, options, world);
  await placeForRun(options.runId ?? newRunId(), options.runRoot, world);
}

async function pipelineProgram(command: NextflowCommand, world: World): Promise<Program> {
  const pipelineDirectory = localPipelineDirectory(command.pipeline, command.args, world);
  if (
    pipelineDirectory !== undefined &&
    /^[\w.-]+\/[\w.-]+$/.test(command.pipeline) &&
    !command.pipeline.endsWith('.nf')
  ) {
    world.say(
      `${command.pipeline} is a directory here, so it is that one and not a remote pipeline that runs.`,
    );
  }
  await refuseUnreachableExecutors(command, pipelineDirectory, world);
  return {
    command: command.executable,
    args: command.args,
    label: withoutCredentials(command.pipeline),
    pipelineDirectory,
    ...(pipelineDirectory === undefined && {
      remote: grantKey(withoutCredentials(command.pipeline), optionValue(command.args, '-hub')),
    }),
  };
}

/** A pipeline's URL may have a password in it, which belongs into no message and no file of ours. */
export function withoutCredentials(pipeline: string): string {
  return pipeline.replace(/^([a-z+]+:\/\/)[^/]*@/i, '$1');
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
  if (store !== undefined) return runInside(program, options, store, runner, world);
  const runId = options.runId ?? newRunId();
  // First, because it starts while we read the vaults.
  const guardian = runner.startGuardian(runId);
  await sweepBefore(world);
  const { workspace, secrets } = await planRun(program, options, world);
  const leased = { ...program, runId, runRoot: options.runRoot, workspace, keep: options.keep };
  return runLeased(leased, secrets, guardian, runner, world);
}

interface PlannedRun {
  /** Absolute path. */
  readonly workspace: string;
  readonly secrets: readonly LeasedSecret[];
}

async function planRun(program: Program, options: LeaseOptions, world: World): Promise<PlannedRun> {
  const { directory: workspace } = await findWorkspace(world, options.workspace, program.pipelineDirectory);
  const resolved = await resolveSecrets(workspace, world, {
    ...options,
    acceptMembers: options.acceptMembers === true,
  });
  const secrets = planDelivery(resolved);
  if (program.remote !== undefined) await ensureGranted(program.remote, secrets, options.grant ?? [], world);
  return { workspace, secrets };
}

/**
 * Inside another run: its store is used as it is. A part of it, or what a remote pipeline needs a grant for, is
 * decided here too; a part becomes a lease of its own.
 */
async function runInside(
  program: Program,
  options: LeaseOptions,
  store: string,
  runner: ChildRunner,
  world: World,
): Promise<number> {
  const held = await readNextflowStore(world);
  if (options.withoutUser === true) {
    throw new HumanError(
      ExitCode.usage,
      'Inside another run it is not known which of its secrets are those of the user, so --without-user cannot be had.',
      'Name those that are wanted, or give --without-user to the outer launch or exec.',
    );
  }
  const required = options.required ?? [];
  const names = [...new Set(options.only === undefined ? held.keys() : [...options.only, ...required])];
  const absent = [...names, ...required].find((name) => !held.has(name));
  if (absent !== undefined) {
    throw new HumanError(
      ExitCode.missing,
      `This is inside run ${printable(world.env['NF_SECRETS_RUN'] ?? '')}, whose secrets do not include ${printable(absent)}.`,
      'Name it in the outer launch or exec, or leave that: env -u NF_SECRETS_RUN nf-secrets …',
    );
  }
  // Which scope each came from is no longer known here; all may be the person's own.
  const secrets = names.flatMap((name): ResolvedSecret[] => {
    const value = held.get(name);
    return value === undefined ? [] : [{ name, value, from: 'nextflow', overrides: [] }];
  });
  if (program.remote !== undefined) await ensureGranted(program.remote, secrets, options.grant ?? [], world);
  if (secrets.length === held.size) return runInOuterLease(program, store, runner, world);
  const { directory: workspace } = await findWorkspace(world, options.workspace, program.pipelineDirectory);
  // Values there are stored as tasks need them already.
  // The outer one's run root, which its launcher chose, is no longer in our environment.
  const runRoot = options.runRoot ?? dirname(dirname(store));
  const runId = newRunId();
  const leased = { ...program, runId, runRoot, workspace, keep: options.keep };
  return runLeased(leased, planDelivery(secrets), runner.startGuardian(runId), runner, world);
}

import { ExitCode, HumanError } from '../system/human-error.ts';
import { printable } from '../system/printable.ts';
import type { PipelineCode } from '../pipeline/pipeline.ts';
import { newRunId } from '../system/run-id.ts';
import { sweepBefore } from '../runs/sweep.ts';
import { placeForRun } from '../targets/local/private-store.ts';
import type { World } from '../system/world.ts';
import { schedulersOf } from '../targets/executors.ts';
import { outerLease } from './outer-lease.ts';
import { runInside } from './inside-run.ts';
import type { LeaseOptions } from './lease-options.ts';
import type { ChildRunner } from './leased-command.ts';
import { runLeased } from './lease.ts';
import type { NextflowCommand } from '../nextflow/nextflow-command.ts';
import type { LeasedSecret } from '../targets/plan-delivery.ts';
import { pipelineProgram, type Program } from './program.ts';
import { type OpenLease, provisionBatch } from '../targets/aws-batch/provision-batch.ts';
import { planRun } from './run-plan.ts';

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
  return runWithSecrets(await pipelineProgram(command, options, 'if-needed', world), options, runner, world);
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
  const program = await pipelineProgram(command, options, 'if-needed', world);
  if ((await outerLease(world)) !== undefined) {
    throw new HumanError(
      ExitCode.usage,
      `This is inside run ${printable(world.env['NF_SECRETS_RUN'] ?? '')}, whose secrets end with it: no launch of it can go on in the background.`,
      'Launch in the foreground, or leave that run: env -u NF_SECRETS_RUN nf-secrets …',
    );
  }
  await planRun(program, options, world);
  await placeForRun(options.runId ?? newRunId(), options.runRoot, world);
}

/** Any command under a lease: the common part of `launch` and `exec`. */
export async function runWithSecrets(
  program: Program,
  options: LeaseOptions,
  runner: ChildRunner,
  world: World,
): Promise<number> {
  const outer = await outerLease(world);
  if (outer !== undefined) return runInside(program, options, outer, runner, world);
  const runId = options.runId ?? newRunId();
  // First, because it starts while we read the vaults.
  const { code, batch = 'no', nextflow } = program;
  const guardian = runner.startGuardian(runId, batch !== 'no');
  await sweepBefore(world);
  const { workspace, secrets, notes, ownStore } = await planRun(program, options, world);
  const leased = {
    ...program,
    schedulers: program.schedulers ?? schedulersOf([], [], world),
    runId,
    runRoot: options.runRoot,
    workspace,
    keep: options.keep,
    ownStore,
    ...(notes !== undefined && { notes }),
    ...(code !== undefined &&
      nextflow !== undefined &&
      batch !== 'no' &&
      mayBeSent(nextflow, code, secrets) && {
        prepare: async (lease: OpenLease) => {
          const { allowMissing } = options;
          const request = { command: nextflow, code, secrets, allowMissing, certain: batch === 'yes' };
          return provisionBatch(request, lease, world);
        },
      }),
  };
  return runLeased(leased, secrets, { guardian, runner }, world);
}

/**
 * Whether there is anything that Nextflow could be asked about: a second start of it takes as long as the run's own. Of
 * a script from stdin it is not known what it names.
 */
const mayBeSent = (
  { pipeline }: NextflowCommand,
  { dynamic, notRead }: PipelineCode,
  secrets: readonly LeasedSecret[],
): boolean => pipeline === '-' || secrets.length + dynamic.length + notRead.length > 0;

import { sayLeftovers, sweepBefore } from '../runs/sweep.ts';
import { HumanError } from '../system/human-error.ts';
import { newRunId } from '../system/run-id.ts';
import type { World } from '../system/world.ts';
import type { NextflowCommand } from '../nextflow/nextflow-command.ts';
import type { ChildRunner } from './child-runner.ts';
import { planInside, runInOuterLease } from './inside-run.ts';
import { type Launcher, Lease, sayEnd } from './lease.ts';
import type { LeaseOptions } from './lease-options.ts';
import type { LeasedRun } from './leased-run.ts';
import { outerLease } from './outer-lease.ts';
import { planRun } from './plan-run.ts';
import { preparation } from './prepare.ts';
import { pipelineProgram, type Program } from './program.ts';
import type { ObservedEnd } from './observed-run.ts';

/**
 * Runs a pipeline with its secrets.
 *
 * @returns see {@link runWithSecrets}.
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
 * Runs a program of `launch` or `exec` with its secrets: plan, record, provision, run, release. Inside of another run
 * the program gets the secrets of that run.
 *
 * @returns see {@link runLeased}.
 */
export async function runWithSecrets(
  program: Program,
  options: LeaseOptions,
  runner: ChildRunner,
  world: World,
): Promise<number> {
  const { keep } = options;
  const outer = await outerLease(world);
  if (outer !== undefined) {
    const inside = await planInside(program, outer, options, world);
    if (inside.kind === 'whole')
      return runInOuterLease({ ...inside, leakOptions: options }, outer, runner, world);
    const runId = newRunId();
    const guardian = runner.startGuardian(runId, []);
    return runLeased(
      { ...inside.planned, program, runId, keep, leakOptions: options },
      { runner, guardian },
      world,
    );
  }
  const runId = options.runId ?? newRunId();
  // First, because it starts while we read the vaults.
  const guardian = runner.startGuardian(runId, servicesOf(program));
  await sweepBefore(world);
  const planned = await planRun(program, options, world);
  const prepare = preparation(program, planned, options, world);
  const run = { ...planned, program, runId, keep, prepare, leakOptions: options };
  return runLeased(run, { runner, guardian }, world);
}

/** Ends a lease that is not handed over. @returns the exit code. */
const endOf = async (
  lease: Lease,
  { keep, runId }: LeasedRun,
  exitCode: number,
  world: World,
): Promise<number> =>
  keep === true ? lease.keep(exitCode) : sayEnd(runId, exitCode, await lease.release(), world);

const notStarted = (exitCode: number): ObservedEnd => ({
  ...{ exitCode, hasStarted: false, hasWrongStore: false, nextflows: [] },
});

/** Ids of the targets, beside this machine, that a program may need. */
const servicesOf = (program: Program): string[] =>
  program.kind === 'pipeline' && program.destination !== undefined ? [program.destination.service.id] : [];

/**
 * Runs a planned program under a lease. The lease is handed over or released at the end, whatever happens before.
 *
 * @returns 69 if a Nextflow read another store than the run's; else the command's exit code; if that is 0, 74 if tasks
 *   succeeded without their secrets, 75 if something could not be removed.
 * @throws HumanError 73, 74 if the lease cannot be made; nothing is left of it then.
 */
export async function runLeased(run: LeasedRun, launcher: Launcher, world: World): Promise<number> {
  const { runner } = launcher;
  const lease = await Lease.plan(run, launcher, world);
  runner.holdSignals();
  let end: ObservedEnd = notStarted(0);
  let failure: unknown;
  try {
    await lease.record();
    end = await lease.run(await lease.provision());
  } catch (error) {
    const held = runner.heldSignal();
    // A Ctrl-C also ends a Nextflow that is asked before the run.
    if (held !== undefined && error instanceof HumanError) end = notStarted(held);
    else failure = error;
  }
  // The values are read while they are there, and the look comes after their removal: so it never delays that.
  const check = failure === undefined ? await lease.openLeakCheck(end) : undefined;
  const { exitCode, isHandedOver } = await lease.handOver(end, failure !== undefined);
  if (failure !== undefined && !isHandedOver) {
    sayLeftovers(await lease.release(), world);
    throw failure as Error;
  }
  const code = isHandedOver ? exitCode : await endOf(lease, run, exitCode, world);
  return check === undefined ? code : check.look(code, { ...end, isHandedOver }, runner.lateSignal());
}

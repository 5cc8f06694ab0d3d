import { basename, dirname } from 'node:path';
import { isEncoded } from '../nextflow/delivery.ts';
import { ensureGranted } from './grants.ts';
import { ExitCode, HumanError } from '../system/human-error.ts';
import { findWorkspace } from '../system/paths.ts';
import { printable } from '../system/printable.ts';
import type { ResolvedSecret } from '../secrets/resolve.ts';
import { newRunId } from '../system/run-id.ts';
import type { World } from '../system/world.ts';
import { childEnvironment } from '../nextflow/child-environment.ts';
import { LEAVE_RUN, schedulersOf } from '../targets/executors.ts';
import { withLineage } from './lineage.ts';
import type { LeaseOptions } from './lease-options.ts';
import type { ChildRunner, LeasedCommand } from './leased-command.ts';
import { runLeased } from './lease.ts';
import { assertNothingMissing, chooseSecrets, type Needs, remedyInside } from './plan.ts';
import { planDelivery } from '../targets/plan-delivery.ts';
import type { PipelineProgram, Program } from './program.ts';
import { planBatch } from './plan-batch.ts';
import { notesOf, type RunNotes, withLines } from './run-plan.ts';
import { refuseShellsOwn, variableNotes } from './variable-names.ts';
import { runObserved } from './undelivered.ts';
import type { OuterLease } from './outer-lease.ts';

/**
 * What the code needs of the run that it is inside of.
 *
 * @throws HumanError 64, 65, 66 if the outer lease cannot be used so.
 */
export function needsInside(
  { code }: Pick<PipelineProgram, 'code'>,
  { runId, held }: OuterLease,
  options: LeaseOptions,
): { readonly needs: Needs; readonly set: ReadonlySet<string> } {
  const set = new Set(held.keys());
  assertHeld(runId, set, options);
  for (const { name, kind, tested, file, line } of code.references) {
    const stored = kind === 'property' && !tested ? held.get(name) : undefined;
    if (stored === undefined || !isEncoded(stored)) continue;
    throw new HumanError(
      ExitCode.data,
      `This is inside run ${printable(runId)}, which has ${printable(name)} encoded for the directive ` +
        `secret '${printable(name)}', but ${printable(file)}:${line} reads secrets.${printable(name)}, which would be ` +
        'the encoded text.',
      'Leave that run: env -u NF_SECRETS_RUN nf-secrets …',
    );
  }
  return { needs: chooseSecrets(code, set, options), set };
}

/** Options that only make sense for what the outer lease has. */
function assertHeld(runId: string, held: ReadonlySet<string>, options: LeaseOptions): void {
  if (options.withoutUser === true) {
    throw new HumanError(
      ExitCode.usage,
      'Inside another run it is not known which of its secrets are those of the user, so --without-user cannot be had.',
      'Name those that are wanted, or give --without-user to the outer launch or exec.',
    );
  }
  const absent = [...(options.only ?? []), ...(options.required ?? [])].find((name) => !held.has(name));
  if (absent === undefined) return;
  throw new HumanError(
    ExitCode.missing,
    `This is inside run ${printable(runId)}, whose secrets do not include ${printable(absent)}.`,
    remedyInside([absent]),
  );
}

/** Which scope each came from is no longer known here; all may be the person's own. */
export function heldSecrets(names: readonly string[], { held }: OuterLease): ResolvedSecret[] {
  return names.flatMap((name): ResolvedSecret[] => {
    const value = held.get(name);
    return value === undefined ? [] : [{ name, value, from: 'nextflow', overrides: [] }];
  });
}

/**
 * Inside another run: its store is used as it is. A part of it, or what a remote pipeline needs a grant for, is
 * decided here too; a part becomes a lease of its own.
 */
export async function runInside(
  program: Program,
  options: LeaseOptions,
  outer: OuterLease,
  runner: ChildRunner,
  world: World,
): Promise<number> {
  if (program.batch === 'yes') refuseInside();
  const { runId: outerId, store, held } = outer;
  const { code } = program;
  assertHeld(outerId, new Set(held.keys()), options);
  let notes: RunNotes | undefined;
  if (code !== undefined) {
    const { needs, set } = needsInside({ code }, outer, options);
    assertNothingMissing(needs, set, options, outerId);
    refuseShellsOwn(needs);
    const ofPlan = withLineage(notesOf(code, needs, set, options), code, world);
    notes = withLines(ofPlan, variableNotes(code, 'asked', needs));
  }
  const { only, required = [] } = options;
  const names = [...new Set(only === undefined ? held.keys() : [...only, ...required])];
  const secrets = heldSecrets(names, outer);
  if (program.remote !== undefined) await ensureGranted(program.remote, secrets, options.grant ?? [], world);
  await assertOutsideBatch(program, secrets, store, options, world);
  if (secrets.length === held.size) {
    for (const value of held.values()) value.forget();
    return runInOuterLease({ ...program, notes }, outer, runner, world);
  }
  const { directory: workspace } = await findWorkspace(world, options.workspace, program.pipelineDirectory);
  // The outer one's run root, which its launcher chose, is no longer in our environment.
  const runRoot = options.runRoot ?? dirname(dirname(store));
  const runId = newRunId();
  const schedulers = program.schedulers ?? schedulersOf([], [], world);
  const leased = { ...program, schedulers, runId, runRoot, workspace, keep: options.keep, notes };
  const launcher = { runner, guardian: runner.startGuardian(runId, false) };
  return runLeased(leased, planDelivery(secrets), launcher, world);
}

/** Runs a command with the store of the run that we are inside of, which that run's launcher releases. */
export async function runInOuterLease(
  { command, args, notes: planned }: Pick<LeasedCommand, 'command' | 'args' | 'notes'>,
  { runId, store, held }: OuterLease,
  runner: ChildRunner,
  world: World,
): Promise<number> {
  const { env, notes } = childEnvironment(world.env, runId, store);
  world.say(`Inside run ${printable(runId)}: its store is handed on.`);
  for (const note of [...notes, ...(planned?.lines ?? [])]) world.say(note);
  runner.holdSignals();
  const isNextflow = planned !== undefined || basename(command) === 'nextflow';
  const { exitCode, undelivered } = await runObserved(
    held.size === 0 ? undefined : { runId, storeFile: store, args, isNextflow },
    async (onStart) => runner.run(command, args, env, onStart),
    world,
  );
  return undelivered ? ExitCode.unavailable : exitCode;
}
// A launch inside another run uses that one's store, which has its secrets as tasks of this machine need them: what is
// sent to AWS could be an encoded text instead of the value.

/** @throws HumanError 69 */
export function refuseInside(): never {
  throw new HumanError(
    ExitCode.unavailable,
    'This is inside another run, whose store has its secrets as tasks of this machine need them: none can be sent to AWS.',
    LEAVE_RUN,
  );
}

/**
 * Asks Nextflow, where only that can tell whether a pipeline inside of another run needs secrets in AWS Batch. The
 * pipeline's code sees them then.
 *
 * @param store - path of the outer run's store.
 * @throws HumanError 69 if it does.
 */
export async function assertOutsideBatch(
  { batch, code, nextflow: command, label }: Program,
  held: readonly ResolvedSecret[],
  store: string,
  { allowMissing }: LeaseOptions,
  world: World,
): Promise<void> {
  if (batch !== 'maybe' || code === undefined || command === undefined) return;
  const secrets = planDelivery(held);
  const stored = secrets.map((secret) => [secret.name, secret.stored] as const);
  const request = { command, code, secrets, allowMissing, certain: false };
  const inAws = await planBatch({ ...request, label, stored, runRoot: dirname(dirname(store)) }, world);
  if (inAws !== undefined && inAws.size > 0) refuseInside();
}

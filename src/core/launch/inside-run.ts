import { giveNotices, type Notice } from '../system/notice.ts';
import { dirname } from 'node:path';
import { isEncoded } from '../nextflow/delivery.ts';
import { ensureGranted } from './grants.ts';
import { ExitCode, HumanError } from '../system/human-error.ts';
import { findWorkspace } from '../system/paths.ts';
import { printable } from '../system/printable.ts';
import type { ResolvedSecret } from '../secrets/resolve.ts';
import type { World } from '../system/world.ts';
import { childEnvironment } from '../nextflow/child-environment.ts';
import { LEAVE_RUN } from '../targets/executors.ts';
import type { Destination } from '../targets/destination.ts';
import type { LeakOptions, LeaseOptions } from './lease-options.ts';
import type { ChildRunner } from './child-runner.ts';
import { assertNothingMissing, remedyInside } from './missing-secrets.ts';
import { type AvailableSecrets, type LaunchPlan, planLaunch } from './plan.ts';
import { planDelivery } from '../targets/plan-delivery.ts';
import { directoryOf, isNextflow, type PipelineProgram, type Program } from './program.ts';
import { planInService } from './plan-service.ts';
import { planNotes } from './plan-notes.ts';
import type { PlannedRun } from './plan-run.ts';
import { commandPlan, valueNotes, withDelivery } from './plan-values.ts';
import { refuseShellsOwn } from './variable-names.ts';
import { LeakCheck } from './leak-check.ts';
import { runObserved } from './observed-run.ts';
import type { OuterLease } from './outer-lease.ts';
import { phrase } from '../system/phrase.ts';

/**
 * The secrets of the run that a pipeline is inside of, as far as its code can use them.
 *
 * @throws HumanError 64, 65, 66 if the outer lease cannot be used so.
 */
function availableInside(
  { code }: Pick<PipelineProgram, 'code'>,
  outer: OuterLease,
  options: LeaseOptions,
): AvailableSecrets {
  const { runId, held } = outer;
  assertHeld(outer, options);
  for (const { name, kind, tested, file, line } of code.references) {
    const stored = kind === 'property' && !tested ? held.get(name) : undefined;
    if (stored === undefined || !isEncoded(stored)) continue;
    throw new HumanError(
      ExitCode.data,
      phrase`This is inside run ${printable(runId)}, which has ${printable(name)} encoded for the directive
        secret '${printable(name)}', but ${printable(file)}:${line} reads secrets.${printable(name)}, which
        would be the encoded text.`,
      { do: 'leave-run', toLaunch: false },
    );
  }
  return { scopesOf: new Map([...held.keys()].map((name) => [name, [SCOPE]])), outerRun: runId };
}

/** Plans a launch with them. */
export function plannedInside(
  program: PipelineProgram,
  outer: OuterLease,
  options: LeaseOptions,
): { readonly available: AvailableSecrets; readonly names: LaunchPlan } {
  const available = availableInside(program, outer, options);
  return { available, names: planLaunch(program, available, options) };
}

/** Refuses options that the secrets of the outer lease cannot serve. */
function assertHeld({ runId, held }: OuterLease, options: LeaseOptions): void {
  if (options.withoutUser === true) {
    throw new HumanError(
      ExitCode.usage,
      phrase`This is inside run ${printable(runId)}. Nobody knows here which of its secrets are those of the
        user, so they cannot be left out.`,
      { do: 'leave-out-user' },
    );
  }
  const absent = [...(options.only ?? []), ...(options.required ?? [])].find((name) => !held.has(name));
  if (absent === undefined) return;
  throw new HumanError(
    ExitCode.missing,
    phrase`This is inside run ${printable(runId)}, which does not have the secret ${printable(absent)}.`,
    remedyInside([absent]),
  );
}

/** The scope of all of them. The real one is no longer known here; all may be the person's own. */
const SCOPE = 'nextflow';

/** Secrets of the run that this is inside of. */
export function heldSecrets(names: readonly string[], { held }: OuterLease): ResolvedSecret[] {
  return names.flatMap((name): ResolvedSecret[] => {
    const value = held.get(name);
    return value === undefined ? [] : [{ name, value, from: SCOPE, overrides: [] }];
  });
}

/** The secrets of a program inside of another run: that one's store as it is, or a lease of its own with a part of it. */
export type InsideRun =
  | {
      readonly kind: 'whole';
      readonly program: Program;
      /** Notes for a person on the plan. */
      readonly notes: readonly Notice[];
    }
  | { readonly kind: 'part'; readonly planned: PlannedRun };

/**
 * Plans a run inside of another one. Asks for the grants that a remote pipeline needs and records them, and may ask
 * Nextflow. If the program gets the outer store as it is, the values of that store are forgotten here.
 *
 * @throws HumanError 64, 65, 66, 69, 77.
 */
export async function planInside(
  program: Program,
  outer: OuterLease,
  options: LeaseOptions,
  world: World,
): Promise<InsideRun> {
  const { plan: names, notes } = namesInside(program, outer, options, world);
  const { held } = outer;
  const { only, required = [] } = options;
  const values = heldSecrets([...new Set(only === undefined ? held.keys() : [...only, ...required])], outer);
  if (program.kind === 'pipeline') {
    const { origin } = program;
    if (origin.kind === 'remote') await ensureGranted(origin.grantKey, values, options.grant ?? [], world);
    await assertOutsideService({ program, values, store: outer.store }, options, world);
  }
  if (values.length === held.size) {
    for (const value of held.values()) value.forget();
    return { kind: 'whole', program, notes };
  }
  const { directory: workspace } = await findWorkspace(world, options.workspace, directoryOf(program));
  // The launcher of the outer run chose its run root, which is no longer in our environment.
  const runRoot = options.runRoot ?? dirname(dirname(outer.store));
  const secrets = planDelivery(values);
  return {
    kind: 'part',
    planned: {
      ...{ workspace, runRoot, secrets },
      plan: withDelivery(names, secrets),
      notes: [...notes, ...valueNotes(program, secrets)],
      withheld: [],
      ownStore: new Map(),
    },
  };
}

function namesInside(
  program: Program,
  outer: OuterLease,
  options: LeaseOptions,
  world: World,
): Pick<PlannedRun, 'plan' | 'notes'> {
  if (program.kind === 'command') {
    assertHeld(outer, options);
    return { plan: commandPlan([]), notes: [] };
  }
  const { destination } = program;
  if (destination?.isCertain === true) refuseInside(destination);
  const { available, names: plan } = plannedInside(program, outer, options);
  assertNothingMissing(plan, available, options);
  refuseShellsOwn(plan);
  const { code } = program;
  return { plan, notes: planNotes({ code, destination: undefined }, plan, options, world) };
}

/** Runs a program with the store of the run that we are inside of, which that run's launcher releases. */
export async function runInOuterLease(
  {
    program,
    notes: planned,
    leakOptions,
  }: InsideRun & { readonly kind: 'whole'; readonly leakOptions: LeakOptions },
  { runId, store, held }: OuterLease,
  runner: ChildRunner,
  world: World,
): Promise<number> {
  const { command, args } = program;
  const { env, notes } = childEnvironment(world.env, runId, store);
  world.notice(phrase`This is inside run ${printable(runId)}: its secrets are passed on.`);
  giveNotices([...notes, ...planned], world);
  runner.holdSignals();
  const since = Math.floor(world.now().getTime() / 1000) * 1000;
  const end = await runObserved(
    held.size === 0 ? undefined : { runId, storeFile: store, args, isNextflow: isNextflow(program) },
    async (onStart) => runner.run(command, args, env, onStart),
    world,
  );
  const exitCode = end.hasWrongStore ? ExitCode.unavailable : end.exitCode;
  if (held.size === 0) return exitCode;
  const checked = {
    runId,
    program,
    since,
    store,
    names: [...held.keys()],
    withheld: [],
    options: leakOptions,
  };
  const check = await LeakCheck.open(checked, end, world);
  return check === undefined
    ? exitCode
    : check.look(exitCode, { ...end, isHandedOver: false }, runner.lateSignal());
}
// A launch inside another run uses the store of that run. The store has the secrets as tasks of this machine need them:
// a service could get an encoded text instead of the value.

/** @throws HumanError 69 */
export function refuseInside({ service }: Destination): never {
  throw new HumanError(
    ExitCode.unavailable,
    phrase`This is inside another run. Its store has the secrets in the form for tasks of this machine, so none
      can be sent to ${service.title}.`,
    LEAVE_RUN,
  );
}

/** A pipeline inside of another run, and the secrets that it gets of that run's store. */
interface InsideRequest {
  readonly program: PipelineProgram;
  readonly values: readonly ResolvedSecret[];
  /** Path of the outer run's store. */
  readonly store: string;
}

/**
 * Asks Nextflow, if only Nextflow can tell whether a pipeline inside of another run needs secrets in a service. The
 * pipeline's code sees the secrets then.
 *
 * @throws HumanError 69 if it does.
 */
async function assertOutsideService(
  { program, values, store }: InsideRequest,
  { allowMissing }: LeaseOptions,
  world: World,
): Promise<void> {
  const { destination, code, nextflow: command, label } = program;
  if (destination === undefined || destination.isCertain) return;
  const secrets = planDelivery(values);
  const stored = secrets.map((secret) => [secret.name, secret.stored] as const);
  const request = { command, code, secrets, allowMissing, certain: false };
  const runRoot = dirname(dirname(store));
  const sent = await planInService(destination.service, { ...request, label, stored, runRoot }, world);
  if (sent !== undefined && sent.size > 0) refuseInside(destination);
}

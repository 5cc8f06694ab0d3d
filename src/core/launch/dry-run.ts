import type { Delivery } from '../delivery.ts';
import { ensureGranted, notYetGranted } from '../grants.ts';
import { HumanError } from '../human-error.ts';
import { findWorkspace } from '../places.ts';
import { printable } from '../printable.ts';
import { type ResolvedSecret, resolveSecrets } from '../resolve.ts';
import { newRunId, type RunId, type Target } from '../runs/ledger.ts';
import type { World } from '../world.ts';
import { assertOutsideBatch, heldSecrets, needsInside, outerLease, refuseInside } from './inside-run.ts';
import type { LeaseOptions } from './lease-options.ts';
import type { NextflowCommand } from './nextflow-command.ts';
import { assertNothingMissing, type LeasedSecret, type Needs, planDelivery } from './plan.ts';
import { pipelineProgram, type Program } from './program.ts';
import { planBatch } from './provision-batch.ts';
import { deliveredHere, exactly, needsOf, notesOf, planRun, type RunNotes } from './run-plan.ts';

/** A secret and how it would get to where it is used. */
export interface PlannedSecret extends Omit<LeasedSecret, 'delivery'> {
  readonly delivery: Delivery | 'secrets-manager';
}

/** What a launch would do, for `--dry-run`. */
export interface LaunchPlan {
  readonly runId: RunId;
  readonly target: Target;
  /** Absolute path. */
  readonly workspace: string;
  readonly secrets: readonly PlannedSecret[];
  readonly needs: Needs;
  readonly notes: RunNotes;
  /** What a launch would stop with: exit code 66. */
  readonly stop: HumanError | undefined;
}

/**
 * What a launch would do. Asks nothing, and decrypts only the secrets that it would send. Creates nothing that stays: for
 * AWS Batch, Nextflow is asked with a private store that is removed again.
 *
 * @param isStatic - from the code alone, without Nextflow.
 * @throws HumanError 65, 69, 74, 77 where the launch would.
 */
export async function planLaunch(
  command: NextflowCommand,
  options: LeaseOptions,
  isStatic: boolean,
  world: World,
): Promise<LaunchPlan> {
  const program = await pipelineProgram(command, options, world);
  const { code, batch } = program;
  const { directory: workspace } = await findWorkspace(world, options.workspace, program.pipelineDirectory);
  const outer = await outerLease(world);
  const { needs, set } =
    outer === undefined
      ? await needsOf(program, workspace, options, world)
      : needsInside(program, outer, options);
  let stop: HumanError | undefined;
  try {
    assertNothingMissing(needs, set, options, outer?.runId);
  } catch (error) {
    if (!(error instanceof HumanError)) throw error;
    stop = error;
  }
  const notes = notesOf(code, needs, set);
  const runId = newRunId();
  if (outer !== undefined && batch === 'yes') refuseInside();
  const withNextflow = outer === undefined && batch !== 'no' && !isStatic && stop === undefined;
  // The code of the pipeline sees the values then, so it needs the same permissions as a launch.
  const ofRun = { ...options, ...exactly(needs), acceptMembers: undefined };
  const resolved = async (): Promise<ResolvedSecret[]> =>
    outer === undefined ? resolveSecrets(workspace, world, ofRun) : heldSecrets(needs.names, outer);
  const unasked = { ...world, ask: () => Promise.resolve(undefined) };
  const { secrets } = withNextflow
    ? await planRun(program, options, unasked)
    : { secrets: planDelivery(await resolved(), deliveredHere(code, batch)) };
  if (outer !== undefined && !isStatic && stop === undefined) {
    if (program.remote !== undefined)
      await ensureGranted(program.remote, secrets, options.grant ?? [], unasked);
    await assertOutsideBatch(program, secrets, outer.store, options, world);
  }
  const toGrant = program.remote === undefined ? [] : await notYetGranted(program.remote, secrets, world);
  const asked = new Set(code.references.flatMap(({ kind, name }) => (kind === 'directive' ? [name] : [])));
  const inAws = withNextflow
    ? await planBatch(
        { command, code, secrets, allowMissing: options.allowMissing, certain: batch === 'yes' },
        { runId, runRoot: options.runRoot, label: program.label },
        world,
      )
    : batch === 'yes'
      ? asked
      : undefined;
  return {
    runId,
    target: inAws === undefined ? 'local' : 'aws-batch',
    workspace,
    secrets: secrets.map((secret) =>
      inAws?.has(secret.name) === true ? { ...secret, delivery: 'secrets-manager' } : secret,
    ),
    needs,
    notes: { ...notes, lines: [...(notes.lines ?? []), ...questions(program, toGrant, options)] },
    stop,
  };
}

/** What a launch would ask about, or stop with where there is nobody to ask. */
function questions(
  { label }: Program,
  toGrant: readonly string[],
  { grant = [] }: Pick<LeaseOptions, 'grant'>,
): string[] {
  const open = grant.includes('all') ? [] : toGrant.filter((name) => !grant.includes(name));
  if (open.length === 0) return [];
  return [
    `The remote pipeline ${printable(label)} has not had these of yours before, so a launch asks: ${open.join(', ')}`,
  ];
}

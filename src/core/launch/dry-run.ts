import { dirname } from 'node:path';
import type { Delivery } from '../nextflow/delivery.ts';
import { notYetGranted } from './grants.ts';
import { HumanError } from '../system/human-error.ts';
import { findWorkspace } from '../system/paths.ts';
import { printable } from '../system/printable.ts';
import type { PipelineCode } from '../pipeline/pipeline.ts';
import { resolveSecrets } from '../secrets/resolve.ts';
import { newRunId, type RunId } from '../system/run-id.ts';
import type { World } from '../system/world.ts';
import type { BatchUse } from '../targets/executors.ts';
import { heldSecrets, needsInside, refuseInside } from './inside-run.ts';
import { type OuterLease, outerLease } from './outer-lease.ts';
import { withLineage } from './lineage.ts';
import type { LeaseOptions } from './lease-options.ts';
import type { NextflowCommand } from '../nextflow/nextflow-command.ts';
import { assertNothingMissing, type Needs } from './plan.ts';
import { type LeasedSecret, planDelivery } from '../targets/plan-delivery.ts';
import { placeholder } from '../nextflow/preview-run.ts';
import { type PipelineProgram, pipelineProgram, type Program } from './program.ts';
import { planBatch } from './plan-batch.ts';
import {
  deliveredHere,
  exactly,
  namesPassedOn,
  needsOf,
  notesOf,
  passedOnLine,
  type RunNotes,
  withLines,
} from './run-plan.ts';
import { refuseShellsOwn, variableNotes } from './variable-names.ts';
import { storesOf } from '../stores/stores.ts';

/** A secret and how it would get to where it is used. */
export interface PlannedSecret extends Omit<LeasedSecret, 'delivery'> {
  readonly delivery: Delivery | 'secrets-manager';
}

/** What a launch would do, for `--dry-run`. */
export interface LaunchPlan {
  readonly runId: RunId;
  /** The target's id. */
  readonly target: string;
  /** Absolute path. */
  readonly workspace: string;
  readonly secrets: readonly PlannedSecret[];
  readonly needs: Needs;
  /** The names of the person's own Nextflow store that go along though the code does not name them. */
  readonly passedOn: readonly string[];
  readonly notes: RunNotes;
  /** Whether it runs in AWS Batch, as far as the plan tells. */
  readonly batch: BatchUse;
  /** What a launch would stop with: exit code 66. */
  readonly stop: HumanError | undefined;
}

/** How a launch is planned. */
export interface PlanningOptions {
  /**
   * Whether Nextflow is asked about AWS Batch. It runs the pipeline's code, which finds placeholders in the place of
   * values. Else the plan comes from the text of the code alone, and no program is started.
   */
  readonly preview: boolean;
}

/**
 * What a launch would do. Asks the person nothing, sends nothing, and decrypts only the secrets that a launch would send.
 * Creates nothing that stays.
 *
 * @throws HumanError 65, 69, 74, 77 where the launch would; 69 too for a remote pipeline that is not on this machine.
 */
export async function planLaunch(
  command: NextflowCommand,
  options: LeaseOptions,
  { preview }: PlanningOptions,
  world: World,
): Promise<LaunchPlan> {
  const program = await pipelineProgram(command, options, preview ? 'if-needed' : 'never', world);
  const { code, batch } = program;
  const { directory: workspace } = await findWorkspace(world, options.workspace, program.pipelineDirectory);
  const outer = await outerLease(world);
  const { needs, set, own } =
    outer === undefined
      ? await needsOf(program, workspace, options, world)
      : { ...needsInside(program, outer, options), own: [] };
  const passedOn = namesPassedOn(program, needs, own, options);
  let stop: HumanError | undefined;
  try {
    assertNothingMissing(needs, set, options, outer?.runId);
  } catch (error) {
    if (!(error instanceof HumanError)) throw error;
    stop = error;
  }
  if (stop === undefined) refuseShellsOwn(needs);
  const isAsked = preview && batch !== 'no' && stop === undefined;
  const notes = withLines(
    withLineage(notesOf(code, needs, set, options), code, world),
    variableNotes(code, isAsked ? 'asked' : batch, needs),
  );
  if (outer !== undefined && batch === 'yes') refuseInside();
  const ofRun = { ...options, ...exactly(needs), acceptMembers: undefined };
  const resolved =
    outer === undefined
      ? await resolveSecrets(storesOf(workspace, world), world, ofRun)
      : heldSecrets(needs.names, outer);
  const secrets = planDelivery(resolved, deliveredHere(code, batch), passedOn);
  const inAws = isAsked
    ? await previewedInAws({ ...program, secrets }, outer, options, world)
    : batch === 'yes'
      ? directives(code)
      : undefined;
  const toGrant = program.remote === undefined ? [] : await notYetGranted(program.remote, secrets, world);
  return {
    runId: newRunId(),
    target: inAws === undefined ? 'local' : 'aws-batch',
    batch: isAsked ? (inAws === undefined ? 'no' : 'yes') : batch,
    workspace,
    secrets: secrets.map((secret) =>
      inAws?.has(secret.name) === true ? { ...secret, delivery: 'secrets-manager' } : secret,
    ),
    needs,
    passedOn,
    notes: {
      ...notes,
      lines: [
        ...passedOnLine(passedOn),
        ...(notes.lines ?? []),
        ...(isAsked ? [] : fromTextAlone(command, program, preview)),
        ...questions(program, toGrant, options),
      ],
    },
    stop,
  };
}

/** The names that processes ask for. */
const directives = (code: PipelineCode): ReadonlySet<string> =>
  new Set(code.references.flatMap(({ kind, name }) => (kind === 'directive' ? [name] : [])));

/** The secrets that tasks in AWS Batch would get, by Nextflow's own word; undefined if none runs there. */
async function previewedInAws(
  program: PipelineProgram & { readonly secrets: readonly LeasedSecret[] },
  outer: OuterLease | undefined,
  options: LeaseOptions,
  world: World,
): Promise<ReadonlySet<string> | undefined> {
  const { nextflow: command, code, batch, label, secrets } = program;
  const { allowMissing, runRoot } = options;
  const stored = secrets.map(({ name }) => [name, placeholder(name)] as const);
  const request = { command, code, secrets, allowMissing, certain: batch === 'yes', label, stored };
  const inAws = await planBatch(
    { ...request, runRoot: outer === undefined ? runRoot : dirname(dirname(outer.store)) },
    world,
  );
  if (outer !== undefined && inAws !== undefined && inAws.size > 0) refuseInside();
  return inAws;
}

/** What a plan does not know because no program was started for it. */
function fromTextAlone(
  { args }: NextflowCommand,
  { batch, remote }: Pick<PipelineProgram, 'batch' | 'remote'>,
  isPreview: boolean,
): string[] {
  const lines: string[] = [];
  if (!isPreview && batch !== 'no') {
    const what =
      batch === 'yes'
        ? 'What tasks get in AWS Batch is taken from the text of the code.'
        : 'Tasks may run in AWS Batch; the text of the code does not tell.';
    lines.push(
      `${what} Only Nextflow knows: --preview asks it. It then runs the pipeline's code, with placeholders in the place of values.`,
    );
  }
  if (!isPreview && remote !== undefined && args.includes('-latest')) {
    lines.push('A launch pulls the newest revision first (-latest); this plan is of the clone that is here.');
  }
  return lines;
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

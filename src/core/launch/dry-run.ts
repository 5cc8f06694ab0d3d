import { dirname } from 'node:path';
import { notYetGranted } from './grants.ts';
import type { HumanError } from '../system/human-error.ts';
import { findWorkspace } from '../system/paths.ts';
import { printable } from '../system/printable.ts';
import { newRunId, type RunId } from '../system/run-id.ts';
import type { World } from '../system/world.ts';
import type { BatchUse } from '../targets/executors.ts';
import { availableInside, heldSecrets, refuseInside } from './inside-run.ts';
import { type OuterLease, outerLease } from './outer-lease.ts';
import type { LeaseOptions } from './lease-options.ts';
import type { NextflowCommand } from '../nextflow/nextflow-command.ts';
import { missingError } from './missing-secrets.ts';
import { type LaunchPlan, planLaunch } from './plan.ts';
import type { LeasedSecret } from '../targets/plan-delivery.ts';
import { placeholder } from '../nextflow/preview-run.ts';
import { directoryOf, type PipelineProgram, pipelineProgram } from './program.ts';
import { planBatch } from './plan-batch.ts';
import { planNotes } from './plan-notes.ts';
import { availableHere, readValues } from './plan-run.ts';
import { planValues, withDelivery } from './plan-values.ts';
import { refuseShellsOwn } from './variable-names.ts';

/** What a launch would do, for `--dry-run`. No values. */
export interface DryRun {
  readonly runId: RunId;
  /** The target's id. */
  readonly target: string;
  /** Absolute path. */
  readonly workspace: string;
  readonly plan: LaunchPlan;
  /** What a person should know of the plan. */
  readonly notes: readonly string[];
  /** Whether it runs in AWS Batch, as far as the plan tells. */
  readonly batch: BatchUse;
  /** What a launch would stop with: exit code 66. */
  readonly stop: HumanError | undefined;
}

export interface DryRunOptions {
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
export async function dryRun(
  command: NextflowCommand,
  options: LeaseOptions,
  { preview }: DryRunOptions,
  world: World,
): Promise<DryRun> {
  const program = await pipelineProgram(command, options, preview ? 'if-needed' : 'never', world);
  const { directory: workspace } = await findWorkspace(world, options.workspace, directoryOf(program));
  const outer = await outerLease(world);
  const available =
    outer === undefined
      ? await availableHere(workspace, options, world)
      : availableInside(program, outer, options);
  const names = planLaunch(program, available, options);
  const stop = missingError(names, available, options);
  if (stop === undefined) refuseShellsOwn(names);
  if (outer !== undefined && program.batch === 'yes') refuseInside();
  const values =
    outer === undefined
      ? await readValues(names, workspace, { ...options, acceptMembers: undefined }, world)
      : heldSecrets(
          names.secrets.map(({ name }) => name),
          outer,
        );
  const secrets = planValues(program, names, values);
  const isAsked = preview && program.batch !== 'no' && stop === undefined;
  const inAws = isAsked
    ? await previewedInAws({ ...program, secrets }, outer, options, world)
    : inAwsByText(program, names);
  const plan = withDelivery(names, secrets, inAws);
  const batch = isAsked ? (inAws === undefined ? 'no' : 'yes') : program.batch;
  return {
    runId: newRunId(),
    target: inAws === undefined ? 'local' : 'aws-batch',
    batch,
    workspace,
    plan,
    notes: [
      ...planNotes({ ...program, batch: isAsked ? 'asked' : program.batch }, plan, options, world),
      ...(isAsked ? [] : fromTextAlone(program, preview)),
      ...(await questions(program, plan, options, world)),
    ],
    stop,
  };
}

/** The names that tasks in AWS Batch get, by the text of the code; undefined if it does not say that any run there. */
function inAwsByText({ batch }: PipelineProgram, { secrets }: LaunchPlan): ReadonlySet<string> | undefined {
  if (batch !== 'yes') return undefined;
  return new Set(secrets.flatMap(({ name, delivery }) => (delivery === 'secrets-manager' ? [name] : [])));
}

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
function fromTextAlone({ args, batch, origin }: PipelineProgram, isPreview: boolean): string[] {
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
  if (!isPreview && origin.kind === 'remote' && args.includes('-latest')) {
    lines.push('A launch pulls the newest revision first (-latest); this plan is of the clone that is here.');
  }
  return lines;
}

/** What a launch would ask about, or stop with where there is nobody to ask. */
async function questions(
  { label, origin }: PipelineProgram,
  { secrets }: LaunchPlan,
  { grant = [] }: Pick<LeaseOptions, 'grant'>,
  world: World,
): Promise<string[]> {
  if (origin.kind === 'local' || grant.includes('all')) return [];
  const names = await notYetGranted(origin.grantKey, secrets, world);
  const open = names.filter((name) => !grant.includes(name));
  if (open.length === 0) return [];
  return [
    `The remote pipeline ${printable(label)} has not had these of yours before, so a launch asks: ${open.join(', ')}`,
  ];
}

import type { Notice } from '../system/notice.ts';
import { phrase } from '../system/phrase.ts';
import { dirname } from 'node:path';
import { notYetGranted } from './grants.ts';
import type { HumanError } from '../system/human-error.ts';
import { findWorkspace } from '../system/paths.ts';
import { printable } from '../system/printable.ts';
import { newRunId, type RunId } from '../system/run-id.ts';
import type { WithheldSecret } from '../secrets/resolve.ts';
import type { World } from '../system/world.ts';
import { type Destination, useOf } from '../targets/destination.ts';
import type { ServiceUse } from '../targets/executors.ts';
import { heldSecrets, plannedInside, refuseInside } from './inside-run.ts';
import { type OuterLease, outerLease } from './outer-lease.ts';
import type { LeaseOptions } from './lease-options.ts';
import type { NextflowCommand } from '../nextflow/nextflow-command.ts';
import { missingError } from './missing-secrets.ts';
import type { LaunchPlan } from './plan.ts';
import type { LeasedSecret } from '../targets/plan-delivery.ts';
import { placeholder } from '../nextflow/preview-run.ts';
import { directoryOf, type PipelineProgram, pipelineProgram } from './program.ts';
import { planInService } from './plan-service.ts';
import { planNotes } from './plan-notes.ts';
import { planHere, readValues } from './plan-run.ts';
import { inService, planValues, withDelivery } from './plan-values.ts';
import { refuseShellsOwn } from './variable-names.ts';

/** The id of the target that every run has. */
const LOCAL = 'local';

/** A launch as `--dry-run` shows it. No values. */
export interface DryRun {
  readonly runId: RunId;
  /** The target's id. */
  readonly target: string;
  /** Absolute path. */
  readonly workspace: string;
  readonly plan: LaunchPlan;
  /** Notes for a person on the plan. */
  readonly notes: readonly Notice[];
  /** Use of a service by tasks, as far as the plan tells. */
  readonly batch: ServiceUse;
  /** The error that a launch would stop with: exit code 66. */
  readonly stop: HumanError | undefined;
}

export interface DryRunOptions {
  /**
   * True if Nextflow is asked about a service. It runs the pipeline's code, which finds placeholders instead of
   * values. If false, the plan comes from the text of the code alone, and no program is started.
   */
  readonly preview: boolean;
}

/**
 * Plans a launch without doing it. Asks the person nothing, sends nothing, and decrypts only the secrets that a launch
 * would send. Creates nothing that stays.
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
  const { available, names } =
    outer === undefined
      ? await planHere(program, workspace, options, world)
      : plannedInside(program, outer, options);
  const stop = missingError(names, available, options);
  if (stop === undefined) refuseShellsOwn(names);
  const { destination } = program;
  if (outer !== undefined && destination?.isCertain === true) refuseInside(destination);
  const values =
    outer === undefined
      ? await readValues(program, names, { ...options, workspace, acceptMembers: undefined }, world)
      : {
          secrets: heldSecrets(
            names.secrets.map(({ name }) => name),
            outer,
          ),
          withheld: [],
        };
  const { withheld } = values;
  const secrets = planValues(program, names, values.secrets);
  const asked = preview && stop === undefined ? destination : undefined;
  const sent =
    asked === undefined
      ? sentByText(program, names)
      : await previewed({ ...program, secrets, withheld, destination: asked }, outer, options, world);
  const isAsked = asked !== undefined;
  const planned = [...secrets, ...inService(program, withheld)].sort((a, b) => (a.name < b.name ? -1 : 1));
  const plan = withDelivery(names, planned, destination && sent && { names: sent, by: destination.service });
  return {
    runId: newRunId(),
    target: sent === undefined ? LOCAL : (destination?.service.id ?? LOCAL),
    batch: isAsked ? (sent === undefined ? 'no' : 'yes') : useOf(destination),
    workspace,
    plan,
    notes: [
      ...planNotes({ ...program, ...(isAsked && { destination: undefined }) }, plan, options, world),
      ...(isAsked ? [] : fromTextAlone(program, preview)),
      ...(await questions(program, plan, options, world)),
    ],
    stop,
  };
}

/** The names that tasks in a service get, by the text of the code; undefined if it shows no task there. */
function sentByText(
  { destination }: PipelineProgram,
  { secrets }: LaunchPlan,
): ReadonlySet<string> | undefined {
  if (destination?.isCertain !== true) return undefined;
  const { delivery: how } = destination.service;
  return new Set(secrets.flatMap(({ name, delivery }) => (delivery === how ? [name] : [])));
}

interface AskedProgram extends PipelineProgram {
  readonly destination: Destination;
  readonly secrets: readonly LeasedSecret[];
  readonly withheld: readonly WithheldSecret[];
}

/** The secrets that tasks in a service would get, as Nextflow itself reports them; undefined if no task runs there. */
async function previewed(
  program: AskedProgram,
  outer: OuterLease | undefined,
  options: LeaseOptions,
  world: World,
): Promise<ReadonlySet<string> | undefined> {
  const { nextflow: command, code, destination, label, secrets, withheld } = program;
  const { allowMissing } = options;
  const stored = secrets.map(({ name }) => [name, placeholder(name)] as const);
  const runRoot = outer === undefined ? options.runRoot : dirname(dirname(outer.store));
  const request = { command, code, secrets, withheld, allowMissing, certain: destination.isCertain };
  const sent = await planInService(destination.service, { ...request, label, stored, runRoot }, world);
  if (outer !== undefined && sent !== undefined && sent.size > 0) refuseInside(destination);
  return sent;
}

/** Notes on the limits of a plan for which no program was started. */
function fromTextAlone({ args, destination, origin }: PipelineProgram, isPreview: boolean): Notice[] {
  const notes: Notice[] = [];
  if (!isPreview && destination !== undefined) {
    const { title } = destination.service;
    const what = destination.isCertain
      ? phrase`What tasks get in ${title} is taken from the text of the code.`
      : phrase`Tasks may run in ${title}; the text of the code does not tell.`;
    notes.push({
      fact: phrase`${what} Only Nextflow knows.`,
      remedy: {
        do: 'ask-nextflow',
        lead: phrase`To ask Nextflow, which runs the pipeline's code with placeholders for values`,
      },
    });
  }
  if (!isPreview && origin.kind === 'remote' && args.includes('-latest')) {
    notes.push({
      fact: phrase`A launch pulls the newest revision first (-latest); this plan is of the clone that is here.`,
    });
  }
  return notes;
}

/** The questions that a launch would ask, or stop with where there is nobody to ask. */
async function questions(
  { label, origin }: PipelineProgram,
  { secrets }: LaunchPlan,
  { grant = [] }: Pick<LeaseOptions, 'grant'>,
  world: World,
): Promise<Notice[]> {
  if (origin.kind === 'local' || grant.includes('all')) return [];
  const asked = await notYetGranted(origin.grantKey, secrets, world);
  const open = asked.filter((name) => !grant.includes(name));
  if (open.length === 0) return [];
  const names = open.map(printable).join(', ');
  return [
    {
      fact: phrase`The remote pipeline ${printable(label)} has not had these of yours before, so a launch asks:
        ${names}`,
    },
  ];
}

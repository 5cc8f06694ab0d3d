import { dirname } from 'node:path';
import { type Delivery, isEncoded } from '../delivery.ts';
import { ensureGranted, grantKey, notYetGranted } from '../grants.ts';
import { ExitCode, HumanError } from '../human-error.ts';
import { readNextflowStore } from '../nextflow-store.ts';
import { findWorkspace } from '../places.ts';
import { printable } from '../printable.ts';
import { type PipelineCode, readPipeline } from '../references/pipeline.ts';
import {
  assertSet,
  listSecrets,
  type ResolvedSecret,
  resolveSecrets,
  type ResolveOptions,
} from '../resolve.ts';
import { newRunId, type RunId, type Target } from '../runs/ledger.ts';
import { sweepBefore } from '../runs/sweep.ts';
import type { SecretValue } from '../secret-value.ts';
import { placeForRun } from '../targets/local.ts';
import type { World } from '../world.ts';
import {
  type BatchUse,
  batchUse,
  refuseUnreachableExecutors,
  type Schedulers,
  schedulersOf,
} from './executors.ts';
import {
  type ChildRunner,
  type LeasedSecret,
  outerStore,
  runInOuterLease,
  type RunNotes,
  runLeased,
} from './lease.ts';
import { localPipelineDirectory, type NextflowCommand, optionValue } from './nextflow-command.ts';
import {
  type OpenLease,
  planBatch,
  provisionBatch,
  refuseIfInBatch,
  refuseInside,
} from './provision-batch.ts';
import {
  assertNothingMissing,
  chooseSecrets,
  type Needs,
  planDelivery,
  type PlanOptions,
  places,
  remedyInside,
  type UsedName,
} from './plan.ts';

export interface LeaseOptions extends ResolveOptions, Pick<PlanOptions, 'all' | 'allowMissing'> {
  /** `--workspace`. */
  readonly workspace?: string | undefined;
  /** `--run-root`. */
  readonly runRoot?: string | undefined;
  /** `--grant`: names that a remote pipeline may get, or `all`. */
  readonly grant?: readonly string[] | undefined;
  /** `--keep`: the lease stays after the run. */
  readonly keep?: boolean | undefined;
  /** `--target`. */
  readonly target?: Target | undefined;
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
  return runWithSecrets(await pipelineProgram(command, options, world), options, runner, world);
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
  const program = await pipelineProgram(command, options, world);
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

async function pipelineProgram(
  command: NextflowCommand,
  options: LeaseOptions,
  world: World,
): Promise<PipelineProgram> {
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
  const code = await readPipeline(command, world).catch((error: unknown): PipelineCode => {
    // Who says what is sent needs no code to say it.
    const isSaid = options.all === true || options.only !== undefined;
    if (!isSaid || !(error instanceof HumanError)) throw error;
    return noCode(error.message);
  });
  const batch = batchUse(command, code, options.target, world);
  refuseUnreachableExecutors(command, [...code.settings, ...code.ownExecutors], batch !== 'no', world);
  return {
    code,
    batch,
    nextflow: command,
    command: command.executable,
    args: command.args,
    schedulers: schedulersOf(command.args, code.settings, world),
    label: withoutCredentials(command.pipeline),
    pipelineDirectory,
    ...(pipelineDirectory === undefined && {
      remote: grantKey(withoutCredentials(command.pipeline), optionValue(command.args, '-hub')),
    }),
  };
}

const noCode = (reason: string): PipelineCode => ({
  references: [],
  dynamic: [],
  settings: [],
  ownExecutors: [],
  notRead: [reason],
  mentionsBatch: false,
});

/** A pipeline's URL may have a password in it, which belongs into no message and no file of ours. */
export function withoutCredentials(pipeline: string): string {
  return pipeline.replace(/^([a-z+]+:\/\/)[^/]*@/i, '$1');
}

/** What to run, and where to look for its workspace. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly label: string;
  /** If it is a pipeline; else all may be meant. */
  readonly schedulers?: Schedulers;
  readonly pipelineDirectory?: string | undefined;
  /** What a remote pipeline's grants are kept under. */
  readonly remote?: string;
  /** What its code says, if it is a pipeline. */
  readonly code?: PipelineCode;
  /** Whether it runs in AWS Batch; a command that is no pipeline never does. */
  readonly batch?: BatchUse;
  /** The command line, if it is a pipeline. */
  readonly nextflow?: NextflowCommand;
}

/** A pipeline, of whose code it is known what it needs. */
interface PipelineProgram extends Program {
  readonly code: PipelineCode;
  readonly batch: BatchUse;
  readonly nextflow: NextflowCommand;
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
  const { workspace, secrets, notes } = await planRun(program, options, world);
  const leased = {
    ...program,
    schedulers: program.schedulers ?? schedulersOf([], [], world),
    runId,
    runRoot: options.runRoot,
    workspace,
    keep: options.keep,
    ...(notes !== undefined && { notes }),
    ...(code !== undefined &&
      nextflow !== undefined &&
      batch !== 'no' && {
        prepare: async (lease: OpenLease) => {
          const { allowMissing } = options;
          const request = { command: nextflow, code, secrets, allowMissing, certain: batch === 'yes' };
          return provisionBatch(request, lease, world);
        },
      }),
  };
  return runLeased(leased, secrets, guardian, runner, world);
}

interface PlannedRun {
  /** Absolute path. */
  readonly workspace: string;
  readonly secrets: readonly LeasedSecret[];
  readonly notes?: RunNotes;
}

async function planRun(program: Program, options: LeaseOptions, world: World): Promise<PlannedRun> {
  const { directory: workspace } = await findWorkspace(world, options.workspace, program.pipelineDirectory);
  const { code } = program;
  const acceptMembers = options.acceptMembers === true;
  if (code === undefined) {
    const resolved = await resolveSecrets(workspace, world, { ...options, acceptMembers });
    return { workspace, secrets: planDelivery(resolved) };
  }
  const { needs, set } = await needsOf({ code }, workspace, options, world);
  assertNothingMissing(needs, set, options);
  const resolved = await resolveSecrets(workspace, world, { ...options, ...exactly(needs), acceptMembers });
  const secrets = planDelivery(resolved, deliveredHere(code, program.batch));
  if (program.remote !== undefined) await ensureGranted(program.remote, secrets, options.grant ?? [], world);
  return { workspace, secrets, notes: notesOf(code, needs, set) };
}

/**
 * The uses that the private store alone has to serve. Tasks of AWS Batch do not read it; whether there are others as
 * well, and what they ask for, Nextflow tells later.
 */
const deliveredHere = (
  code: PipelineCode,
  batch: BatchUse | undefined,
): Pick<PipelineCode, 'references' | 'dynamic'> =>
  batch === undefined || batch === 'no'
    ? code
    : { references: code.references.filter(({ kind }) => kind === 'property'), dynamic: [] };

const exactly = ({ names }: Needs): ResolveOptions => ({ only: names, required: undefined });

/** What the code needs, and the names that are set. Decrypts nothing. */
async function needsOf(
  { code }: Pick<PipelineProgram, 'code'>,
  workspace: string,
  options: LeaseOptions,
  world: World,
): Promise<{ readonly needs: Needs; readonly set: ReadonlySet<string> }> {
  const listed = await listSecrets(workspace, world);
  const usable = listed.filter(({ scope }) => options.withoutUser !== true || scope !== 'user');
  const set = new Set(usable.map(({ name }) => name));
  // A name that the person typed is set, or misspelled.
  for (const name of [...(options.only ?? []), ...(options.required ?? [])]) assertSet(name, set);
  return { needs: chooseSecrets(code, set, options), set };
}

/** What a person should know of the plan, beside what is sent. */
function notesOf(
  code: PipelineCode,
  { usesOf, missing, optionalMissing }: Needs,
  set: ReadonlySet<string>,
): RunNotes {
  const listed =
    (what: string, ifSet: string) =>
    ({ name, uses }: UsedName): string =>
      `  ${printable(name)}  ${set.has(name) ? ifSet : what}; ${places(uses)}`;
  return {
    usedAt: new Map([...usesOf].map(([name, uses]) => [name, places(uses)])),
    lines: [
      ...missing.map(listed('MISSING, allowed', 'LEFT OUT, allowed')),
      ...optionalMissing.map(listed('not set, optional', 'left out, optional')),
      ...code.dynamic.map(
        ({ file, line, text }) =>
          `${printable(file)}:${line} names a secret that only the running pipeline knows (${printable(text)}). ` +
          'Send it too: --secret NAME, or --all',
      ),
      ...code.notRead.map((line) => `${printable(line)} Secrets that only it uses: --secret NAME, or --all`),
    ],
  };
}

/** The lease of the run that we are inside of. */
interface OuterLease {
  readonly runId: string;
  /** Absolute path of its store. */
  readonly store: string;
  /** What it has, as it is stored: values that tasks could not take otherwise are encoded already. */
  readonly held: ReadonlyMap<string, SecretValue>;
}

async function outerLease(world: World): Promise<OuterLease | undefined> {
  const store = await outerStore(world);
  if (store === undefined) return undefined;
  return { runId: world.env['NF_SECRETS_RUN'] ?? '', store, held: await readNextflowStore(world) };
}

/**
 * What the code needs of the run that it is inside of.
 *
 * @throws HumanError 64, 65, 66 if the outer lease cannot be used so.
 */
function needsInside(
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
function heldSecrets(names: readonly string[], { held }: OuterLease): ResolvedSecret[] {
  return names.flatMap((name): ResolvedSecret[] => {
    const value = held.get(name);
    return value === undefined ? [] : [{ name, value, from: 'nextflow', overrides: [] }];
  });
}

/** @throws HumanError 69 if Nextflow says that a pipeline inside of another run needs secrets in AWS Batch. */
async function assertOutsideBatch(
  { batch, code, nextflow: command, label }: Program,
  held: readonly ResolvedSecret[],
  store: string,
  { allowMissing }: LeaseOptions,
  world: World,
): Promise<void> {
  if (batch !== 'maybe' || code === undefined || command === undefined) return;
  const request = { command, code, secrets: planDelivery(held), allowMissing, certain: false };
  await refuseIfInBatch(request, { runRoot: dirname(dirname(store)), label }, world);
}

/**
 * Inside another run: its store is used as it is. A part of it, or what a remote pipeline needs a grant for, is
 * decided here too; a part becomes a lease of its own.
 */
async function runInside(
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
    notes = notesOf(code, needs, set);
  }
  const { only, required = [] } = options;
  const names = [...new Set(only === undefined ? held.keys() : [...only, ...required])];
  const secrets = heldSecrets(names, outer);
  if (program.remote !== undefined) await ensureGranted(program.remote, secrets, options.grant ?? [], world);
  await assertOutsideBatch(program, secrets, store, options, world);
  if (secrets.length === held.size) return runInOuterLease({ ...program, notes }, store, runner, world);
  const { directory: workspace } = await findWorkspace(world, options.workspace, program.pipelineDirectory);
  // The outer one's run root, which its launcher chose, is no longer in our environment.
  const runRoot = options.runRoot ?? dirname(dirname(store));
  const runId = newRunId();
  const schedulers = program.schedulers ?? schedulersOf([], [], world);
  const leased = { ...program, schedulers, runId, runRoot, workspace, keep: options.keep, notes };
  return runLeased(leased, planDelivery(secrets), runner.startGuardian(runId, false), runner, world);
}

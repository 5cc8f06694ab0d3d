import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ExitCode, fileError, HumanError } from '../human-error.ts';
import { printable } from '../printable.ts';
import type { PipelineCode } from '../references/pipeline.ts';
import { rememberAws } from '../runs/aws-places.ts';
import { type LedgerEntry, recordLease, type RunId } from '../runs/ledger.ts';
import { releaseLease } from '../runs/release.ts';
import { sayLeftovers } from '../runs/sweep.ts';
import type { AwsAccess } from '../targets/aws-batch/access.ts';
import { namePrefix } from '../targets/aws-batch/naming.ts';
import type { AwsPlan } from '../targets/aws-batch/provision.ts';
import { generatedConfigPath, placeForRun, provisionStore, storePath } from '../targets/local.ts';
import type { World } from '../world.ts';
import { type AllowMissing, batchProcesses, generatedConfig, runsOnBatch } from './batch-run.ts';
import { childEnvironment } from './child-environment.ts';
import { refuseUnreachable } from './executors.ts';
import { newEntry } from './lease.ts';
import type { LeasedSecret } from './plan.ts';
import type { NextflowCommand } from './nextflow-command.ts';
import { planDelivery } from './plan.ts';
import { type Preview, previewRun, sharedProfiles, withLastConfig } from './preview.ts';

/** What decides, beside the code, what a run gets in AWS. */
export interface BatchRequest {
  readonly command: NextflowCommand;
  readonly code: PipelineCode;
  readonly secrets: readonly LeasedSecret[];
  readonly allowMissing: AllowMissing;
  /** Whether AWS Batch is certain: else a run that Nextflow cannot preview goes on without it. */
  readonly certain: boolean;
}

/** A lease whose private store is there, and which may get more. */
export interface OpenLease {
  readonly entry: LedgerEntry;
  /** The private store's file. */
  readonly storeFile: string;
  /** The environment that the run will have. */
  readonly env: Readonly<Record<string, string>>;
  /** Puts a changed entry into the ledger, before what it names is made. */
  readonly record: (entry: LedgerEntry) => Promise<void>;
  /** Hands AWS over, for the release of what is made there. */
  readonly opened: (access: AwsAccess) => void;
  /** Whether a signal has asked us to end. */
  readonly isStopped: () => boolean;
}

/** What else a run gets, because some of its secrets are in AWS. */
export interface PreparedRun {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Asks Nextflow what a run will do and checks that all its tasks can get their secrets.
 *
 * @returns undefined if Nextflow cannot say it, and AWS Batch is not certain.
 * @throws HumanError 65, 66, 69.
 */
export async function previewBatch(
  { command, code, secrets, certain }: Omit<BatchRequest, 'allowMissing'>,
  env: Readonly<Record<string, string>>,
  storeFile: string,
  world: World,
): Promise<Preview | undefined> {
  if (command.pipeline === '-') {
    throw new HumanError(
      ExitCode.unavailable,
      'A script from stdin can be read only once, so Nextflow cannot be asked beforehand what it does in AWS Batch.',
      'Put it into a file. If it does not run there: --target local',
    );
  }
  world.say('Asking Nextflow which processes of this run need secrets, and where they run …');
  let preview: Preview;
  try {
    preview = await previewRun(command, env, dirname(storeFile), world);
  } catch (error) {
    if (certain || !(error instanceof HumanError)) throw error;
    world.say(`${error.message} The run goes on as one of this machine; if it is not: --target aws-batch`);
    planDelivery(secrets, code);
    return undefined;
  }
  const elsewhere = preview.processes.filter((process) => !runsOnBatch(process));
  for (const { name, executor, secrets: asked } of elsewhere) {
    if (Array.isArray(asked) && asked.length > 0) refuseUnreachable(executor, `process ${name}`);
  }
  // Values that AWS could deliver may be too much for the tasks of this machine.
  const references = code.references.filter(({ kind }) => kind === 'property');
  const local = elsewhere.flatMap(({ secrets: asked }) => (Array.isArray(asked) ? (asked as string[]) : []));
  const uses = local.flatMap((name) => code.references.filter((use) => use.name === name).slice(0, 1));
  planDelivery(secrets, {
    references: [...references, ...uses.map((use) => ({ ...use, kind: 'directive' as const }))],
    dynamic: [],
  });
  return preview;
}

/**
 * Makes what the run needs in AWS: recorded first, so that whatever happens all of it can be removed.
 *
 * @throws HumanError 64, 65, 66, 69, 73, 77. What was made until then is in the ledger.
 */
export async function provisionBatch(
  request: BatchRequest,
  lease: OpenLease,
  world: World,
): Promise<PreparedRun> {
  const { command } = request;
  const { args } = command;
  const preview = await previewBatch(request, lease.env, lease.storeFile, world);
  const values = new Map(request.secrets.map(({ name, value }) => [name, value]));
  const processes = preview === undefined ? [] : batchProcesses(preview, values, request.allowMissing);
  if (preview === undefined || processes.length === 0 || lease.isStopped()) return { args, env: lease.env };

  const { openAws } = await import('../targets/aws-batch/access.ts');
  const { checkBeforeLaunch } = await import('../aws-check/early.ts');
  const { awsItems, provisionAws } = await import('../targets/aws-batch/provision.ts');
  const { session } = preview;
  const access = await openAws(preview.settings, world);
  lease.opened(access);
  const { place } = access;
  const plan: AwsPlan = {
    runId: lease.entry.runId,
    prefix: namePrefix(world.env['NF_SECRETS_AWS_PREFIX']),
    sessionId: session.id,
    started: lease.entry.started,
    settings: preview.settings,
    processes,
    values,
    kmsKey: world.env['NF_SECRETS_AWS_KMS_KEY'] || undefined,
  };
  await checkBeforeLaunch(plan, access, world);
  const { secrets, definitions } = awsItems(plan);
  let entry: LedgerEntry = {
    ...lease.entry,
    target: 'aws-batch',
    aws: place,
    items: [...lease.entry.items, ...secrets, ...definitions],
  };
  await lease.record(entry);
  const remembered = rememberAws(place, world);
  const made = await provisionAws(plan, access, async (foreign) => {
    const items = entry.items.filter((item) => item.kind !== 'aws-secret' || item.name !== foreign);
    entry = { ...entry, items };
    await lease.record(entry);
  });
  await lease.record({ ...entry, items: [...lease.entry.items, ...made.items] });
  await remembered;
  const config = generatedConfigPath(dirname(lease.storeFile));
  const text = sharedProfiles(args, world) + generatedConfig(preview, made.definitions);
  await writeFile(config, text, { mode: 0o600, flag: 'wx' }).catch((error: unknown) => {
    throw fileError(error, 'create the config of the run', config);
  });
  const asking = processes.map(({ name }) => printable(name)).join(', ');
  world.say(
    `${secrets.length === 1 ? '1 secret is' : `${secrets.length} secrets are`} in AWS Secrets Manager (account ${printable(place.account)}, ${printable(place.region)}) for ${asking}.`,
  );
  // Nextflow finds a session to resume by itself, and takes a new one's id from there.
  const env = session.resumed ? lease.env : { ...lease.env, NXF_UUID: session.id };
  return { args: withLastConfig(args, config), env };
}

/**
 * What a launch would send to AWS, without sending it: Nextflow is asked with a private store that is removed again.
 *
 * @returns the names of the secrets; undefined if no process of the run runs in AWS Batch.
 * @throws HumanError 65, 66, 69, 73.
 */
export async function planBatch(
  request: BatchRequest,
  run: { readonly runId: RunId; readonly runRoot: string | undefined; readonly label: string },
  world: World,
): Promise<ReadonlySet<string> | undefined> {
  const { runId } = run;
  const store = await placeForRun(runId, run.runRoot, world);
  const storeFile = storePath(store.path);
  const entry = newEntry(runId, run.label, store, false, world);
  await recordLease(entry, world);
  try {
    await provisionStore(
      store,
      request.secrets.map(({ name, stored }) => [name, stored] as const),
    );
    const { env } = childEnvironment(world.env, runId, storeFile);
    const preview = await previewBatch(request, env, storeFile, world);
    if (preview?.processes.some(runsOnBatch) !== true && preview?.wave !== true && preview?.fusion !== true)
      return undefined;
    const values = new Map(request.secrets.map(({ name, value }) => [name, value]));
    return new Set(batchProcesses(preview, values, request.allowMissing).flatMap(({ secrets }) => secrets));
  } finally {
    sayLeftovers(await releaseLease(entry, world), world);
  }
}

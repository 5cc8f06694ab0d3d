import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ExitCode, fileError, HumanError } from '../../system/human-error.ts';
import { printable } from '../../system/printable.ts';
import type { PipelineCode } from '../../pipeline/pipeline.ts';
import { rememberAws } from './accounts.ts';
import type { LedgerEntry } from '../lease-entry.ts';
import type { LeaseItem } from '../lease-item.ts';
import type { OpenTarget } from '../target.ts';
import { type AwsEntry, itemsInAws } from './items.ts';
import { namePrefix } from './naming.ts';
import type { AwsPlan } from './provision.ts';
import { generatedConfigPath } from '../local/private-store.ts';
import type { World } from '../../system/world.ts';
import { type AllowMissing, batchProcesses, generatedConfig, runsOnBatch } from './batch-run.ts';
import { refuseUnreachable } from '../executors.ts';
import { type LeasedSecret, planDelivery } from '../plan-delivery.ts';
import type { NextflowCommand } from '../../nextflow/nextflow-command.ts';
import type { Preview } from '../../nextflow/preview.ts';
import { withLastConfig } from '../../nextflow/preview-arguments.ts';
import { sharedProfiles } from '../../nextflow/preview-config.ts';
import { NoPreviewError, type PreviewContext, previewRun, sayPrinted } from '../../nextflow/preview-run.ts';
import { refuseSessionInUse, type SessionUsers } from './session-in-use.ts';
import { accessWarnings } from './task-variables.ts';

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
export interface OpenLease extends SessionUsers {
  readonly entry: LedgerEntry;
  /** The private store's file. */
  readonly storeFile: string;
  /** Puts a changed entry into the ledger, before what it names is made. */
  readonly record: (entry: LedgerEntry) => Promise<void>;
  /** Hands an open target over, for the release of what is made there. */
  readonly opened: (target: OpenTarget) => void;
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
  context: PreviewContext,
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
    preview = await previewRun(command, context, world);
  } catch (error) {
    if (!(error instanceof HumanError)) throw error;
    if (certain) {
      if (error instanceof NoPreviewError) sayPrinted(error, world);
      throw error;
    }
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
  const readable = request.secrets.flatMap(({ value, stored }) => [value, stored]);
  const preview = await previewBatch(
    request,
    { env: lease.env, directory: dirname(lease.storeFile), values: readable },
    world,
  );
  const values = new Map(request.secrets.map(({ name, value }) => [name, value]));
  const processes = preview === undefined ? [] : batchProcesses(preview, values, request.allowMissing);
  if (preview === undefined || processes.length === 0 || lease.isStopped()) return { args, env: lease.env };
  for (const line of accessWarnings(processes)) world.say(line);

  const { session } = preview;
  await refuseSessionInUse(session, lease, world);
  const { openAws } = await import('./access.ts');
  const { checkBeforeLaunch } = await import('./check/before-launch.ts');
  const { awsItems, provisionAws } = await import('./provision.ts');
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
  let entry: AwsEntry = {
    ...lease.entry,
    target: 'aws-batch',
    aws: place,
    items: [...lease.entry.items, ...secrets, ...definitions],
  };
  await lease.record(entry);
  // Once more: another launch may have come as far meanwhile, and sees what is recorded here.
  await refuseSessionInUse(session, lease, world);
  const remembered = rememberAws(place, world);
  const onForeign = async (foreign: string): Promise<void> => {
    const items = entry.items.filter((item) =>
      itemsInAws([item]).every(({ kind, name }) => kind !== 'aws-secret' || name !== foreign),
    );
    entry = { ...entry, items };
    await lease.record(entry);
  };
  const record = async (items: readonly LeaseItem[]): Promise<void> =>
    lease.record({ ...entry, items: [...lease.entry.items, ...items] });
  const made = await provisionAws(plan, access, onForeign, record);
  await record(made.items);
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

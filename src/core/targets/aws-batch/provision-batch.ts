import { giveNotices } from '../../system/notice.ts';
import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Preview } from '../../nextflow/preview.ts';
import { withLastConfig } from '../../nextflow/preview-arguments.ts';
import { sharedProfiles } from '../../nextflow/preview-config.ts';
import { fileError } from '../../system/human-error.ts';
import { printable } from '../../system/printable.ts';
import type { World } from '../../system/world.ts';
import type { LedgerEntry } from '../lease-entry.ts';
import type { LeaseItem } from '../lease-item.ts';
import { generatedConfigPath } from '../local/private-store.ts';
import type { OpenLease, PreparedRun, ServiceRequest } from '../target.ts';
import type { AwsAccess } from './access.ts';
import { rememberAws } from './accounts.ts';
import { batchProcesses, generatedConfig } from './batch-run.ts';
import { AWS_BATCH_TARGET, itemsInAws } from './items.ts';
import { namePrefix } from './naming.ts';
import type { Reuse } from './known-preview.ts';
import { previewBatch } from './preview-batch.ts';
import type { AwsPlan, AwsProvision } from './provision.ts';
import { usableReferences } from './references.ts';
import { refuseSessionInUse } from './session-in-use.ts';
import { accessWarnings } from './task-variables.ts';
import { phrase } from '../../system/phrase.ts';

/**
 * Makes the items that the run needs in AWS. Records them first, so that all of them can be removed, whatever happens.
 *
 * @throws HumanError 64, 65, 66, 69, 73, 77. The items made until then are in the ledger.
 */
export async function provisionBatch(
  request: ServiceRequest,
  lease: OpenLease,
  world: World,
): Promise<PreparedRun> {
  const { args } = request.command;
  const values = new Map(request.secrets.map(({ name, value }) => [name, value]));
  const context = {
    env: lease.env,
    directory: dirname(lease.storeFile),
    values: request.secrets.flatMap(({ value, stored }) => [value, stored]),
  };
  loadBeside();
  const preview = await previewBatch(request, context, reuseOf(request, world), world);
  const { allowMissing, withheld = [] } = request;
  const [unread] = withheld;
  // Whatever runs elsewhere would need the values.
  if (preview === undefined && unread !== undefined) throw unread.reason;
  const processes = preview === undefined ? [] : batchProcesses(preview, values, allowMissing, withheld);
  if (preview === undefined || processes.length === 0 || lease.isStopped()) return { args, env: lease.env };
  giveNotices(accessWarnings(processes), world);
  const { session, settings } = preview;
  await refuseSessionInUse(session, lease, world);
  const { openAws } = await import('./access.ts');
  const access = await openAws(settings, world);
  lease.opened(access);
  const plan: AwsPlan = {
    runId: lease.entry.runId,
    prefix: namePrefix(world.env['NF_SECRETS_AWS_PREFIX']),
    sessionId: session.id,
    started: lease.entry.started,
    ...{ settings, processes, values },
    references: usableReferences(request, processes, access.aws),
    kmsKey: world.env['NF_SECRETS_AWS_KMS_KEY'] || undefined,
  };
  const { checkBeforeLaunch } = await import('./check/before-launch.ts');
  await checkBeforeLaunch(plan, access, world);
  let remembered: Promise<void> | undefined;
  const { definitions } = await provisionRecorded(plan, access, lease, async () => {
    // Checks again after the record: meanwhile another launch may have come as far, and it sees this record.
    await refuseSessionInUse(session, lease, world);
    remembered = rememberAws(access.aws, world);
  });
  await remembered;
  const config = await writeConfig({ args, preview, definitions }, lease, world);
  sayProvisioned(plan, access, world);
  // Nextflow finds a session to resume by itself, and takes a new one's id from there.
  const env = session.resumed ? lease.env : { ...lease.env, NXF_UUID: session.id };
  return { args: withLastConfig(args, config), env };
}

const reuseOf = ({ askAgain }: ServiceRequest, { env }: World): Reuse => {
  if (env['NF_SECRETS_ASK_AGAIN'] === 'true') return 'no';
  return askAgain === true ? 'renew' : 'yes';
};

/** Loads the code that comes next, while Nextflow is asked. A failure is met where the code is needed. */
function loadBeside(): void {
  void Promise.allSettled([
    import('./access.ts'),
    import('./check/before-launch.ts'),
    import('./provision.ts'),
  ]);
}

/** Makes a plan's items, which are in the ledger before, meanwhile and afterwards. @param check - last check before. */
async function provisionRecorded(
  plan: AwsPlan,
  access: AwsAccess,
  lease: OpenLease,
  check: () => Promise<void>,
): Promise<AwsProvision> {
  const { plannedItems, provisionAws } = await import('./provision.ts');
  const planned = plannedItems(plan);
  let entry: LedgerEntry = {
    ...lease.entry,
    target: AWS_BATCH_TARGET,
    aws: access.aws,
    items: [...lease.entry.items, ...planned.items],
  };
  await lease.record(entry);
  await check();
  const isOther = (item: LeaseItem, foreign: string): boolean =>
    itemsInAws([item]).every(({ kind, name }) => kind !== 'aws-secret' || name !== foreign);
  const onForeign = async (foreign: string): Promise<void> => {
    entry = { ...entry, items: entry.items.filter((item) => isOther(item, foreign)) };
    await lease.record(entry);
  };
  const onProgress = async (items: readonly LeaseItem[]): Promise<void> =>
    lease.record({ ...entry, items: [...lease.entry.items, ...items] });
  const made = await provisionAws(plan, planned, access, { onForeign, onProgress });
  await onProgress(made.items);
  return made;
}

/** The parts of a run's config. */
interface ConfigContent extends Pick<AwsProvision, 'definitions'> {
  readonly args: readonly string[];
  readonly preview: Preview;
}

/** Writes the config that gives processes their job definitions. @returns its path. */
async function writeConfig(
  { args, preview, definitions }: ConfigContent,
  { storeFile }: OpenLease,
  world: World,
): Promise<string> {
  const config = generatedConfigPath(dirname(storeFile));
  const text = sharedProfiles(args, world) + generatedConfig(preview, definitions);
  await writeFile(config, text, { mode: 0o600, flag: 'wx' }).catch((error: unknown) => {
    throw fileError(error, 'create the config of the run', config);
  });
  return config;
}

function sayProvisioned({ processes, references }: AwsPlan, { aws }: AwsAccess, world: World): void {
  const names = new Set(processes.flatMap(({ secrets }) => secrets));
  const { size } = names;
  const asking = processes.map(({ name }) => printable(name)).join(', ');
  const there = [...names].filter((name) => references.has(name)).length;
  const copies = phrase`${size === 1 ? phrase`1 secret is` : phrase`${size} secrets are`} in AWS Secrets Manager (account
      ${printable(aws.account)}, ${printable(aws.region)}) for ${asking}`;
  if (there === 0) world.notice(phrase`${copies}.`);
  else if (there === size) world.notice(phrase`${copies}: those of the workspace, of which no copy is made.`);
  else world.notice(phrase`${copies}: of ${there} of them, which the workspace has there, no copy is made.`);
}

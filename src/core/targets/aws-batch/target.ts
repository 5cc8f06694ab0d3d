import { setTimeout as sleep } from 'node:timers/promises';
import { HumanError, reasonOf } from '../../system/human-error.ts';
import type { Reason } from '../../system/notice.ts';
import type { World } from '../../system/world.ts';
import type { LedgerEntry } from '../lease-entry.ts';
import type { JobsInNeed, OpenTarget, PendingJob, Releasable, Released, ServiceTarget } from '../target.ts';
import type { AwsAccess } from './access.ts';
import { type AwsJob, isCancellable } from './aws-job.ts';
import { nameNotes } from './task-variables.ts';
import { definitionFacts, definitionLines, definitionNote } from './definition-messages.ts';
import {
  AWS_BATCH,
  AWS_BATCH_TARGET,
  AWS_KINDS,
  awsFields,
  awsItemLabel,
  isAwsJobDefinition,
  isAwsSecret,
  itemsInAws,
  jobDefinitions,
  tellsAccount,
} from './items.ts';
import { phrase } from '../../system/phrase.ts';

// Only entry points: their code is in other files. Code that needs the AWS SDK is loaded only when it is called.

/** AWS Secrets Manager for the values, and AWS Batch for the tasks. */
export const awsBatch: ServiceTarget = {
  ...AWS_BATCH,
  scheduler: 'AWS Batch',
  kinds: AWS_KINDS,
  isItem: (value, runId) =>
    value['kind'] === 'aws-secret' ? isAwsSecret(value, runId) : isAwsJobDefinition(value),
  isSound: tellsAccount,
  ownFields: awsFields,
  describe: (item, entry) => {
    const [known] = itemsInAws([item]);
    if (known === undefined) return { label: item.kind };
    return { label: awsItemLabel(known, entry?.aws), note: definitionNote(known) };
  },
  details: definitionFacts,
  failureLines: definitionLines,
  jobsThatNeedSecrets,
  jobLabel: ({ id }) => id,
  isCancellable: (job) => isCancellable(job as AwsJob),
  cancelJobs,
  release,
  guardianNeeds: {
    // Variables by which the SDK finds its credentials, its region and its proxy.
    environment: /^(AWS_.*|https?_proxy|no_proxy|all_proxy|NODE_EXTRA_CA_CERTS)$/i,
    load: async (world) => (await import('./load-for-release.ts')).loadForRelease(world),
  },
  leftByOthers: async (look, world) => (await import('./left-by-others.ts')).leftByOthers(look, world),
  delivery: 'secrets-manager',
  takesReferences: true,
  nameNotes,
  plan: async (request, stored, context, world) =>
    (await import('./preview-batch.ts')).planInBatch(request, stored, context, world),
  provision: async (request, lease, world) =>
    (await import('./provision-batch.ts')).provisionBatch(request, lease, world),
};

const accessOf = (open: OpenTarget | undefined): AwsAccess | undefined =>
  open?.target === AWS_BATCH_TARGET ? (open as AwsAccess) : undefined;

async function jobsThatNeedSecrets(
  entry: LedgerEntry,
  world: World,
  open: OpenTarget | undefined,
): Promise<JobsInNeed | undefined> {
  const { runId, items, aws } = entry;
  if (aws === undefined) return undefined;
  const { awsJobsInNeed } = await import('./jobs.ts');
  const look = await awsJobsInNeed({ runId, items, aws }, world, accessOf(open));
  if (!look.known) {
    const { reason, remedies = [] } = look;
    const text = phrase`it is not known whether jobs of it still wait in AWS Batch: ${reason}`;
    return { known: false, still: text, state: text, remedies, why: 'serviceSilent' };
  }
  const { jobs } = look;
  if (jobs.length === 0) return undefined;
  const { jobMessages } = await import('./job-messages.ts');
  return { known: true, ...jobMessages(jobs, runId, aws), jobs };
}

async function cancelJobs(
  _jobs: readonly PendingJob[],
  entry: LedgerEntry,
  world: World,
): Promise<Reason | undefined> {
  const { runId, items, aws } = entry;
  if (aws === undefined) return undefined;
  const { cancelAwsJobs } = await import('./jobs.ts');
  try {
    const left = await cancelAwsJobs({ runId, items, aws }, world);
    const ids = left.map(({ id }) => id).join(', ');
    return left.length === 0
      ? undefined
      : { reason: phrase`AWS Batch has not cancelled its jobs ${ids} yet` };
  } catch (error) {
    if (!(error instanceof HumanError)) throw error;
    const { reason, remedies = [] } = reasonOf(error);
    return { reason: phrase`its AWS Batch jobs were not all cancelled: ${reason}`, remedies };
  }
}

/** Longest time that a request of a killed process may be under way. In milliseconds. */
const SETTLING = 3_000;

async function release(lease: Releasable, world: World, open: OpenTarget | undefined): Promise<Released> {
  const items = itemsInAws(lease.items);
  if (items.length === 0) return { gone: [], left: [] };
  const { runId, aws } = lease;
  if (aws === undefined) {
    const { leftoversOfUnknownAccount } = await import('./release.ts');
    return { gone: [], left: leftoversOfUnknownAccount(items, runId, world) };
  }
  const access = accessOf(open);
  // The launcher died within a request, and that may still arrive after our removal.
  const isUnfinished = jobDefinitions(items).some(({ revision }) => revision === null);
  if (access === undefined && isUnfinished) await sleep(SETTLING);
  const { releaseAws } = await import('./release.ts');
  const left = await releaseAws(lease, aws, world, access);
  const labels = new Set(left.map((one) => one.item));
  return { gone: items.filter((item) => !labels.has(awsItemLabel(item, aws))), left };
}

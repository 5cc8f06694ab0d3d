import { paginateListJobs } from '@aws-sdk/client-batch';
import type { AwsPlace, LeaseItem } from '../../runs/ledger.ts';
import type { World } from '../../world.ts';
import { type AwsAccess, closeAws, openAws } from './access.ts';

/** A job in one of these has not read its secrets yet: the agent does that when it starts the container. */
const BEFORE_SECRETS = new Set(['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING']);

/**
 * Jobs with the run's definitions that have not started yet. AWS Batch does not start a job whose secrets are gone,
 * so where it cannot be asked nothing is lost but the job.
 *
 * @returns job ids.
 */
export async function awsJobsInNeed(
  items: readonly LeaseItem[],
  place: AwsPlace,
  world: World,
  opened?: AwsAccess,
): Promise<string[]> {
  const waiting = new Map<string, Set<string>>();
  for (const item of items) {
    if (item.kind !== 'aws-job-definition') continue;
    for (const queue of item.queues) waiting.set(queue, (waiting.get(queue) ?? new Set()).add(item.name));
  }
  if (waiting.size === 0) return [];
  let access: AwsAccess | undefined;
  try {
    access = opened ?? (await openAws(place, world, 'briefly'));
    if (access.place.account !== place.account) return [];
    const jobs: string[] = [];
    for (const [queue, definitions] of waiting) {
      for (const name of definitions) jobs.push(...(await jobsWith(access, queue, name)));
    }
    return jobs;
  } catch {
    return [];
  } finally {
    if (access !== undefined && access !== opened) closeAws(access);
  }
}

async function jobsWith({ batch }: AwsAccess, jobQueue: string, definition: string): Promise<string[]> {
  const jobs: string[] = [];
  // With a filter AWS answers jobs of every status.
  const filters = [{ name: 'JOB_DEFINITION', values: [definition] }];
  for await (const { jobSummaryList = [] } of paginateListJobs({ client: batch }, { jobQueue, filters })) {
    for (const { jobId, status = '', jobDefinition = '' } of jobSummaryList) {
      const isOurs = jobDefinition === '' || jobDefinition.includes(definition);
      if (jobId !== undefined && isOurs && BEFORE_SECRETS.has(status)) jobs.push(jobId);
    }
  }
  return jobs;
}

/** The command of the AWS CLI that ends such jobs, for a message. */
export const cancelCommand = (jobs: readonly string[], { region }: AwsPlace): string =>
  jobs
    .map((job) => `aws batch terminate-job --region ${region} --reason cancelled --job-id ${job}`)
    .join('; ');

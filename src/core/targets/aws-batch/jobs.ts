import { setTimeout as sleep } from 'node:timers/promises';
import {
  type BatchClient,
  CancelJobCommand,
  DescribeJobsCommand,
  paginateDescribeJobQueues,
  paginateListJobs,
  TerminateJobCommand,
} from '@aws-sdk/client-batch';
import type { AwsJobDefinition, AwsPlace, LeaseItem, RunId } from '../../runs/ledger.ts';
import type { World } from '../../system/world.ts';
import { type AwsAccess, closeAws, openAws } from './access.ts';
import { awsError, isMissing } from './aws-error.ts';
import { inParallel } from './in-parallel.ts';
import { ANY_QUEUE } from './job-definition.ts';
import { type AwsJob, isCancellable, jobsInNeed, type ListedJob, waits } from './jobs-in-need.ts';
import { ownRevisions } from './revisions.ts';

/** What of a run AWS Batch can be asked about. */
export interface AwsRun {
  readonly runId: RunId;
  readonly items: readonly LeaseItem[];
  readonly aws: AwsPlace;
}

/** Time between two looks whether cancelled jobs are gone, in milliseconds, and how many there are. */
const LOOK = 1_000;
const LOOKS = 60;

/**
 * Jobs with the run's definitions that have not started yet, or may be started anew. AWS Batch does not start a job whose secrets are gone,
 * so where it cannot be asked nothing is lost but the job.
 */
export async function awsJobsInNeed(run: AwsRun, world: World, opened?: AwsAccess): Promise<AwsJob[]> {
  if (queuesOf(run).length === 0) return [];
  let access: AwsAccess | undefined;
  try {
    access = opened ?? (await openAws(run.aws, world, 'briefly'));
    return access.place.account === run.aws.account ? await waitingJobs(run, access) : [];
  } catch {
    return [];
  } finally {
    if (access !== undefined && access !== opened) closeAws(access);
  }
}

/**
 * Ends the jobs of a run that wait or start, and waits until none of it does. Leaves those that run.
 *
 * @returns those that still wait.
 * @throws HumanError 69, 77 if AWS does not do it.
 */
export async function cancelAwsJobs(run: AwsRun, world: World): Promise<AwsJob[]> {
  const access = await openAws(run.aws, world);
  try {
    if (access.place.account !== run.aws.account) return (await awsJobsInNeed(run, world)).filter(waits);
    for (let looks = 1; ; looks++) {
      // One that was about to start when it was cancelled has to be terminated.
      const jobs = (await waitingJobs(run, access)).filter(waits);
      if (jobs.length === 0 || looks > LOOKS) return jobs;
      await inParallel(jobs.filter(isCancellable), (job) => endJob(job, access));
      await sleep(LOOK);
    }
  } catch (error) {
    throw awsError(error, { action: 'batch:ListJobs', resource: `account ${run.aws.account}` });
  } finally {
    closeAws(access);
  }
}

/**
 * CancelJob does nothing to a job that has started meanwhile, TerminateJob ends any, so it is looked at once more before.
 */
async function endJob({ id, status }: AwsJob, { batch }: AwsAccess): Promise<void> {
  const starts = status === 'STARTING';
  const request = { jobId: id, reason: 'Cancelled by nf-secrets: the run of it is over.' };
  if (starts && !(await stillStarts(id, batch))) return;
  try {
    if (starts) await batch.send(new TerminateJobCommand(request));
    else await batch.send(new CancelJobCommand(request));
  } catch (error) {
    if (isMissing(error)) return;
    const action = starts ? 'batch:TerminateJob' : 'batch:CancelJob';
    throw awsError(error, { action, resource: `job ${id}` });
  }
}

async function stillStarts(id: string, batch: BatchClient): Promise<boolean> {
  try {
    const { jobs: [job] = [] } = await batch.send(new DescribeJobsCommand({ jobs: [id] }));
    return job?.status === undefined || job.status === 'STARTING';
  } catch (error) {
    throw awsError(error, { action: 'batch:DescribeJobs', resource: `job ${id}` });
  }
}

const definitionsOf = ({ items }: Pick<AwsRun, 'items'>): AwsJobDefinition[] =>
  items.filter((item) => item.kind === 'aws-job-definition');

const queuesOf = (run: AwsRun): string[] => [...new Set(definitionsOf(run).flatMap(({ queues }) => queues))];

/** Where a queue depends on the task, its jobs may be in any. */
async function namedQueues(queues: readonly string[], client: AwsAccess['batch']): Promise<string[]> {
  if (!queues.includes(ANY_QUEUE)) return [...queues];
  const all = new Set(queues.filter((name) => name !== ANY_QUEUE));
  for await (const { jobQueues = [] } of paginateDescribeJobQueues({ client }, {}))
    for (const { jobQueueName } of jobQueues) if (jobQueueName !== undefined) all.add(jobQueueName);
  return [...all];
}

/** Other runs of a session have definitions of the same names, in other revisions. */
async function waitingJobs(run: AwsRun, { batch }: AwsAccess): Promise<AwsJob[]> {
  const own = new Set<string>();
  const names = new Set<string>();
  await inParallel(definitionsOf(run), async ({ name, revision }) => {
    const revisions = revision === null ? await ownRevisions(batch, name, run.runId) : [revision];
    for (const one of revisions) own.add(`${name}:${one}`);
    names.add(name);
  });
  const listed = new Map<string, ListedJob>();
  for (const jobQueue of await namedQueues(queuesOf(run), batch)) {
    for (const name of names) {
      // With a filter AWS answers jobs of every status.
      const filters = [{ name: 'JOB_DEFINITION', values: [name] }];
      for await (const { jobSummaryList = [] } of paginateListJobs(
        { client: batch },
        { jobQueue, filters },
      )) {
        for (const { jobId: id, status = '', jobDefinition = '', arrayProperties } of jobSummaryList) {
          const isOurs = own.has(jobDefinition.split('/').at(-1) ?? '');
          const isArray = arrayProperties?.size !== undefined;
          if (id !== undefined && isOurs) listed.set(id, { id, queue: jobQueue, status, isArray });
        }
      }
    }
  }
  return jobsInNeed([...listed.values()], batch);
}

import { setTimeout as sleep } from 'node:timers/promises';
import {
  type BatchClient,
  CancelJobCommand,
  DescribeJobQueuesCommand,
  DescribeJobsCommand,
  type JobStatus,
  paginateDescribeJobQueues,
  paginateListJobs,
  TerminateJobCommand,
} from '@aws-sdk/client-batch';
import { ExitCode, HumanError, reasonOf } from '../../system/human-error.ts';
import type { Reason } from '../../system/notice.ts';
import { printable } from '../../system/printable.ts';
import { type AwsAccount, jobDefinitions } from './items.ts';
import type { LeaseItem } from '../lease-item.ts';
import type { RunId } from '../../system/run-id.ts';
import type { World } from '../../system/world.ts';
import { type AwsAccess, openAws } from './access.ts';
import { awsError, awsErrorCode, isMissing, answered } from '../../aws/aws-error.ts';
import { BATCH_CONCURRENCY, inParallel } from '../../aws/in-parallel.ts';
import { ANY_QUEUE } from '../../nextflow/preview.ts';
import { type AwsJob, isCancellable, waits } from './aws-job.ts';
import { jobsInNeed, type ListedJob } from './jobs-in-need.ts';
import { ownRevisions } from './revisions.ts';
import { phrase } from '../../system/phrase.ts';

/** The part of a run that AWS Batch can be asked about. */
export interface AwsRun {
  readonly runId: RunId;
  readonly items: readonly LeaseItem[];
  readonly aws: AwsAccount;
}

/** The result of a look at a run's jobs. If it is not known, jobs may still need the run's secrets. */
export type AwsJobsLook =
  { readonly known: true; readonly jobs: readonly AwsJob[] } | ({ readonly known: false } & Reason);

/**
 * The statuses of jobs that may need secrets, in the order in which a job has them. They are listed in this order, so
 * that a job that changes its status meanwhile is in one list. An array job that has failed may have waiting children.
 */
const LISTED: readonly JobStatus[] = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING', 'FAILED'];

/** AWS's longest page. */
const PAGE = 100;

/** Pause between two looks for cancelled jobs, in milliseconds, and the number of looks. */
const LOOK = 1_000;
const LOOKS = 60;

/** Looks for jobs with the run's definitions that have not started yet, or may start again. Never throws. */
export async function awsJobsInNeed(run: AwsRun, world: World, opened?: AwsAccess): Promise<AwsJobsLook> {
  if (queuesOf(run).length === 0) return { known: true, jobs: [] };
  let access: AwsAccess | undefined;
  try {
    access = opened ?? (await openAws(run.aws, world, 'briefly'));
    requireAccount(run, access);
    return { known: true, jobs: await waitingJobs(run, access) };
  } catch (error) {
    return { known: false, ...reasonOf(error) };
  } finally {
    if (access !== opened) access?.close();
  }
}

/**
 * Ends the jobs of a run that wait or start. Then waits until no job of the run does so. Leaves running jobs.
 *
 * @returns the jobs that still wait.
 * @throws HumanError 69, 77 if AWS does not do it, or cannot be asked for the jobs.
 */
export async function cancelAwsJobs(run: AwsRun, world: World): Promise<readonly AwsJob[]> {
  const access = await openAws(run.aws, world);
  try {
    requireAccount(run, access);
    for (let looks = 1; ; looks++) {
      // A job that was about to start when it was cancelled has to be terminated.
      const jobs = (await waitingJobs(run, access)).filter(waits);
      if (jobs.length === 0 || looks > LOOKS) return jobs;
      await inParallel(jobs.filter(isCancellable), (job) => endJob(job, access), {
        concurrency: BATCH_CONCURRENCY,
      });
      await sleep(LOOK);
    }
  } finally {
    access.close();
  }
}

/** @throws HumanError 77 if these credentials see other jobs than the run's. */
function requireAccount({ aws }: AwsRun, { aws: reached }: AwsAccess): void {
  if (reached.account === aws.account) return;
  throw new HumanError(
    ExitCode.notPermitted,
    phrase`Its jobs are in AWS account ${printable(aws.account)}, and these credentials are of account
      ${printable(reached.account)}.`,
    phrase`Use credentials of account ${printable(aws.account)}: AWS_PROFILE=NAME`,
  );
}

/**
 * Ends a job. CancelJob does nothing to one that has started meanwhile. TerminateJob ends any, so look again before it.
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
    const { jobs } = await batch.send(new DescribeJobsCommand({ jobs: [id] }));
    const [job] = answered(jobs);
    return job?.status === undefined || job.status === 'STARTING';
  } catch (error) {
    throw awsError(error, { action: 'batch:DescribeJobs', resource: `job ${id}` });
  }
}

const queuesOf = ({ items }: AwsRun): string[] => [
  ...new Set(jobDefinitions(items).flatMap(({ queues }) => queues)),
];

/** Finds the queues of a run's jobs. If a queue depends on the task, its jobs may be in any queue. */
async function namedQueues(run: AwsRun, client: AwsAccess['batch']): Promise<string[]> {
  const queues = queuesOf(run);
  if (!queues.includes(ANY_QUEUE)) return queues;
  // Only names: by name and by ARN the same queue would be asked twice.
  const all = new Set<string>();
  try {
    for await (const { jobQueues } of paginateDescribeJobQueues({ client, pageSize: PAGE }, {})) {
      for (const { jobQueueName, status } of answered(jobQueues))
        if (jobQueueName !== undefined && status !== 'DELETED') all.add(jobQueueName);
    }
  } catch (error) {
    throw awsError(error, { action: 'batch:DescribeJobQueues', resource: `region ${run.aws.region}` });
  }
  return [...all];
}

/**
 * Finds all jobs of the run that need its secrets, by a few lists of each queue: a filter by definition would also list
 * jobs that have succeeded in the last week.
 */
async function waitingJobs(run: AwsRun, { batch }: AwsAccess): Promise<AwsJob[]> {
  const names = new Set(jobDefinitions(run.items).map(({ name }) => name));
  const queues = await namedQueues(run, batch);
  const lists = await inParallel(queues, async (queue) => jobsInQueue(queue, names, batch), {
    concurrency: BATCH_CONCURRENCY,
  });
  // If a job is in two lists, the later one is more recent.
  const jobs = [...new Map(lists.flat().map((job) => [job.id, job])).values()];
  const own = await ownDefinitions(run, new Set(jobs.map(({ definition }) => nameOf(definition))), batch);
  const ours = jobs.filter(({ definition }) => own.has(definition));
  return jobsInNeed(
    ours.map(({ id, queue, status, isArray }) => ({ id, queue, status, isArray })),
    batch,
  );
}

/** A job with a definition of such a name. */
interface JobOfName extends ListedJob {
  /** `NAME:REVISION`. */
  readonly definition: string;
}

async function jobsInQueue(
  queue: string,
  names: ReadonlySet<string>,
  client: AwsAccess['batch'],
): Promise<JobOfName[]> {
  const found: JobOfName[] = [];
  try {
    for (const jobStatus of LISTED) {
      const pages = paginateListJobs({ client, pageSize: PAGE }, { jobQueue: queue, jobStatus });
      for await (const { jobSummaryList } of pages) {
        for (const job of answered(jobSummaryList)) {
          const { jobId: id, status = jobStatus, jobDefinition = '', arrayProperties } = job;
          const definition = jobDefinition.split('/').at(-1) ?? '';
          const isArray = arrayProperties?.size !== undefined;
          if (id === undefined || !names.has(nameOf(definition)) || (status === 'FAILED' && !isArray))
            continue;
          found.push({ id, queue, status, isArray, definition });
        }
      }
    }
    return found;
  } catch (error) {
    if (await wasDeleted(queue, error, client)) return [];
    throw awsError(error, { action: 'batch:ListJobs', resource: `queue ${queue}` });
  }
}

const nameOf = (definition: string): string => definition.split(':')[0] ?? '';

/** Tells whether a queue was deleted: its jobs are gone too. AWS answers this like any other mistake in a request. */
async function wasDeleted(queue: string, error: unknown, client: AwsAccess['batch']): Promise<boolean> {
  if (awsErrorCode(error) !== 'ClientException' && !isMissing(error)) return false;
  try {
    const { jobQueues } = await client.send(new DescribeJobQueuesCommand({ jobQueues: [queue] }));
    return answered(jobQueues).every(({ status }) => status === 'DELETED');
  } catch {
    return false;
  }
}

/**
 * The run's definitions of these names as `NAME:REVISION`: other runs of its session have the same names, in other
 * revisions.
 */
async function ownDefinitions(
  run: AwsRun,
  names: ReadonlySet<string>,
  client: AwsAccess['batch'],
): Promise<Set<string>> {
  const own = new Set<string>();
  await inParallel(
    jobDefinitions(run.items).filter(({ name }) => names.has(name)),
    async ({ name, revision }) => {
      const revisions = revision === null ? await askedRevisions(run, name, client) : [revision];
      for (const one of revisions) own.add(`${name}:${one}`);
    },
    { concurrency: BATCH_CONCURRENCY },
  );
  return own;
}

async function askedRevisions(
  { runId }: AwsRun,
  name: string,
  client: AwsAccess['batch'],
): Promise<number[]> {
  try {
    return await ownRevisions(client, name, runId);
  } catch (error) {
    throw awsError(error, { action: 'batch:DescribeJobDefinitions', resource: `job definition ${name}` });
  }
}

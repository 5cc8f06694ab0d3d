import {
  type BatchClient,
  DescribeJobsCommand,
  type DescribeJobsCommandOutput,
  type JobDetail,
  type JobStatus,
  paginateListJobs,
} from '@aws-sdk/client-batch';
import { awsError, answered } from '../../aws/aws-error.ts';
import { inParallel } from '../../aws/in-parallel.ts';
import { type AwsJob, BEFORE_SECRETS, waits } from './aws-job.ts';

/** A job in a list of its queue. Children of array jobs are in no such list. */
export interface ListedJob extends AwsJob {
  /** True for the parent of an array job, as far as the list tells. */
  readonly isArray: boolean;
}

/** Most jobs that DescribeJobs takes. */
const DESCRIBED = 100;

/**
 * Finds the jobs of a run that need its secrets: they wait or start, or they run and may start again, because AWS may
 * take their machine away (spot) and their retry strategy allows it. Of an array job the children count, never the
 * parent: it is PENDING as long as children run, and if it is ended, they end too.
 */
export async function jobsInNeed(listed: readonly ListedJob[], batch: BatchClient): Promise<AwsJob[]> {
  const asked = listed.filter(
    ({ status, isArray }) => mayBeParent(status) || status === 'RUNNING' || isArray,
  );
  const details = await describe(idsOf(asked), batch);
  const found = await inParallel(listed, async (job): Promise<AwsJob[]> => {
    const detail = details.get(job.id);
    if (job.isArray || detail?.arrayProperties?.size !== undefined) return childrenInNeed(job, detail, batch);
    return isInNeed({ ...job, status: detail?.status ?? job.status }, detail) ? [own(job, detail)] : [];
  });
  return [...new Map(found.flat().map((job) => [job.id, job])).values()];
}

/** Tells whether a job with this status can be a parent. No parent is ever RUNNABLE, STARTING or RUNNING. */
const mayBeParent = (status: string): boolean => status === 'SUBMITTED' || status === 'PENDING';

const own = ({ id, queue, status }: AwsJob, detail?: JobDetail): AwsJob => ({
  id,
  queue,
  status: detail?.status ?? status,
});

const isInNeed = (job: AwsJob, detail: JobDetail | undefined): boolean =>
  waits(job) || (job.status === 'RUNNING' && mayStartAnew(detail));

/** Tells whether a job may start again; true if AWS does not tell. A job that was terminated does not start again. */
function mayStartAnew(detail: JobDetail | undefined): boolean {
  if (detail === undefined) return true;
  if (detail.isTerminated === true) return false;
  const { retryStrategy, attempts = [] } = detail;
  const over = attempts.filter(({ stoppedAt }) => stoppedAt !== undefined).length;
  return over + 1 < (retryStrategy?.attempts ?? 1);
}

const idsOf = (jobs: readonly AwsJob[]): string[] => jobs.map(({ id }) => id);

async function describe(ids: readonly string[], batch: BatchClient): Promise<ReadonlyMap<string, JobDetail>> {
  const chunks = Array.from({ length: Math.ceil(ids.length / DESCRIBED) }, (_, index) =>
    ids.slice(index * DESCRIBED, (index + 1) * DESCRIBED),
  );
  const answers = await inParallel(chunks, async (jobs) => describeSome(jobs, batch));
  return new Map(answers.flatMap(({ jobs = [] }) => jobs.map((job) => [job.jobId ?? '', job] as const)));
}

async function describeSome(jobs: string[], batch: BatchClient): Promise<DescribeJobsCommandOutput> {
  try {
    return await batch.send(new DescribeJobsCommand({ jobs }));
  } catch (error) {
    throw awsError(error, { action: 'batch:DescribeJobs', resource: `job ${jobs[0] ?? ''}` });
  }
}

/** Finds the children of an array job that need its secrets; the parent itself only while it has no children. */
async function childrenInNeed(
  parent: ListedJob,
  detail: JobDetail | undefined,
  batch: BatchClient,
): Promise<AwsJob[]> {
  const { status } = own(parent, detail);
  if (status === 'SUCCEEDED') return [];
  const counts = detail?.arrayProperties?.statusSummary;
  const isKnown = Object.values(counts ?? {}).some((count) => count > 0);
  const mayBeTriedAgain = detail === undefined || (detail.retryStrategy?.attempts ?? 1) > 1;
  const asked = isKnown && !mayBeTriedAgain ? BEFORE_SECRETS : [...BEFORE_SECRETS, 'RUNNING' as const];
  // Asks in order, from the first status that any has: a child that changes its status meanwhile is in one list.
  const first = isKnown ? asked.findIndex((one) => (counts?.[one] ?? 0) > 0) : 0;
  const all: AwsJob[] = [];
  for (const jobStatus of first < 0 ? [] : asked.slice(first))
    all.push(...(await children(parent, jobStatus, batch)));
  // Before there are children, the parent is the only job to report.
  if (all.length === 0 && !isKnown && mayBeParent(status))
    return [{ ...own(parent, detail), childless: true }];
  const running = all.filter((job) => !waits(job));
  const again = mayBeTriedAgain ? await describe(idsOf(running), batch) : undefined;
  return all.filter((job) => waits(job) || (again !== undefined && isInNeed(job, again.get(job.id))));
}

async function children(parent: AwsJob, jobStatus: JobStatus, batch: BatchClient): Promise<AwsJob[]> {
  const found: AwsJob[] = [];
  try {
    const pages = paginateListJobs({ client: batch }, { arrayJobId: parent.id, jobStatus });
    for await (const { jobSummaryList } of pages) {
      for (const { jobId: id, status = jobStatus } of answered(jobSummaryList))
        if (id !== undefined) found.push({ id, queue: parent.queue, status });
    }
    return found;
  } catch (error) {
    throw awsError(error, { action: 'batch:ListJobs', resource: `array job ${parent.id}` });
  }
}

import type { JobStatus } from '@aws-sdk/client-batch';

/** A job of AWS Batch that has still to read its secrets, or may have to read them again. */
export interface AwsJob {
  /** The job's id; `PARENT:INDEX` for a child of an array job. */
  readonly id: string;
  /** Name or ARN of its job queue. */
  readonly queue: string;
  /** `RUNNING`: it runs, and AWS Batch may start it anew. */
  readonly status: string;
  /** True for an array job without children yet. We do not end it: children may start meanwhile, and would end too. */
  readonly childless?: true;
}

/** Statuses before the agent starts the container: it reads the secrets at that start. */
export const BEFORE_SECRETS = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING'] as const satisfies JobStatus[];

/** True for a job that has not read its secrets yet. */
export const waits = ({ status }: Pick<AwsJob, 'status'>): boolean =>
  (BEFORE_SECRETS as readonly string[]).includes(status);

/** True for a job that can be ended without the loss of any work. */
export const isCancellable = (job: Pick<AwsJob, 'status' | 'childless'>): boolean =>
  waits(job) && job.childless !== true;

import type { JobStatus } from '@aws-sdk/client-batch';

/** A job of AWS Batch that has still to read its secrets, or may have to read them again. */
export interface AwsJob {
  /** Of a child of an array job `PARENT:INDEX`. */
  readonly id: string;
  /** Name or ARN of its job queue. */
  readonly queue: string;
  /** `RUNNING`: it runs, and AWS Batch may start it anew. */
  readonly status: string;
  /** An array job without children yet. It is not ended: they may start meanwhile, and would end with it. */
  readonly childless?: true;
}

/** Before the agent starts the container, which is when it reads the secrets. */
export const BEFORE_SECRETS = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING'] as const satisfies JobStatus[];

/** True for a job that has not read its secrets yet. */
export const waits = ({ status }: Pick<AwsJob, 'status'>): boolean =>
  (BEFORE_SECRETS as readonly string[]).includes(status);

/** True for a job that can be ended without the loss of any work. */
export const isCancellable = (job: Pick<AwsJob, 'status' | 'childless'>): boolean =>
  waits(job) && job.childless !== true;

import { HumanError } from '../system/human-error.ts';
import { printable, withinSentence } from '../system/printable.ts';
import { type AwsJob, isCancellable as isCancellableInBatch } from '../targets/aws-batch/aws-job.ts';
import type { World } from '../system/world.ts';
import type { LedgerEntry } from '../targets/lease-entry.ts';
import { cancelJobs, type SlurmJob, type UnclearJob, whySilent } from '../targets/local/slurm.ts';

/** A job that waits in a queue, or starts, and has not read its secrets yet, or may be started anew and read them again. */
export type WaitingJob = SlurmJob | AwsJob;

const isAwsJob = (job: WaitingJob): job is AwsJob => 'queue' in job;

/** Whether a job can be cancelled without the loss of any work. */
export const isCancellable = (job: WaitingJob): boolean => !isAwsJob(job) || isCancellableInBatch(job);

/** Ids, for a person. */
export const shownJobs = (jobs: readonly WaitingJob[]): string =>
  jobs
    .map((job) => (isAwsJob(job) || job.cluster === undefined ? job.id : `${job.id} on ${job.cluster}`))
    .join(', ');

/** A part of a sentence. */
export const whyUnclear = ({ job, unreadable }: UnclearJob): string =>
  `whether its secrets are needed by Slurm job ${shownJobs([job])} cannot be told, because ` +
  `${printable(unreadable)} cannot be read`;

/** The jobs of each scheduler that has some, by its name for a person. */
export function byScheduler(jobs: readonly WaitingJob[]): [string, WaitingJob[]][] {
  const all: [string, WaitingJob[]][] = [
    ['Slurm', jobs.filter((job) => !isAwsJob(job))],
    ['AWS Batch', jobs.filter(isAwsJob)],
  ];
  return all.filter(([, some]) => some.length > 0);
}

/** `2 Slurm jobs and 1 AWS Batch job`. */
export const countedJobs = (jobs: readonly WaitingJob[]): string =>
  byScheduler(jobs)
    .map(([scheduler, { length }]) => `${length} ${scheduler} job${length === 1 ? '' : 's'}`)
    .join(' and ');

/**
 * Cancels jobs of a run that wait or start, and waits until none of it does.
 *
 * @returns why some still do; undefined if none does.
 */
export async function endWaitingJobs(
  jobs: readonly WaitingJob[],
  entry: LedgerEntry,
  world: World,
): Promise<string | undefined> {
  const ofSlurm = jobs.filter((job): job is SlurmJob => !isAwsJob(job));
  if (ofSlurm.length > 0) {
    const left = await cancelJobs(ofSlurm, entry, world);
    if (left === 'silent') return `${whySilent(world)}, so its jobs may not be cancelled`;
    if (left !== 'none' && 'unreadable' in left) return whyUnclear(left);
    if (left !== 'none' && left.length > 0) return `Slurm has not cancelled its jobs ${shownJobs(left)} yet`;
  }
  const { runId, items, aws } = entry;
  if (aws === undefined || !jobs.some(isAwsJob)) return undefined;
  const { cancelAwsJobs } = await import('../targets/aws-batch/jobs.ts');
  try {
    const left = await cancelAwsJobs({ runId, items, aws }, world);
    return left.length === 0 ? undefined : `AWS Batch has not cancelled its jobs ${shownJobs(left)} yet`;
  } catch (error) {
    if (error instanceof HumanError) return `its AWS Batch jobs were not all cancelled: ${inOneLine(error)}`;
    throw error;
  }
}

/** An error within a sentence, with its remedy. */
const inOneLine = ({ message, remedy = '' }: HumanError): string =>
  remedy === '' ? withinSentence(message) : `${withinSentence(message)} (${withinSentence(remedy)})`;

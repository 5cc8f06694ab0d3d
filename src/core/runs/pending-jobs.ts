import type { Reason } from '../system/notice.ts';
import { type Phrase, phrase } from '../system/phrase.ts';
import type { World } from '../system/world.ts';
import type { LedgerEntry } from '../targets/lease-entry.ts';
import type { JobsInNeed, OpenTarget, PendingJobs, Target } from '../targets/target.ts';
import { TARGETS, targetOf } from '../targets/targets.ts';

/** Jobs of a run that have not read their secrets yet. */
export interface JobsOfRun extends Omit<JobsInNeed, 'jobs'> {
  readonly jobs?: readonly PendingJobs[];
}

/**
 * Asks the schedulers of a run for jobs that wait or start.
 *
 * @returns undefined if there are none, and every scheduler has answered so.
 */
export async function jobsThatWait(
  entry: LedgerEntry,
  world: World,
  open: readonly OpenTarget[] = [],
): Promise<JobsOfRun | undefined> {
  const looks = await Promise.all(TARGETS.map(async (target) => jobsIn(target, entry, world, open)));
  const all = looks.filter((look) => look !== undefined);
  if (all.length <= 1) return all[0];
  const jobs = all.flatMap((one) => one.jobs ?? []);
  const remedies = all.flatMap((one) => one.remedies ?? []);
  return {
    known: all.some(({ known }) => known),
    still: all.map(({ still }) => still).reduce(bothClauses),
    state: all.map(({ state }) => state).reduce(bothClauses),
    ...(remedies.length > 0 && { remedies }),
    ...(jobs.length > 0 && { jobs }),
  };
}

const bothClauses = (one: Phrase, other: Phrase): Phrase => phrase`${one}, and ${other}`;

async function jobsIn(
  target: Target,
  entry: LedgerEntry,
  world: World,
  open: readonly OpenTarget[],
): Promise<JobsOfRun | undefined> {
  const found = await target.jobsThatNeedSecrets(
    entry,
    world,
    open.find((one) => one.target === target.id),
  );
  if (found === undefined) return undefined;
  const { jobs, ...words } = found;
  return {
    ...words,
    ...(jobs !== undefined && { jobs: [{ target: target.id, jobs }] }),
  };
}

/** The jobs that can be cancelled without the loss of any work. */
export const cancellable = (jobs: readonly PendingJobs[]): PendingJobs[] =>
  jobs
    .map(({ target, jobs: all }) => ({
      target,
      jobs: all.filter((job) => targetOf(target).isCancellable(job)),
    }))
    .filter((some) => some.jobs.length > 0);

export const numberOf = (jobs: readonly PendingJobs[]): number =>
  jobs.reduce((sum, some) => sum + some.jobs.length, 0);

/** Ids, for a person. */
export const shownJobs = (jobs: readonly PendingJobs[]): string =>
  jobs.flatMap((some) => some.jobs.map((job) => targetOf(some.target).jobLabel(job))).join(', ');

/** `2 Slurm jobs`, of several schedulers with `and`. */
export const countedJobs = (jobs: readonly PendingJobs[]): Phrase =>
  jobs
    .map(({ target, jobs: { length } }) => {
      const { scheduler } = targetOf(target);
      return length === 1 ? phrase`1 ${scheduler} job` : phrase`${length} ${scheduler} jobs`;
    })
    .reduce((one, other) => phrase`${one} and ${other}`);

/**
 * Cancels jobs of a run that wait or start, and waits until the run has no such job.
 *
 * @returns the reason that some still do; undefined if none does.
 */
export async function cancelPendingJobs(
  jobs: readonly PendingJobs[],
  entry: LedgerEntry,
  world: World,
): Promise<Reason | undefined> {
  for (const { target, jobs: some } of jobs) {
    const reason = await targetOf(target).cancelJobs(some, entry, world);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

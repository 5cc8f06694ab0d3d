import { reasonOf } from '../../system/human-error.ts';
import type { Reason } from '../../system/notice.ts';
import { type Phrase, phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import { run } from '../../system/remedy.ts';
import type { World } from '../../system/world.ts';
import { type LedgerEntry, leftover, type Leftover } from '../lease-entry.ts';
import type { JobsInNeed, OpenTarget, PendingJob, Releasable, Released, Target } from '../target.ts';
import { isPrivateStore, type PrivateStore, privateStores } from './items.ts';
import { type DirectoryIdentity, releaseStore } from './private-store.ts';
import {
  cancelJobs as cancelSlurmJobs,
  jobsInNeed,
  scancelCommands,
  type SlurmJob,
  type UnclearJob,
  whySilent,
} from './slurm.ts';

/** Facts that only the launcher knows about its private store. */
interface OpenLocal extends OpenTarget {
  readonly made: DirectoryIdentity;
}

/** @param made - the directory that the launcher has made. */
export const openLocal = (made: DirectoryIdentity): OpenLocal => ({
  target: 'local',
  made,
  close: () => undefined,
});

/** This machine, and schedulers that share its files: a private store that Nextflow reads. */
export const local: Target = {
  id: 'local',
  title: 'this machine',
  scheduler: 'Slurm',
  kinds: ['private-store'],
  isItem: isPrivateStore,
  describe: (item) => ({ label: (item as PrivateStore).path }),
  jobsThatNeedSecrets,
  jobLabel,
  isCancellable: () => true,
  cancelJobs,
  release,
};

function jobLabel(job: PendingJob): string {
  const { id, cluster } = job as SlurmJob;
  return printable(cluster === undefined ? id : `${id} on ${cluster}`);
}

const jobLabels = (jobs: readonly SlurmJob[]): string => jobs.map(jobLabel).join(', ');

async function jobsThatNeedSecrets(entry: LedgerEntry, world: World): Promise<JobsInNeed | undefined> {
  const jobs = await jobsInNeed(entry, world);
  if (jobs === 'silent') {
    return {
      known: false,
      why: 'schedulerSilent',
      still: phrase`${whySilent(world)}, and jobs of it may still wait`,
      state: phrase`${whySilent(world)}, so its jobs may still wait`,
    };
  }
  if (jobs === 'none') return undefined;
  if ('unreadable' in jobs) {
    return { known: false, why: 'jobHidden', still: whyUnclear(jobs), state: whyUnclear(jobs) };
  }
  if (jobs.length === 0) return undefined;
  const commands = scancelCommands(jobs).map((words) => words.join(' '));
  return {
    known: true,
    still: phrase`its Slurm jobs ${jobLabels(jobs)} wait or start`,
    state: phrase`Slurm has jobs of it that wait or start`,
    remedies: [run(phrase`To end them`, commands.join('; '))],
    jobs,
  };
}

/** Reason that a job is unclear: a part of a sentence. */
const whyUnclear = ({ job, unreadable }: UnclearJob): Phrase =>
  phrase`nobody can tell whether Slurm job ${jobLabel(job)} needs its secrets, because
    ${printable(unreadable)} cannot be read`;

async function cancelJobs(
  jobs: readonly PendingJob[],
  entry: LedgerEntry,
  world: World,
): Promise<Reason | undefined> {
  const left = await cancelSlurmJobs(jobs as readonly SlurmJob[], entry, world);
  if (left === 'silent') return { reason: phrase`${whySilent(world)}, so its jobs may not be cancelled` };
  if (left === 'none') return undefined;
  if ('unreadable' in left) return { reason: whyUnclear(left) };
  if (left.length === 0) return undefined;
  return { reason: phrase`Slurm has not cancelled its jobs ${jobLabels(left)} yet` };
}

async function release(
  { runId, items }: Releasable,
  _world: World,
  open: OpenTarget | undefined,
): Promise<Released> {
  const made = open === undefined ? undefined : (open as OpenLocal).made;
  const attempts = privateStores(items).map(async (item): Promise<Released> => {
    const left = await releaseStore(item, runId, made).catch((error: unknown): Leftover[] => [
      leftover(item.path, reasonOf(error).reason),
    ]);
    // If a part of a store is left, the whole store counts as left.
    return { gone: left.length === 0 ? [item] : [], left };
  });
  const all = await Promise.all(attempts);
  return { gone: all.flatMap(({ gone }) => gone), left: all.flatMap(({ left }) => left) };
}

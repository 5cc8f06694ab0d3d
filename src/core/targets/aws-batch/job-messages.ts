import { type Phrase, phrase } from '../../system/phrase.ts';
import { printable, shellWord } from '../../system/printable.ts';
import { type LedAction, run } from '../../system/remedy.ts';
import type { RunId } from '../../system/run-id.ts';
import type { JobsInNeed } from '../target.ts';
import { type AwsJob, isCancellable, waits } from './aws-job.ts';
import type { AwsAccount } from './items.ts';
import { cliOptions } from './release.ts';

/** Most jobs, and most commands, in a sentence. */
const SHOWN_JOBS = 10;
const SHOWN_COMMANDS = 3;

/** The reasons why jobs of AWS Batch keep the secrets of a run, and ways to end the jobs. */
export function jobMessages(
  jobs: readonly AwsJob[],
  runId: RunId,
  aws: AwsAccount,
): Pick<JobsInNeed, 'still' | 'state' | 'remedies'> {
  const waiting = jobs.filter(waits);
  const running = jobs.filter((job) => !waits(job));
  const [one] = running;
  return {
    still: bothOf(
      waiting.length > 0 ? phrase`its AWS Batch jobs ${ids(waiting)} wait or start` : undefined,
      running.length > 0
        ? phrase`its AWS Batch jobs ${ids(running)} run, and read their secrets again if they are retried`
        : undefined,
    ),
    state: bothOf(
      waiting.length > 0 ? waitingState(waiting) : undefined,
      running.length > 0
        ? phrase`AWS Batch has jobs of it that run (${ids(running)}): they read their secrets again if they
            are retried, as when AWS takes a spot machine away`
        : undefined,
    ),
    remedies: [
      ...(waiting.length > 0 ? [ending(waiting, runId, aws)] : []),
      ...(one === undefined ? [] : [run(phrase`To end one and lose its work`, endCommand(one, aws))]),
    ],
  };
}

/** Names the jobs, unless the commands that end them do. */
const waitingState = (jobs: readonly AwsJob[]): Phrase =>
  haveCommands(jobs)
    ? phrase`AWS Batch has jobs of it that wait or start`
    : phrase`AWS Batch has jobs of it that wait or start (${ids(jobs)})`;

const haveCommands = (jobs: readonly AwsJob[]): boolean =>
  jobs.length <= SHOWN_COMMANDS && jobs.every(isCancellable);

function bothOf(one: Phrase | undefined, other: Phrase | undefined): Phrase {
  if (one !== undefined && other !== undefined) return phrase`${one}, and ${other}`;
  return one ?? other ?? phrase`no job`;
}

function ids(jobs: readonly AwsJob[]): Phrase | string {
  const shown = jobs.slice(0, SHOWN_JOBS).map(({ id }) => printable(id));
  const more = jobs.length - shown.length;
  return more === 0 ? shown.join(', ') : phrase`${shown.join(', ')} and ${more} more`;
}

function ending(jobs: readonly AwsJob[], runId: RunId, aws: AwsAccount): LedAction {
  if (!haveCommands(jobs)) return { do: 'sweep', run: runId, cancelJobs: true, lead: phrase`To end them` };
  const commands = jobs.map((job) => endCommand(job, aws)).join('; ');
  const lead = jobs.every(({ status }) => status === 'STARTING')
    ? phrase`To end them`
    : phrase`To end them before they start (after that: terminate-job)`;
  return run(lead, commands);
}

/**
 * The command of the AWS CLI that ends a job. `cancel-job` does nothing to a job that has started meanwhile. A job that
 * starts or runs has to be terminated.
 */
export function endCommand({ id, status }: AwsJob, aws: AwsAccount): string {
  const verb = status === 'STARTING' || status === 'RUNNING' ? 'terminate-job' : 'cancel-job';
  return `aws batch ${verb} ${cliOptions(aws)} --reason cancelled --job-id ${shellWord(id)}`;
}

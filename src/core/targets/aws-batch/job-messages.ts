import { printable, shellWord } from '../../system/printable.ts';
import type { AwsAccount } from './items.ts';
import type { RunId } from '../../system/run-id.ts';
import { type AwsJob, isCancellable, waits } from './aws-job.ts';
import { cliOptions } from './release.ts';

/** Most jobs, and most commands, in a sentence. */
const SHOWN_JOBS = 10;
const SHOWN_COMMANDS = 3;

/**
 * The reason why jobs of AWS Batch keep the secrets of a run, for people.
 *
 * @returns `still`: "the run ended, but …". `state`: the reason that it is not over, with commands that end the jobs.
 */
export function jobMessages(
  jobs: readonly AwsJob[],
  runId: RunId,
  aws: AwsAccount,
): { readonly still: string; readonly state: string } {
  const waiting = jobs.filter(waits);
  const running = jobs.filter((job) => !waits(job));
  const still = [
    ...(waiting.length === 0 ? [] : [`its AWS Batch jobs ${ids(waiting)} wait or start`]),
    ...(running.length === 0
      ? []
      : [`its AWS Batch jobs ${ids(running)} run, and read their secrets again if they are retried`]),
  ];
  const state = [
    ...(waiting.length === 0
      ? []
      : [`AWS Batch has jobs of it that wait or start (${endings(waiting, runId, aws)})`]),
    ...(running.length === 0
      ? []
      : [
          `AWS Batch has jobs of it that run and read their secrets again if they are retried, as when spot takes ` +
            `their machine away (${ids(running)}; to end one and lose its work: ${commandOf(running, aws)})`,
        ]),
  ];
  return { still: still.join(', and '), state: state.join(', and ') };
}

function ids(jobs: readonly AwsJob[]): string {
  const shown = jobs.slice(0, SHOWN_JOBS).map(({ id }) => printable(id));
  const more = jobs.length - shown.length;
  return `${shown.join(', ')}${more === 0 ? '' : ` and ${more} more`}`;
}

function endings(jobs: readonly AwsJob[], runId: RunId, aws: AwsAccount): string {
  if (jobs.length > SHOWN_COMMANDS || !jobs.every(isCancellable))
    return `${ids(jobs)}; nf-secrets sweep --run ${runId} --cancel-jobs ends them`;
  const commands = jobs.map((job) => endCommand(job, aws)).join('; ');
  const later = jobs.every(({ status }) => status === 'STARTING') ? '' : ', or terminate-job once they start';
  return `${commands} ends them${later}`;
}

const commandOf = ([job]: readonly AwsJob[], aws: AwsAccount): string =>
  job === undefined ? '' : endCommand(job, aws);

/**
 * The command of the AWS CLI that ends a job. `cancel-job` does nothing to a job that has started meanwhile. A job that
 * starts or runs has to be terminated.
 */
export function endCommand({ id, status }: AwsJob, aws: AwsAccount): string {
  const verb = status === 'STARTING' || status === 'RUNNING' ? 'terminate-job' : 'cancel-job';
  return `aws batch ${verb} ${cliOptions(aws)} --reason cancelled --job-id ${shellWord(id)}`;
}

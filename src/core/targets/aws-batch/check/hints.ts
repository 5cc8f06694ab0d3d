import type { DescribedQueues, Queue } from './queues.ts';

/** Advice in a report, which denies nothing. */
export interface Hint {
  readonly severity: 'info' | 'warning';
  readonly message: string;
}

export const info = (message: string): Hint => ({ severity: 'info', message });
export const warning = (message: string): Hint => ({ severity: 'warning', message });

/** Hints about roles and queues that were not given. */
export function missingSettingHints({
  pipeline,
  queues,
  executionRole,
}: {
  readonly pipeline: string | null;
  readonly queues: readonly string[];
  readonly executionRole: string | null;
}): Hint[] {
  const hints: Hint[] = [];
  if (executionRole === null) {
    hints.push(
      warning(
        pipeline === null
          ? 'No execution role is known, so it was not checked. Name the pipeline, or --execution-role.'
          : "The pipeline names no execution role, without which no launch is possible: aws.batch.executionRole = 'arn:…'",
      ),
    );
  }
  if (queues.length === 0)
    hints.push(info('No job queue is known, so none was checked. Name the pipeline, or --queue.'));
  return hints;
}

/** Hints about queues that were looked at, or could not be. */
export function queueHints({ queues, problems, unread }: DescribedQueues, fargate: boolean): Hint[] {
  return [
    ...problems
      .filter(({ certain }) => !certain)
      .map(({ queue, reason }) =>
        warning(`Job queue ${queue}: ${reason}. Check the region and the account.`),
      ),
    ...unread.map((reason) => info(`Queues could not be looked at (${reason}).`)),
    ...queues.flatMap((queue) => [...environmentHints(queue), ...fargateHints(queue, fargate)]),
  ];
}

const environmentHints = ({ name, computeEnvironments }: Queue): Hint[] =>
  computeEnvironments
    .filter(({ state }) => state !== 'ENABLED' && state !== 'unknown')
    .map((one) => warning(`Compute environment ${one.name} of queue ${name} is ${one.state}.`));

function fargateHints({ name, computeEnvironments }: Queue, fargate: boolean): Hint[] {
  const types = computeEnvironments.map(({ type }) => type).filter((type) => type !== 'unknown');
  const isFargate = types.some((type) => type.startsWith('FARGATE'));
  if (types.length === 0 || isFargate === fargate) return [];
  return [
    warning(
      isFargate
        ? `Queue ${name} is of Fargate, but the pipeline does not say aws.batch.platformType = 'fargate'.`
        : `The pipeline says aws.batch.platformType = 'fargate', but queue ${name} is not of Fargate.`,
    ),
  ];
}

/** Hints about permissions of the launcher, beside those that it needs. */
export function launcherHints(facts: { readonly canRead: boolean; readonly isKeyUnnamed: boolean }): Hint[] {
  return [
    ...(facts.canRead
      ? [
          info(
            'You may read the secrets of runs (secretsmanager:GetSecretValue), which a launch does not need.',
          ),
        ]
      : []),
    ...(facts.isKeyUnnamed
      ? [
          info(
            'The key is not given by its ARN, so its permissions were tried for you, but not read for the roles.',
          ),
        ]
      : []),
  ];
}

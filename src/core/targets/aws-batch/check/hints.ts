import { type Phrase, phrase } from '../../../system/phrase.ts';
import { printable } from '../../../system/printable.ts';
import type { Remedy } from '../../../system/remedy.ts';
import type { DescribedQueues, Queue } from './queues.ts';

/** Advice in a report, which denies nothing. */
export interface Hint {
  readonly severity: 'info' | 'warning';
  readonly message: Phrase;
  readonly remedy?: Remedy;
}

type MakeHint = (message: Phrase, remedy?: Remedy) => Hint;

const makeHint =
  (severity: Hint['severity']): MakeHint =>
  (message, remedy) => ({ severity, message, ...(remedy !== undefined && { remedy }) });

export const info = makeHint('info');
export const warning = makeHint('warning');

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
      pipeline === null
        ? warning(phrase`No execution role is known, so none was checked.`, {
            ...{ do: 'name-in-check', what: 'execution-role' },
          })
        : warning(
            phrase`The pipeline names no execution role, and no launch works without one.`,
            phrase`Set it in the config: aws.batch.executionRole = 'arn:…'`,
          ),
    );
  }
  if (queues.length === 0)
    hints.push(
      info(phrase`No job queue is known, so none was checked.`, { do: 'name-in-check', what: 'queue' }),
    );
  return hints;
}

/** Hints about queues that were looked at, or could not be. */
export function queueHints({ queues, problems, unread }: DescribedQueues, fargate: boolean): Hint[] {
  return [
    ...problems
      .filter(({ certain }) => !certain)
      .map(({ queue, reason }) =>
        warning(phrase`Job queue ${printable(queue)}: ${reason}.`, phrase`Check the region and the account.`),
      ),
    ...unread.map((reason) => info(phrase`The check could not look at queues (${reason}).`)),
    ...queues.flatMap((queue) => [...environmentHints(queue), ...fargateHints(queue, fargate)]),
  ];
}

const environmentHints = ({ name, computeEnvironments }: Queue): Hint[] =>
  computeEnvironments
    .filter(({ state }) => state !== 'ENABLED' && state !== 'unknown')
    .map((one) =>
      warning(
        phrase`Compute environment ${printable(one.name)} of queue ${printable(name)} is ${one.state}.`,
      ),
    );

function fargateHints({ name, computeEnvironments }: Queue, fargate: boolean): Hint[] {
  const types = computeEnvironments.map(({ type }) => type).filter((type) => type !== 'unknown');
  const isFargate = types.some((type) => type.startsWith('FARGATE'));
  if (types.length === 0 || isFargate === fargate) return [];
  return [
    warning(
      isFargate
        ? phrase`Queue ${printable(name)} is of Fargate, but the pipeline does not set
            aws.batch.platformType = 'fargate'.`
        : phrase`The pipeline sets aws.batch.platformType = 'fargate', but queue ${printable(name)} is not of
            Fargate.`,
    ),
  ];
}

/** Hints about permissions of the launcher, beside those that it needs. */
export function launcherHints(facts: { readonly canRead: boolean; readonly isKeyUnnamed: boolean }): Hint[] {
  return [
    ...(facts.canRead
      ? [
          info(
            phrase`You may read the secrets of runs (secretsmanager:GetSecretValue), which a launch does not need.`,
          ),
        ]
      : []),
    ...(facts.isKeyUnnamed
      ? [
          info(
            phrase`The key is not given by its ARN, so its permissions were tried for you, but not read for the roles.`,
          ),
        ]
      : []),
  ];
}

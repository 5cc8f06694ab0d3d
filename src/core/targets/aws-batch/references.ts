import type { SecretReference } from '../../secrets/secret-store.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import type { ServiceRequest } from '../target.ts';
import type { AwsAccount } from './items.ts';
import type { BatchProcess } from './job-definition.ts';

/**
 * Finds the secrets that the tasks of processes can get from where they are: those in the account and region of the run.
 * The others are copied there.
 *
 * @returns what a job definition names, by the secret's name.
 * @throws HumanError 77 if one has to be copied, and the person may not read it.
 */
export function usableReferences(
  { secrets, withheld = [] }: Pick<ServiceRequest, 'secrets' | 'withheld'>,
  processes: readonly Pick<BatchProcess, 'secrets'>[],
  aws: AwsAccount,
): ReadonlyMap<string, string> {
  const asked = new Set(processes.flatMap((process) => process.secrets));
  const found = new Map<string, string>();
  for (const { name, reference } of secrets)
    if (asked.has(name) && reference !== undefined && isOf(aws, reference))
      found.set(name, valueFrom(reference));
  for (const { name, reference, reason } of withheld.filter((one) => asked.has(one.name))) {
    if (isOf(aws, reference)) found.set(name, valueFrom(reference));
    else {
      throw new HumanError(
        ExitCode.notPermitted,
        phrase`${printable(name)} is not in the account and region that the tasks run in (${printable(aws.account)},
          ${printable(aws.region)}), so it has to be copied there. ${reason.phrase}`,
        reason.remedies,
        reason,
      );
    }
  }
  return found;
}

const isOf = ({ partition, account, region }: AwsAccount, { arn }: SecretReference): boolean =>
  arn.startsWith(`arn:${partition}:secretsmanager:${region}:${account}:secret:`);

/**
 * The form that AWS Batch takes: `ARN:json-key:version-stage:version-id`
 * (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html).
 */
const valueFrom = ({ arn, jsonKey = '', version }: SecretReference): string =>
  `${arn}:${jsonKey}::${version}`;

/** The ARN of the secret that a job definition names. */
export const secretOf = (from: string): string => from.split(':').slice(0, 7).join(':');

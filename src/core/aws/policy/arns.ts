import { ExitCode, HumanError } from '../../system/human-error.ts';
import { printable } from '../../system/printable.ts';
import { type Phrase, phrase } from '../../system/phrase.ts';
import { type Remedy, run } from '../../system/remedy.ts';

/** The account and region that policies are for. */
export interface PolicyAccount {
  /** `aws`, `aws-cn` or `aws-us-gov`. */
  readonly partition: string;
  /** Twelve digits. */
  readonly account: string;
  readonly region: string;
}

/** Partitions besides `aws`, by the beginning of their regions. */
const PARTITIONS: readonly (readonly [start: string, partition: string])[] = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['eu-isoe-', 'aws-iso-e'],
  ['us-isof-', 'aws-iso-f'],
  ['eusc-', 'aws-eusc'],
];

/** The partition of a region, by its name. */
export const partitionOf = (region: string): string =>
  PARTITIONS.find(([start]) => region.startsWith(start))?.[1] ?? 'aws';

/** @throws HumanError 64 if a part of it cannot be one. */
export function assertAccount({ partition, account, region }: PolicyAccount): void {
  const refuse = (what: Phrase, shown: string, expected: Remedy): HumanError =>
    new HumanError(ExitCode.usage, phrase`"${printable(shown).slice(0, 80)}" is not ${what}.`, expected);
  if (!/^\d{12}$/.test(account))
    throw refuse(
      phrase`the id of an AWS account`,
      account,
      run(phrase`It has twelve digits`, 'aws sts get-caller-identity'),
    );
  if (!/^[a-z]{2,}(-[a-z]+)+-\d{1,2}$/.test(region))
    throw refuse(phrase`an AWS region`, region, phrase`Its name is like eu-west-1.`);
  if (!/^aws(-[a-z]+)*$/.test(partition))
    throw refuse(phrase`an AWS partition`, partition, phrase`It is aws, aws-cn or aws-us-gov.`);
}

/**
 * The ARN of a role that is given by its name, with a path if it has one, or by its ARN.
 *
 * @throws HumanError 64 for anything else.
 */
export function roleArn(
  role: string,
  { partition, account }: Pick<PolicyAccount, 'partition' | 'account'>,
): string {
  // IAM's User Guide, "IAM and AWS STS quotas": 64 of these characters, and a path of up to 512.
  if (/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(role)) return role;
  if (/^[\w+=,.@/-]{1,576}$/.test(role))
    return `arn:${partition}:iam::${account}:role/${role.replace(/^\/+/, '')}`;
  throw new HumanError(
    ExitCode.usage,
    phrase`"${printable(role).slice(0, 80)}" is neither the name of a role nor its ARN.`,
    phrase`It is what the pipeline has in aws.batch.executionRole or aws.batch.jobRole.`,
  );
}

const KEY_ARN = /^arn:([a-z-]+):kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/;

/** A key as policies can name it: by its ARN. An alias is no resource of a policy: its key can be changed. */
export const keyArn = (key: string | undefined): string | undefined =>
  key !== undefined && KEY_ARN.test(key) ? key : undefined;

/** @throws HumanError 64 if it is not the ARN of a key in the partition. */
export function checkedKey(key: string, partition: string): string {
  if (KEY_ARN.exec(key)?.[1] === partition) return key;
  throw new HumanError(
    ExitCode.usage,
    phrase`"${printable(key).slice(0, 120)}" is not the ARN of a KMS key in the partition ${partition}.`,
    phrase`A policy needs the key itself: aws kms describe-key --key-id alias/NAME --query KeyMetadata.Arn`,
  );
}

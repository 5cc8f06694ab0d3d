/** A key of AWS KMS, and the way to it. */
export interface KmsKey {
  /** ARN of a key or an alias. */
  readonly arn: string;
  readonly region: string;
  /** Twelve digits. */
  readonly account: string;
  /** `key/ID` or `alias/NAME`. */
  readonly name: string;
  /** The encryption context: KMS decrypts with the same one only. */
  readonly context: ReadonlyMap<string, string>;
  /** Profile of the person's AWS config; undefined for their usual credentials. */
  readonly profile: string | undefined;
  /** ARN of a role that is assumed first. */
  readonly role: string | undefined;
}

/** Names of KMS: https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyListEntry.html and API_CreateAlias.html. */
const ARN =
  /^arn:(aws[a-z-]{0,20}):kms:([a-z]{2,4}(?:-[a-z]{2,12}){1,3}-\d{1,2}):(\d{12}):(key\/[A-Za-z0-9-]{1,128}|alias\/[A-Za-z0-9/_-]{1,250})$/;
const ROLE = /^arn:(aws[a-z-]{0,20}):iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/;
/** A name that cannot be another one in a file of profiles. */
const PROFILE = /^[\w.@+=,/:-]{1,128}$/;

/** Parts of the ARN of a key or an alias. */
export interface KmsArn {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly name: string;
}

/** @returns undefined if it is no ARN of a key or alias, or its region is of another partition. */
export function parseKmsArn(arn: string): KmsArn | undefined {
  const [, partition, region, account, name] = ARN.exec(arn) ?? [];
  if (partition === undefined || region === undefined || account === undefined || name === undefined)
    return undefined;
  return isOfPartition(region, partition) ? { partition, region, account, name } : undefined;
}

/** Partitions besides `aws`, by the beginning of their regions. */
const PARTITIONS: readonly (readonly [RegExp, RegExp])[] = [
  [/^cn-/, /^aws-cn$/],
  [/^us-gov-/, /^aws-us-gov$/],
  [/^(us|eu)-iso/, /^aws-iso(-[a-z])?$/],
  [/^eusc-/, /^aws-eusc$/],
];

function isOfPartition(region: string, partition: string): boolean {
  const [, expected = /^aws$/] = PARTITIONS.find(([begins]) => begins.test(region)) ?? [];
  return expected.test(partition);
}

/** Tells whether a text is the ARN of a role of a partition. */
export const isRoleOf = (role: string, partition: string): boolean => ROLE.exec(role)?.[1] === partition;

export const isProfileName = (text: string): boolean => PROFILE.test(text);

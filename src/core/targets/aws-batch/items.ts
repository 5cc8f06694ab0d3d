import type { AwsAccount } from '../../aws/session.ts';
import type { RunId } from '../../system/run-id.ts';
import { isRecord } from '../../system/state-file.ts';
import type { TargetFields } from '../lease-entry.ts';
import type { LeaseItem } from '../lease-item.ts';
import type { ServiceNames } from '../service-names.ts';

export type { AwsAccount } from '../../aws/session.ts';

/** The target's id. */
export const AWS_BATCH_TARGET = 'aws-batch';

/** Nextflow's name of its executor. */
export const AWS_BATCH_EXECUTOR = 'awsbatch';

export const AWS_BATCH: ServiceNames = {
  id: AWS_BATCH_TARGET,
  title: 'AWS Batch',
  executors: [AWS_BATCH_EXECUTOR],
};

/** A secret of the run in AWS Secrets Manager. */
export interface AwsSecret extends LeaseItem {
  readonly kind: 'aws-secret';
  readonly name: string;
}

/** A job definition of the run in AWS Batch. */
export interface AwsJobDefinition extends LeaseItem {
  readonly kind: 'aws-job-definition';
  readonly name: string;
  /** Registered revision; null as long as it is not known, or not known whether there is one. */
  readonly revision: number | null;
  /** The job queues that jobs with it may wait in. */
  readonly queues: readonly string[];
  /** Full names of its processes, and their container image, for people. */
  readonly processes?: readonly string[];
  readonly image?: string;
}

export type AwsItem = AwsSecret | AwsJobDefinition;

/** Items of a lease that are in AWS. */
export const itemsInAws = (items: readonly LeaseItem[]): AwsItem[] =>
  items.filter((item): item is AwsItem => AWS_KINDS.includes(item.kind));
export const AWS_KINDS: readonly string[] = ['aws-secret', 'aws-job-definition'];

export const jobDefinitions = (items: readonly LeaseItem[]): AwsJobDefinition[] =>
  itemsInAws(items).filter((item) => item.kind === 'aws-job-definition');

declare module '../lease-entry.ts' {
  interface TargetFields {
    /** Absent as long as nothing of the run can be in AWS. */
    readonly aws?: AwsAccount;
  }
}

/** The account in an entry's file, if it is sound. */
export const awsFields = ({ aws }: Readonly<Record<string, unknown>>): Pick<TargetFields, 'aws'> =>
  isAwsAccount(aws) ? { aws } : {};

/** Checks a value of a file. */
export const isAwsAccount = (value: unknown): value is AwsAccount =>
  isRecord(value) &&
  ['partition', 'account', 'region'].every((key) => typeof value[key] === 'string') &&
  (value['profile'] === null || typeof value['profile'] === 'string');

/** Checks that an entry which has items in AWS tells their account and region. */
export const tellsAccount = (entry: Readonly<Record<string, unknown>>): boolean =>
  entry['aws'] === undefined ? !hasAwsItem(entry['items']) : isAwsAccount(entry['aws']);

const hasAwsItem = (items: unknown): boolean =>
  Array.isArray(items) &&
  items.some((item) => isRecord(item) && AWS_KINDS.some((kind) => kind === item['kind']));

/** Checks that an entry's item is a secret of this run and of no other run, whatever the entry contains. */
export const isAwsSecret = (value: Readonly<Record<string, unknown>>, runId: RunId): boolean =>
  typeof value['name'] === 'string' && value['name'].includes(`nfs-${runId}/`);

export const isAwsJobDefinition = (value: Readonly<Record<string, unknown>>): boolean =>
  typeof value['name'] === 'string' &&
  value['name'].includes('nfs-') &&
  (value['revision'] === null || Number.isSafeInteger(value['revision'])) &&
  isTexts(value['queues']) &&
  (value['processes'] === undefined || isTexts(value['processes'])) &&
  ['undefined', 'string'].includes(typeof value['image']);

const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

/** The ARN of an item, without the suffix that only AWS knows. */
export function awsItemLabel(item: AwsItem, aws: AwsAccount | undefined): string {
  const arn = (service: string): string =>
    `arn:${aws?.partition ?? 'aws'}:${service}:${aws?.region ?? ''}:${aws?.account ?? ''}`;
  if (item.kind === 'aws-secret') return `${arn('secretsmanager')}:secret:${item.name}`;
  const revision = item.revision === null ? '' : `:${item.revision}`;
  return `${arn('batch')}:job-definition/${item.name}${revision}`;
}

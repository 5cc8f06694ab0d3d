import type { PolicyAccount } from './arns.ts';
import type { PolicyWorkspace } from './policy-workspace.ts';

/** The account, names and roles that policies are for. */
export interface PolicyOptions extends PolicyAccount {
  /** The beginning of names of secrets and job definitions, before `nfs-`. */
  readonly prefix: string;
  /** `aws.batch.executionRole`: a name or an ARN. */
  readonly executionRole: string;
  /** `aws.batch.jobRole`, a name or an ARN, if tasks have one. */
  readonly jobRole: string | undefined;
  /** The ARN of a KMS key, if secrets are not encrypted with the account's own for Secrets Manager. */
  readonly kmsKey: string | undefined;
  /** The permissions of a head job are attached to a role of its own, or to that of the instances. */
  readonly headRole: 'custom' | 'instance';
  /** A workspace in AWS, of the same account. Without one its roles have no policies. */
  readonly workspace?: PolicyWorkspace;
}

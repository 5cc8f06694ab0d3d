import { assertAccount, checkedKey, type PolicyAccount, roleArn } from './arns.ts';
import { CONDITION_OPERATOR, conditionValue } from './conditions.ts';
import { serviceDomain, TASK_SERVICE } from './services.ts';
import { type NeededBy, type PolicyRole, type StatementRow, STATEMENTS, type Subject } from './statements.ts';

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
}

/** One statement of a policy. */
export interface Statement {
  readonly sid: string;
  /** A sentence. */
  readonly purpose: string;
  readonly neededBy: NeededBy;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Operator → key → values. */
  readonly condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** The permissions of one role. */
export interface RolePermissions {
  readonly role: PolicyRole;
  /** The name of a new policy or role. */
  readonly name: string;
  /** A sentence that tells who has these permissions. */
  readonly purpose: string;
  readonly statements: readonly Statement[];
  /** ARNs of policies of AWS's own that are attached too. */
  readonly managedPolicies: readonly string[];
  /** The service that assumes the role; undefined for what is attached to a user or role that a person has. */
  readonly trusted: string | undefined;
}

/** The execution role that is made if there is none. */
export const DEFAULT_EXECUTION_ROLE = 'nf-secrets-execution-role';

/**
 * The permissions of all roles, least privilege.
 *
 * @throws HumanError 64 if account, region, role or key cannot be one.
 */
export function rolePermissions(options: PolicyOptions): readonly RolePermissions[] {
  assertAccount(options);
  const { partition, headRole } = options;
  const resources = resourcesOf(options);
  const statements = (role: PolicyRole): Statement[] =>
    STATEMENTS[role].flatMap((row) => statementOf(row, resources[row.subject], options));
  const [execution = ''] = resources['task-roles'];
  return [
    {
      role: 'launcher',
      name: 'nf-secrets-launcher',
      purpose: 'Whoever runs nf-secrets launch, besides what Nextflow itself needs for AWS Batch.',
      managedPolicies: [],
      trusted: undefined,
      statements: statements('launcher'),
    },
    {
      role: 'execution-role',
      name: execution.slice(execution.lastIndexOf('/') + 1),
      purpose:
        'The execution role of tasks, with which the ECS agent starts a container and hands it its secrets.',
      managedPolicies: [`arn:${partition}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy`],
      trusted: TASK_SERVICE,
      statements: statements('execution-role'),
    },
    {
      role: 'head-job',
      name: 'nf-secrets-head-job',
      purpose:
        'Nextflow with a licensed secrets plugin in a head job of AWS Batch. A launch by nf-secrets does not need it.',
      managedPolicies: [],
      trusted: headRole === 'custom' ? TASK_SERVICE : `ec2.${serviceDomain(partition)}`,
      statements: statements('head-job'),
    },
  ];
}

/** The ARNs of all subjects, or patterns of them. */
function resourcesOf(options: PolicyOptions): Readonly<Record<Subject, readonly string[]>> {
  const { partition, account, region, prefix, jobRole, kmsKey, headRole } = options;
  const arn = (service: string, rest: string): string =>
    `arn:${partition}:${service}:${region}:${account}:${rest}`;
  const execution = roleArn(options.executionRole, options);
  return {
    everything: ['*'],
    secrets: [arn('secretsmanager', `secret:${prefix}nfs-*`)],
    definitions: [arn('batch', `job-definition/${prefix}nfs-*`)],
    jobs: [arn('batch', 'job/*')],
    'task-roles': [execution, ...(jobRole === undefined ? [] : [roleArn(jobRole, options)])],
    'role-that-head-job-passes': headRole === 'custom' ? [execution] : [],
    'managed-policies': ['aws', account].map((owner) => `arn:${partition}:iam::${owner}:policy/*`),
    key: kmsKey === undefined ? [] : [checkedKey(kmsKey, partition)],
  };
}

function statementOf(
  { sid, purpose, neededBy, actions, condition }: StatementRow,
  resources: readonly string[],
  account: PolicyAccount,
): Statement[] {
  if (resources.length === 0) return [];
  const statement = { sid, purpose, neededBy, actions, resources };
  if (condition === undefined) return [statement];
  const [key, value] = conditionValue(condition, account);
  return [{ ...statement, condition: { [CONDITION_OPERATOR]: { [key]: [value] } } }];
}

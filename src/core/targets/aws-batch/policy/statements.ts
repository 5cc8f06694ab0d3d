import { ExitCode, HumanError } from '../../../system/human-error.ts';
import { printable } from '../../../system/printable.ts';
import { serviceDomain } from './missing-statement.ts';

// The permissions that the documentation of Seqera's Tower asks for (April 2023: all secrets of an account), narrowed
// to what this tool calls and to what it names. Actions and the resources that they know are those of AWS's Service
// Authorization Reference for Secrets Manager, Batch, IAM and KMS.

/** Where policies are for. */
export interface AwsAccount {
  /** `aws`, `aws-cn` or `aws-us-gov`. */
  readonly partition: string;
  /** Twelve digits. */
  readonly account: string;
  readonly region: string;
}

export interface PolicyOptions extends AwsAccount {
  /** What names of secrets and job definitions begin with, before `nfs-`. */
  readonly prefix: string;
  /** `aws.batch.executionRole`: a name or an ARN. */
  readonly executionRole: string;
  /** `aws.batch.jobRole`, a name or an ARN, if tasks have one. */
  readonly jobRole: string | undefined;
  /** The ARN of a KMS key, if secrets are not encrypted with the account's own for Secrets Manager. */
  readonly kmsKey: string | undefined;
  /** What the head job's permissions are attached to: a role of its own, or that of the instances. */
  readonly headRole: 'custom' | 'instance';
}

/** One statement of a policy, and what it is for. */
export interface Statement {
  readonly sid: string;
  /** A sentence. */
  readonly purpose: string;
  /**
   * What fails without it. `launch`: launches. `sweep`: options of `sweep` for what others have left. `look`: nothing;
   * problems are found later.
   */
  readonly neededBy: 'launch' | 'sweep' | 'look';
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Operator → key → values. */
  readonly condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

export const POLICY_ROLES = ['launcher', 'execution-role', 'head-job'] as const;

/** The execution role that is made if there is none. */
export const DEFAULT_EXECUTION_ROLE = 'nf-secrets-execution-role';

/** Whose permissions: Tower's words for them are Tower instance, ECS agent, and head job. */
export type PolicyRole = (typeof POLICY_ROLES)[number];

/** What one role needs. */
export interface RolePermissions {
  readonly role: PolicyRole;
  /** What it is called where it is made anew. */
  readonly name: string;
  /** A sentence that says whose permissions these are. */
  readonly purpose: string;
  readonly statements: readonly Statement[];
  /** ARNs of policies of AWS's own that are attached too. */
  readonly managedPolicies: readonly string[];
  /** The service that takes the role on; undefined for what is attached to a user or role that a person has. */
  readonly trusted: string | undefined;
}

/**
 * The permissions of all roles, least privilege.
 *
 * @throws HumanError 64 if account, region, role or key cannot be one.
 */
export function rolePermissions(options: PolicyOptions): readonly RolePermissions[] {
  assertPlace(options);
  const { partition, account, region, prefix, kmsKey, headRole } = options;
  const execution = roleArn(options.executionRole, options);
  const job = options.jobRole === undefined ? [] : [roleArn(options.jobRole, options)];
  const secrets = `arn:${partition}:secretsmanager:${region}:${account}:secret:${prefix}nfs-*`;
  const definitions = `arn:${partition}:batch:${region}:${account}:job-definition/${prefix}nfs-*`;
  const domain = serviceDomain(partition);
  const key = (sid: string, purpose: string, actions: readonly string[]): Statement[] =>
    kmsKey === undefined
      ? []
      : [
          {
            sid,
            purpose,
            neededBy: 'launch',
            actions,
            resources: [checkedKey(kmsKey, partition)],
            condition: { StringEquals: { 'kms:ViaService': [`secretsmanager.${region}.${domain}`] } },
          },
        ];
  return [
    {
      role: 'launcher',
      name: 'nf-secrets-launcher',
      purpose: 'Whoever runs nf-secrets launch, besides what Nextflow itself needs for AWS Batch.',
      managedPolicies: [],
      trusted: undefined,
      statements: [
        {
          sid: 'SecretsOfRuns',
          purpose: 'Makes the secrets of a run, deletes them at its end, and looks whether they are gone.',
          neededBy: 'launch',
          actions: [
            'secretsmanager:CreateSecret',
            'secretsmanager:DescribeSecret',
            'secretsmanager:DeleteSecret',
          ],
          resources: [secrets],
        },
        {
          sid: 'DefinitionsOfRuns',
          purpose: 'Makes the job definitions that carry secrets into tasks, and deregisters them.',
          neededBy: 'launch',
          actions: ['batch:RegisterJobDefinition', 'batch:DeregisterJobDefinition'],
          resources: [definitions],
        },
        {
          sid: 'SeeDefinitionsAndJobs',
          purpose:
            'Looks which definitions there are and which jobs still need one; these actions know no narrower resource.',
          neededBy: 'launch',
          actions: ['batch:DescribeJobDefinitions', 'batch:ListJobs'],
          resources: ['*'],
        },
        {
          sid: 'PassRolesToTasks',
          purpose: 'Names the execution role, and the job role if there is one, in job definitions.',
          neededBy: 'launch',
          actions: ['iam:PassRole'],
          resources: [execution, ...job],
          condition: { StringEquals: { 'iam:PassedToService': ['ecs-tasks.amazonaws.com'] } },
        },
        ...key('EncryptSecrets', 'Secrets Manager encrypts new secrets with your key in your name.', [
          'kms:GenerateDataKey',
          'kms:Decrypt',
        ]),
        {
          sid: 'FindLeftSecrets',
          purpose:
            'Optional, for sweeps: lists what others have left under the same prefix; this action knows no narrower resource.',
          neededBy: 'sweep',
          actions: ['secretsmanager:ListSecrets'],
          resources: ['*'],
        },
        {
          sid: 'CancelJobs',
          purpose: 'Optional, for sweep --cancel-jobs: ends jobs that still wait for the secrets of a run.',
          neededBy: 'sweep',
          actions: ['batch:CancelJob', 'batch:TerminateJob'],
          resources: [`arn:${partition}:batch:${region}:${account}:job/*`],
        },
        {
          sid: 'LookAtQueues',
          purpose:
            'Optional: looks before a launch whether its queues take jobs; these actions know no narrower resource.',
          neededBy: 'look',
          actions: ['batch:DescribeJobQueues', 'batch:DescribeComputeEnvironments'],
          resources: ['*'],
        },
        {
          sid: 'LookAtRoles',
          purpose: 'Optional: looks before a launch whether the roles of tasks are as they must be.',
          neededBy: 'look',
          actions: [
            'iam:GetRole',
            'iam:SimulatePrincipalPolicy',
            'iam:ListRolePolicies',
            'iam:GetRolePolicy',
            'iam:ListAttachedRolePolicies',
          ],
          resources: [execution, ...job],
        },
        {
          sid: 'LookAtPolicies',
          purpose: 'Optional: reads the managed policies that those roles have.',
          neededBy: 'look',
          actions: ['iam:GetPolicy', 'iam:GetPolicyVersion'],
          resources: [`arn:${partition}:iam::aws:policy/*`, `arn:${partition}:iam::${account}:policy/*`],
        },
      ],
    },
    {
      role: 'execution-role',
      name: execution.slice(execution.lastIndexOf('/') + 1),
      purpose:
        'The execution role of tasks, with which the ECS agent starts a container and hands it its secrets.',
      managedPolicies: [`arn:${partition}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy`],
      trusted: 'ecs-tasks.amazonaws.com',
      statements: [
        {
          sid: 'SecretsOfTasks',
          purpose: 'Reads the secrets that a job definition names, before the container starts.',
          neededBy: 'launch',
          actions: ['secretsmanager:GetSecretValue'],
          resources: [secrets],
        },
        ...key('DecryptSecrets', 'Secrets Manager decrypts them with your key in the role’s name.', [
          'kms:Decrypt',
        ]),
      ],
    },
    {
      role: 'head-job',
      name: 'nf-secrets-head-job',
      purpose:
        'Nextflow with a licensed secrets plugin in a head job of AWS Batch. A launch by nf-secrets does not need it.',
      managedPolicies: [],
      trusted: headRole === 'custom' ? 'ecs-tasks.amazonaws.com' : `ec2.${domain}`,
      statements: [
        {
          sid: 'ListSecretsOfRuns',
          purpose: 'Finds the secrets of its run; this action knows no narrower resource.',
          neededBy: 'launch',
          actions: ['secretsmanager:ListSecrets'],
          resources: ['*'],
        },
        {
          sid: 'ReadSecretsOfRuns',
          purpose: 'Reads what the pipeline’s code asks for.',
          neededBy: 'launch',
          actions: ['secretsmanager:GetSecretValue'],
          resources: [secrets],
        },
        ...(headRole === 'custom'
          ? [
              {
                sid: 'PassExecutionRole',
                purpose: 'Names the execution role in the job definitions of its tasks.',
                neededBy: 'launch' as const,
                actions: ['iam:GetRole', 'iam:PassRole'],
                resources: [execution],
              },
            ]
          : []),
        ...key('DecryptSecretsOfRuns', 'Secrets Manager decrypts them with your key in the role’s name.', [
          'kms:Decrypt',
        ]),
      ],
    },
  ];
}

/** The partition of a region, by its name. */
export function partitionOf(region: string): string {
  return region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

function assertPlace({ partition, account, region }: AwsAccount): void {
  const refuse = (what: string, shown: string, expected: string): HumanError =>
    new HumanError(ExitCode.usage, `"${printable(shown).slice(0, 80)}" is not ${what}.`, expected);
  if (!/^\d{12}$/.test(account))
    throw refuse('the id of an AWS account', account, 'It has twelve digits: aws sts get-caller-identity');
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region))
    throw refuse('an AWS region', region, 'It is named like eu-west-1.');
  if (!/^aws(-[a-z]+)*$/.test(partition))
    throw refuse('an AWS partition', partition, 'It is aws, aws-cn or aws-us-gov.');
}

/** The ARN of a role that is given by its name, with a path if it has one, or by its ARN. */
export function roleArn(
  role: string,
  { partition, account }: Pick<AwsAccount, 'partition' | 'account'>,
): string {
  // IAM's User Guide, "IAM and AWS STS quotas": 64 of these characters, and a path of up to 512.
  if (/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(role)) return role;
  if (/^[\w+=,.@/-]{1,576}$/.test(role))
    return `arn:${partition}:iam::${account}:role/${role.replace(/^\/+/, '')}`;
  throw new HumanError(
    ExitCode.usage,
    `"${printable(role).slice(0, 80)}" is neither the name of a role nor its ARN.`,
    'It is what the pipeline has in aws.batch.executionRole or aws.batch.jobRole.',
  );
}

/** A key as policies can name it: by its ARN, and not by that of an alias. */
export const keyArn = (key: string | undefined): string | undefined =>
  key !== undefined && /^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/.test(key) ? key : undefined;

function checkedKey(key: string, partition: string): string {
  // An alias is no resource of a policy: its key can be changed.
  if (new RegExp(`^arn:${partition}:kms:[a-z0-9-]+:\\d{12}:key/[\\w-]+$`).test(key)) return key;
  throw new HumanError(
    ExitCode.usage,
    `"${printable(key).slice(0, 120)}" is not the ARN of a KMS key in the partition ${partition}.`,
    'A policy needs the key itself: aws kms describe-key --key-id alias/NAME --query KeyMetadata.Arn',
  );
}

// The permissions that the documentation of Seqera's Tower asks for (April 2023: all secrets of an account), narrowed
// to what this tool calls and to what it names. Actions and the resources that they know are those of AWS's Service
// Authorization Reference for Secrets Manager, Batch, IAM and KMS.

export const BATCH_ROLES = ['launcher', 'execution-role', 'head-job'] as const;

/** Tower's words for them are Tower instance, ECS agent, and head job. */
export type BatchRole = (typeof BATCH_ROLES)[number];

/** The part of nf-secrets that fails without a permission. */
export type NeededBy =
  | 'launch'
  /** The release of runs that have queues which are known only when a task runs. */
  | 'release'
  /** Options of `sweep` for what others have left. */
  | 'sweep'
  /** Nothing: problems are found later. */
  | 'look'
  /** Commands on the secrets of a workspace in AWS. */
  | 'workspace'
  /** Nothing: it takes more requests. */
  | 'speed';

/** The resources of a statement: {@link import('./role-permissions.ts').rolePermissions} has their ARNs. */
export type Subject =
  | 'everything'
  | 'secrets'
  | 'definitions'
  | 'jobs'
  /** The execution role, and the job role if there is one. */
  | 'task-roles'
  /** The execution role, if the head job has a role of its own; else nothing. */
  | 'role-that-head-job-passes'
  | 'managed-policies'
  /** Your KMS key, if there is one. */
  | 'key'
  /** The secrets of a workspace in AWS; nothing if there is none. */
  | 'workspace'
  /** Those that nf-secrets may set: not the keys of JSON objects. */
  | 'workspace-to-set'
  /** Those under the prefix, without those that have names of their own and may be used by others. */
  | 'workspace-prefix'
  /** All of them, if tasks get them from there: in the region of AWS Batch. */
  | 'workspace-of-tasks'
  /** All of them, if they are copied for each run, into another region. */
  | 'workspace-to-copy'
  /** Your KMS key, if it is of the region of the workspace's secrets. */
  | 'workspace-key'
  /** The same, if they are copied for each run. */
  | 'workspace-key-to-copy';

/** A condition of a statement: {@link import('./conditions.ts').conditionValue} has key and value. */
export type ConditionName = 'passed-to-tasks' | 'via-secrets-manager';

/** A statement, without account and names. If its subject is nothing, there is no such statement. */
export interface StatementRow {
  readonly sid: string;
  /** A sentence. */
  readonly purpose: string;
  readonly neededBy: NeededBy;
  readonly actions: readonly string[];
  readonly subject: Subject;
  readonly condition?: ConditionName;
}

export const STATEMENTS: Readonly<Record<BatchRole, readonly StatementRow[]>> = {
  launcher: [
    {
      sid: 'SecretsOfRuns',
      purpose: 'Makes the secrets of a run, deletes them at its end, and looks whether they are gone.',
      neededBy: 'launch',
      actions: [
        'secretsmanager:CreateSecret',
        'secretsmanager:DescribeSecret',
        'secretsmanager:DeleteSecret',
      ],
      subject: 'secrets',
    },
    {
      sid: 'DefinitionsOfRuns',
      purpose: 'Makes the job definitions that carry secrets into tasks, and deregisters them.',
      neededBy: 'launch',
      actions: ['batch:RegisterJobDefinition', 'batch:DeregisterJobDefinition'],
      subject: 'definitions',
    },
    {
      sid: 'SeeDefinitionsAndJobs',
      purpose:
        'Looks which definitions there are and which jobs still need one; these actions know no narrower resource.',
      neededBy: 'launch',
      actions: ['batch:DescribeJobDefinitions', 'batch:ListJobs', 'batch:DescribeJobs'],
      subject: 'everything',
    },
    {
      sid: 'SeeQueues',
      purpose:
        'Looks whether queues take jobs, and where jobs may wait if only a task names its queue; this action knows no narrower resource.',
      neededBy: 'release',
      actions: ['batch:DescribeJobQueues'],
      subject: 'everything',
    },
    {
      sid: 'PassRolesToTasks',
      purpose: 'Names the execution role, and the job role if there is one, in job definitions.',
      neededBy: 'launch',
      actions: ['iam:PassRole'],
      subject: 'task-roles',
      condition: 'passed-to-tasks',
    },
    {
      sid: 'EncryptSecrets',
      purpose: 'Secrets Manager encrypts new secrets with your key in your name.',
      neededBy: 'launch',
      actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
      subject: 'key',
      condition: 'via-secrets-manager',
    },
    {
      sid: 'FindLeftSecrets',
      purpose:
        'Optional, for sweeps: lists what others have left under the same prefix; this action knows no narrower resource.',
      neededBy: 'sweep',
      actions: ['secretsmanager:ListSecrets'],
      subject: 'everything',
    },
    {
      sid: 'CancelJobs',
      purpose: 'Optional, for sweep --cancel-jobs: ends jobs that still wait for the secrets of a run.',
      neededBy: 'sweep',
      actions: ['batch:CancelJob', 'batch:TerminateJob'],
      subject: 'jobs',
    },
    {
      sid: 'LookAtComputeEnvironments',
      purpose:
        'Optional: looks at the compute environments of queues; this action knows no narrower resource.',
      neededBy: 'look',
      actions: ['batch:DescribeComputeEnvironments'],
      subject: 'everything',
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
      subject: 'task-roles',
    },
    {
      sid: 'LookAtPolicies',
      purpose: 'Optional: reads the managed policies that those roles have.',
      neededBy: 'look',
      actions: ['iam:GetPolicy', 'iam:GetPolicyVersion'],
      subject: 'managed-policies',
    },
  ],
  'execution-role': [
    {
      sid: 'SecretsOfTasks',
      purpose: 'Reads the secrets that a job definition names, before the container starts.',
      neededBy: 'launch',
      actions: ['secretsmanager:GetSecretValue'],
      subject: 'secrets',
    },
    {
      sid: 'SecretsOfWorkspace',
      purpose: 'Reads the secrets of a workspace in AWS, which job definitions name where they are.',
      neededBy: 'launch',
      actions: ['secretsmanager:GetSecretValue'],
      subject: 'workspace-of-tasks',
    },
    {
      sid: 'DecryptSecrets',
      purpose: 'Secrets Manager decrypts them with your key in the role’s name.',
      neededBy: 'launch',
      actions: ['kms:Decrypt'],
      subject: 'key',
      condition: 'via-secrets-manager',
    },
  ],
  'head-job': [
    {
      sid: 'ListSecretsOfRuns',
      purpose: 'Finds the secrets of its run; this action knows no narrower resource.',
      neededBy: 'launch',
      actions: ['secretsmanager:ListSecrets'],
      subject: 'everything',
    },
    {
      sid: 'ReadSecretsOfRuns',
      purpose: 'Reads what the pipeline’s code asks for.',
      neededBy: 'launch',
      actions: ['secretsmanager:GetSecretValue'],
      subject: 'secrets',
    },
    {
      sid: 'PassExecutionRole',
      purpose: 'Names the execution role in the job definitions of its tasks.',
      neededBy: 'launch',
      actions: ['iam:GetRole', 'iam:PassRole'],
      subject: 'role-that-head-job-passes',
    },
    {
      sid: 'DecryptSecretsOfRuns',
      purpose: 'Secrets Manager decrypts them with your key in the role’s name.',
      neededBy: 'launch',
      actions: ['kms:Decrypt'],
      subject: 'key',
      condition: 'via-secrets-manager',
    },
  ],
};

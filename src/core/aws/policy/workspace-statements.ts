import { type StatementRow, STATEMENTS } from './statements.ts';

// The roles of a workspace whose secrets are in AWS Secrets Manager. The actions are those that its store calls
// (core/stores/aws), and a launch on AWS Batch from it.

export const WORKSPACE_ROLES = ['list', 'launch', 'launch-local', 'maintain', 'owner'] as const;

/** Somebody who uses a workspace in AWS: IAM decides what each may do. */
export type WorkspaceRole = (typeof WORKSPACE_ROLES)[number];

export const isWorkspaceRole = (role: string): role is WorkspaceRole =>
  (WORKSPACE_ROLES as readonly string[]).includes(role);

const LIST: readonly StatementRow[] = [
  {
    sid: 'ListNames',
    purpose:
      'Lists the names of the workspace; this action knows no narrower resource, so the names of the whole account can be listed.',
    neededBy: 'workspace',
    actions: ['secretsmanager:ListSecrets'],
    subject: 'everything',
  },
  {
    sid: 'LookAtSecrets',
    purpose: 'Looks whether a secret is there, when it was set, and at its versions. Reads no value.',
    neededBy: 'workspace',
    actions: ['secretsmanager:DescribeSecret', 'secretsmanager:ListSecretVersionIds'],
    subject: 'workspace',
  },
];

const READ: readonly StatementRow[] = [
  {
    sid: 'ReadValues',
    purpose: 'Reads values, for launches on this machine and for get, export, copy and rename.',
    neededBy: 'workspace',
    actions: ['secretsmanager:GetSecretValue'],
    subject: 'workspace',
  },
  {
    sid: 'ReadManyAtOnce',
    purpose:
      'Optional: reads up to 20 values with one request, of those that ReadValues allows; this action knows no narrower resource.',
    neededBy: 'speed',
    actions: ['secretsmanager:BatchGetSecretValue'],
    subject: 'everything',
  },
  {
    sid: 'DecryptValues',
    purpose: 'Secrets Manager decrypts values with your key in your name.',
    neededBy: 'workspace',
    actions: ['kms:Decrypt'],
    subject: 'workspace-key',
    condition: 'via-secrets-manager',
  },
];

const WRITE: readonly StatementRow[] = [
  {
    sid: 'MakeAndDelete',
    purpose: 'Makes secrets, and deletes them so that they can be put back.',
    neededBy: 'workspace',
    actions: ['secretsmanager:CreateSecret', 'secretsmanager:DeleteSecret'],
    subject: 'workspace-prefix',
  },
  {
    sid: 'SetAndUndo',
    purpose: 'Sets values and descriptions, puts back what was deleted, and goes back to an earlier version.',
    neededBy: 'workspace',
    actions: [
      'secretsmanager:PutSecretValue',
      'secretsmanager:UpdateSecret',
      'secretsmanager:RestoreSecret',
      'secretsmanager:UpdateSecretVersionStage',
    ],
    subject: 'workspace-to-set',
  },
  {
    sid: 'EncryptValues',
    purpose:
      'Secrets Manager encrypts new values with your key in your name. That gives nobody a value without GetSecretValue.',
    neededBy: 'workspace',
    actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
    subject: 'workspace-key',
    condition: 'via-secrets-manager',
  },
];

const DECIDE: readonly StatementRow[] = [
  {
    sid: 'DecideWhoMay',
    purpose: 'Decides by policies on the secrets themselves who else may use them. nf-secrets changes none.',
    neededBy: 'workspace',
    actions: [
      'secretsmanager:GetResourcePolicy',
      'secretsmanager:PutResourcePolicy',
      'secretsmanager:DeleteResourcePolicy',
    ],
    subject: 'workspace-prefix',
  },
];

/** Where the secrets cannot be named in job definitions, a launch on AWS Batch reads them too. */
const COPY: readonly StatementRow[] = READ.map((row) => ({
  ...row,
  ...(row.subject === 'workspace' && { subject: 'workspace-to-copy' as const }),
  ...(row.subject === 'workspace-key' && { subject: 'workspace-key-to-copy' as const }),
})).filter(({ subject }) => subject !== 'everything');

/** The launcher's, without what listing has. */
const LAUNCH = STATEMENTS.launcher.filter(
  ({ subject, actions }) =>
    subject !== 'everything' || actions.some((action) => action !== 'secretsmanager:ListSecrets'),
);

export const WORKSPACE_STATEMENTS: Readonly<Record<WorkspaceRole, readonly StatementRow[]>> = {
  list: LIST,
  launch: [...LIST, ...COPY, ...LAUNCH],
  'launch-local': [...LIST, ...READ],
  maintain: [...LIST, ...WRITE],
  // Who may encrypt with the key may decrypt with it.
  owner: [...LIST, ...READ.filter(({ subject }) => subject !== 'workspace-key'), ...WRITE, ...DECIDE],
};

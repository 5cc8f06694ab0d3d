import { randomUUID } from 'node:crypto';
import {
  CancelJobCommand,
  DeregisterJobDefinitionCommand,
  DescribeJobDefinitionsCommand,
  DescribeJobsCommand,
  ListJobsCommand,
  TerminateJobCommand,
} from '@aws-sdk/client-batch';
import {
  DeleteSecretCommand,
  DescribeSecretCommand,
  ListSecretsCommand,
} from '@aws-sdk/client-secrets-manager';
import type { AwsAccess } from '../access.ts';

/** Names of things that do not exist; the queue may. */
export interface AbsentNames {
  readonly secret: string;
  readonly definition: string;
  readonly queue: string;
}

/** One action, tried on something that does not exist, so that nothing changes. */
interface Probe {
  readonly action: string;
  readonly subject: 'secret' | 'definition' | 'everything';
  readonly neededBy: 'launch' | 'sweep';
  readonly send: (access: AwsAccess, names: AbsentNames) => Promise<object>;
}

/** A request to end a job that does not exist. */
const noJob = () => ({ jobId: randomUUID(), reason: 'nf-secrets aws check' }) as const;

export const PROBES: readonly Probe[] = [
  {
    action: 'secretsmanager:DescribeSecret',
    subject: 'secret',
    neededBy: 'launch',
    send: ({ secrets }, { secret }) => secrets.send(new DescribeSecretCommand({ SecretId: secret })),
  },
  {
    action: 'secretsmanager:DeleteSecret',
    subject: 'secret',
    neededBy: 'launch',
    send: ({ secrets }, { secret }) =>
      secrets.send(new DeleteSecretCommand({ SecretId: secret, ForceDeleteWithoutRecovery: true })),
  },
  {
    action: 'batch:DeregisterJobDefinition',
    subject: 'definition',
    neededBy: 'launch',
    send: ({ batch }, { definition }) =>
      batch.send(new DeregisterJobDefinitionCommand({ jobDefinition: `${definition}:1` })),
  },
  {
    action: 'batch:DescribeJobDefinitions',
    subject: 'everything',
    neededBy: 'launch',
    send: ({ batch }, { definition }) =>
      batch.send(new DescribeJobDefinitionsCommand({ jobDefinitionName: definition })),
  },
  {
    action: 'batch:ListJobs',
    subject: 'everything',
    neededBy: 'launch',
    send: ({ batch }, { queue }) => batch.send(new ListJobsCommand({ jobQueue: queue, maxResults: 1 })),
  },
  {
    action: 'batch:DescribeJobs',
    subject: 'everything',
    neededBy: 'launch',
    send: ({ batch }) => batch.send(new DescribeJobsCommand({ jobs: [noJob().jobId] })),
  },
  {
    action: 'secretsmanager:ListSecrets',
    subject: 'everything',
    neededBy: 'sweep',
    send: ({ secrets }) => secrets.send(new ListSecretsCommand({ MaxResults: 1 })),
  },
  {
    action: 'batch:CancelJob',
    subject: 'everything',
    neededBy: 'sweep',
    send: ({ batch }) => batch.send(new CancelJobCommand(noJob())),
  },
  {
    action: 'batch:TerminateJob',
    subject: 'everything',
    neededBy: 'sweep',
    send: ({ batch }) => batch.send(new TerminateJobCommand(noJob())),
  },
];

import { randomUUID } from 'node:crypto';
import {
  BatchGetSecretValueCommand,
  DeleteResourcePolicyCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  type SecretsManagerClient,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';

/** Sends one request about a secret. */
type Probe = (client: SecretsManagerClient, SecretId: string) => Promise<object>;

/** A document that allows nobody anything. */
const NO_POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Principal: '*', Action: 'secretsmanager:GetSecretValue', Resource: '*' }],
});

/**
 * Actions that are tried on a secret that is not there: AWS denies them, or finds nothing, and changes nothing. There is
 * no such request that makes a secret.
 */
export const ABSENT_PROBES: ReadonlyMap<string, Probe> = new Map<string, Probe>([
  ['DescribeSecret', (client, SecretId) => client.send(new DescribeSecretCommand({ SecretId }))],
  ['ListSecretVersionIds', (client, SecretId) => client.send(new ListSecretVersionIdsCommand({ SecretId }))],
  ['GetSecretValue', (client, SecretId) => client.send(new GetSecretValueCommand({ SecretId }))],
  [
    'BatchGetSecretValue',
    (client, SecretId) => client.send(new BatchGetSecretValueCommand({ SecretIdList: [SecretId] })),
  ],
  [
    'DeleteSecret',
    (client, SecretId) => client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 30 })),
  ],
  [
    'PutSecretValue',
    (client, SecretId) =>
      client.send(new PutSecretValueCommand({ SecretId, SecretString: 'nothing but a check' })),
  ],
  [
    'UpdateSecret',
    (client, SecretId) =>
      client.send(new UpdateSecretCommand({ SecretId, Description: 'nothing but a check' })),
  ],
  ['RestoreSecret', (client, SecretId) => client.send(new RestoreSecretCommand({ SecretId }))],
  [
    'UpdateSecretVersionStage',
    (client, SecretId) =>
      client.send(
        new UpdateSecretVersionStageCommand({
          ...{ SecretId, VersionStage: 'AWSCURRENT' },
          MoveToVersionId: randomUUID(),
        }),
      ),
  ],
  ['GetResourcePolicy', (client, SecretId) => client.send(new GetResourcePolicyCommand({ SecretId }))],
  [
    'PutResourcePolicy',
    (client, SecretId) => client.send(new PutResourcePolicyCommand({ SecretId, ResourcePolicy: NO_POLICY })),
  ],
  ['DeleteResourcePolicy', (client, SecretId) => client.send(new DeleteResourcePolicyCommand({ SecretId }))],
]);

/** Actions that are tried on a secret that is there: they read no value, and change nothing. */
export const PRESENT_PROBES: ReadonlyMap<string, Probe> = new Map<string, Probe>([
  [
    'ListSecretVersionIds',
    (client, SecretId) => client.send(new ListSecretVersionIdsCommand({ SecretId, MaxResults: 1 })),
  ],
  [
    'GetSecretValue',
    // No secret has this version.
    (client, SecretId) => client.send(new GetSecretValueCommand({ SecretId, VersionId: randomUUID() })),
  ],
]);

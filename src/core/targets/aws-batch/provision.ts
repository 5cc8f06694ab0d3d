import { RegisterJobDefinitionCommand } from '@aws-sdk/client-batch';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { AwsJobDefinition, AwsSecret } from './items.ts';
import { itemLabel, type LeaseItem } from '../lease-entry.ts';
import type { RunId } from '../../system/run-id.ts';
import type { SecretValue } from '../../secrets/secret-value.ts';
import type { AwsAccess } from './access.ts';
import { awsError, awsErrorCode, isScheduledForDeletion } from './aws-error.ts';
import { inParallel } from './in-parallel.ts';
import { type BatchProcess, jobDefinition } from './job-definition.ts';
import type { BatchSettings } from '../../nextflow/preview.ts';
import { awsSecretName, definitionMarks, definitionName, requestToken, secretDescription } from './naming.ts';

/** What one run needs in AWS. */
export interface AwsPlan {
  readonly runId: RunId;
  /** See {@link import('./naming.ts').namePrefix}. */
  readonly prefix: string;
  readonly sessionId: string;
  /** When the run began, ISO 8601 in UTC. */
  readonly started: string;
  readonly settings: BatchSettings;
  /** Processes of AWS Batch that ask for at least one secret. */
  readonly processes: readonly BatchProcess[];
  /** At least those that the processes ask for. */
  readonly values: ReadonlyMap<string, SecretValue>;
  /** `NF_SECRETS_AWS_KMS_KEY`: id, ARN or alias. Without it Secrets Manager's own key of the account. */
  readonly kmsKey: string | undefined;
}

/** What will have to be removed, to be recorded before {@link provisionAws}. */
export function awsItems(plan: AwsPlan): { secrets: AwsSecret[]; definitions: AwsJobDefinition[] } {
  const { prefix, runId } = plan;
  const names = new Set(plan.processes.flatMap(({ secrets }) => secrets));
  return {
    secrets: [...names].sort().map((name) => ({
      kind: 'aws-secret' as const,
      name: awsSecretName(prefix, runId, name),
    })),
    definitions: plan.processes.map((process) => definitionItem(plan, process)),
  };
}

function definitionItem({ prefix, sessionId }: AwsPlan, process: BatchProcess): AwsJobDefinition {
  const { name, image, containerOptions, queues } = process;
  return {
    kind: 'aws-job-definition',
    name: definitionName(prefix, sessionId, { process: name, image, containerOptions }),
    revision: null,
    ...{ queues, processes: [name], image },
  };
}

/** What was made. */
export interface AwsProvision {
  /** All items as they are now, with revisions. */
  readonly items: readonly LeaseItem[];
  /** The job definition of each process, by the process's name. */
  readonly definitions: ReadonlyMap<string, string>;
}

/**
 * Makes the secrets, then the job definitions that refer to them. {@link awsItems} must be in the ledger before: then
 * all is released from wherever this stops.
 *
 * @param onForeign - gets a secret of ours by name that is not ours: it must not be released.
 * @throws HumanError 69, 73, 77.
 */
export async function provisionAws(
  plan: AwsPlan,
  { secrets: client, batch, place, caller }: AwsAccess,
  onForeign: (name: string) => Promise<void>,
): Promise<AwsProvision> {
  const { runId, prefix, values, settings, kmsKey } = plan;
  const { secrets } = awsItems(plan);
  const names = [...new Set(plan.processes.flatMap((process) => process.secrets))].sort();
  const description = secretDescription(runId, caller);
  const create = async (name: string): Promise<[string, string]> => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`no value for ${name}`);
    const full = awsSecretName(prefix, runId, name);
    const resource = itemLabel({ kind: 'aws-secret', name: full }, place);
    return [name, await createSecret(client, full, value, { resource, description, kmsKey }, onForeign)];
  };
  const arns = new Map(await inParallel(names, create));
  const definitions = await inParallel(
    plan.processes,
    async (process): Promise<[string, AwsJobDefinition]> => {
      const item = definitionItem(plan, process);
      const input = {
        ...jobDefinition(item.name, process, arns, settings, place.region),
        parameters: definitionMarks(runId, caller, plan.started),
      };
      try {
        const { revision, $metadata } = await batch.send(new RegisterJobDefinitionCommand(input));
        // An answer that was lost may have left another revision, which has to be looked for.
        const known = ($metadata.attempts ?? 1) === 1 ? (revision ?? null) : null;
        return [process.name, { ...item, revision: known }];
      } catch (error) {
        throw awsError(error, { action: 'batch:RegisterJobDefinition', resource: itemLabel(item, place) });
      }
    },
  );
  return {
    items: [...secrets, ...definitions.map(([, item]) => item)],
    definitions: new Map(definitions.map(([process, { name }]) => [process, name])),
  };
}

/** @returns the secret's ARN. */
async function createSecret(
  client: SecretsManagerClient,
  name: string,
  value: SecretValue,
  options: { readonly resource: string; readonly description: string; readonly kmsKey: string | undefined },
  onForeign: (name: string) => Promise<void>,
): Promise<string> {
  const { resource, description, kmsKey } = options;
  const step = { action: 'secretsmanager:CreateSecret', resource };
  const token = requestToken(name);
  try {
    const { ARN: arn } = await client.send(
      new CreateSecretCommand({
        Name: name,
        SecretString: value.reveal(),
        Description: description,
        ClientRequestToken: token,
        ...(kmsKey !== undefined && { KmsKeyId: kmsKey }),
      }),
    );
    if (arn === undefined) throw new Error('CreateSecret answered no ARN');
    return arn;
  } catch (error) {
    const isTaken = awsErrorCode(error) === 'ResourceExistsException' || isScheduledForDeletion(error);
    if (!isTaken) throw awsError(error, step, false);
    const there = await secretThere(client, name, token, resource).catch((unknown: unknown) => {
      // What blocks the name is known already; the rest of it is left for the release to look at.
      throw isScheduledForDeletion(error) ? awsError(error, step, false) : unknown;
    });
    if (there.isOurs && there.arn !== undefined) return there.arn;
    if (!there.isOurs) await onForeign(name);
    throw awsError(error, step, false);
  }
}

/**
 * Whose a secret is that exists already: ours if an earlier try of the same request made it. Its first version has the
 * request's token as id.
 *
 * @returns no ARN if it waits for its deletion.
 * @throws HumanError 69, 73, 77 if AWS does not say: then it may be ours, and has to be released.
 */
async function secretThere(
  client: SecretsManagerClient,
  name: string,
  token: string,
  resource: string,
): Promise<{ readonly isOurs: boolean; readonly arn: string | undefined }> {
  try {
    const secret = await client.send(new DescribeSecretCommand({ SecretId: name }));
    const isOurs = Object.keys(secret.VersionIdsToStages ?? {}).includes(token);
    return { isOurs, arn: secret.DeletedDate === undefined ? secret.ARN : undefined };
  } catch (error) {
    throw awsError(error, { action: 'secretsmanager:DescribeSecret', resource });
  }
}

import { RegisterJobDefinitionCommand } from '@aws-sdk/client-batch';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { type AwsItem, type AwsJobDefinition, awsItemLabel, type AwsSecret } from './items.ts';
import type { RunId } from '../../system/run-id.ts';
import type { SecretValue } from '../../secrets/secret-value.ts';
import type { AwsAccess } from './access.ts';
import { awsError, awsErrorCode, isScheduledForDeletion, answered } from '../../aws/aws-error.ts';
import { BATCH_CONCURRENCY, inParallel } from '../../aws/in-parallel.ts';
import { type BatchProcess, jobDefinition } from './job-definition.ts';
import type { BatchSettings } from '../../nextflow/preview.ts';
import { awsSecretName, definitionMarks, definitionName, requestToken, secretDescription } from './naming.ts';

/** The needs of one run in AWS. */
export interface AwsPlan {
  readonly runId: RunId;
  /** See {@link import('./naming.ts').namePrefix}. */
  readonly prefix: string;
  readonly sessionId: string;
  /** Start of the run, ISO 8601 in UTC. */
  readonly started: string;
  readonly settings: BatchSettings;
  /** Processes of AWS Batch that ask for at least one secret. */
  readonly processes: readonly BatchProcess[];
  /** Values of secrets, at least of those that the processes ask for. */
  readonly values: ReadonlyMap<string, SecretValue>;
  /** What job definitions name for secrets that are not copied, by name. */
  readonly references: ReadonlyMap<string, string>;
  /** `NF_SECRETS_AWS_KMS_KEY`: id, ARN or alias. Without it Secrets Manager's own key of the account. */
  readonly kmsKey: string | undefined;
}

/** The things that a run needs in AWS, before they are made. */
export interface PlannedItems {
  /** Secrets, with their names in the pipeline. */
  readonly secrets: readonly { readonly name: string; readonly item: AwsSecret }[];
  readonly definitions: readonly SharedDefinition[];
  /** All items. They are recorded before {@link provisionAws}, since they have to be removed later. */
  readonly items: readonly AwsItem[];
}

export function plannedItems(plan: AwsPlan): PlannedItems {
  const { prefix, runId, processes, references } = plan;
  const asked = new Set(processes.flatMap((process) => process.secrets));
  const names = [...asked].filter((name) => !references.has(name)).sort();
  const secrets = names.map((name) => {
    const item: AwsSecret = { kind: 'aws-secret', name: awsSecretName(prefix, runId, name) };
    return { name, item };
  });
  const definitions = sharedDefinitions(plan);
  return { secrets, definitions, items: [...secrets, ...definitions].map(({ item }) => item) };
}

/** A definition with the processes that have it. */
interface SharedDefinition {
  readonly item: AwsJobDefinition;
  readonly processes: readonly [BatchProcess, ...BatchProcess[]];
}

/** Makes one definition for all processes that would have equal ones. */
function sharedDefinitions({ prefix, sessionId, processes }: AwsPlan): SharedDefinition[] {
  const byName = new Map<string, SharedDefinition['processes']>();
  for (const process of processes) {
    const name = definitionName(prefix, sessionId, process);
    const known = byName.get(name);
    byName.set(name, known === undefined ? [process] : [...known, process]);
  }
  return [...byName].map(([name, same]) => {
    const queues = [...new Set(same.flatMap((process) => process.queues))];
    const names = same.map((process) => process.name);
    const [{ image }] = same;
    return {
      item: { kind: 'aws-job-definition', name, revision: null, queues, processes: names, image },
      processes: same,
    };
  });
}

/** The things that were made. */
export interface AwsProvision {
  /** All items as they are now, with revisions. */
  readonly items: readonly AwsItem[];
  /** The job definition of each process, by the process's name. */
  readonly definitions: ReadonlyMap<string, string>;
}

/** Listener that learns about items while they are made. */
export interface ProvisionListener {
  /** Gets a secret with a name of ours that is not ours: it must not be released. */
  readonly onForeign: (name: string) => Promise<void>;
  /** Gets all items as they are now, from time to time, to be recorded. */
  readonly onProgress?: (items: readonly AwsItem[]) => Promise<void>;
}

/**
 * Makes the secrets, then the job definitions that refer to them. All items must be in the ledger before: then all of
 * them are released, wherever this stops.
 *
 * @throws HumanError 69, 73, 77.
 */
export async function provisionAws(
  plan: AwsPlan,
  { secrets, definitions, items: planned }: PlannedItems,
  access: AwsAccess,
  { onForeign, onProgress }: ProvisionListener,
): Promise<AwsProvision> {
  const { secrets: client, aws, caller } = access;
  const { runId, values, kmsKey } = plan;
  const description = secretDescription(runId, caller);
  const create = async ({ name, item }: PlannedItems['secrets'][number]): Promise<[string, string]> => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`no value for ${name}`);
    const secret = { name: item.name, value, resource: awsItemLabel(item, aws), description, kmsKey };
    return [name, await createSecret(client, secret, onForeign)];
  };
  const arns = new Map([...plan.references, ...(await inParallel(secrets, create))]);
  const items = new Map<string, AwsItem>(planned.map((item) => [item.name, item]));
  let registered = 0;
  await inParallel(
    definitions,
    async (definition) => {
      const item = await register(definition, arns, plan, access);
      items.set(item.name, item);
      registered += 1;
      // So a launcher that is killed leaves as few definitions as possible to be looked for.
      if (registered % NOTED === 0 && registered < definitions.length)
        await onProgress?.([...items.values()]);
    },
    { concurrency: BATCH_CONCURRENCY },
  );
  return {
    items: [...items.values()],
    definitions: new Map(
      definitions.flatMap(({ item, processes }) => processes.map(({ name }) => [name, item.name] as const)),
    ),
  };
}

/** Definitions that are made from one note in the ledger to the next. */
const NOTED = 25;

/** @returns the item with its revision. */
async function register(
  { item, processes: [process] }: SharedDefinition,
  arns: ReadonlyMap<string, string>,
  { runId, started, settings }: AwsPlan,
  { batch, aws, caller }: AwsAccess,
): Promise<AwsJobDefinition> {
  const input = {
    ...jobDefinition({ name: item.name, process, arns, settings, region: aws.region }),
    parameters: definitionMarks(runId, caller, started),
  };
  try {
    const { revision, $metadata } = await batch.send(new RegisterJobDefinitionCommand(input));
    // If an answer was lost, there may be another revision, which has to be looked for.
    const known = ($metadata.attempts ?? 1) === 1 ? (revision ?? null) : null;
    return { ...item, revision: known };
  } catch (error) {
    throw awsError(error, { action: 'batch:RegisterJobDefinition', resource: awsItemLabel(item, aws) });
  }
}

/** A secret to be made. */
interface NewSecret extends Pick<AwsPlan, 'kmsKey'> {
  readonly name: string;
  readonly value: SecretValue;
  /** Its ARN, without the suffix that only AWS knows. */
  readonly resource: string;
  readonly description: string;
}

/** @returns the secret's ARN. */
async function createSecret(
  client: SecretsManagerClient,
  { name, value, resource, description, kmsKey }: NewSecret,
  onForeign: (name: string) => Promise<void>,
): Promise<string> {
  const step = { action: 'secretsmanager:CreateSecret', resource, hasValue: true } as const;
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
    return answered(arn);
  } catch (error) {
    const isTaken = awsErrorCode(error) === 'ResourceExistsException' || isScheduledForDeletion(error);
    if (!isTaken) throw awsError(error, step);
    const there = await secretThere(client, name, token, resource).catch((unknown: unknown) => {
      // The reason that the name is taken is known already. The release looks at the rest.
      throw isScheduledForDeletion(error) ? awsError(error, step) : unknown;
    });
    if (there.isOurs && there.arn !== undefined) return there.arn;
    if (!there.isOurs) await onForeign(name);
    throw awsError(error, step);
  }
}

/**
 * Tells whether a secret that exists already is ours: an earlier try of the same request made it. Its first version has
 * the request's token as id.
 *
 * @returns no ARN if it waits for its deletion.
 * @throws HumanError 69, 73, 77 if AWS does not tell: then it may be ours, and has to be released.
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

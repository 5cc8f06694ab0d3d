import { BatchClient } from '@aws-sdk/client-batch';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { printable } from '../../system/printable.ts';
import type { OpenTarget } from '../target.ts';
import { AWS_BATCH_TARGET, type AwsAccount } from './items.ts';
import type { World } from '../../system/world.ts';
import { awsError } from '../../aws/aws-error.ts';
import { CONCURRENCY } from '../../aws/in-parallel.ts';
import { BATCH_RATE, EACH_TRY, paced, SECRETS_RATE, SECRETS_WRITES } from '../../aws/pace.ts';
import { ProxyAgent } from '../../aws/proxy.ts';
import { phrase } from '../../system/phrase.ts';

/** One person's access to AWS. Only the SDK finds, keeps and renews credentials. */
export interface AwsAccess extends OpenTarget {
  readonly target: typeof AWS_BATCH_TARGET;
  readonly aws: AwsAccount;
  /** ARN of the user or role. */
  readonly caller: string;
  readonly secrets: SecretsManagerClient;
  readonly batch: BatchClient;
}

/** Tries of one request. With the SDK's backoff and jitter that is half a minute of throttling. */
const ATTEMPTS = 8;
/** The same for a request that something else waits for and can work without. */
const BRIEF_ATTEMPTS = 2;
/** Tries of one request to AWS Batch: it takes so few requests that a single one may be throttled often. */
const BATCH_ATTEMPTS = { patiently: 12, briefly: 5 } as const;
/** Longest time for a connection, in milliseconds. */
const CONNECTION_TIMEOUT = 5_000;
const REQUEST_TIMEOUT = 60_000;

/** The choice of region and profile: from the pipeline's config, which Nextflow follows, else from the environment. */
export interface AwsChoice {
  readonly region: string | null;
  readonly profile: string | null;
}

/**
 * Opens AWS and asks for the identity of these credentials.
 *
 * @throws HumanError 64 without a region, 69 if AWS cannot be reached, 77 if it does not take the credentials.
 */
export async function openAws(
  { region: wanted, profile }: AwsChoice,
  { env }: World,
  patience: 'briefly' | 'patiently' = 'patiently',
): Promise<AwsAccess> {
  // Nextflow's AWS SDK reads both variables, ours only the first.
  const region = wanted ?? (env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || undefined);
  const attempts = (maxAttempts: number): { readonly maxAttempts?: number } =>
    env['AWS_MAX_ATTEMPTS'] ? {} : { maxAttempts };
  const options = {
    ...(region !== undefined && { region }),
    ...(profile !== null && { profile }),
    ...attempts(patience === 'briefly' ? BRIEF_ATTEMPTS : ATTEMPTS),
  };
  const secrets = new SecretsManagerClient({ ...options, requestHandler: handler() });
  secrets.middlewareStack.addRelativeTo(paced(SECRETS_RATE, SECRETS_WRITES), EACH_TRY);
  const found = await secrets.config.region().catch(() => undefined);
  if (!found) {
    throw new HumanError(
      ExitCode.usage,
      phrase`It is not known in which AWS region the run is.`,
      phrase`Set aws.region in the pipeline's config, or AWS_REGION.`,
    );
  }
  const placed = { ...options, region: found };
  const sts = new STSClient({ ...placed, requestHandler: handler() });
  try {
    const { Account: account = '', Arn: caller = '' } = await sts.send(new GetCallerIdentityCommand({}));
    const partition = caller.split(':')[1] || 'aws';
    const tries = attempts(BATCH_ATTEMPTS[patience]);
    const batch = new BatchClient({ ...placed, ...tries, requestHandler: handler() });
    batch.middlewareStack.addRelativeTo(paced(BATCH_RATE), EACH_TRY);
    const close = (): void => {
      secrets.destroy();
      batch.destroy();
    };
    const aws = { partition, account, region: found, profile };
    return { target: AWS_BATCH_TARGET, aws, caller, secrets, batch, close };
  } catch (error) {
    throw awsError(error, { action: 'sts:GetCallerIdentity', resource: `region ${printable(found)}` });
  } finally {
    sts.destroy();
  }
}

/** Makes the connection handler of a client of the SDK. Each client has its own, and closes it. */
export const handler = (): {
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
  readonly httpsAgent: ProxyAgent;
} => ({
  connectionTimeout: CONNECTION_TIMEOUT,
  requestTimeout: REQUEST_TIMEOUT,
  httpsAgent: new ProxyAgent(CONCURRENCY),
});

/** Looks for the credentials of the environment as {@link openAws} would. Sends nothing to the services. */
export async function credentialsOf({ env }: World): Promise<void> {
  const client = new STSClient({ region: env['AWS_REGION'] || 'us-east-1' });
  try {
    await client.config.credentials();
  } finally {
    client.destroy();
  }
}

import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { HumanError } from '../system/human-error.ts';
import { monotonic } from '../system/monotonic.ts';
import { printable } from '../system/printable.ts';
import type { World } from '../system/world.ts';
import { awsError } from './aws-error.ts';
import { CONCURRENCY } from './in-parallel.ts';
import { EACH_TRY, paced, SECRETS_RATE, SECRETS_WRITES } from './pace.ts';
import { ProxyAgent } from '../system/proxy-agent.ts';

/** An account and region, and the profile to reach them. */
export interface AwsAccount {
  /** `aws`, `aws-cn`, `aws-us-gov`, … */
  readonly partition: string;
  readonly account: string;
  readonly region: string;
  /** `aws.profile` of the pipeline's config; null if it has none. */
  readonly profile: string | null;
}

/** The choice of region and profile: from the pipeline's config, which Nextflow follows, else from the environment. */
export type AwsChoice = { readonly [Key in 'region' | 'profile']: AwsAccount[Key] | null };

/** One person's credentials in one region. Only the SDK finds, keeps and renews them. */
export interface AwsSession {
  readonly aws: AwsAccount;
  /** ARN of the user or role. */
  readonly caller: string;
  readonly secrets: SecretsManagerClient;
  /** Settings for clients of other services, without the tries. */
  readonly placed: { readonly region: string; readonly profile?: string };
}

/** Tries of one request. With the SDK's backoff and jitter that is half a minute of throttling. */
const ATTEMPTS = 8;
/** The same for a request that something else waits for and can work without. */
const BRIEF_ATTEMPTS = 2;
/** Longest time for a connection, in milliseconds. */
const CONNECTION_TIMEOUT = 5_000;
const REQUEST_TIMEOUT = 60_000;

export type Patience = 'briefly' | 'patiently';

/** The number of tries as a setting of a client, unless the environment has one. */
export const tries = ({ env }: Pick<World, 'env'>, maxAttempts: number): { readonly maxAttempts?: number } =>
  env['AWS_MAX_ATTEMPTS'] ? {} : { maxAttempts };

/**
 * Opens Secrets Manager and asks for the identity of these credentials.
 *
 * @param noRegion - makes the error for a person who has named no region.
 * @throws HumanError 69 if AWS cannot be reached, 77 if it does not take the credentials.
 */
export async function openSession(
  { region: wanted, profile }: AwsChoice,
  world: World,
  noRegion: () => HumanError,
  patience: Patience = 'patiently',
): Promise<AwsSession> {
  const { env } = world;
  // Nextflow's AWS SDK reads both variables, ours only the first.
  const region = wanted ?? (env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || undefined);
  const options = {
    ...(region !== undefined && { region }),
    ...(profile !== null && { profile }),
    ...tries(world, patience === 'briefly' ? BRIEF_ATTEMPTS : ATTEMPTS),
  };
  const secrets = new SecretsManagerClient({ ...options, requestHandler: handler() });
  secrets.middlewareStack.addRelativeTo(paced(SECRETS_RATE, SECRETS_WRITES), EACH_TRY);
  const found = await secrets.config.region().catch(() => undefined);
  if (!found) throw noRegion();
  const placed = { region: found, ...(profile !== null && { profile }) };
  try {
    const { account, caller } = await identity({ ...options, ...placed }, world);
    const partition = caller.split(':')[1] || 'aws';
    return { aws: { partition, account, region: found, profile }, caller, secrets, placed };
  } catch (error) {
    secrets.destroy();
    throw awsError(error, { action: 'sts:GetCallerIdentity', resource: `region ${printable(found)}` });
  }
}

interface Identity {
  readonly account: string;
  readonly caller: string;
}

/** Time that an answer counts which is not asked for again, in milliseconds: from a launch's secrets to its jobs. */
const MEMORY = 60_000;

/** What AWS has just told a command that goes on to ask for the same. */
const identities = new WeakMap<World, Map<string, Identity & { readonly at: number }>>();

const keyOf = ({ region, profile }: AwsSession['placed']): string => JSON.stringify([region, profile]);

/** Has the next session of the command with the same credentials take its answer: whose they are was just looked at. */
export function handOn({ aws: { account }, caller, placed }: AwsSession, world: World): void {
  const known = identities.get(world) ?? new Map<string, Identity & { readonly at: number }>();
  identities.set(world, known.set(keyOf(placed), { account, caller, at: monotonic() }));
}

async function identity(
  options: AwsSession['placed'] & { readonly maxAttempts?: number },
  world: World,
): Promise<Identity> {
  const before = identities.get(world)?.get(keyOf(options));
  if (before !== undefined && monotonic() - before.at < MEMORY) return before;
  const sts = new STSClient({ ...options, requestHandler: handler() });
  try {
    const { Account: account = '', Arn: caller = '' } = await sts.send(new GetCallerIdentityCommand({}));
    return { account, caller };
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

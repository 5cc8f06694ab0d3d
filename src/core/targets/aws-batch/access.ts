import { BatchClient } from '@aws-sdk/client-batch';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { STSClient } from '@aws-sdk/client-sts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import type { OpenTarget } from '../target.ts';
import { AWS_BATCH_TARGET, type AwsAccount } from './items.ts';
import type { World } from '../../system/world.ts';
import { BATCH_RATE, EACH_TRY, paced } from '../../aws/pace.ts';
import { type AwsChoice, handler, openSession, type Patience, tries } from '../../aws/session.ts';
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

/** Tries of one request to AWS Batch: it takes so few requests that a single one may be throttled often. */
const BATCH_ATTEMPTS: Readonly<Record<Patience, number>> = { patiently: 12, briefly: 5 };

/**
 * Opens AWS and asks for the identity of these credentials.
 *
 * @throws HumanError 64 without a region, 69 if AWS cannot be reached, 77 if it does not take the credentials.
 */
export async function openAws(
  choice: AwsChoice,
  world: World,
  patience: Patience = 'patiently',
): Promise<AwsAccess> {
  const { aws, caller, secrets, placed } = await openSession(choice, world, noRegion, patience);
  const batch = new BatchClient({
    ...placed,
    ...tries(world, BATCH_ATTEMPTS[patience]),
    requestHandler: handler(),
  });
  batch.middlewareStack.addRelativeTo(paced(BATCH_RATE), EACH_TRY);
  const close = (): void => {
    secrets.destroy();
    batch.destroy();
  };
  return { target: AWS_BATCH_TARGET, aws, caller, secrets, batch, close };
}

const noRegion = (): HumanError =>
  new HumanError(
    ExitCode.usage,
    phrase`It is not known in which AWS region the run is.`,
    phrase`Set aws.region in the pipeline's config, or AWS_REGION.`,
  );

/** Looks for the credentials of the environment as {@link openAws} would. Sends nothing to the services. */
export async function credentialsOf({ env }: World): Promise<void> {
  const client = new STSClient({ region: env['AWS_REGION'] || 'us-east-1' });
  try {
    await client.config.credentials();
  } finally {
    client.destroy();
  }
}

import { DecryptCommand, EncryptCommand, KMSClient, type KMSClientConfig } from '@aws-sdk/client-kms';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { ExitCode, HumanError } from '../system/human-error.ts';
import { phrase } from '../system/phrase.ts';
import type { World } from '../system/world.ts';
import { answered, awsError, type AwsStep } from './aws-error.ts';
import type { KmsKey } from './kms-key.ts';
import { kmsError } from './kms-error.ts';
import { handler, tries } from './session.ts';

/** Tries of one request: a person waits for it. */
const ATTEMPTS = 3;

/** Shape of the name that a session of a role has in the records of its account. */
const SESSION_NAME = 'nf-secrets';

/**
 * Decrypts with a key of KMS, and with no other: whoever wrote the cipher text cannot choose one of their own.
 *
 * @throws HumanError 65 if it was not encrypted with this key and context; 69, 77 as `kmsError`.
 */
export async function decryptWithKms(key: KmsKey, cipherText: Uint8Array, world: World): Promise<Buffer> {
  return withClient(
    key,
    world,
    { action: 'kms:Decrypt', resource: key.arn, hasValue: true },
    async (client) => {
      const { Plaintext: plain } = await client.send(
        new DecryptCommand({ KeyId: key.arn, CiphertextBlob: cipherText, ...contextOf(key) }),
      );
      return Buffer.from(answered(plain));
    },
  );
}

/** What KMS has encrypted, and the ARN of the key, which an alias only names. */
export interface Encrypted {
  readonly cipherText: Buffer;
  readonly keyArn: string;
}

/** Encrypts with a key of KMS. @throws HumanError 69, 77 as `kmsError`. */
export async function encryptWithKms(key: KmsKey, plain: Uint8Array, world: World): Promise<Encrypted> {
  return withClient(
    key,
    world,
    { action: 'kms:Encrypt', resource: key.arn, hasValue: true },
    async (client) => {
      const { CiphertextBlob: cipherText, KeyId: keyArn } = await client.send(
        new EncryptCommand({ KeyId: key.arn, Plaintext: plain, ...contextOf(key) }),
      );
      return { cipherText: Buffer.from(answered(cipherText)), keyArn: answered(keyArn) };
    },
  );
}

/**
 * Finds the region that the person works in.
 *
 * @throws HumanError 64 if neither the environment nor a profile has one.
 */
export async function ownRegion({ env }: World): Promise<string> {
  // Nextflow's AWS SDK reads both variables, ours only the first.
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || undefined;
  const client = new KMSClient(region === undefined ? {} : { region });
  try {
    const found = await client.config.region().catch(() => undefined);
    if (found) return found;
  } finally {
    client.destroy();
  }
  throw new HumanError(
    ExitCode.usage,
    phrase`An alias is one of a region, and no region of AWS is set.`,
    phrase`Set AWS_REGION, or give the ARN of the key.`,
  );
}

const contextOf = ({ context }: KmsKey): { readonly EncryptionContext?: Record<string, string> } =>
  context.size === 0 ? {} : { EncryptionContext: Object.fromEntries(context) };

async function withClient<Answer>(
  key: KmsKey,
  world: World,
  step: AwsStep,
  request: (client: KMSClient) => Promise<Answer>,
): Promise<Answer> {
  const { region, profile } = key;
  const options = {
    region,
    ...(profile !== undefined && { profile }),
    ...tries(world, ATTEMPTS),
  };
  const credentials = key.role === undefined ? {} : { credentials: await roleCredentials(key.role, options) };
  const client = new KMSClient({ ...options, ...credentials, requestHandler: handler() });
  try {
    return await request(client);
  } catch (error) {
    throw kmsError(error, step, key);
  } finally {
    client.destroy();
  }
}

async function roleCredentials(
  role: string,
  options: Pick<KMSClientConfig, 'profile' | 'maxAttempts'> & { readonly region: string },
): Promise<NonNullable<KMSClientConfig['credentials']>> {
  const sts = new STSClient({ ...options, requestHandler: handler() });
  try {
    const { Credentials: given } = await sts.send(
      new AssumeRoleCommand({ RoleArn: role, RoleSessionName: SESSION_NAME }),
    );
    const { AccessKeyId, SecretAccessKey, SessionToken } = answered(given);
    return {
      accessKeyId: answered(AccessKeyId),
      secretAccessKey: answered(SecretAccessKey),
      sessionToken: answered(SessionToken),
    };
  } catch (error) {
    throw awsError(error, { action: 'sts:AssumeRole', resource: role, hasValue: true });
  } finally {
    sts.destroy();
  }
}

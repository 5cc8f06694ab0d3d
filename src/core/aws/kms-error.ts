import { ExitCode, HumanError } from '../system/human-error.ts';
import { phrase, type Phrase } from '../system/phrase.ts';
import { type Remedy, run } from '../system/remedy.ts';
import { awsError, awsErrorCode, type AwsStep } from './aws-error.ts';
import type { KmsKey } from './kms-key.ts';

/** A key that cannot be used. */
interface KeyFailure {
  readonly exitCode: ExitCode;
  readonly message: Phrase;
  readonly remedy: Remedy;
}

type Failing = Pick<KmsKey, 'arn' | 'region' | 'name'>;

const command = (lead: Phrase, action: string, { arn, region, name }: Failing): Remedy =>
  name.startsWith('key/')
    ? run(lead, `aws kms ${action} --region ${region} --key-id ${arn}`)
    : phrase`${lead}: aws kms ${action}, with the id of its key.`;

/** Failures of the key itself, by KMS's code. */
const FAILURES: Readonly<Record<string, (key: Failing, told: string) => KeyFailure>> = {
  DisabledException: (key) => ({
    exitCode: ExitCode.unavailable,
    message: phrase`The KMS key ${key.arn} is disabled.`,
    remedy: command(phrase`Have it enabled`, 'enable-key', key),
  }),
  KMSInvalidStateException: (key, told) =>
    /pending (replica )?deletion/i.test(told)
      ? {
          exitCode: ExitCode.unavailable,
          message: phrase`The KMS key ${key.arn} is scheduled for deletion.`,
          remedy: command(
            phrase`If that is wrong, cancel it, then enable the key`,
            'cancel-key-deletion',
            key,
          ),
        }
      : {
          exitCode: ExitCode.unavailable,
          message: phrase`The KMS key ${key.arn} is in a state in which it cannot be used.`,
          remedy: command(phrase`To see its state`, 'describe-key', key),
        },
  NotFoundException: (key) => ({
    exitCode: ExitCode.unavailable,
    message: phrase`AWS has no KMS key ${key.arn}.`,
    remedy: phrase`It was deleted, or the ARN is of another account or region than the key.`,
  }),
  InvalidKeyUsageException: (key) => ({
    exitCode: ExitCode.unavailable,
    message: phrase`The KMS key ${key.arn} is not for encrypting.`,
    remedy: phrase`It has to be a symmetric key with the usage ENCRYPT_DECRYPT.`,
  }),
  InvalidCiphertextException: (key) => notOfThisKey(key),
  IncorrectKeyException: (key) => notOfThisKey(key),
};

function notOfThisKey({ arn, name }: Failing): KeyFailure {
  return {
    exitCode: ExitCode.data,
    message: phrase`The data key in the file was not encrypted with the KMS key ${arn} and the same encryption context.`,
    remedy: name.startsWith('alias/')
      ? phrase`The alias names another key now, or the file was changed. Somebody who can open it gives it a new data key.`
      : phrase`Somebody has changed the file: put it back from git.`,
  };
}

/**
 * Turns an answer of KMS into an error for a person: 65 if the cipher text is not of this key; 69 if the key cannot be
 * used or AWS cannot be reached; 77 if something is not permitted. Other errors pass unchanged.
 */
export function kmsError(error: unknown, step: AwsStep, key: Failing): unknown {
  const code = awsErrorCode(error);
  const failure =
    code !== undefined && error instanceof Error && Object.hasOwn(FAILURES, code)
      ? FAILURES[code]?.(key, error.message)
      : undefined;
  if (failure !== undefined) return new HumanError(failure.exitCode, failure.message, failure.remedy);
  if (
    code === 'KeyUnavailableException' ||
    code === 'DependencyTimeoutException' ||
    code === 'KMSInternalException'
  )
    return new HumanError(
      ExitCode.unavailable,
      phrase`KMS cannot use the key ${key.arn} at the moment (${code}).`,
      phrase`Try again in a minute.`,
    );
  return withKeyPolicy(awsError(error, step));
}

/** A key has a policy of its own, which has to let the account's policies count. */
function withKeyPolicy(error: unknown): unknown {
  if (
    !(error instanceof HumanError) ||
    !error.remedies.some((one) => 'do' in one && one.do === 'add-statement')
  )
    return error;
  return new HumanError(error.exitCode, error.phrase, [
    ...error.remedies,
    phrase`The key's own policy has to allow it too, and in another account both are needed.`,
  ]);
}

import { type AllowStatement, missingStatement, statementLine } from './policy/missing-statement.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { printable } from '../../system/printable.ts';

/** One request, in words. */
export interface AwsStep {
  /** As it stands in a policy: `secretsmanager:CreateSecret`. */
  readonly action: string;
  /** What it is about: a name or an ARN, never a value. */
  readonly resource: string;
}

/** The codes that matter, by what a person does about them. */
const DENIED =
  /^(AccessDenied|AccessDeniedException|UnauthorizedOperation|NotAuthorized|AuthorizationError)$/;
const CREDENTIALS =
  /^(ExpiredToken|ExpiredTokenException|InvalidClientTokenId|UnrecognizedClientException|InvalidAccessKeyId|MissingAuthenticationToken|MissingAuthenticationTokenException|IncompleteSignature|CredentialsProviderError|TokenProviderError|ProviderError|UnauthorizedException|InvalidGrantException|OptInRequired)$/;
const CLOCK = /^(RequestExpired|RequestTimeTooSkewed|SignatureDoesNotMatch|InvalidSignatureException)$/;
const THROTTLED = /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|BandwidthLimitExceeded/;
const QUOTA = /^(LimitExceededException|ServiceQuotaExceededException|QuotaExceededException)$/;
const KEY = /^(EncryptionFailure|DecryptionFailure|EncryptionFailureException|KMS\w*|NotFoundException)$/;
const UNREACHABLE =
  /^(TimeoutError|SyntaxError|IncompleteAnswer|RequestTimeout|RequestTimeoutException|NetworkingError|ServerException|InternalFailure|InternalServiceError|InternalServerError|ServiceUnavailable|ServiceUnavailableException|E[A-Z_]{3,}|UND_ERR_\w+|CERT_\w+|\w+_CERT\w*)$/;

/** The code of an AWS error or of the network's, or undefined if it is none: a bug of ours. */
export function awsErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // The SDK puts its metadata on the network's errors too, whose name says nothing.
  if ('$metadata' in error && !/^(Aggregate)?Error$/.test(error.name)) return error.name;
  if ('code' in error && typeof error.code === 'string') return error.code;
  if ('$metadata' in error) return error.name;
  return CREDENTIALS.test(error.name) || UNREACHABLE.test(error.name) ? error.name : undefined;
}

/** An answer without what it has to have, as a proxy on the way may give it: nothing can be said from it. */
class IncompleteAnswer extends Error {
  override readonly name = 'IncompleteAnswer';
  readonly code = 'IncompleteAnswer';
}

/**
 * A part of an answer of AWS that is always there, empty or not.
 *
 * @throws Error which {@link awsError} takes.
 */
export function answered<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new IncompleteAnswer();
  return part;
}

/** Whether AWS says that the thing is not there. */
export const isMissing = (error: unknown): boolean => awsErrorCode(error) === 'ResourceNotFoundException';

/**
 * Whether Secrets Manager answers that a secret of this name waits for its deletion: somebody has deleted it with a
 * recovery window. It has no code of its own for that, and several wordings.
 */
export const isScheduledForDeletion = (error: unknown): boolean =>
  awsErrorCode(error) !== undefined &&
  /scheduled for deletion|marked for deletion|marked deleted/i.test((error as Error).message);

/** Whether AWS answered that there were too many requests. */
export const isThrottled = (error: unknown): boolean => {
  const { $metadata } = (error ?? {}) as { $metadata?: { httpStatusCode?: number } };
  return $metadata?.httpStatusCode === 429 || THROTTLED.test(awsErrorCode(error) ?? '');
};

/** Whether AWS answered that this very action is not allowed. */
export const isDenied = (error: unknown): boolean => DENIED.test(awsErrorCode(error) ?? '');

/** What AWS refused, as its answer has it. */
export interface Refusal {
  /** What is not allowed: a role may be what must not be passed on, or a key what must not be used. */
  readonly action: string;
  readonly resource: string;
  /** ARN; undefined if the answer names nobody. */
  readonly principal: string | undefined;
  /** Which policies are in the way, if not those of the user or role: `the permissions boundary`, …; else empty. */
  readonly place: string;
  /** What has to be added there; undefined where something denies it explicitly. */
  readonly statement: AllowStatement | undefined;
}

/**
 * What was refused, by the sentence in which AWS says it ("Troubleshoot access denied error messages", IAM User Guide).
 *
 * @returns undefined if the error is none of permission.
 */
export function refusalOf(error: unknown, { action, resource }: AwsStep): Refusal | undefined {
  if (!isDenied(error) || !(error instanceof Error)) return undefined;
  const { message } = error;
  // Secrets Manager does not say which action on the key it was.
  const ofKey = action === 'secretsmanager:CreateSecret' && /\bKMS\b/.test(message);
  const refused =
    /not authorized to perform:? ([a-z0-9-]+:[A-Za-z]+)/.exec(message)?.[1] ??
    (ofKey ? 'kms:GenerateDataKey' : action);
  const on = /on resource:? (arn:[\w:/.*+=@,-]+)/.exec(message)?.[1] ?? (ofKey ? 'the KMS key' : resource);
  const denier = /with an explicit deny in an? ([A-Za-z -]+?)(?: policy)?(?=[:.(]|$)/.exec(message)?.[1];
  const lacking = /because no ([A-Za-z -]+?)(?: policy)? allows/.exec(message)?.[1];
  const isOwn = (kind: string | undefined): boolean =>
    kind === undefined || kind.startsWith('identity-based');
  return {
    action: refused,
    resource: on,
    principal: /User:? (arn:[\w:/.*+=@,-]+)/.exec(message)?.[1],
    place: denier === undefined ? (isOwn(lacking) ? '' : placeOf(lacking ?? '')) : placeOf(denier),
    statement: denier === undefined ? missingStatement(refused, on) : undefined,
  };
}

const placeOf = (kind: string): string => (kind.includes('boundary') ? `the ${kind}` : `the ${kind} policy`);

/**
 * What AWS answered, as an error that a person may read: 77 where something is not permitted, 69 where AWS cannot be
 * had, 73 where it does not make what it is asked for. An error that is not AWS's or the network's passes unchanged.
 * AWS's own text may repeat the request, so of a request with a value in it only the code is shown.
 *
 * @param said - whether AWS's text may be shown.
 */
export function awsError(error: unknown, { action, resource }: AwsStep, said = true): unknown {
  if (error instanceof HumanError) return error;
  const code = awsErrorCode(error);
  if (code === undefined || !(error instanceof Error)) return error;
  const what = `${action} on ${printable(resource)}`;
  const text = said && error.message !== '' ? `${code}: ${shortened(error.message)}` : code;
  const human = (exitCode: ExitCode, message: string, remedy: string): HumanError =>
    // What AWS answered may have the request in it, so it is no cause.
    new HumanError(exitCode, message, remedy);

  const refused = refusalOf(error, { action, resource });
  if (refused !== undefined) {
    const who = refused.principal === undefined ? 'you' : printable(refused.principal);
    const whose = refused.principal === undefined ? 'your user or role' : who;
    const { statement, place } = refused;
    return human(
      ExitCode.notPermitted,
      `AWS does not let ${who} do ${refused.action} on ${printable(refused.resource)}.`,
      statement === undefined
        ? `What denies it is ${printable(place)}, explicitly: no statement that is added elsewhere helps.`
        : `Have this added to ${place === '' ? `the policies of ${whose}` : printable(place)}:\n  ${statementLine(statement)}`,
    );
  }
  if (CREDENTIALS.test(code)) {
    const expired = /Expired|Grant|TokenProvider/.test(code) || /expired/i.test(error.message);
    return human(
      ExitCode.notPermitted,
      expired
        ? `Your AWS credentials have expired (${code}, at ${action}).`
        : `AWS does not take your credentials, or there are none (${code}, at ${action}).`,
      'Log in again (aws sso login, aws configure), or choose others: AWS_PROFILE=NAME. Which ones are used now: ' +
        'aws sts get-caller-identity',
    );
  }
  if (CLOCK.test(code)) {
    return human(
      ExitCode.notPermitted,
      `AWS does not take the signature of ${action} (${code}): the clock of this machine is wrong, or the secret access key is.`,
      'Compare `date -u` with another clock, then the credentials: aws sts get-caller-identity',
    );
  }
  if (isThrottled(error)) {
    return human(
      ExitCode.unavailable,
      `AWS throttles ${what}, even after several tries (${code}).`,
      'Other programs use the same account. Try again in a minute.',
    );
  }
  if (QUOTA.test(code)) {
    return human(
      ExitCode.cannotCreate,
      `A quota of the account is used up: ${what} (${code}).`,
      'Remove what is not used any more, or ask for more: AWS console, Service Quotas.',
    );
  }
  if (isScheduledForDeletion(error)) {
    return human(
      ExitCode.cannotCreate,
      `${printable(resource)} is scheduled for deletion, which blocks its name for 7 to 30 days.`,
      'Launch again: every run has names of its own.',
    );
  }
  if (code === 'ResourceExistsException') {
    return human(
      ExitCode.cannotCreate,
      `There is a secret ${printable(resource)} already, which this run did not make. It was left alone.`,
      'Launch again: every run has names of its own.',
    );
  }
  if (KEY.test(code)) {
    return human(
      ExitCode.cannotCreate,
      `${what} failed because of its KMS key (${code}).`,
      'Check that the key exists in this region, is enabled, and lets you do kms:GenerateDataKey and kms:Decrypt.',
    );
  }
  const { $fault, $metadata } = error as { $fault?: unknown; $metadata?: { httpStatusCode?: number } };
  if ($metadata?.httpStatusCode === 407) {
    return human(
      ExitCode.unavailable,
      `The proxy does not let ${action} pass without a name and a password.`,
      'Put them into the address: HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT, with %-codes for special characters.',
    );
  }
  if (UNREACHABLE.test(code) || $fault === 'server' || ($metadata?.httpStatusCode ?? 0) >= 500) {
    return human(
      ExitCode.unavailable,
      `AWS cannot be reached, or does not answer well: ${what} (${code}).`,
      'Check the network, the proxy (HTTPS_PROXY), the region and AWS_ENDPOINT_URL, then try again.',
    );
  }
  return human(ExitCode.cannotCreate, `AWS refused ${what}: ${text}`, 'Change what it names, and try again.');
}

const shortened = (text: string): string => {
  const line = printable(text.replaceAll('\n', ' '));
  return line.length > 400 ? `${line.slice(0, 400)}…` : line;
};

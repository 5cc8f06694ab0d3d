import { ExitCode, HumanError } from '../../human-error.ts';
import { printable } from '../../printable.ts';

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
  /^(TimeoutError|RequestTimeout|RequestTimeoutException|NetworkingError|ServerException|InternalFailure|InternalServiceError|InternalServerError|ServiceUnavailable|ServiceUnavailableException|E[A-Z_]{3,}|UND_ERR_\w+|CERT_\w+|\w+_CERT\w*)$/;

/** The code of an AWS error or of the network's, or undefined if it is none: a bug of ours. */
export function awsErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('$metadata' in error) return error.name;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return CREDENTIALS.test(error.name) || UNREACHABLE.test(error.name) ? error.name : undefined;
}

/** Whether AWS says that the thing is not there. */
export const isMissing = (error: unknown): boolean => awsErrorCode(error) === 'ResourceNotFoundException';

/** Whether AWS answered that this very action is not allowed. */
export const isDenied = (error: unknown): boolean => DENIED.test(awsErrorCode(error) ?? '');

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

  if (DENIED.test(code)) {
    // A role may be what is not allowed to be passed on, or a key to be used.
    const refused = /not authorized to perform:? ([a-z0-9-]+:[A-Za-z]+)/.exec(error.message)?.[1] ?? action;
    const on = /on resource:? (arn:[\w:/.*+=@,-]+)/.exec(error.message)?.[1] ?? resource;
    const who = /User:? (arn:[\w:/.*+=@,-]+)/.exec(error.message)?.[1];
    return human(
      ExitCode.notPermitted,
      `AWS does not let ${who === undefined ? 'you' : printable(who)} do ${refused} on ${printable(on)}.`,
      `Have this added to the policies of ${who === undefined ? 'your user or role' : printable(who)}:\n` +
        `  {"Effect": "Allow", "Action": "${refused}", "Resource": "${policyResource(refused, on)}"}`,
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
  if (THROTTLED.test(code)) {
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
  if (/scheduled for deletion|marked for deletion|marked deleted/i.test(error.message)) {
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

/** Secrets Manager adds six random characters to a name. */
const policyResource = (action: string, resource: string): string =>
  !resource.startsWith('arn:')
    ? '*'
    : action.startsWith('secretsmanager:')
      ? resource.replace(/nfs-[^/]+\/.*$/, 'nfs-*')
      : printable(resource);

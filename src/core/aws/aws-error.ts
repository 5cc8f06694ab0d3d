import {
  type AllowStatement,
  missingOnKey,
  missingStatement,
  statementLine,
} from './policy/missing-statement.ts';
import { ExitCode, HumanError } from '../system/human-error.ts';
import { printable } from '../system/printable.ts';
import { type Phrase, phrase } from '../system/phrase.ts';
import { type Remedies, run } from '../system/remedy.ts';

/** One request to AWS. */
export interface AwsStep {
  /** Name of the action in policies: `secretsmanager:CreateSecret`. */
  readonly action: string;
  /** A name or an ARN, never a value. */
  readonly resource: string;
  /** The request has a value in it, so no text of the answer is shown. */
  readonly hasValue?: true;
}

// Codes of AWS and of the network, by the remedy.
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

/** The code of an error of AWS or of the network; undefined for any other error, which is a bug of ours. */
export function awsErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // The SDK puts its metadata on the network's errors too; their names tell nothing.
  if ('$metadata' in error && !/^(Aggregate)?Error$/.test(error.name)) return error.name;
  if ('code' in error && typeof error.code === 'string') return error.code;
  if ('$metadata' in error) return error.name;
  return CREDENTIALS.test(error.name) || UNREACHABLE.test(error.name) ? error.name : undefined;
}

/** An answer without a part that it has to have, as a proxy may give it: nothing can be concluded from it. */
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

/** AWS answered that there is no such thing. */
export const isMissing = (error: unknown): boolean => awsErrorCode(error) === 'ResourceNotFoundException';

/**
 * Secrets Manager answered that a secret of this name waits for its deletion: somebody has deleted it with a recovery
 * window. It has no code of its own for that, and several wordings.
 */
export const isScheduledForDeletion = (error: unknown): boolean =>
  awsErrorCode(error) !== undefined &&
  /scheduled for deletion|marked for deletion|marked deleted/i.test((error as Error).message);

/** AWS answered that there were too many requests. */
export const isThrottled = (error: unknown): boolean => {
  const { $metadata } = (error ?? {}) as { $metadata?: { httpStatusCode?: number } };
  return $metadata?.httpStatusCode === 429 || THROTTLED.test(awsErrorCode(error) ?? '');
};

/** AWS answered that this very action is not allowed. */
export const isDenied = (error: unknown): boolean => DENIED.test(awsErrorCode(error) ?? '');

/** A refusal, read from the answer of AWS. */
export interface Refusal {
  /** The action that is not allowed, or another one that AWS needs for the request, as to pass a role or use a key. */
  readonly action: string;
  readonly resource: string;
  /** ARN; undefined if the answer names nobody. */
  readonly principal: string | undefined;
  /** Policies that deny it, if they are not those of the user or role: `the permissions boundary`, … */
  readonly policies: Phrase | undefined;
  /** Statement to add to the policies; undefined if something denies the action explicitly. */
  readonly statement: AllowStatement | undefined;
}

/** What Secrets Manager does with the key of a secret, in the name of the person. */
const ON_KEY: ReadonlyMap<string, string> = new Map([
  ['secretsmanager:CreateSecret', 'kms:GenerateDataKey'],
  ['secretsmanager:PutSecretValue', 'kms:GenerateDataKey'],
  ['secretsmanager:GetSecretValue', 'kms:Decrypt'],
]);

/**
 * Reads a refusal from the sentence of AWS ("Troubleshoot access denied error messages", IAM User Guide).
 *
 * @returns undefined if the error is not about a permission.
 */
export function refusalOf(error: unknown, { action, resource }: AwsStep): Refusal | undefined {
  if (!isDenied(error) || !(error instanceof Error)) return undefined;
  const { message } = error;
  // Secrets Manager does not tell which action on the key it was.
  const onKey = /\bKMS\b/.test(message) ? ON_KEY.get(action) : undefined;
  const refused = /not authorized to perform:? ([a-z0-9-]+:[A-Za-z]+)/.exec(message)?.[1] ?? onKey ?? action;
  const on =
    /on resource:? (arn:[\w:/.*+=@,-]+)/.exec(message)?.[1] ??
    (onKey === undefined ? resource : 'the KMS key');
  const denier = /with an explicit deny in an? ([A-Za-z -]+?)(?: policy)?(?=[:.(]|$)/.exec(message)?.[1];
  const lacking = /because no ([A-Za-z -]+?)(?: policy)? allows/.exec(message)?.[1];
  const isOwn = (kind: string | undefined): boolean =>
    kind === undefined || kind.startsWith('identity-based');
  return {
    action: refused,
    resource: on,
    principal: /User:? (arn:[\w:/.*+=@,-]+)/.exec(message)?.[1],
    policies: policiesOf(denier ?? (isOwn(lacking) ? undefined : lacking)),
    // A request to KMS itself comes from no other service, which the usual statement about a key would name.
    statement:
      denier === undefined ? (isOnKms(action) ? missingOnKey : missingStatement)(refused, on) : undefined,
  };
}

const isOnKms = (action: string): boolean => action.startsWith('kms:');

function policiesOf(kind: string | undefined): Phrase | undefined {
  if (kind === undefined) return undefined;
  return kind.includes('boundary') ? phrase`the ${kind}` : phrase`the ${kind} policy`;
}

/** A request that has failed. */
interface Failure extends AwsStep {
  readonly code: string;
  readonly error: Error;
  /** Status of HTTP; 0 without an answer. */
  readonly status: number;
  /** Printable text of its resource. */
  readonly shown: string;
}

/** Failures with the same remedy. */
interface FailureKind {
  readonly exitCode: ExitCode;
  readonly message: (failure: Failure) => Phrase;
  readonly remedy: Remedies;
}

const LOG_IN: Remedies = [
  { do: 'choose-profile' },
  run(
    phrase`Log in again (aws sso login, aws configure), or choose others: AWS_PROFILE=NAME. Which ones are used now`,
    'aws sts get-caller-identity',
  ),
];
const LAUNCH_AGAIN = phrase`Launch again: every run has names of its own.`;

/** All kinds but refusals and {@link OTHER}, and the test for each. The first that is met counts. */
const KINDS: readonly (FailureKind & { readonly isMet: (failure: Failure) => boolean })[] = [
  {
    isMet: ({ code, error }) =>
      CREDENTIALS.test(code) && (/Expired|Grant|TokenProvider/.test(code) || /expired/i.test(error.message)),
    exitCode: ExitCode.notPermitted,
    message: ({ code, action }) => phrase`Your AWS credentials have expired (${code}, at ${action}).`,
    remedy: LOG_IN,
  },
  {
    isMet: ({ code }) => CREDENTIALS.test(code),
    exitCode: ExitCode.notPermitted,
    message: ({ code, action }) =>
      phrase`AWS does not take your credentials, or there are none (${code}, at ${action}).`,
    remedy: LOG_IN,
  },
  {
    isMet: ({ code }) => CLOCK.test(code),
    exitCode: ExitCode.notPermitted,
    message: ({ code, action }) =>
      phrase`AWS does not take the signature of ${action} (${code}): the clock of this machine is wrong, or the secret access key is.`,
    remedy: run(
      phrase`Compare \`date -u\` with another clock, then the credentials`,
      'aws sts get-caller-identity',
    ),
  },
  {
    isMet: ({ error }) => isThrottled(error),
    exitCode: ExitCode.unavailable,
    message: ({ code, action, shown }) =>
      phrase`AWS throttles ${action} on ${shown}, even after several tries (${code}).`,
    remedy: phrase`Other programs use the same account. Try again in a minute.`,
  },
  {
    isMet: ({ code }) => QUOTA.test(code),
    exitCode: ExitCode.cannotCreate,
    message: ({ code, action, shown }) =>
      phrase`A quota of the account is used up: ${action} on ${shown} (${code}).`,
    remedy: phrase`Remove what is not used any more, or ask for more: AWS console, Service Quotas.`,
  },
  {
    isMet: ({ error }) => isScheduledForDeletion(error),
    exitCode: ExitCode.cannotCreate,
    message: ({ shown }) =>
      phrase`${shown} is scheduled for deletion, which blocks its name for 7 to 30 days.`,
    remedy: LAUNCH_AGAIN,
  },
  {
    isMet: ({ code }) => code === 'ResourceExistsException',
    exitCode: ExitCode.cannotCreate,
    message: ({ shown }) =>
      phrase`There is a secret ${shown} already, which this run did not make. It was left alone.`,
    remedy: LAUNCH_AGAIN,
  },
  {
    isMet: ({ code }) => KEY.test(code),
    exitCode: ExitCode.cannotCreate,
    message: ({ code, action, shown }) =>
      phrase`${action} on ${shown} failed because of its KMS key (${code}).`,
    remedy: phrase`Check that the key exists in this region, is enabled, and lets you do kms:GenerateDataKey and kms:Decrypt.`,
  },
  {
    isMet: ({ status }) => status === 407,
    exitCode: ExitCode.unavailable,
    message: ({ action }) => phrase`The proxy does not let ${action} pass without a name and a password.`,
    remedy: phrase`Put them into the address: HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT, with %-codes for special characters.`,
  },
  {
    isMet: ({ code, error, status }) =>
      UNREACHABLE.test(code) || ('$fault' in error && error.$fault === 'server') || status >= 500,
    exitCode: ExitCode.unavailable,
    message: ({ code, action, shown }) =>
      phrase`AWS cannot be reached, or does not answer well: ${action} on ${shown} (${code}).`,
    remedy: phrase`Check the network, the proxy (HTTPS_PROXY), the region and AWS_ENDPOINT_URL, then try again.`,
  },
];

const OTHER: FailureKind = {
  exitCode: ExitCode.cannotCreate,
  message: ({ code, action, shown, error, hasValue }) =>
    hasValue === true || error.message === ''
      ? phrase`AWS refused ${action} on ${shown}: ${code}`
      : phrase`AWS refused ${action} on ${shown}: ${code}: ${shortened(error.message)}`,
  remedy: phrase`Change what it names, and try again.`,
};

/**
 * Turns an answer of AWS into an error for a person: 77 if something is not permitted, 69 if AWS cannot be reached, 73
 * if AWS does not make the requested item. Other errors, not of AWS or the network, pass unchanged. AWS's answer may
 * repeat the request, so the error does not have it as its cause.
 */
export function awsError(error: unknown, step: AwsStep): unknown {
  if (error instanceof HumanError) return error;
  const code = awsErrorCode(error);
  if (code === undefined || !(error instanceof Error)) return error;
  const refusal = refusalOf(error, step);
  if (refusal !== undefined) return refusalError(refusal);
  const { $metadata: { httpStatusCode: status = 0 } = {} } = error as {
    $metadata?: { httpStatusCode?: number };
  };
  const failure: Failure = { ...step, code, error, status, shown: printable(step.resource) };
  const { exitCode, message, remedy } = KINDS.find(({ isMet }) => isMet(failure)) ?? OTHER;
  return new HumanError(exitCode, message(failure), remedy);
}

function refusalError({ action, resource, principal, policies, statement }: Refusal): HumanError {
  const who = principal === undefined ? undefined : printable(principal);
  const own = who === undefined ? phrase`the policies of your user or role` : phrase`the policies of ${who}`;
  return new HumanError(
    ExitCode.notPermitted,
    who === undefined
      ? phrase`AWS does not let you do ${action} on ${printable(resource)}.`
      : phrase`AWS does not let ${who} do ${action} on ${printable(resource)}.`,
    statement === undefined
      ? phrase`A policy denies it explicitly (${policies ?? own}): no statement that is added elsewhere helps.`
      : {
          ...{ do: 'add-statement', statement: statementLine(statement) },
          lead: phrase`Have this added to ${policies ?? own}`,
        },
  );
}

const shortened = (text: string): string => {
  const line = printable(text.replaceAll('\n', ' '));
  return line.length > 400 ? `${line.slice(0, 400)}…` : line;
};

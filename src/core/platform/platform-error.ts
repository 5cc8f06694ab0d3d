import { ExitCode, HumanError } from '../system/human-error.ts';
import { type Phrase, phrase } from '../system/phrase.ts';
import { printable } from '../system/printable.ts';
import type { Remedies } from '../system/remedy.ts';
import type { TransportError } from './transport.ts';

/**
 * What a Platform did not do, and why:
 * - `no-token`: the person has given none.
 * - `signed-out`: it does not know the token, or not any more.
 * - `not-allowed`: the token is good, and the role does not allow it. A Platform without the function answers the same.
 * - `workspace-gone`: the person does not see the workspace any more.
 * - `personal-off`: users have no secrets of their own there.
 * - `not-offered`: it does not know the function.
 * - `not-found`: there is no such thing (any more).
 * - `name-exists`: another secret has the name.
 * - `refused`: it does not take what was sent.
 * - `throttled`: too many requests.
 * - `unavailable`: it cannot be reached, or fails.
 * - `answer-lost`: a change was sent, and what became of it is not known.
 * - `redirected`: the address is another one.
 * - `not-a-platform`: what answers is none.
 */
export type PlatformErrorCode =
  | 'no-token'
  | 'signed-out'
  | 'not-allowed'
  | 'workspace-gone'
  | 'personal-off'
  | 'not-offered'
  | 'not-found'
  | 'name-exists'
  | 'refused'
  | 'throttled'
  | 'unavailable'
  | 'answer-lost'
  | 'redirected'
  | 'not-a-platform';

const EXIT_CODES: Readonly<Record<PlatformErrorCode, ExitCode>> = {
  'no-token': ExitCode.notPermitted,
  'signed-out': ExitCode.notPermitted,
  'not-allowed': ExitCode.notPermitted,
  'workspace-gone': ExitCode.notPermitted,
  'personal-off': ExitCode.unavailable,
  'not-offered': ExitCode.unavailable,
  'not-found': ExitCode.missing,
  'name-exists': ExitCode.cannotCreate,
  refused: ExitCode.cannotCreate,
  throttled: ExitCode.unavailable,
  unavailable: ExitCode.unavailable,
  'answer-lost': ExitCode.unavailable,
  redirected: ExitCode.unavailable,
  'not-a-platform': ExitCode.unavailable,
};

/** An error of a Platform, or on the way to it. Never holds a value or a token. */
export class PlatformError extends HumanError {
  readonly code: PlatformErrorCode;

  constructor(code: PlatformErrorCode, message: Phrase, remedies: Remedies) {
    super(EXIT_CODES[code], message, remedies);
    this.name = 'PlatformError';
    this.code = code;
  }
}

/** One thing that is asked of a Platform. */
export interface Step {
  /** What it is to do, to follow "does not let you": `list the secrets of ORG/WS`. */
  readonly doing: Phrase;
  /** The request has a value in it, so no text of the answer is shown. */
  readonly hasValue?: true;
}

export const signedOut = (host: string): PlatformError =>
  new PlatformError(
    'signed-out',
    phrase`${host} does not take the access token: it is wrong, has expired or was deleted.`,
    { do: 'platform-login' },
  );

export const notAllowed = (host: string, { doing }: Step, roles: readonly string[]): PlatformError =>
  new PlatformError(
    'not-allowed',
    roles.length === 0
      ? phrase`${host} does not let you ${doing}.`
      : phrase`${host} does not let you ${doing}. Your role there is ${roles.map(printable).join(', ')}.`,
    phrase`Ask an owner or admin of the workspace for a role that may: "maintain" for secrets, "launch" for runs. A Platform that does not have this function answers the same.`,
  );

export const workspaceGone = (host: string, title: string): PlatformError =>
  new PlatformError(
    'workspace-gone',
    phrase`${host} does not show you the workspace ${printable(title)} any more: it was deleted, or you are no member of it now.`,
    { do: 'list-platform-workspaces' },
  );

export const personalOff = (host: string): PlatformError =>
  new PlatformError(
    'personal-off',
    phrase`Users of ${host} have no secrets of their own: its personal workspaces are turned off.`,
    { do: 'list-platform-workspaces' },
  );

export const notOffered = (host: string, { doing }: Step): PlatformError =>
  new PlatformError(
    'not-offered',
    phrase`${host} does not know how to ${doing}.`,
    phrase`Its version may be too old, or the address is not the one of its API. For Seqera Platform Enterprise that is https://HOST/api.`,
  );

export const notFound = (host: string, { doing }: Step): PlatformError =>
  new PlatformError(
    'not-found',
    phrase`${host} cannot ${doing}: it is not there.`,
    phrase`Somebody may have deleted it meanwhile.`,
  );

export const nameExists = (host: string, name: string, title: string): PlatformError =>
  new PlatformError(
    'name-exists',
    phrase`${printable(title)} on ${host} has a secret ${name} already, which was made meanwhile. It was left alone.`,
    phrase`Look at it there, then try again.`,
  );

export const refused = (host: string, { doing, hasValue }: Step, answer: string): PlatformError =>
  new PlatformError(
    'refused',
    hasValue === true || answer === ''
      ? phrase`${host} refused to ${doing}.`
      : phrase`${host} refused to ${doing}: ${shortened(answer)}`,
    phrase`Change what it does not take, and try again.`,
  );

export const throttled = (host: string, { doing }: Step): PlatformError =>
  new PlatformError(
    'throttled',
    phrase`${host} takes no more requests now, so it did not ${doing}.`,
    phrase`Other programs may use the same token. Try again in a minute.`,
  );

/** @param answer - message of the Platform, which has the number that its support asks for. */
export const failing = (
  host: string,
  { doing, hasValue }: Step,
  status: number,
  answer: string,
): PlatformError =>
  new PlatformError(
    'unavailable',
    told(answer, hasValue) === ''
      ? phrase`${host} failed to ${doing} (HTTP ${status}).`
      : phrase`${host} failed to ${doing} (HTTP ${status}): ${told(answer, hasValue)}`,
    phrase`Try again later.`,
  );

/** What may be shown of a failure: without a text that could repeat a value, the number of it alone. */
const told = (answer: string, hasValue: true | undefined): string =>
  hasValue === true ? (/\bError ID: [\w-]{1,64}/.exec(answer)?.[0] ?? '') : shortened(answer);

export function unreachable(host: string, { doing }: Step, error: TransportError): PlatformError {
  const { code } = error;
  if (error.isCertificate) {
    return new PlatformError(
      'unavailable',
      phrase`The certificate of ${host} is not one that this machine trusts (${code}).`,
      phrase`If your organisation has its own authority for certificates, name its file: NODE_EXTRA_CA_CERTS=FILE.`,
    );
  }
  if (code === 'TOO_LARGE') {
    return new PlatformError(
      'not-a-platform',
      phrase`The answer of ${host} is too long to be one of a Platform.`,
      phrase`Check the address.`,
    );
  }
  return new PlatformError(
    'unavailable',
    code === 'TIMEOUT'
      ? phrase`${host} gave no answer in time when it was asked to ${doing}.`
      : phrase`${host} cannot be reached to ${doing} (${code}).`,
    phrase`Check the address, the network and the proxy (HTTPS_PROXY, NO_PROXY), then try again.`,
  );
}

export const behindProxy = (host: string): PlatformError =>
  new PlatformError(
    'unavailable',
    phrase`The proxy does not let requests to ${host} pass without a name and a password.`,
    phrase`Put them into the address: HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT, with %-codes for special characters.`,
  );

/** A change that was sent and has no good answer: it may have been made or not. Nobody has looked yet. */
export class LostAnswer extends PlatformError {
  /** What came instead of the answer. */
  readonly failure: PlatformError;
  /** True if the Platform, or what stands in its place, did answer: with a failure of its own. */
  readonly isAnswered: boolean;

  constructor(host: string, { doing }: Step, failure: PlatformError, isAnswered: boolean) {
    super(
      'answer-lost',
      phrase`${host} was asked to ${doing}, and gave no answer: it may have done so or not.`,
      [phrase`Look there before you try again.`, phrase`What came instead: ${failure.phrase}`],
    );
    this.failure = failure;
    this.isAnswered = isAnswered;
  }
}

/** A change whose answer was lost, and that a look at the Platform did not show. */
export const notSeen = (host: string, { doing }: Step): PlatformError =>
  new PlatformError(
    'answer-lost',
    phrase`${host} was asked to ${doing}, and its answer was lost. A look there does not show the change.`,
    phrase`It may still come. Look again before you try again.`,
  );

export const redirected = (host: string, target: string): PlatformError =>
  new PlatformError(
    'redirected',
    target === ''
      ? phrase`${host} sends requests elsewhere. The token was not sent there.`
      : phrase`${host} sends requests to ${printable(target)}. The token was not sent there.`,
    phrase`If that is your Platform, log in with that address.`,
  );

export const notAPlatform = (host: string, url: string): PlatformError =>
  new PlatformError(
    'not-a-platform',
    phrase`What answers at ${printable(url)} is no Seqera Platform.`,
    phrase`Check the address of ${host}. For Seqera Platform Enterprise it is https://HOST/api.`,
  );

const shortened = (text: string): string => {
  const line = printable(text.replaceAll('\n', ' '));
  return line.length > 400 ? `${line.slice(0, 400)}…` : line;
};

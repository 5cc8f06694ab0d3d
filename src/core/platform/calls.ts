import { setTimeout as sleep } from 'node:timers/promises';
import type { SecretValue } from '../secrets/secret-value.ts';
import { Pace } from '../system/pace.ts';
import { phrase } from '../system/phrase.ts';
import { Fields, IncompleteAnswer, type Json, parseAnswer } from './answer-json.ts';
import type { Endpoint } from './endpoint.ts';
import * as failures from './platform-error.ts';
import type { PlatformError, Step } from './platform-error.ts';
import { type HttpAnswer, type HttpRequest, type Transport, TransportError } from './transport.ts';
import type { PlatformContext } from './types.ts';

/** A call of the API. */
export interface Call extends Step {
  readonly method: HttpRequest['method'];
  /** Path with its query, after the address of the API. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: object;
  /** The context that it is about, to tell why it was refused. */
  readonly context?: PlatformContext;
  /** True for the calls that tell why another one was refused. */
  readonly isDiagnosis?: true;
  /** True for a call that needs no token, and gets none. */
  readonly isOpen?: true;
}

/** The API takes 20 calls a second of a token. In no second are there more than burst and rate together. */
const RATE = { perSecond: 10, burst: 9 };
/** Pauses before a read is repeated, in milliseconds. */
const PAUSES: readonly number[] = [300, 1_000, 3_000];
/** Longest pause that a Platform may ask for, in milliseconds. */
const MAX_PAUSE = 20_000;

/** Failures that a repetition does not mend, or that have taken long enough. */
const FINAL: ReadonlySet<string> = new Set(['TIMEOUT', 'TOO_LARGE', 'ENOTFOUND', 'ECONNREFUSED']);

/** All calls of one token: their pace, and what becomes of refusals. */
export class PlatformCalls {
  readonly endpoint: Endpoint;
  readonly #token: SecretValue | undefined;
  readonly #transport: Transport;
  readonly #pauses: readonly number[];
  readonly #pace = new Pace(RATE);

  constructor(
    endpoint: Endpoint,
    token: SecretValue | undefined,
    { transport, pauses = PAUSES }: { readonly transport: Transport; readonly pauses?: readonly number[] },
  ) {
    this.endpoint = endpoint;
    this.#token = token;
    this.#transport = transport;
    this.#pauses = pauses;
  }

  get host(): string {
    return this.endpoint.host;
  }

  /**
   * Reads, several times if the Platform is busy or fails.
   *
   * @throws PlatformError
   */
  async read<Result>(call: Call, parse: (answer: Fields) => Result): Promise<Result> {
    const answer = await this.#patiently(call);
    return this.#parsed(await this.#checked(answer, call), parse);
  }

  async #patiently(call: Call): Promise<HttpAnswer> {
    for (let attempt = 0; ; attempt += 1) {
      const pause = this.#pauses[attempt];
      try {
        const answer = await this.#send(call);
        if (!isTemporary(answer.status) || pause === undefined) return answer;
        await sleep(Math.max(pause, retryAfter(answer)));
      } catch (error) {
        if (!(error instanceof TransportError)) throw error;
        if (pause === undefined || FINAL.has(error.code) || error.isCertificate)
          throw failures.unreachable(this.host, call, error);
        await sleep(pause);
      }
    }
  }

  /**
   * Makes a change, once: a request without an answer is not repeated.
   *
   * @throws LostAnswer if it may have been made or not.
   * @throws PlatformError if it was not made.
   */
  async write<Result>(call: Call, parse: (answer: Fields) => Result): Promise<Result> {
    let answer: HttpAnswer;
    try {
      answer = await this.#send(call);
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      const failure = failures.unreachable(this.host, call, error);
      throw error.isUnsent ? failure : new failures.LostAnswer(this.host, call, failure, false);
    }
    if (answer.status >= 500)
      throw new failures.LostAnswer(this.host, call, this.#failing(answer, call), true);
    const body = await this.#checked(answer, call);
    try {
      return this.#parsed(body, parse);
    } catch (error) {
      // It was taken, by whatever answers like that.
      if (!(error instanceof failures.PlatformError)) throw error;
      throw new failures.LostAnswer(this.host, call, error, true);
    }
  }

  /** Asks a question that the Platform answers with a status. @throws PlatformError for any other status. */
  async decide<Result>(call: Call, answers: Readonly<Record<number, Result>>): Promise<Result> {
    const answer = await this.#patiently(call);
    const result = answers[answer.status];
    if (result !== undefined) return result;
    await this.#checked(answer, call);
    throw failures.notAPlatform(this.host, this.endpoint.url);
  }

  close(): void {
    this.#transport.close();
  }

  async #send({ method, path, query = {}, body, isOpen }: Call): Promise<HttpAnswer> {
    await this.#pace.turn();
    const asked = Object.entries(query).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key}=${encodeURIComponent(value)}`],
    );
    const answer = await this.#transport.send({
      method,
      url: `${this.endpoint.url}${path}${asked.length === 0 ? '' : `?${asked.join('&')}`}`,
      headers: {
        Accept: 'application/json',
        'Accept-Version': '1',
        'User-Agent': 'nf-secrets',
        ...(this.#token !== undefined &&
          isOpen !== true && { Authorization: `Bearer ${this.#token.reveal()}` }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (answer.status === 429) this.#pace.refused();
    else this.#pace.taken();
    return answer;
  }

  /** Returns the body of an answer that grants the request. @throws PlatformError for any other. */
  async #checked(answer: HttpAnswer, call: Call): Promise<string> {
    const { status, body, headers } = answer;
    if (status >= 200 && status < 300) return body;
    if (status >= 300 && status < 400) throw failures.redirected(this.host, hostOf(headers['location']));
    switch (status) {
      case 400:
      case 409:
      case 413:
      case 422:
        throw failures.refused(this.host, call, messageOf(body));
      case 401:
      case 403:
        throw await this.#forbidden(call);
      case 404:
      case 405:
      case 501:
        throw await this.#missing(answer, call);
      case 407:
        throw failures.behindProxy(this.host);
      case 429:
        throw failures.throttled(this.host, call);
      default:
        throw this.#failing(answer, call);
    }
  }

  #failing({ status, body }: HttpAnswer, call: Call): PlatformError {
    return failures.failing(this.host, call, status, messageOf(body));
  }

  #parsed<Result>(body: string, parse: (answer: Fields) => Result): Result {
    try {
      return parse(new Fields(body === '' ? {} : parseAnswer(body)));
    } catch (error) {
      if (!(error instanceof SyntaxError || error instanceof IncompleteAnswer)) throw error;
      throw failures.notAPlatform(this.host, this.endpoint.url);
    }
  }

  /**
   * Tells why a request was refused: a Platform answers the same for a bad token, a role that does not suffice, a
   * workspace that is not there, and a function that it does not have.
   */
  async #forbidden(call: Call): Promise<PlatformError> {
    const { host } = this;
    // A Platform says what it is to everybody.
    if (call.isOpen === true) return failures.notAPlatform(host, this.endpoint.url);
    if (call.isDiagnosis === true) return failures.signedOut(host);
    const userId = await this.read(USER_INFO, (answer) => answer.fields('user').ownId('id'));
    const { context } = call;
    if (context === undefined) return failures.notAllowed(host, call, []);
    if (context.workspaceId === undefined) {
      const isOff = await this.read(SERVICE_INFO, isPersonalOff).catch(() => false);
      return isOff ? failures.personalOff(host) : failures.notAllowed(host, call, []);
    }
    const path = `/user/${userId}/workspaces`;
    const entries = await this.read({ ...USER_INFO, path }, (answer) => answer.list('orgsAndWorkspaces'));
    const entry = entries.find((one) => one.id('workspaceId') === context.workspaceId);
    if (entry === undefined) return failures.workspaceGone(host, context.title);
    return failures.notAllowed(host, call, entry.texts('roles'));
  }

  /** Tells whether a thing is missing, or the function, or the Platform. */
  async #missing({ status, body }: HttpAnswer, call: Call): Promise<PlatformError> {
    const { host } = this;
    if (call.isDiagnosis === true) return failures.notAPlatform(host, this.endpoint.url);
    await this.read(SERVICE_INFO, isPersonalOff);
    return status === 404 && messageOf(body) !== ''
      ? failures.notFound(host, call)
      : failures.notOffered(host, call);
  }
}

const ASKS_WHO = phrase`tell who you are`;
export const USER_INFO: Call = { method: 'GET', path: '/user-info', doing: ASKS_WHO, isDiagnosis: true };
export const SERVICE_INFO: Call = {
  method: 'GET',
  path: '/service-info',
  doing: phrase`tell its version`,
  isDiagnosis: true,
  isOpen: true,
};

const isPersonalOff = (answer: Fields): boolean =>
  answer.fields('serviceInfo').flag('userWorkspaceEnabled') === false;

const isTemporary = (status: number): boolean => status === 429 || (status >= 500 && status !== 501);

function retryAfter({ headers }: HttpAnswer): number {
  const seconds = Number(headers['retry-after'] ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(MAX_PAUSE, seconds * 1000) : 0;
}

/** The sentences of the Platform in an error; empty if it has none. */
function messageOf(body: string): string {
  let json: Json;
  try {
    json = parseAnswer(body);
  } catch {
    return '';
  }
  const answer = new Fields(json);
  // A launch with several mistakes has a sentence for each.
  const each = answer.objects('errors').map((one) => one.text('message') ?? '');
  return [answer.text('message') ?? '', ...each].filter((one) => one !== '').join('; ');
}

function hostOf(location: string | readonly string[] | undefined): string {
  try {
    return typeof location === 'string' ? new URL(location).host : '';
  } catch {
    return '';
  }
}

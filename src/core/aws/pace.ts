import { setTimeout as sleep } from 'node:timers/promises';
import { isThrottled } from './aws-error.ts';
import { monotonic } from '../system/monotonic.ts';

/** Number of an account's requests that a service takes. */
export interface Rate {
  /** Most in a second. */
  readonly perSecond: number;
  /** Most at once, after a rest. */
  readonly burst: number;
}

/**
 * AWS publishes no rate for AWS Batch but of SubmitJob. Observed are 10 a second and 10 at once for all calls of an
 * account and region together; some room is left, for a bucket that is never quite full.
 */
export const BATCH_RATE: Rate = { perSecond: 9, burst: 9 };

/** Secrets Manager takes about 50 requests a second of an account that make or delete secrets. */
export const SECRETS_RATE: Rate = { perSecond: 50, burst: 50 };
export const SECRETS_WRITES: ReadonlySet<string> = new Set(['CreateSecretCommand', 'DeleteSecretCommand']);

/** The slowest speed and its recovery, as shares of the rate; the recovery is for each answer that is no refusal. */
const SLOWEST = 1 / 9;
const RECOVERY = 0.02;
/** The share of the speed that a refusal leaves. */
const DROP = 0.5;

/** Decides when the next request may go out. Gets slower if AWS throttles: others use the account too. */
export class Pace {
  readonly #rate: Rate;
  /** The present speed, as a share of the rate. */
  #speed = 1;
  /** Time when a bucket that refills at this speed would be full again. In milliseconds. */
  #full = -Infinity;
  /** Time of the last refusal that counted. Refusals of requests sent at the same time do not count again. */
  #slowed = -Infinity;

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** Waits until a request may go out. */
  async turn(now = monotonic()): Promise<void> {
    const wait = this.next(now);
    if (wait > 0) await sleep(wait);
  }

  /** Takes the next turn. @returns the time until then, in milliseconds. */
  next(now: number): number {
    const gap = 1000 / (this.#rate.perSecond * this.#speed);
    const room = gap * (this.#rate.burst - 1);
    this.#full = Math.max(this.#full, now) + gap;
    return Math.max(0, this.#full - gap - room - now);
  }

  /** Slows down: a request was refused because there were too many. */
  refused(now = monotonic()): void {
    if (now - this.#slowed < 1000) return;
    this.#slowed = now;
    this.#speed = Math.max(SLOWEST, this.#speed * DROP);
    // Others have emptied the bucket.
    const gap = 1000 / (this.#rate.perSecond * this.#speed);
    this.#full = Math.max(this.#full, now + gap * (this.#rate.burst - 1));
  }

  taken(): void {
    this.#speed = Math.min(1, this.#speed + RECOVERY);
  }
}

/** Position of {@link paced} among the SDK's middlewares: inside of the repetitions. */
export const EACH_TRY = { name: 'pace', relation: 'after', toMiddleware: 'retryMiddleware' } as const;

type Send<Request, Answer> = (request: Request) => Promise<Answer>;

/**
 * A middleware of the SDK that makes each request of a client wait for its turn, and each repetition too. So repeated
 * requests are a part of the rate, and do not multiply it.
 *
 * @param only - the commands that count; all if absent.
 */
export function paced(
  rate: Rate,
  only?: ReadonlySet<string>,
): <Request, Answer>(
  send: Send<Request, Answer>,
  context: { readonly commandName?: string },
) => Send<Request, Answer> {
  const pace = new Pace(rate);
  return (send, { commandName = '' }) =>
    async (request) => {
      if (only?.has(commandName) === false) return send(request);
      await pace.turn();
      try {
        const answer = await send(request);
        pace.taken();
        return answer;
      } catch (error) {
        if (isThrottled(error)) pace.refused();
        throw error;
      }
    };
}

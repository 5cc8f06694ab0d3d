import { setTimeout as sleep } from 'node:timers/promises';
import { monotonic } from './monotonic.ts';

/** Number of requests that a service takes. */
export interface Rate {
  /** Most in a second. */
  readonly perSecond: number;
  /** Most at once, after a rest. */
  readonly burst: number;
}

/** The slowest speed and its recovery, as shares of the rate; the recovery is for each answer that is no refusal. */
const SLOWEST = 1 / 9;
const RECOVERY = 0.02;
/** The share of the speed that a refusal leaves. */
const DROP = 0.5;

/** Decides when the next request may go out. Gets slower if the service throttles: others use it too. */
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

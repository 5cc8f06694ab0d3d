import { setImmediate as nextTurn } from 'node:timers/promises';
import { monotonic } from './monotonic.ts';

/** Milliseconds of work after which other code of our thread gets its turn, such as the extensions of an editor. */
const TURN = 10;
/** Number of small steps between two looks at the clock, which takes as long as a step itself. */
const STEPS = 16;

/** Turns of a work in many steps. */
export class Turns {
  #start = monotonic();
  #steps = 0;

  /**
   * Counts a step.
   *
   * @param isSmall - false for one that may take long.
   * @returns true if it is time to wait for {@link next}.
   */
  isOver(isSmall: boolean): boolean {
    this.#steps += 1;
    if (isSmall && this.#steps < STEPS) return false;
    this.#steps = 0;
    return monotonic() - this.#start > TURN;
  }

  async next(): Promise<void> {
    await nextTurn();
    this.#start = monotonic();
  }
}

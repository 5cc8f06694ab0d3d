import type { RunId } from '../system/run-id.ts';

/** The process that releases a run's lease if the launcher cannot, see `runs/guard.ts`. */
export interface Guardian {
  /**
   * Becomes true once it watches, with all that a release needs loaded; false if it could not be started, or has
   * ended.
   */
  readonly watches: Promise<boolean>;
  /** Tells whether its process still lives. */
  isAlive(): boolean;
  /** Lets it end: all that it watched over is done, or was reported. */
  dismiss(): void;
}

/** Starts a program, which gets our terminal, and tells how it ended. The shells implement it. */
export interface ChildRunner {
  /**
   * Starts the guardian of a run, outside of our terminal, session and process group.
   *
   * @param targets - ids of those, beside this machine, that it may have to release something in.
   */
  startGuardian(runId: RunId, targets: readonly string[]): Guardian;
  /**
   * Holds INT, TERM, HUP and QUIT from now on: they no longer end us, because something has to be released first.
   */
  holdSignals(): void;
  /** The exit code for the signal that was held since then; undefined if there was none. */
  heldSignal(): number | undefined;
  /** Aborted by the first signal that comes after the program has ended. */
  lateSignal(): AbortSignal;
  /**
   * Runs to the end. If a signal was held before the start, nothing is started.
   *
   * @param onStart - gets the child's pid.
   * @returns the exit code as a shell gives it: 128+n after signal n, 126 and 127 if it cannot be started.
   */
  run(
    command: string,
    args: readonly string[],
    env: Record<string, string>,
    onStart: (pid: number) => void,
  ): Promise<number>;
}

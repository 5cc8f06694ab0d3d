import type { RunId } from '../system/run-id.ts';

/** The process that releases a run's lease if the launcher cannot, see `runs/guard.ts`. */
export interface Guardian {
  /**
   * Becomes true once it watches, with all that a release needs loaded; false if it could not be started, or has
   * ended.
   */
  readonly watches: Promise<boolean>;
  /** Whether it is still there. */
  isAlive(): boolean;
  /** Lets it end: all that it watched over is done, or has been said. */
  dismiss(): void;
}

/** Starts a program with the terminal handed through, and tells how it ended. The shells have the one we use. */
export interface ChildRunner {
  /**
   * Starts the guardian of a run, outside of our terminal, session and process group.
   *
   * @param targets - ids of those, beside this machine, that it may have to release something in.
   */
  startGuardian(runId: RunId, targets: readonly string[]): Guardian;
  /**
   * From now on INT, TERM, HUP and QUIT no longer end us: something has to be released first.
   */
  holdSignals(): void;
  /** The exit code that a signal asks for which was held since; undefined if there was none. */
  heldSignal(): number | undefined;
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

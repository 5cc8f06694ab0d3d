import { setTimeout as sleep } from 'node:timers/promises';
import type { PlatformClient } from '../client.ts';
import { PlatformError, type PlatformErrorCode } from '../platform-error.ts';
import { hasEnded, type PlatformContext, type PlatformRun, type RunProgress } from '../types.ts';

/** What a watcher is told of a run, in order. */
export type RunEvent =
  | { readonly kind: 'state'; readonly run: PlatformRun }
  /** Lines of the output of its Nextflow, in order, each once. */
  | { readonly kind: 'log'; readonly lines: readonly string[] }
  | { readonly kind: 'progress'; readonly progress: RunProgress }
  /** A note of the Platform on the run. */
  | { readonly kind: 'message'; readonly text: string }
  /** The Platform cannot be asked now. Of the run this says nothing. */
  | { readonly kind: 'lost'; readonly error: PlatformError }
  | { readonly kind: 'found' };

export interface WatchOptions {
  /** Takes the events; is waited for. */
  readonly onEvent: (event: RunEvent) => void | Promise<void>;
  /** Time between two looks, in milliseconds. */
  readonly look?: number;
  /** Looks after which a run of which the Platform has lost sight counts as lost. */
  readonly patience?: number;
  /** Ends the watching; the run stays as it is. */
  readonly signal?: AbortSignal;
}

const LOOK = 5_000;
const PATIENCE = 60;
/** Parts of a log that are read at one look. */
const MAX_PARTS = 50;
/** Looks for the last lines of a log after the end of a run: the Platform gets them a little later. */
const LAST_LOOKS = 3;

/** Failures that end: a network that comes back, a Platform that is busy or being updated. */
const PASSING: ReadonlySet<PlatformErrorCode> = new Set([
  'unavailable',
  'throttled',
  'not-a-platform',
  'redirected',
]);

/**
 * Watches a run until it has ended.
 *
 * @returns the run as it was last seen; undefined if the signal ended the watching.
 * @throws PlatformError if the Platform does not let us see the run any more. The run is not touched by that.
 */
export async function watchRun(
  client: PlatformClient,
  id: string,
  context: PlatformContext,
  options: WatchOptions,
): Promise<PlatformRun | undefined> {
  const { look = LOOK, patience = PATIENCE, signal } = options;
  const watch = new Watch(client, { id, context }, options.onEvent);
  let unknown = 0;
  for (;;) {
    const run = await watch.look();
    if (signal?.aborted === true) return undefined;
    if (run !== undefined && hasEnded(run)) {
      for (let looks = 0; looks < LAST_LOOKS; looks++) {
        if ((await watch.readLog()) === 0 && looks > 0) break;
        if (!(await pause(Math.min(look, 1_000), signal))) return undefined;
      }
      return run;
    }
    unknown = run?.status === 'UNKNOWN' ? unknown + 1 : 0;
    if (run !== undefined && unknown >= patience) return run;
    if (!(await pause(look, signal))) return undefined;
  }
}

/** @returns false if the signal ended it. */
async function pause(time: number, signal: AbortSignal | undefined): Promise<boolean> {
  await sleep(time, undefined, { signal }).catch(() => undefined);
  return signal?.aborted !== true;
}

/** What was told of a run so far. */
class Watch {
  readonly #client: PlatformClient;
  readonly #run: { readonly id: string; readonly context: PlatformContext };
  readonly #tell: WatchOptions['onEvent'];
  #status = '';
  #progress = '';
  #next: string | undefined;
  /** Lines that were told of a log that has no parts. */
  #shown = 0;
  #isLost = false;
  readonly #messages = new Set<string>();

  constructor(
    client: PlatformClient,
    run: { readonly id: string; readonly context: PlatformContext },
    tell: WatchOptions['onEvent'],
  ) {
    this.#client = client;
    this.#run = run;
    this.#tell = tell;
  }

  /** @returns undefined if the Platform cannot be asked now. */
  async look(): Promise<PlatformRun | undefined> {
    const { id, context } = this.#run;
    const run = await this.#asked(() => this.#client.run(id, context));
    if (run === undefined) return undefined;
    if (run.status !== this.#status) {
      this.#status = run.status;
      // The lines before the end come before it.
      if (hasEnded(run)) await this.readLog();
      await this.#tell({ kind: 'state', run });
    }
    await this.readLog();
    await this.#readProgress();
    for (const text of run.messages) {
      if (this.#messages.has(text)) continue;
      this.#messages.add(text);
      await this.#tell({ kind: 'message', text });
    }
    return run;
  }

  /** @returns the number of new lines. */
  async readLog(): Promise<number> {
    const { id, context } = this.#run;
    let count = 0;
    for (let part = 0; part < MAX_PARTS; part++) {
      const log = await this.#asked(() => this.#client.log(id, context, this.#next), { isOptional: true });
      if (log === undefined || log.isPending) break;
      const isWhole = log.next === null && this.#next === undefined;
      // Without a word for the next part, the same lines come again.
      const lines = isWhole ? log.entries.slice(this.#shown) : log.entries;
      if (isWhole) this.#shown += lines.length;
      if (lines.length > 0) await this.#tell({ kind: 'log', lines });
      count += lines.length;
      if (log.next === null || log.next === this.#next || lines.length === 0) break;
      this.#next = log.next;
    }
    return count;
  }

  async #readProgress(): Promise<void> {
    const { id, context } = this.#run;
    const progress = await this.#asked(() => this.#client.progress(id, context), { isOptional: true });
    const key = JSON.stringify(progress);
    if (progress === undefined || key === this.#progress) return;
    this.#progress = key;
    await this.#tell({ kind: 'progress', progress });
  }

  /**
   * @param isOptional - true for what a run is seen without.
   * @returns undefined if the Platform cannot be asked now.
   */
  async #asked<Result>(ask: () => Promise<Result>, { isOptional = false } = {}): Promise<Result | undefined> {
    try {
      const result = await ask();
      if (this.#isLost && !isOptional) {
        this.#isLost = false;
        await this.#tell({ kind: 'found' });
      }
      return result;
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      if (isOptional) return undefined;
      if (!PASSING.has(error.code)) throw error;
      if (!this.#isLost) {
        this.#isLost = true;
        await this.#tell({ kind: 'lost', error });
      }
      return undefined;
    }
  }
}

/** Largest exit code of a program. */
const MAX_CODE = 255;
const CANCELLED = 130;
const NOT_KNOWN = 75;

/** The exit code that a run stands for. */
export function exitCodeOf({ status, exitStatus }: Pick<PlatformRun, 'status' | 'exitStatus'>): number {
  switch (status) {
    case 'SUCCEEDED':
      return 0;
    case 'CANCELLED':
      return CANCELLED;
    case 'FAILED':
      return exitStatus !== null && exitStatus > 0 && exitStatus <= MAX_CODE ? exitStatus : 1;
    default:
      return NOT_KNOWN;
  }
}

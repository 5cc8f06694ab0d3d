import { constants } from 'node:os';
import type { PlatformClient } from '../../../core/platform/client.ts';
import type { Endpoint } from '../../../core/platform/endpoint.ts';
import { exitCodeOf, type RunEvent, watchRun } from '../../../core/platform/launch/watch.ts';
import { PlatformError } from '../../../core/platform/platform-error.ts';
import { hasEnded, type PlatformContext, type PlatformRun } from '../../../core/platform/types.ts';
import { phrase } from '../../../core/system/phrase.ts';
import { printable } from '../../../core/system/printable.ts';
import { remedyLines } from '../../words/remedies.ts';
import { confirm, InterruptedError } from '../../ask.ts';
import type { Shell } from '../../shell.ts';

/** A run that somebody waits for. */
export interface WatchedRun {
  readonly client: PlatformClient;
  readonly context: PlatformContext;
  readonly id: string;
}

/** How a run ended, or was left. */
export interface Watched {
  readonly exitCode: number;
  /** The run as it was last seen; undefined if it was not. */
  readonly run: PlatformRun | undefined;
}

/** Page of a run for a browser. */
export function pageOf(
  { url }: Endpoint,
  { context, id, userName }: Pick<WatchedRun, 'context' | 'id'> & { readonly userName: string },
): string {
  const root = url.endsWith('/api') ? url.slice(0, -'/api'.length) : url.replace(/^(https?:\/\/)api\./, '$1');
  const [org = '', workspace = ''] = context.title.split('/');
  const path =
    context.workspaceId === undefined
      ? `user/${encodeURIComponent(userName)}`
      : `orgs/${encodeURIComponent(org)}/workspaces/${encodeURIComponent(workspace)}`;
  return `${root}/${path}/watch/${encodeURIComponent(id)}`;
}

type Stop = 'SIGINT' | 'SIGTERM' | 'SIGHUP';
const STOPS: readonly Stop[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Waits for a run and shows what it does. Ctrl-C on a terminal asks whether to cancel it; without one, a signal leaves it
 * running.
 *
 * @param showLine - shows a line of the output of its Nextflow; undefined to show none.
 */
export async function watch(
  watched: WatchedRun,
  showLine: ((line: string) => Promise<void>) | undefined,
  shell: Shell,
): Promise<Watched> {
  const attention = new Attention(watched, shell);
  const { client, id, context } = watched;
  const seen = { once: false };
  try {
    const run = await watchRun(client, id, context, {
      onEvent: async (event) => {
        seen.once = true;
        await attention.free();
        if (event.kind === 'log') for (const line of event.lines) await showLine?.(printable(line));
        else sayEvent(event, shell);
      },
      signal: attention.signal,
    });
    if (run !== undefined) return { exitCode: sayEnd(run, watched, shell), run };
    sayLeft(watched, shell);
    return { exitCode: attention.exitCode, run: undefined };
  } catch (error) {
    if (error instanceof PlatformError && seen.once)
      shell.world.say(`Run ${printable(id)} is not watched any more. It may still run on the Platform.`);
    throw error;
  } finally {
    attention.end();
  }
}

/** What a person does while a run is watched: Ctrl-C, and the answer to a question. */
class Attention {
  readonly #watched: WatchedRun;
  readonly #shell: Shell;
  readonly #stop = new AbortController();
  /** Settled when no question is open. */
  #asked: Promise<void> = Promise.resolve();
  #isAsking = false;
  #isCancelled = false;
  exitCode = 128 + constants.signals.SIGINT;

  constructor(watched: WatchedRun, shell: Shell) {
    this.#watched = watched;
    this.#shell = shell;
    for (const signal of STOPS) process.on(signal, this.#onSignal);
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Waits while a question is open: nothing is written into it. */
  async free(): Promise<void> {
    await this.#asked;
  }

  end(): void {
    for (const signal of STOPS) process.off(signal, this.#onSignal);
  }

  readonly #onSignal = (signal: Stop): void => {
    if (signal === 'SIGINT' && this.#shell.canAsk && !this.#isCancelled) {
      if (this.#isAsking) return;
      this.#isAsking = true;
      this.#asked = this.#ask().finally(() => {
        this.#isAsking = false;
      });
      return;
    }
    this.exitCode = 128 + constants.signals[signal];
    this.#stop.abort();
  };

  async #ask(): Promise<void> {
    process.stderr.write('\n');
    const answer = await confirm('Cancel the run?').catch((error: unknown) => {
      if (error instanceof InterruptedError) return false;
      throw error;
    });
    if (!answer) {
      this.#stop.abort();
      return;
    }
    this.#isCancelled = await cancelRun(this.#watched, this.#shell);
  }
}

/** Cancels a run. @returns false if the Platform did not; the person knows why then. */
export async function cancelRun({ client, id, context }: WatchedRun, { world }: Shell): Promise<boolean> {
  try {
    await client.cancel(id, context);
    world.say(`The Platform was asked to cancel run ${printable(id)}.`);
    return true;
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    const run = await client.run(id, context).catch(() => undefined);
    if (run !== undefined && hasEnded(run)) {
      world.say(`Run ${printable(id)} has ended: ${printable(run.status)}.`);
      return true;
    }
    world.say(error.message);
    for (const line of remedyLines(error.remedies)) world.say(line);
    return false;
  }
}

const STATES: Readonly<Record<string, string>> = {
  SUBMITTED: 'is submitted: its compute environment has not started it yet',
  RUNNING: 'is running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  CANCELLED: 'was cancelled',
  UNKNOWN: 'is UNKNOWN: the Platform has not heard of it for a while, and it may still run',
};

function sayEvent(event: Exclude<RunEvent, { readonly kind: 'log' }>, { world }: Shell): void {
  switch (event.kind) {
    case 'state': {
      const { id, status } = event.run;
      // How it ended is said once, after the last lines of its log.
      if (hasEnded(event.run)) return;
      world.say(`Run ${printable(id)} ${STATES[status] ?? `is ${printable(status)}`}.`);
      return;
    }
    case 'progress': {
      const { pending, submitted, running, succeeded, cached, failed } = event.progress;
      const counts = Object.entries({ pending, submitted, running, succeeded, cached, failed });
      const shown = counts.filter(([, count]) => count > 0).map(([what, count]) => `${count} ${what}`);
      if (shown.length > 0) world.say(`Tasks: ${shown.join(', ')}`);
      return;
    }
    case 'message':
      world.say(`The Platform says: ${printable(event.text)}`);
      return;
    case 'lost':
      world.say(`${event.error.message} The run is not touched by that; nf-secrets tries again.`);
      return;
    case 'found':
      world.say('The Platform answers again.');
  }
}

/** Tells how a run ended. @returns the exit code for it. */
function sayEnd(run: PlatformRun, { context }: WatchedRun, { world, colors }: Shell): number {
  const { id, status, exitStatus, errorMessage, errorReport, requiresAttention } = run;
  const code = exitCodeOf(run);
  const how = STATES[status] ?? `is ${printable(status)}`;
  const exit = status === 'FAILED' && exitStatus !== null ? `, exit status ${exitStatus}` : '';
  const line = `Run ${printable(id)} ${how}${exit}.`;
  world.say(code === 0 ? line : colors.red(line));
  const why = errorMessage ?? errorReport;
  if (why !== null && code !== 0)
    for (const one of why.trim().split('\n').slice(0, 20)) world.say(`  ${printable(one)}`);
  if (requiresAttention)
    world.say('The Platform marks this run: it needs attention. Look at its page there.');
  if (!hasEnded(run))
    for (const one of remedyLines([
      { do: 'watch-platform-run', run: id, context: context.title, lead: phrase`To wait for it again` },
    ]))
      world.say(one);
  return code;
}

function sayLeft({ id, context }: WatchedRun, { world }: Shell): void {
  world.say(`Run ${printable(id)} was left as it is: it still runs on the Platform.`);
  const subject = { run: id, context: context.title };
  for (const line of remedyLines([
    { do: 'watch-platform-run', ...subject },
    { do: 'cancel-platform-run', ...subject },
  ]))
    world.say(line);
}

import type { BackgroundRun } from '../../core/runs/background.ts';

// Runs and how they ended, as plain data. Imports no VS Code.

/** `unknown`: it is over, and its launcher was killed before it could say how. */
export type RunResult = 'running' | 'done' | 'stopped' | 'failed' | 'unknown';

/** A run that a person may look at again. */
export interface PastRun {
  /** Undefined for a run in a terminal, of which there is no log. */
  readonly runId: string | undefined;
  /** Name, path or URL of the pipeline, without credentials. */
  readonly pipeline: string;
  /** ISO 8601 in UTC. */
  readonly started: string;
  readonly ended: string | undefined;
  readonly exitCode: number | undefined;
  readonly result: RunResult;
  /** Process of the terminal that it ran in. */
  readonly pid?: number;
}

/** Exit codes of programs that INT, TERM, HUP or QUIT ended: a person wanted that. */
const STOPPED: readonly number[] = [129, 130, 131, 143];

/** @param wasStopped - true if the person has stopped it, whatever its exit code. */
export function resultOf(exitCode: number | undefined, wasStopped = false): RunResult {
  if (exitCode === 0) return 'done';
  if (wasStopped || (exitCode !== undefined && STOPPED.includes(exitCode))) return 'stopped';
  return exitCode === undefined ? 'unknown' : 'failed';
}

/** @param isOver - true if nothing of it lives, also where it has no end in its record. */
export function pastRun(
  { runId, pipeline, started, ended, exitCode }: BackgroundRun,
  isOver: boolean,
): PastRun {
  const code = exitCode ?? undefined;
  return {
    ...{ runId, pipeline, started, exitCode: code, ended: ended ?? undefined },
    result: isOver ? resultOf(code) : 'running',
  };
}

/** Runs in the background that have ended since the last look. */
export class EndsSeen {
  readonly #running = new Set<string>();
  readonly #ended = new Set<string>();

  /** @param since - time of the first look: what ended before is no news. */
  constructor(private readonly since: Date) {}

  /** @returns the runs that ended since the look before, each once. */
  news(runs: readonly PastRun[]): PastRun[] {
    const found: PastRun[] = [];
    for (const run of runs) {
      const { runId, result } = run;
      if (runId === undefined || this.#ended.has(runId)) continue;
      if (result === 'running') {
        this.#running.add(runId);
        continue;
      }
      this.#ended.add(runId);
      const isNews = this.#running.delete(runId) || Date.parse(run.ended ?? '') >= this.since.getTime();
      if (isNews) found.push(run);
    }
    return found;
  }
}

/** Number of runs in terminals that are remembered. */
const MOST = 50;

/** Adds a run to the remembered ones, the latest first. */
export const remember = (runs: readonly PastRun[], run: PastRun): PastRun[] => [run, ...runs].slice(0, MOST);

/** All runs, the latest first. */
export function history(background: readonly PastRun[], inTerminals: readonly PastRun[]): PastRun[] {
  return [...background, ...inTerminals].sort((a, b) => (a.started < b.started ? 1 : -1));
}

/** Reads what was remembered: it may be of another version. */
export function readRemembered(kept: unknown): PastRun[] {
  if (!Array.isArray(kept)) return [];
  return kept.flatMap((one: unknown): PastRun[] => {
    if (typeof one !== 'object' || one === null) return [];
    const { pipeline, started, ended, exitCode, result, pid } = one as Record<string, unknown>;
    if (typeof pipeline !== 'string' || typeof started !== 'string') return [];
    return [
      {
        ...{ runId: undefined, pipeline, started },
        ended: typeof ended === 'string' ? ended : undefined,
        exitCode: typeof exitCode === 'number' ? exitCode : undefined,
        result: result === 'done' || result === 'stopped' || result === 'failed' ? result : 'unknown',
        ...(typeof pid === 'number' && { pid }),
      },
    ];
  });
}

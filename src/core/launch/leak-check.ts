import { type Gap, gapsOf, valueGaps } from '../leaks/gap.ts';
import { lookInto, type Leak, type Look } from '../leaks/look.ts';
import type { Needles } from '../leaks/needles.ts';
import { recorded, recordLeaks, readLeaks } from '../leaks/record.ts';
import { filesOfRun } from '../leaks/run-files.ts';
import { leakLines, sayGaps } from '../leaks/say-leaks.ts';
import { logPath } from '../runs/background.ts';
import { storesOfRuns } from '../runs/own-stores.ts';
import { ExitCode } from '../system/human-error.ts';
import { phrase } from '../system/phrase.ts';
import { isRunId } from '../system/run-id.ts';
import type { World } from '../system/world.ts';
import { endedNextflows } from './ended-nextflows.ts';
import { type Cause, causesOf, causeLine } from './leak-causes.ts';
import { LeakValues } from './leak-values.ts';
import type { LeakOptions } from './lease-options.ts';
import type { ObservedEnd } from './observed-run.ts';
import type { Program } from './program.ts';

/** A run, of which the values are still there. */
export interface CheckedRun {
  readonly runId: string;
  readonly program: Program;
  /** Start of the run. In milliseconds. */
  readonly since: number;
  /** Absolute path of its store. */
  readonly store: string;
  /** Names of the secrets that the store was made with. */
  readonly names: readonly string[];
  /** Names of the secrets that tasks in a service get, and whose values this person may not read. */
  readonly withheld: readonly string[];
  readonly options: LeakOptions | undefined;
}

/** The end of a run. */
export interface CheckedEnd extends ObservedEnd {
  /** True if jobs of it are still in a queue. */
  readonly isHandedOver: boolean;
}

/** The most that is read from each end of a file. In bytes. */
const FROM_EACH_END = 64 << 20;
/** Least and most time of a look, and its part of the time of the run. In milliseconds. */
const LEAST_TIME = 5_000;
const MOST_TIME = 60_000;
const PART_OF_RUN = 0.05;

/** The result of a look after a run. */
interface Looked extends Look {
  readonly gaps: readonly Gap[];
  /** The longest that it could take. In milliseconds. */
  readonly time: number;
}

/**
 * The look for values in what a run wrote. It has two parts: the values are read while the run's store is there, and
 * looked for after the store is removed. A launcher that is killed in between leaves nothing.
 */
export class LeakCheck {
  readonly #run: CheckedRun;
  readonly #world: World;
  readonly #values: LeakValues;

  private constructor(run: CheckedRun, values: LeakValues, world: World) {
    this.#run = run;
    this.#values = values;
    this.#world = world;
  }

  /** Reads the values. @returns undefined if nobody wants a look, or nothing ran. Never throws. */
  static async open(
    run: CheckedRun,
    { hasStarted }: Pick<ObservedEnd, 'hasStarted'>,
    world: World,
  ): Promise<LeakCheck | undefined> {
    if (run.options?.leakCheck === false || !hasStarted) return undefined;
    const file = { path: run.store, names: run.names };
    return new LeakCheck(run, await LeakValues.read(file), world);
  }

  /**
   * Looks for the values, reports leaks, and overwrites the values.
   *
   * @param exitCode - of the run.
   * @param signal - ends the look.
   * @returns that exit code, or 74 for a leak if the options want it.
   */
  async look(exitCode: number, end: CheckedEnd, signal: AbortSignal): Promise<number> {
    const isClean = await this.#isClean(end, signal);
    if (isClean || this.#run.options?.failOnLeak !== true || exitCode !== 0) return exitCode;
    this.#world.notice(
      phrase`The exit code is ${ExitCode.io}, because secrets leaked or not all could be looked at.`,
    );
    return ExitCode.io;
  }

  /** Looks, whatever happens: a run that has ended keeps its exit code. */
  async #isClean(end: CheckedEnd, signal: AbortSignal): Promise<boolean> {
    const over = new AbortController();
    let needles: Needles | undefined;
    try {
      const values = this.#values.needles();
      ({ needles } = values);
      const gaps: Gap[] = [
        ...this.#run.withheld.map((subject) => ({ code: 'withheld', subject }) as const),
        ...values.gaps,
        ...(end.isHandedOver ? [{ code: 'pending-jobs', subject: null } as const] : []),
      ];
      const looked =
        needles === undefined
          ? nothingLooked(gaps)
          : await this.#lookFor(needles, gaps, end, { signal, over: over.signal });
      await this.#report(looked);
      return looked.leaks.length + looked.gaps.length === 0;
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown error';
      const subject = needles?.masked(why) ?? 'unknown error';
      await this.#report(nothingLooked([{ code: 'error', subject }])).catch(() => undefined);
      return false;
    } finally {
      over.abort();
      needles?.clear();
    }
  }

  async #lookFor(
    needles: Needles,
    known: readonly Gap[],
    { nextflows }: ObservedEnd,
    { signal, over }: { readonly signal: AbortSignal; readonly over: AbortSignal },
  ): Promise<Looked> {
    const { runId, since, options } = this.#run;
    const gaps = [...known];
    const stores = await storesOfRuns(this.#world);
    const files = filesOfRun({
      ...{ nextflows: await endedNextflows(this.#run, nextflows, this.#world), since },
      all: options?.leaks === 'all',
      output: isRunId(runId) ? logPath(runId, this.#world) : undefined,
      onGap: ({ code, subject }) =>
        gaps.push({ code, subject: subject === null ? null : needles.masked(subject) }),
      isOurs: (identity) => identity === this.#values.store || stores.has(identity),
      signal: over,
    });
    const time = this.#time();
    const look = await lookInto(files, needles, { fromEachEnd: FROM_EACH_END, time, signal });
    return { ...look, time, gaps: unique([...gaps, ...valueGaps(needles), ...gapsOf(look)]) };
  }

  /** A person who wants certainty waits for it. */
  #time(): number {
    const { since, options } = this.#run;
    if (options?.failOnLeak === true) return Infinity;
    const part = PART_OF_RUN * (this.#world.now().getTime() - since);
    return Math.min(MOST_TIME, Math.max(LEAST_TIME, part));
  }

  async #report({ gaps, ...look }: Looked): Promise<void> {
    const world = this.#world;
    const { runId, program } = this.#run;
    // A launch inside of a run has reported its own.
    const earlier = await readLeaks(runId, world);
    const known = new Set(earlier?.leaks.map(({ name, file, form }) => `${form} ${name} ${file}`));
    const leaks = look.leaks.filter(({ name, path, form }) => !known.has(`${form.kind} ${name} ${path}`));
    const causes = causesOf(program, new Set(leaks.map(({ name }) => name)));
    for (const line of leakLines(leaks, world)) world.notice(line);
    if (leaks.length > 0) this.#sayRemedies(leaks, causes);
    sayGaps(gaps, { time: look.time, fromEachEnd: FROM_EACH_END, files: look.files }, world);
    if (leaks.length + gaps.length === 0) return;
    const notLookedAt = unique([...(earlier?.notLookedAt ?? []), ...gaps]);
    await recordLeaks(
      {
        ...{ runId, pipeline: program.label, directory: world.cwd },
        ...{ complete: notLookedAt.length === 0 && earlier?.complete !== false, notLookedAt },
        leaks: [...(earlier?.leaks ?? []), ...recorded(leaks)],
        causes: [
          ...(earlier?.causes ?? []),
          ...causes.map(({ name, file, line, code }) => ({ name, file, line, code })),
        ],
      },
      world,
    );
  }

  #sayRemedies(leaks: readonly Leak[], causes: readonly Cause[]): void {
    for (const cause of causes) this.#world.notice(causeLine(cause));
    const names = [...new Set(leaks.map(({ name }) => name))];
    const [first, ...others] = names;
    this.#world.notice(
      phrase`Delete these files, or the values in them, before anybody gets them. Make new values where they come from.`,
      {
        do: 'set-secret',
        ...(first !== undefined && others.length === 0 && { name: first }),
        lead: phrase`Then set them`,
      },
    );
  }
}

const nothingLooked = (gaps: readonly Gap[]): Looked => ({
  ...{ leaks: [], files: 0, bytes: 0, unread: [], inPart: [], stopped: undefined },
  ...{ gaps, time: 0 },
});

function unique(gaps: readonly Gap[]): Gap[] {
  const known = new Map(gaps.map((gap) => [`${gap.code} ${gap.subject ?? ''}`, gap]));
  return [...known.values()];
}

import { isDeepStrictEqual } from 'node:util';
import { lookInto, type Leak, type Look, type LookLimits } from '../leaks/look.ts';
import { Needles } from '../leaks/needles.ts';
import { isComplete, recorded, recordLeaks, readLeaks } from '../leaks/record.ts';
import { type EndedNextflow, filesOfRun } from '../leaks/run-files.ts';
import { leakLines, sayTooShort, sayUnlooked } from '../leaks/say-leaks.ts';
import { delivered } from '../nextflow/delivery.ts';
import { readNextflowLogs } from '../nextflow/nextflow-log.ts';
import { readNextflowStore } from '../nextflow/nextflow-store.ts';
import { ExitCode } from '../system/human-error.ts';
import { phrase } from '../system/phrase.ts';
import { printable } from '../system/printable.ts';
import type { World } from '../system/world.ts';
import type { LeakOptions } from './lease-options.ts';
import { type Cause, causesOf, causeLine } from './leak-causes.ts';
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
  readonly options: LeakOptions | undefined;
}

/** The most that is read from each end of a file. In bytes. */
const FROM_EACH_END = 64 << 20;
/** Least and most time of a look, and its part of the time of the run. In milliseconds. */
const LEAST_TIME = 5_000;
const MOST_TIME = 60_000;
const PART_OF_RUN = 0.05;

/**
 * The look for values in what a run wrote. It has two parts: the values are read while the run's store is there, and
 * looked for after the store is removed. A launcher that is killed in between leaves nothing.
 */
export class LeakCheck {
  readonly #run: CheckedRun;
  readonly #world: World;
  /** Undefined if the values could not be read. */
  readonly #needles: Needles | undefined;

  private constructor(run: CheckedRun, needles: Needles | undefined, world: World) {
    this.#run = run;
    this.#needles = needles;
    this.#world = world;
  }

  /** Reads the values. @returns undefined if nobody wants a look. Never throws. */
  static async open(run: CheckedRun, world: World): Promise<LeakCheck | undefined> {
    if (run.options?.leakCheck === false) return undefined;
    const needles = await needlesOf(run.store, world).catch(() => undefined);
    return new LeakCheck(run, needles, world);
  }

  /**
   * Looks for the values, reports leaks, and overwrites the values.
   *
   * @param exitCode - of the run.
   * @param signal - ends the look.
   * @returns that exit code, or 74 for a leak if the options want it.
   */
  async look(exitCode: number, end: ObservedEnd, signal: AbortSignal): Promise<number> {
    const world = this.#world;
    const { store, options } = this.#run;
    const mustFail = options?.failOnLeak === true;
    if (this.#needles === undefined) {
      world.notice(
        phrase`Nobody looked for leaks: the values in ${printable(store)} could not be read when the command had ended.`,
      );
      return mustFail ? exitCode || ExitCode.io : exitCode;
    }
    try {
      const isClean = await this.#isClean(this.#needles, end, signal);
      if (isClean || !mustFail || exitCode !== 0) return exitCode;
      world.notice(
        phrase`The exit code is ${ExitCode.io}, because secrets leaked or not all could be looked at.`,
      );
      return ExitCode.io;
    } finally {
      this.#needles.clear();
    }
  }

  /** Looks, whatever happens: a run that has ended keeps its exit code. */
  async #isClean(needles: Needles, end: ObservedEnd, signal: AbortSignal): Promise<boolean> {
    const over = new AbortController();
    try {
      return (await this.#lookFor(needles, end, { signal, over: over.signal })).isClean;
    } catch (error) {
      const why = needles.masked(error instanceof Error ? error.message : 'unknown error');
      this.#world.notice(phrase`Not all could be looked at for leaks: ${printable(why)}`);
      return false;
    } finally {
      over.abort();
    }
  }

  async #lookFor(
    needles: Needles,
    end: ObservedEnd,
    { signal, over }: { readonly signal: AbortSignal; readonly over: AbortSignal },
  ): Promise<{ readonly isClean: boolean }> {
    const world = this.#world;
    const { since, options } = this.#run;
    const unread: string[] = [];
    const files = filesOfRun({
      ...{ nextflows: await this.#nextflows(end), since, all: options?.leaks === 'all' },
      onUnread: (path) => unread.push(needles.masked(path)),
      signal: over,
    });
    const limits = { fromEachEnd: FROM_EACH_END, time: this.#time(), signal };
    const searched = await lookInto(files, needles, limits);
    const look = { ...searched, unread: [...new Set([...searched.unread, ...unread])].sort() };
    await this.#report(look, limits);
    sayTooShort(needles.tooShort, world);
    return { isClean: look.leaks.length === 0 && isComplete(look) };
  }

  /** A person who wants certainty waits for it. */
  #time(): number {
    const { since, options } = this.#run;
    if (options?.failOnLeak === true) return Infinity;
    const part = PART_OF_RUN * (this.#world.now().getTime() - since);
    return Math.min(MOST_TIME, Math.max(LEAST_TIME, part));
  }

  /** The Nextflow that was started here, and those that were seen elsewhere. */
  async #nextflows({ nextflows }: ObservedEnd): Promise<EndedNextflow[]> {
    const { program, since } = this.#run;
    const { cwd, env } = this.#world;
    const own = { directory: cwd, words: program.kind === 'pipeline' ? program.args : [], env };
    const found: EndedNextflow[] = [];
    const known = new Set<string>();
    for (const { directory, words: args, env: variables } of [...nextflows, own]) {
      // A loop may start the same many times.
      const key = JSON.stringify([directory, args, variables['NXF_LOG_FILE'], variables['NXF_CACHE_DIR']]);
      if (known.has(key)) continue;
      known.add(key);
      const log = await readNextflowLogs(args, since, { env: variables, cwd: directory });
      const isSame = (one: EndedNextflow): boolean =>
        one.directory === directory && isDeepStrictEqual(one.log, log);
      const same = found.findIndex(isSame);
      const before = found[same];
      if (before === undefined) found.push({ directory, args, env: variables, log });
      // Their logs are the same files; the reports that each was told to write are not.
      else found[same] = { ...before, args: [...before.args, ...args] };
    }
    return found;
  }

  async #report(look: Look, limits: LookLimits): Promise<void> {
    const world = this.#world;
    const { runId, program } = this.#run;
    // A launch inside of a run has reported its own.
    const earlier = await readLeaks(runId, world);
    const known = new Set(earlier?.leaks.map(({ name, file, form }) => `${form} ${name} ${file}`));
    const leaks = look.leaks.filter(({ name, path, form }) => !known.has(`${form.kind} ${name} ${path}`));
    const causes = causesOf(program, new Set(leaks.map(({ name }) => name)));
    for (const line of leakLines(leaks, world)) world.notice(line);
    if (leaks.length > 0) this.#sayRemedies(leaks, causes);
    sayUnlooked(look, limits, world);
    if (leaks.length === 0) return;
    await recordLeaks(
      {
        ...{ runId, pipeline: program.label, directory: world.cwd, complete: isComplete(look) },
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

/** Reads the values of a run's store, as they were before they were encoded for it. */
async function needlesOf(store: string, world: World): Promise<Needles> {
  const stored = await readNextflowStore({ ...world, env: { ...world.env, NXF_SECRETS_FILE: store } });
  if (stored.size === 0) throw new Error('no values');
  const values = Array.from(stored, ([name, value]) => [name, delivered(value)] as const);
  try {
    return new Needles(values);
  } finally {
    for (const [, value] of values) value.forget();
    for (const value of stored.values()) value.forget();
  }
}

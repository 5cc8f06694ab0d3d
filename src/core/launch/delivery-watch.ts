import { statSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, resolve } from 'node:path';
import { LogTail } from '../nextflow/log-tail.ts';
import {
  isNextflow,
  isNextflowRun,
  LOG_NAMES,
  type ObservedLog,
  type ObservedStore,
  storeOfEnvironment,
} from '../nextflow/observed-store.ts';
import {
  childrenOf,
  directoryOf,
  isBelow,
  numbersOf,
  openLogOf,
  type SeenProcess,
  seenProcess,
} from '../nextflow/process-tree.ts';
import { processStartTime } from '../system/process-identity.ts';
import type { World } from '../system/world.ts';
import { optionValue } from '../nextflow/nextflow-command.ts';

/** A command that starts Nextflows, which should read a store. */
export interface WatchedCommand {
  readonly runId: string;
  /** Absolute path. */
  readonly storeFile: string;
  readonly args: readonly string[];
  /** True if it is a `nextflow` itself: it is stopped if it reads another store. Else the end of the run reports it. */
  readonly isNextflow: boolean;
}

/** A Nextflow that read another store than the run's. */
export interface WrongStore {
  readonly store: ObservedStore;
  readonly pid: number | undefined;
  /** Directory that it ran in. */
  readonly directory: string | undefined;
  /** True if it was asked to end. */
  stopped: boolean;
  /** Tasks that it submitted; undefined if that is not known. */
  submitted: number | undefined;
}

/** A `nextflow run` as it was seen. */
export interface SeenNextflow {
  readonly directory: string;
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The Nextflows of a command, as far as they were seen. */
export interface Delivery {
  readonly wrongStores: readonly WrongStore[];
  /** True if the store of one Nextflow at least was seen. */
  readonly seen: boolean;
  readonly nextflows: readonly SeenNextflow[];
}

/** Time between two looks: until the store of the first Nextflow is known, and after that. In milliseconds. */
const FIRST = 100;
const LATER = 500;

/** A `nextflow run` below the command. */
interface Seen {
  java: SeenProcess;
  readonly numbers: readonly number[];
  readonly directory: string | undefined;
  tail?: LogTail | undefined;
  /** Set once its log shows that it reads the run's store. */
  settled?: true;
  fault?: WrongStore;
}

/** A log at a path of the command's Nextflow, for a Nextflow that is not seen as a process. */
interface FoundLog {
  readonly tail: LogTail;
  readonly directory: string;
  fault?: WrongStore;
}

/**
 * Watches which store the Nextflows of a command read. Their environment tells first: it is there before they do
 * anything. Then their log tells. Nothing is concluded from what is not seen.
 *
 * Not watched: processes that a Nextflow's own tasks start, and those of another run (a nested launch).
 */
export class DeliveryWatch {
  readonly #run: WatchedCommand;
  readonly #world: World;
  readonly #seen = new Map<string, Seen>();
  /** Processes that are no Nextflow, with their start: their parent may end before them. */
  readonly #others = new Map<number, string>();
  readonly #logs: FoundLog[] = [];
  readonly #known: Set<string>;
  #child: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #look: Promise<void> = Promise.resolve();
  #ended = false;
  #ok = false;

  constructor(run: WatchedCommand, world: World) {
    this.#run = run;
    this.#world = world;
    this.#known = new Set(this.#logPaths().map(identityOf));
  }

  /** @param pid - of the command. */
  start(pid: number): void {
    this.#child = pid;
    const again = (): void => {
      this.#timer = setTimeout(
        () => {
          this.#look = this.#lookAll().catch(() => undefined);
          void this.#look.then(() => {
            if (!this.#ended) again();
          });
        },
        this.#ok ? LATER : FIRST,
      );
      this.#timer.unref();
    };
    again();
  }

  /** Ends the watch. To be called when the command has ended. */
  async end(): Promise<Delivery> {
    this.#ended = true;
    clearTimeout(this.#timer);
    await this.#look;
    await this.#lookAll().catch(() => undefined);
    const wrongStores: WrongStore[] = [];
    for (const one of [...this.#seen.values(), ...this.#logs]) {
      const { fault, tail } = one;
      await tail?.read();
      if (fault !== undefined) {
        // A Nextflow that was stopped before it opened a log has submitted nothing.
        const isEarly = fault.stopped && 'java' in one && one.java.env !== undefined;
        fault.submitted = tail?.log.submitted ?? (isEarly ? 0 : undefined);
        wrongStores.push(fault);
      }
      await tail?.close();
    }
    const nextflows = [...this.#seen.values()].flatMap(({ java: { words, env }, directory }) =>
      directory === undefined ? [] : [{ directory, words, env: Object.fromEntries(env ?? []) }],
    );
    return { wrongStores, seen: this.#ok || wrongStores.length > 0, nextflows };
  }

  async #lookAll(): Promise<void> {
    if (this.#child === undefined) return;
    if (this.#world.platform === 'linux') this.#walk(this.#child);
    for (const seen of this.#seen.values()) {
      if (!seen.settled) await this.#lookAt(seen);
    }
    if (!this.#run.isNextflow || [...this.#seen.values()].some(({ tail }) => tail)) return;
    await this.#lookForLogs();
    for (const found of this.#logs) await this.#lookAtLog(found);
  }

  /** Finds the Nextflows below the command. */
  #walk(child: number): void {
    for (const [pid, start] of this.#others) {
      if (processStartTime(pid, 'linux') !== start) this.#others.delete(pid);
    }
    const waiting = new Set([child, ...this.#others.keys()]);
    for (const pid of waiting) {
      const found = seenProcess(pid);
      if (found === undefined) continue;
      const owner = found.env?.get('NF_SECRETS_RUN');
      // A nested launch looks after its own.
      if (owner !== undefined && owner !== this.#run.runId) continue;
      const start = processStartTime(pid, 'linux');
      if (start === undefined) continue;
      if (isNextflow(found.words)) {
        this.#others.delete(pid);
        if (isNextflowRun(found.words)) this.#keep(found, start);
        continue;
      }
      this.#others.set(pid, start);
      for (const below of childrenOf(pid)) waiting.add(below);
    }
  }

  #keep(java: SeenProcess, start: string): void {
    const { pid } = java;
    const key = `${pid} ${start}`;
    const seen = this.#seen.get(key);
    if (seen !== undefined) {
      // Its environment cannot be read while it is being made.
      seen.java = java;
      return;
    }
    this.#seen.set(key, { java, numbers: numbersOf(pid), directory: directoryOf(pid) });
  }

  async #lookAt(seen: Seen): Promise<void> {
    const { java, directory } = seen;
    const log = await this.#logOf(seen);
    if (seen.fault !== undefined) return;
    const byLog = log?.store;
    const byEnvironment = java.env === undefined ? undefined : storeOfEnvironment(java.env);
    // A log that names no store counts only if the environment cannot be seen; else the environment decides.
    const store = byLog?.kind === 'off' ? (byEnvironment ?? byLog) : (byLog ?? byEnvironment);
    if (store === undefined) return;
    if (this.#isOurs(store, java.pid)) {
      this.#ok = true;
      if (byLog === undefined) return;
      seen.settled = true;
      await seen.tail?.close();
      return;
    }
    seen.fault = {
      store,
      pid: java.pid,
      directory,
      stopped: this.#stop(java.pid),
      submitted: undefined,
    };
  }

  /**
   * The log of a Nextflow, once it names its writer. For a moment at its start a Nextflow has the log of an earlier one
   * open, which names the store of that one.
   */
  async #logOf(seen: Seen): Promise<ObservedLog | undefined> {
    const path = seen.tail === undefined ? openLogOf(seen.java) : undefined;
    if (path !== undefined) seen.tail = await LogTail.open(path);
    await seen.tail?.read();
    const writer = seen.tail?.log.process;
    if (writer === undefined) return undefined;
    if (seen.numbers.includes(writer.pid)) return seen.tail?.log;
    await seen.tail?.close();
    seen.tail = undefined;
    return undefined;
  }

  #isOurs(store: ObservedStore, pid: number | undefined): boolean {
    if (store.kind !== 'file') return false;
    const { storeFile } = this.#run;
    if (store.path === storeFile) return true;
    if (basename(store.path) !== basename(storeFile)) return false;
    // Nextflow puts files that it derives from the store beside the path that it was given, so the directory counts.
    const directory = dirname(store.path);
    const there = pid === undefined ? undefined : inodeOf(`/proc/${pid}/root${directory}`);
    const found = there ?? inodeOf(directory);
    if (found !== undefined) return found === inodeOf(dirname(storeFile));
    // A container may have it at a path that we do not see.
    return basename(directory) === basename(dirname(storeFile));
  }

  /** Paths of Nextflow's log, with its environment and directory unchanged, and with a changed environment. */
  #logPaths(): string[] {
    const { env, cwd } = this.#world;
    const named = optionValue(this.#run.args, '-log');
    const names =
      named === undefined ? [...(env['NXF_LOG_FILE'] ? [env['NXF_LOG_FILE']] : []), ...LOG_NAMES] : [named];
    return [...new Set(names.map((name) => resolve(cwd, name)))];
  }

  async #lookForLogs(): Promise<void> {
    for (const path of this.#logPaths()) {
      const identity = identityOf(path);
      if (this.#known.has(identity)) continue;
      this.#known.add(identity);
      const tail = await LogTail.open(path);
      if (tail !== undefined) this.#logs.push({ tail, directory: dirname(path) });
    }
  }

  async #lookAtLog(found: FoundLog): Promise<void> {
    const { tail, directory } = found;
    await tail.read();
    const { log } = tail;
    if (found.fault !== undefined || log.store === undefined || !this.#wrote(log)) return;
    if (this.#isOurs(log.store, undefined)) {
      this.#ok = true;
      return;
    }
    const seen = [...this.#seen.values()].find(({ numbers }) => numbers.includes(log.process?.pid ?? 0));
    // Its environment could be seen, so it has been judged.
    if (seen?.fault !== undefined) return;
    const pid = seen?.java.pid;
    found.fault = { store: log.store, pid, directory, stopped: this.#stop(pid), submitted: undefined };
  }

  /** Tells whether a Nextflow of the command wrote a log, and not somebody else's in the same directory. */
  #wrote({ process, command }: ObservedLog): boolean {
    if (process === undefined || this.#child === undefined) return false;
    const { pid, host } = process;
    if ([...this.#seen.values()].some(({ numbers }) => numbers.includes(pid))) return true;
    if (host === hostname()) {
      if (this.#world.platform !== 'linux') {
        const below = isBelow(pid, this.#child);
        if (below !== undefined) return below;
      } else if (isNextflow(seenProcess(pid)?.words ?? [])) return false;
    }
    const words = command?.split(' ') ?? [];
    return this.#run.args.every((arg) => arg.split(' ').every((word) => words.includes(word)));
  }

  /** Asks a Nextflow to end, as a Ctrl-C would. If it is not seen, asks all processes that were started to start it. */
  #stop(pid: number | undefined): boolean {
    if (!this.#run.isNextflow || this.#child === undefined) return false;
    if (pid !== undefined && terminate(pid)) return true;
    const all = new Set([this.#child, ...this.#others.keys()]);
    return [...all].map(terminate).includes(true);
  }
}

function terminate(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGTERM');
  } catch {
    // It has ended meanwhile, or is somebody else's.
    return false;
  }
}

function inodeOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}

/** Tells a log from the one that was there before: Nextflow makes a new file each time. */
function identityOf(path: string): string {
  try {
    const { dev, ino, birthtimeMs } = statSync(path);
    return `${path} ${dev} ${ino} ${birthtimeMs}`;
  } catch {
    return path;
  }
}

import { execFileSync } from 'node:child_process';
// eslint-disable-next-line no-restricted-imports -- /proc alone is read
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { optionValue } from './nextflow-command.ts';
import { LOG_NAMES } from './observed-store.ts';

// The processes below one of ours, as Linux shows them, see proc(5). Of a process of another user it shows only the
// parent and the arguments.

/** A process as it is now. */
export interface SeenProcess {
  readonly pid: number;
  readonly words: readonly string[];
  /** Its environment; undefined if it may not be seen; empty while the process is being made. */
  readonly env: ReadonlyMap<string, string> | undefined;
}

/** Finds the children of a process. */
export function childrenOf(pid: number): number[] {
  if (!listsChildren) return childrenByParent(pid);
  const found: number[] = [];
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const children = readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1');
      found.push(...children.split(' ').filter(Boolean).map(Number));
    }
  } catch {
    // It has ended in the meantime.
  }
  return found;
}

/** True if the kernel has the list of children: it may have been built without. */
const listsChildren = existsSync(`/proc/${process.pid}/task/${process.pid}/children`);

function childrenByParent(parent: number): number[] {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return numbers.map(Number).filter((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
    } catch {
      return false;
    }
  });
}

/** @returns undefined if there is no such process, or it has ended. */
export function seenProcess(pid: number): SeenProcess | undefined {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
    return words.length === 0 ? undefined : { pid, words, env: environmentOf(pid) };
  } catch {
    return undefined;
  }
}

function environmentOf(pid: number): ReadonlyMap<string, string> | undefined {
  try {
    const lines = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').slice(0, -1);
    return new Map(
      lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
  } catch {
    return undefined;
  }
}

/** Finds the ids of a process, in our pid namespace and in those below it: its own log has the last one. */
export function numbersOf(pid: number): number[] {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const numbers = /^NSpid:(.*)$/m.exec(status)?.[1] ?? '';
    return [pid, ...numbers.split('\t').filter(Boolean).map(Number)];
  } catch {
    return [pid];
  }
}

/**
 * Finds the log that a Nextflow has open.
 *
 * @returns a path that opens this very file, even if it was moved or renamed; undefined if the Nextflow has no log
 * yet, or it may not be seen.
 */
export function openLogOf({ pid, words, env }: SeenProcess): string | undefined {
  try {
    const named = optionValue(words, '-log') ?? env?.get('NXF_LOG_FILE');
    const directory = readlinkSync(`/proc/${pid}/cwd`);
    const paths = (named ? [named] : LOG_NAMES).map((name) => resolve(directory, name));
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      const link = `/proc/${pid}/fd/${fd}`;
      const target = linkTarget(link);
      if (target !== undefined && paths.some((path) => isLog(target, path))) return link;
    }
  } catch {
    // It has ended in the meantime, or belongs to somebody else.
  }
  return undefined;
}

/** Compares names alone: a later Nextflow there renames the log to `….1`; a directory may have several names. */
const isLog = (target: string, path: string): boolean =>
  basename(target) === basename(path) ||
  (basename(target).startsWith(`${basename(path)}.`) && /\.\d+( \(deleted\))?$/.test(target));

function linkTarget(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

/** Tells whether one process is below another, on a machine without /proc; undefined if it is not known. */
export function isBelow(pid: number, ancestor: number): boolean | undefined {
  try {
    const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 16 << 20,
    });
    const pairs = [...lines.matchAll(/(\d+)\s+(\d+)/g)].map(
      ([, one, parent]) => [Number(one), Number(parent)] as const,
    );
    const parents = new Map(pairs);
    if (!parents.has(pid)) return undefined;
    for (let one: number | undefined = pid; one !== undefined && one > 1; one = parents.get(one)) {
      if (one === ancestor) return true;
    }
    return false;
  } catch {
    return undefined;
  }
}

/** Finds the current directory of a process; undefined if it may not be seen. */
export const directoryOf = (pid: number): string | undefined => linkTarget(`/proc/${pid}/cwd`);

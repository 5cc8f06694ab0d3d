import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
// eslint-disable-next-line no-restricted-imports -- /proc alone is read
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { systemErrorCode } from './human-error.ts';

/**
 * Tells one process from every other one, on this and on other machines. A pid alone is used again after a
 * while, after a reboot, and by every container.
 */
export interface ProcessIdentity {
  readonly host: string;
  /** A text that changes with every boot and every pid namespace; empty if the system tells neither. */
  readonly boot: string;
  readonly pid: number;
  /** Start time in the system's own unit: only good to compare. */
  readonly startTime: string;
}

/** Tells whether something that was read from a file is one. */
export function isProcessIdentity(value: unknown): value is ProcessIdentity {
  const { host, boot, pid, startTime } = (value ?? {}) as Partial<Record<keyof ProcessIdentity, unknown>>;
  const texts = [host, boot, startTime];
  return typeof pid === 'number' && texts.every((text) => typeof text === 'string');
}

/** Checks that `/proc` is that of our own processes: it may be hidden, empty, or that of another pid namespace. */
function hasOwnProc(): boolean {
  try {
    return readlinkSync('/proc/self') === String(process.pid);
  } catch {
    return false;
  }
}

/** Tells whether this system lets us see the processes at all. */
export const canSeeProcesses = (platform: NodeJS.Platform): boolean => platform !== 'linux' || hasOwnProc();

/** Tells whether a signal would find a process of this pid, of any owner. */
function isReachable(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) !== 'ESRCH';
  }
}

/**
 * Returns the start time of a process of this machine, or undefined if there is none with this pid; empty if it is
 * unknown. Linux: field 22 of /proc/PID/stat, see proc(5). Other systems: the answer of `ps`, to the second.
 * A zombie is no longer running.
 */
export function processStartTime(pid: number, platform: NodeJS.Platform): string | undefined {
  if (platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      // The second field, the command's name in parentheses, may hold spaces and parentheses itself.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
    } catch (error) {
      const isAbsent = ['ENOENT', 'ESRCH'].includes(systemErrorCode(error) ?? '');
      return isAbsent && !isReachable(pid) ? undefined : UNSEEN;
    }
  }
  try {
    const out = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      // The date would change with the person's time zone.
      env: { ...DEFAULT_PATH, LC_ALL: 'C', TZ: 'UTC' },
    }).trim();
    return out === '' || out.startsWith('Z') ? undefined : out.replace(/^\S+\s+/, '');
  } catch (error) {
    // `ps` ends with 1 if there is none; if it could not be run at all, nothing is known.
    return error instanceof Error && 'status' in error && error.status === 1 ? undefined : UNSEEN;
  }
}

/** Start time of a process that could not be looked at. */
const UNSEEN = '';

const DEFAULT_PATH = { PATH: '/bin:/usr/bin:/sbin:/usr/sbin' };

function bootOf(platform: NodeJS.Platform): string {
  try {
    if (platform === 'linux') {
      if (!hasOwnProc()) return '';
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
      return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
    }
    // Not kern.boottime, which moves when the clock is set.
    const session = execFileSync('sysctl', ['-n', 'kern.bootsessionuuid'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: DEFAULT_PATH,
    });
    return session.trim();
  } catch {
    return '';
  }
}

let self: ProcessIdentity | undefined;

/** Returns the identity of this process. */
export function ownProcess(platform: NodeJS.Platform): ProcessIdentity {
  self ??= {
    host: hostname(),
    boot: bootOf(platform),
    pid: process.pid,
    startTime: processStartTime(process.pid, platform) ?? '',
  };
  return self;
}

/** Gives this process the name that its machine had before: it was started for one that has ended since. */
export function rememberHost(host: string, platform: NodeJS.Platform): void {
  self = { ...ownProcess(platform), host };
}

/**
 * Tells whether a process still exists. `unknown` if it belongs to another machine, container or boot, of which nothing
 * can be known from here.
 */
export function processState(
  identity: ProcessIdentity,
  platform: NodeJS.Platform,
): 'running' | 'gone' | 'unknown' {
  const here = ownProcess(platform);
  if (identity.host !== here.host || identity.boot !== here.boot) return 'unknown';
  if (!canSeeProcesses(platform)) return 'unknown';
  const startTime = processStartTime(identity.pid, platform);
  return startTime === identity.startTime || startTime === UNSEEN ? 'running' : 'gone';
}

/** Names a process in a few letters that a file's name can have: machine and boot, pid, start time. */
export function processTag({ host, boot, pid, startTime }: ProcessIdentity): string {
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);
  return `${hash(`${host} ${boot}`)}-${pid}-${hash(startTime)}`;
}

/** Does the same as {@link processState} for a process of which only its {@link processTag} is known. */
export function taggedProcessState(tag: string, platform: NodeJS.Platform): 'running' | 'gone' | 'unknown' {
  if (!canSeeProcesses(platform)) return 'unknown';
  const [machine, pid = ''] = tag.split('-');
  const here = ownProcess(platform);
  if (processTag(here).split('-')[0] !== machine) return 'unknown';
  const startTime = processStartTime(Number(pid), platform);
  if (startTime === UNSEEN) return 'unknown';
  return startTime !== undefined && processTag({ ...here, pid: Number(pid), startTime }) === tag
    ? 'running'
    : 'gone';
}

/**
 * Tells whether this machine, by its name, has been started anew since: another boot, not another pid namespace.
 */
export function wasRestarted(identity: ProcessIdentity, platform: NodeJS.Platform): boolean {
  const here = ownProcess(platform);
  const boot = ({ boot: text }: ProcessIdentity): string | undefined => text.split(' ')[0];
  return identity.host === here.host && here.boot !== '' && boot(identity) !== boot(here);
}

// eslint-disable-next-line no-restricted-imports -- reads /proc
import { readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { World } from '../system/world.ts';

/** Directory in which Nextflow keeps the history and the cache of runs: `NXF_CACHE_DIR`, else `.nextflow`. */
export const cacheDirectory = (
  env: Readonly<Record<string, string | undefined>>,
  { cwd }: Pick<World, 'cwd'>,
): string => resolve(cwd, env['NXF_CACHE_DIR'] || '.nextflow');

/**
 * Path of the file that Nextflow locks as long as it runs a session. It belongs to the LevelDB that is the session's
 * cache (`DefaultCacheStore`; `org.iq80.leveldb.impl.DbLock` takes a lock of POSIX on it). The file stays, unlocked.
 */
export const lockFile = (directory: string, sessionId: string): string =>
  join(directory, 'cache', sessionId, 'db', 'LOCK');

/**
 * Finds the process of this machine that runs a session now. Works on Linux alone, and for no process of another
 * machine or outside of our container: for those we ask Nextflow itself, see `locked` of a preview's session.
 *
 * @param directory - see {@link cacheDirectory}.
 */
export function sessionHolder(directory: string, sessionId: string): number | undefined {
  try {
    const path = realpathSync(lockFile(directory, sessionId));
    const { dev, ino } = statSync(path);
    const device = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)];
    for (const line of readFileSync('/proc/locks', 'utf8').split('\n')) {
      const [, pid = '', major = '', minor = '', inode = ''] = LOCK.exec(line) ?? [];
      if (Number(inode) !== ino) continue;
      const isDevice = parseInt(major, 16) === device[0] && parseInt(minor, 16) === device[1];
      // For some file systems /proc/locks has another device than `stat`.
      if (isDevice || hasOpen(pid, path)) return Number(pid);
    }
  } catch {
    // No such session, or no /proc.
  }
  return undefined;
}

/** A line of /proc/locks: `1: POSIX  ADVISORY  WRITE 4711 08:01:1234567 0 EOF`. */
const LOCK = /^\d+: (?:POSIX|OFDLCK)\s+\S+\s+WRITE\s+(-?\d+)\s+([0-9a-f]+):([0-9a-f]+):(\d+)\s/;

function hasOpen(pid: string, path: string): boolean {
  const files = `/proc/${pid}/fd`;
  try {
    return readdirSync(files).some((name) => linkOf(join(files, name)) === path);
  } catch {
    return false;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

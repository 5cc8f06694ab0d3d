import { existsSync, readlinkSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { readRegularFile } from '../system/open-file.ts';
import type { World } from '../system/world.ts';
import type { Session } from './preview.ts';
import { cacheDirectory, lockFile } from './session-lock.ts';

/** Nextflow adds a line of about 200 bytes for each run. In bytes. */
const MAX_HISTORY = 64 << 20;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Tells whether `-resume` names a session in a way that Nextflow reads as we do. */
export const isPlainWish = (wish: string): boolean => wish === 'last' || UUID.test(wish);

/** The arguments of a run without `-resume`, and its value: `last` if it has none. */
export interface ResumeWish {
  readonly rest: readonly string[];
  readonly wish: string | undefined;
}

/** Takes `-resume` out of the arguments of a run. Another one after it stays. */
export function takeResume(args: readonly string[], pipeline: string): ResumeWish {
  const at = args.indexOf('-resume');
  const end = args.indexOf('--');
  if (at < 0 || (end >= 0 && end < at)) return { rest: args, wish: undefined };
  const next = args[at + 1];
  const hasValue = next !== undefined && !next.startsWith('-') && next !== pipeline;
  return { rest: args.toSpliced(at, hasValue ? 2 : 1), wish: hasValue ? next : 'last' };
}

/**
 * Finds the session that a run would resume, if that is certain without Nextflow: it is the last one of the history, or
 * one of it by its id, and no lock of it can be hidden from this process.
 *
 * @returns undefined if only Nextflow can tell.
 */
export async function resumedSession(
  wish: string,
  env: Readonly<Record<string, string>>,
  world: World,
  sees: typeof seesAllLocks = seesAllLocks,
): Promise<Session | undefined> {
  const directory = cacheDirectory(env, world);
  if (env['NXF_IGNORE_RESUME_HISTORY'] || env['NXF_CLOUDCACHE_PATH']) return undefined;
  try {
    const text = String(await readRegularFile(join(directory, 'history'), { limit: MAX_HISTORY }));
    // Date, duration, name, status, revision, session, command.
    const sessions = text.split('\n').map((line) => line.split('\t')[5] ?? '');
    if (sessions.pop() !== '') return undefined;
    const id = wish === 'last' ? sessions.at(-1) : sessions.find((one) => one === wish);
    if (id === undefined || !UUID.test(id) || !sees(lockFile(directory, id), world)) return undefined;
    return { id, resumed: true, locked: false };
  } catch {
    return undefined;
  }
}

/** The first pid namespace: processes of all others are seen from it. */
const FIRST_NAMESPACE = 'pid:[4026531836]';
/**
 * File systems of one machine, on which `/proc/locks` and `stat` tell the same device: ext2 to ext4, XFS, tmpfs. Others
 * may be shared with machines whose locks are not listed here.
 */
const OF_ONE_MACHINE = new Set([0xef53, 0x58465342, 0x01021994]);

/**
 * Tells whether this process sees every lock on a file that is there; see `sessionHolder`. The file is asked, since any
 * directory above it may be a link to, or the place of, another file system.
 */
export function seesAllLocks(lock: string, { platform }: World): boolean {
  try {
    return (
      platform === 'linux' &&
      existsSync('/proc/locks') &&
      readlinkSync('/proc/self/ns/pid') === FIRST_NAMESPACE &&
      OF_ONE_MACHINE.has(statfsSync(lock).type)
    );
  } catch {
    return false;
  }
}

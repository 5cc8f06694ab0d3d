import type { Stats } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { lstat, readlink } from './file-calls.ts';
import { fileError, systemErrorCode } from './human-error.ts';
import { printable, shellWord } from './printable.ts';
import type { World } from './world.ts';
import { readRegularFile } from './open-file.ts';
import { type Phrase, phrase } from './phrase.ts';

// Anybody who can write a directory can replace what is below it. So a path is ours only if every directory up to the
// root is, and every directory that a link on the way is in.

/** A part of a path that somebody else owns, or can write. */
export interface Exposure {
  readonly path: string;
  /** Ids of its owner and its group. */
  readonly uid: number;
  readonly gid: number;
  /** Writers besides the owner. Empty if the owner is the one who should not write. */
  readonly writers: readonly ('group' | 'others')[];
}

const STICKY = 0o1000;
const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;
/** Most links on the way of a path, as in Linux. */
const MOST_LINKS = 40;
/** Largest list of users or groups, in bytes. A longer one is not searched for a name. */
const MAX_ACCOUNTS = 16 << 20;

/**
 * Finds the first part of a path, from the root down and through all links, that belongs neither to us nor to root, or
 * that others can write. A part that does not exist yet is nobody's: the directories that will hold it count then.
 *
 * A group counts with any members. An access control list (POSIX) counts too: its mask replaces the group's permissions
 * in the mode, so a file that it lets anybody write is group-writable. In a directory with the sticky bit, such as
 * `/tmp`, only the owner of an entry can replace it, so there the entry's owner decides.
 *
 * @param path - absolute.
 * @throws HumanError 73 if it cannot be looked at.
 */
export async function exposureOf(path: string, { uid }: Pick<World, 'uid'>): Promise<Exposure | undefined> {
  const pending = parts(path);
  let directory = '/';
  let links = 0;
  for (;;) {
    const status = await look(directory);
    if (status === undefined) return undefined;
    const exposed = exposedStatus(directory, status, uid);
    if (exposed !== undefined) return exposed;
    const name = pending.shift();
    if (name === undefined) return undefined;
    const next = name === '..' ? dirname(directory) : `${directory === '/' ? '' : directory}/${name}`;
    const entry = await look(next);
    if (entry?.isSymbolicLink() !== true) {
      directory = next;
      continue;
    }
    if (!isTrusted(entry.uid, uid)) return { path: next, uid: entry.uid, gid: entry.gid, writers: [] };
    // The system reports this to the caller when it uses the path.
    if (++links > MOST_LINKS) return undefined;
    const target = await readlink(next).catch((error: unknown) => {
      throw fileError(error, 'use', next);
    });
    pending.unshift(...parts(target));
    if (isAbsolute(target)) directory = '/';
  }
}

const parts = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.');

const isTrusted = (owner: number, uid: number): boolean => owner === uid || owner === 0;

function exposedStatus(path: string, status: Stats, own: number): Exposure | undefined {
  const { uid, gid, mode } = status;
  if (!isTrusted(uid, own)) return { path, uid, gid, writers: [] };
  if (status.isDirectory() && (mode & STICKY) !== 0) return undefined;
  return writableStatus(path, status);
}

/** Does the same as {@link exposureOf} for the mode alone; the sticky bit does not help. */
export function writableStatus(path: string, status: Stats): Exposure | undefined {
  // The reader of a device or a pipe refuses it as such.
  if (!status.isFile() && !status.isDirectory()) return undefined;
  const { uid, gid, mode } = status;
  const writers: Exposure['writers'] = [
    ...((mode & GROUP_WRITES) !== 0 ? (['group'] as const) : []),
    ...((mode & OTHERS_WRITE) !== 0 ? (['others'] as const) : []),
  ];
  return writers.length === 0 ? undefined : { path, uid, gid, writers };
}

async function look(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw fileError(error, 'use', path);
  }
}

/** Tells a person what is wrong: a sentence without its full stop. */
export async function describeExposure(exposure: Exposure, world: World): Promise<Phrase> {
  const { path, uid, gid, writers } = exposure;
  const shown = printable(path);
  if (writers.length === 0) return phrase`${shown} belongs to another user (${await userLabel(uid, world)})`;
  if (writers.includes('others')) return phrase`${shown} can be changed by every user of this machine`;
  const group = await accountLabel('/etc/group', gid, 'gid');
  return phrase`${shown} can be changed by its group (${group}), or by users that its access list names`;
}

/** Returns the command that mends it, if the person can mend it. */
export function mendExposure({ path, uid, writers }: Exposure, world: World): string | undefined {
  if (writers.length === 0 || (uid !== world.uid && world.uid !== 0)) return undefined;
  const who = writers.map((writer) => (writer === 'group' ? 'g' : 'o')).join('');
  return `chmod ${who}-w ${shellWord(path)}`;
}

/** Names a user, for a person: `alice, uid 1000`. */
export async function userLabel(uid: number, { env }: Pick<World, 'env'>): Promise<string> {
  // The caller of sudo need not be in the local file.
  const caller = env['SUDO_UID'] === String(uid) ? env['SUDO_USER'] : undefined;
  return caller ? `${printable(caller)}, uid ${uid}` : accountLabel('/etc/passwd', uid, 'uid');
}

/** Names a user or a group. The third field is the number in passwd(5) as in group(5). */
async function accountLabel(file: string, id: number, kind: string): Promise<string> {
  const bytes = await readRegularFile(file, { limit: MAX_ACCOUNTS }).catch(() => Buffer.alloc(0));
  const lines = bytes.toString('utf8').split('\n');
  const name = lines.map((line) => line.split(':')).find((fields) => fields[2] === String(id))?.[0];
  return name ? `${printable(name)}, ${kind} ${id}` : `${kind} ${id}`;
}

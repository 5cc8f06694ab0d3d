import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  access,
  callsDirectly,
  link,
  lstat,
  open,
  type OwnFile,
  readdir,
  rename,
  stat,
  unlink,
} from './file-calls.ts';
import { ExitCode, fileError, HumanError, systemErrorCode } from './human-error.ts';
import { printable, shellWord } from './printable.ts';
import { makeDirectories } from './make-directories.ts';
import { readRegularFile, readRegularFileSync } from './open-file.ts';
import { phrase } from './phrase.ts';
import { run } from './remedy.ts';

/** Modes for files and directories that only their owner may read. */
export const PRIVATE_FILE = 0o600;
export const PRIVATE_DIRECTORY = 0o700;

/** Returns the file's status, or undefined if there is no such file. Follows symbolic links. */
export async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw fileError(error, 'look at', path, false);
  }
}

/** Returns the status of the path's own entry, or undefined. Does not follow symbolic links. */
export async function lstatIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw fileError(error, 'look at', path, false);
  }
}

/**
 * Reads the bytes of a regular file; undefined if there is none.
 *
 * @param limit - the most bytes that are read.
 * @throws HumanError 65 if the file is larger or no regular file, 74 if it cannot be read.
 */
export async function readFileIfThere(path: string, limit: number): Promise<Buffer | undefined> {
  try {
    return await readRegularFile(path, { limit });
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw fileError(error, 'read', path, false);
  }
}

/** Does the same for a file that only we can write, and without a deadline if calls are direct. */
export async function readOwnFileIfThere(path: string, limit: number): Promise<Buffer | undefined> {
  if (!callsDirectly()) return readFileIfThere(path, limit);
  try {
    return readRegularFileSync(path, { limit });
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw fileError(error, 'read', path, false);
  }
}

/**
 * Makes a directory, and its parents, that only the owner can enter.
 *
 * @throws HumanError 73 if it cannot be made, or the file system does not keep its mode.
 */
export async function ensurePrivateDirectory(path: string): Promise<void> {
  let made: boolean;
  try {
    made = await makeDirectories(path, PRIVATE_DIRECTORY);
  } catch (error) {
    throw fileError(error, 'create', path);
  }
  if (made) await assertMode(path, PRIVATE_DIRECTORY);
}

/** @throws HumanError 73 if the file system shows another mode than the one that was asked for (drvfs, CIFS). */
export async function assertMode(path: string, mode: number): Promise<void> {
  assertKept(path, mode, await stat(path));
}

function assertKept(path: string, mode: number, status: Stats): void {
  const actual = status.mode & 0o777;
  if (actual === mode) return;
  throw new HumanError(
    ExitCode.cannotCreate,
    phrase`The file system of ${printable(path)} does not keep file modes (wanted ${mode.toString(8)}, got
      ${actual.toString(8)}), so others could read secrets there.`,
    [
      phrase`Use a directory on a Linux or macOS file system. In WSL, a directory below your Linux home will do.`,
      phrase`NF_SECRETS_HOME names the directory of your own files.`,
      { do: 'choose-run-root', lead: phrase`For the secrets of a run` },
    ],
  );
}

/**
 * @throws HumanError 73 if a file is marked read-only or may not be written. A replacing rename would ask
 *   neither the file's mode nor, for root, anything at all.
 */
export async function assertWritable(path: string, status: Stats): Promise<void> {
  if ((status.mode & 0o222) === 0) {
    throw new HumanError(
      ExitCode.cannotCreate,
      phrase`${printable(path)} is read-only; nothing was changed.`,
      run(phrase`Allow writing first`, `chmod u+w ${shellWord(path)}`),
    );
  }
  try {
    await access(path, constants.W_OK);
  } catch (error) {
    throw fileError(error, 'write', path);
  }
}

const temporaryPrefix = (path: string): string => `.${basename(path)}.`;
const TEMPORARY_SUFFIX = '.tmp';

export interface NewFileOptions {
  /** The file that it gets its owner and group from. */
  readonly like?: Stats | undefined;
  /** A word in its name that tells its writer, for {@link unfinishedWriter}. */
  readonly writer?: string | undefined;
  /** False if it may be lost, or be empty, after a power failure. */
  readonly durable?: boolean | undefined;
}

/**
 * Makes a new file beside `path`, its content on disk, ready to be renamed over it.
 *
 * @param mode - its permissions; `by-umask` as any program of the person makes files.
 * @throws HumanError 73, 74; nothing is left then.
 */
export async function writeBeside(
  path: string,
  content: Uint8Array,
  mode: number | 'by-umask',
  { like, writer = '', durable = true }: NewFileOptions = {},
): Promise<string> {
  const name = `${temporaryPrefix(path)}${writer}.${randomBytes(8).toString('hex')}${TEMPORARY_SUFFIX}`;
  const temporary = join(dirname(path), name);
  let handle;
  try {
    handle = await open(temporary, 'wx', mode === 'by-umask' ? 0o666 : PRIVATE_FILE);
    await handle.writeFile(content);
    if (like !== undefined) await keepOwner(handle, like);
    if (mode !== 'by-umask') await handle.chmod(mode);
    if (durable) await handle.sync();
    // Of the open file: another writer that takes ours for abandoned may have removed it meanwhile.
    if (mode !== 'by-umask') assertKept(temporary, mode, await handle.stat());
    await handle.close();
    handle = undefined;
    return temporary;
  } catch (error) {
    await handle?.close().catch(() => undefined);
    await unlink(temporary).catch(() => undefined);
    throw fileError(error, 'write', path);
  }
}

/** Keeps the owner as far as we are allowed to: root keeps owner and group, a member of the group keeps the group. */
async function keepOwner(handle: OwnFile, like: Stats): Promise<void> {
  const { uid, gid } = await handle.stat();
  if (uid === like.uid && gid === like.gid) return;
  await handle.chown(like.uid, like.gid).catch(async () => {
    await handle.chown(uid, like.gid).catch(() => undefined);
  });
}

/** Renames `temporary` over `path` so that it survives a power failure. */
export async function renameDurably(temporary: string, path: string): Promise<void> {
  await renameOver(temporary, path);
  await syncDirectory(dirname(path));
}

async function renameOver(temporary: string, path: string): Promise<void> {
  try {
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw fileError(error, 'replace', path);
  }
}

/** Makes the entries of a directory durable, if its file system can do that. */
export async function syncDirectory(path: string): Promise<void> {
  try {
    const handle = await open(path, constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Some network file systems refuse to sync a directory; their servers order the operations themselves.
  }
}

/**
 * Makes a private file whole or not at all. Not by a rename, which would replace a file that another process has just
 * made and used.
 *
 * @returns false if there is one already.
 * @throws HumanError 73, 74
 */
export async function createPrivateFile(path: string, content: Uint8Array): Promise<boolean> {
  for (;;) {
    const temporary = await writeBeside(path, content, PRIVATE_FILE);
    try {
      await link(temporary, path);
      await syncDirectory(dirname(path));
      return true;
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === 'EEXIST') return false;
      // A process that holds a lock has tidied our unfinished file up: see removeAbandoned.
      if (code !== 'ENOENT') throw fileError(error, 'create', path);
    } finally {
      await unlink(temporary).catch(() => undefined);
    }
  }
}

/** Writes a whole private file, or leaves the old one as it is. */
export async function writePrivateFile(
  path: string,
  content: Uint8Array,
  options: Pick<NewFileOptions, 'writer' | 'durable'> = {},
): Promise<void> {
  const temporary = await writeBeside(path, content, PRIVATE_FILE, options);
  await (options.durable === false ? renameOver : renameDurably)(temporary, path);
}

/** Returns the `writer` of an unfinished file of {@link writeBeside}, or undefined for any other name. */
export function unfinishedWriter(name: string): string | undefined {
  return /^\..*\.([^.]*)\.[0-9a-f]{16}\.tmp$/.exec(name)?.[1];
}

/**
 * Removes the files that killed writers left beside `path`: unfinished ones, and those that they used to wait for its
 * lock. Only for the holder of the lock; others that wait for it make theirs again.
 */
export async function removeAbandoned(path: string): Promise<void> {
  const directory = dirname(path);
  for (const name of await readdir(directory)) {
    const unfinished = name.startsWith(temporaryPrefix(path)) && name.endsWith(TEMPORARY_SUFFIX);
    const ofWaiting = name.startsWith(`${basename(path)}.lock.`) && /\.[0-9a-f]+$/.test(name);
    if (unfinished || ofWaiting) await unlink(join(directory, name)).catch(() => undefined);
  }
}

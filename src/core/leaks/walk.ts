import type { Dirent } from 'node:fs';
import { lstat, realpath } from '../system/file-calls.ts';
import { systemErrorCode } from '../system/human-error.ts';
import { ListedDirectory } from '../system/open-directory.ts';
import { UnfitFile } from '../system/open-file.ts';
import type { FilePath } from '../system/opened-file.ts';
import { Turns } from '../system/turns.ts';
import type { FileToSearch } from './file-to-search.ts';
import { below, shownPath } from './shown-path.ts';

/** Most directories above each other. Deeper ones can be made without end. */
const DEEPEST = 100;
/** Errors for the root of a walk that need not be there, or not be a directory. */
const ABSENT = ['ENOENT', 'ENOTDIR'];

/** Choices of a walk, and its findings. */
export interface Walk {
  /** Tells whether a directory is walked through, by its absolute path and its name. */
  readonly enters: (path: string, name: string) => boolean;
  /** Tells of a device and an inode whether they are left out: where values belong. */
  readonly isOurs?: ((identity: string) => boolean) | undefined;
  /** Files that have not been changed since are left out. In milliseconds. */
  readonly since?: number;
  /** Called for a directory that is not walked through although it is wanted. */
  readonly onUnread?: (path: string) => void;
  readonly onLink?: (path: string) => void;
  /** Ends the walk, wherever it is. */
  readonly signal?: AbortSignal | undefined;
}

/** Lists the regular files below a directory. Follows no link but one at its own path. */
export async function* filesBelow(path: string, walk: Walk): AsyncGenerator<FileToSearch> {
  const open: ListedDirectory[] = [];
  const turns = new Turns();
  try {
    const root = await realpath(path).catch((error: unknown) => {
      unread(path, error, ABSENT, walk);
      return undefined;
    });
    if (root !== undefined) await enter(root, open, ABSENT, walk);
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      if (walk.signal?.aborted === true) return;
      if (turns.isOver(true)) await turns.next();
      const entry = await nextOf(top, walk);
      if (entry === null) await open.pop()?.close();
      else yield* await filesOf(entry, open, walk);
    }
  } finally {
    for (const directory of open) await directory.close();
  }
}

/** Enters an entry that is a directory; lists one that is a file. */
async function filesOf(
  entry: Dirent<Buffer>,
  open: ListedDirectory[],
  walk: Walk,
): Promise<readonly FileToSearch[]> {
  const path = below(open.at(-1)?.path ?? '', entry.name);
  if (entry.isSymbolicLink()) walk.onLink?.(shownPath(path));
  else if (entry.isDirectory()) {
    if (!walk.enters(shownPath(path), entry.name.toString())) return [];
    if (open.length > DEEPEST) walk.onUnread?.(shownPath(path));
    else await enter(path, open, ['ENOENT'], walk);
  } else if (entry.isFile() || isUnknown(entry)) {
    const isWanted = walk.since === undefined || (await isSince(path, walk.since));
    const isLocal = open.at(-1)?.isLocal === true;
    if (isWanted) return [{ path, isGuess: true, isReal: true, isLocal, isOurs: walk.isOurs }];
  }
  return [];
}

/** @param absent - codes of errors for a directory that need not be there. */
async function enter(
  path: FilePath,
  open: ListedDirectory[],
  absent: readonly string[],
  walk: Walk,
): Promise<void> {
  try {
    const directory = await ListedDirectory.open(path);
    if (walk.isOurs?.(directory.identity) === true) await directory.close();
    else open.push(directory);
  } catch (error) {
    unread(path, error, absent, walk);
  }
}

/** The next entry of a directory; one that cannot be read to its end is said. */
async function nextOf(directory: ListedDirectory, walk: Walk): Promise<Dirent<Buffer> | null> {
  try {
    return await directory.next();
  } catch (error) {
    unread(directory.path, error, ['ENOENT'], walk);
    return null;
  }
}

/** Says that a directory could not be read. One that is gone has no files, but one that became a link may have had. */
function unread(path: FilePath, error: unknown, absent: readonly string[], walk: Walk): void {
  const code = systemErrorCode(error);
  if (code === undefined && !(error instanceof UnfitFile)) throw error;
  if (code === undefined || !absent.includes(code)) walk.onUnread?.(shownPath(path));
}

/** Some file systems tell no kinds. */
const isUnknown = (entry: Dirent<Buffer>): boolean =>
  !entry.isFIFO() && !entry.isSocket() && !entry.isCharacterDevice() && !entry.isBlockDevice();

/** A file that was moved here keeps its time of writing, but not that of its status. */
async function isSince(path: FilePath, since: number): Promise<boolean> {
  try {
    const status = await lstat(path);
    return status.isFile() && Math.max(status.mtimeMs, status.ctimeMs) >= since;
  } catch (error) {
    // What cannot be looked at is tried to be opened, and said.
    return !['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '');
  }
}

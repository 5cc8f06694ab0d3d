import type { Dirent } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { lstat } from '../system/file-calls.ts';
import { systemErrorCode } from '../system/human-error.ts';
import type { FileToSearch } from './look.ts';

/** Most directories above each other. Deeper ones can be made without end. */
const DEEPEST = 100;

/** Choices of a walk, and its findings. */
export interface Walk {
  /** Tells whether a directory is walked through, by its absolute path and its name. */
  readonly enters: (path: string, name: string) => boolean;
  /** Files that have not been changed since are left out. In milliseconds. */
  readonly since?: number;
  /** Called for a directory that is not walked through although it is wanted. */
  readonly onUnread?: (path: string) => void;
  readonly onLink?: (path: string) => void;
  /** Ends the walk, wherever it is. */
  readonly signal?: AbortSignal | undefined;
}

/** Lists the regular files below a directory. Follows no link. */
export async function* filesBelow(path: string, walk: Walk, depth = 0): AsyncGenerator<FileToSearch> {
  if (depth > DEEPEST) {
    walk.onUnread?.(path);
    return;
  }
  for await (const entry of entriesOf(path, walk)) {
    if (walk.signal?.aborted === true) return;
    const below = join(path, entry.name);
    if (entry.isSymbolicLink()) walk.onLink?.(below);
    else if (entry.isDirectory()) {
      if (walk.enters(below, entry.name)) yield* filesBelow(below, walk, depth + 1);
    } else if (entry.isFile() || isUnknown(entry)) {
      if (walk.since === undefined || (await isSince(below, walk.since)))
        yield { path: below, isGuess: true };
    }
  }
}

/** Lists a directory. One that cannot be read, or not to its end, is said. */
async function* entriesOf(path: string, walk: Walk): AsyncGenerator<Dirent> {
  try {
    yield* await opendir(path);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') walk.onUnread?.(path);
  }
}

/** Some file systems tell no kinds. */
const isUnknown = (entry: {
  isFIFO(): boolean;
  isSocket(): boolean;
  isCharacterDevice(): boolean;
  isBlockDevice(): boolean;
}): boolean => !entry.isFIFO() && !entry.isSocket() && !entry.isCharacterDevice() && !entry.isBlockDevice();

async function isSince(path: string, since: number): Promise<boolean> {
  const status = await lstat(path).catch(() => undefined);
  return status?.isFile() === true && status.mtimeMs >= since;
}

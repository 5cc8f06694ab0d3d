import {
  assertWritable,
  removeAbandoned,
  renameDurably,
  statIfThere,
  writeBeside,
} from '../../system/durable-file.ts';
import { fileError, systemErrorCode } from '../../system/human-error.ts';
import { readRegularFile } from '../../system/open-file.ts';

// Files beside the vault of a workspace. They come from a repository: any of them may be a link, a pipe, or endless.

/**
 * Reads a file beside a vault. A link is refused: it would have us read another file than the repository has.
 *
 * @returns undefined if there is none.
 * @throws HumanError 65 if it is a link, no regular file, or larger than the limit; 74 if it cannot be read.
 */
export async function readSharedFile(path: string, limit: number): Promise<Buffer | undefined> {
  try {
    return await readRegularFile(path, { limit, followLinks: false });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw fileError(error, 'read', path, false);
  }
}

/**
 * Replaces a file beside a vault, durably and whole. Only for the holder of the vault's lock.
 *
 * @param like - the file that it gets mode and owner from; a new one is as all new files of the person.
 * @throws HumanError 73, 74
 */
export async function replaceSharedFile(path: string, content: Uint8Array, like = path): Promise<void> {
  await removeAbandoned(path);
  const status = await statIfThere(like);
  if (status !== undefined) await assertWritable(like, status);
  const mode = status === undefined ? 'by-umask' : status.mode & 0o777;
  await renameDurably(await writeBeside(path, content, mode, { like: status }), path);
}

import { dirname } from 'node:path';
import {
  removeAbandoned,
  renameDurably,
  statIfThere,
  syncDirectory,
  writeBeside,
} from '../../system/durable-file.ts';
import { unlink } from '../../system/file-calls.ts';
import { withLock } from '../../system/file-lock.ts';
import type { Checkout } from '../../system/git-index.ts';
import { ExitCode, fileError, HumanError, systemErrorCode } from '../../system/human-error.ts';
import { phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import type { World } from '../../system/world.ts';
import { idOf, indexedFiles, type IndexedFile, type Merged, NO_STAGES, putIntoIndex } from './git-stages.ts';
import { filesOf } from './unmerged.ts';

/** The files of a vault in git's index, by absolute path. */
export type VaultIndex = ReadonlyMap<string, IndexedFile>;

/** Ids of all versions, to recognize a merge again. */
export const idOfMerge = (files: VaultIndex): string =>
  [...files.values()].map(({ stages }) => idOf(stages)).join(' ');

/** A vault that is merged, with the files beside it. */
export interface MergedFiles {
  /** Real path of the vault. */
  readonly path: string;
  /** Its path in `.nf-secrets`. */
  readonly entry: string;
  readonly checkout: Checkout;
  /** The versions that were merged. */
  readonly files: VaultIndex;
  /** Contents by path; undefined removes a file. Those that are not named stay. */
  readonly contents: ReadonlyMap<string, Buffer | undefined>;
}

/**
 * Writes a merged vault, and puts it into the index. Killed in between, the vault is still unmerged for git: no command
 * uses it, and the same decisions merge it again.
 *
 * @throws HumanError 69 if git does not take it, 73, 74 if it cannot be written.
 */
export async function writeMerge(merge: MergedFiles, world: World): Promise<void> {
  const { path, entry, checkout, files, contents } = merge;
  await withLock(path, world, async (lock) => {
    await removeAbandoned(path);
    const now = await indexedFiles(checkout, filesOf(path, entry), world);
    if (idOfMerge(now) !== idOfMerge(files)) {
      throw new HumanError(
        ExitCode.io,
        phrase`${printable(path)} was merged by another program meanwhile; nothing was changed.`,
      );
    }
    const merged: Merged[] = [];
    for (const [file, content] of contents) {
      await lock.assertHeld();
      await replaceFile(file, content);
      merged.push({ path: file, content, stages: files.get(file)?.stages ?? NO_STAGES });
    }
    await putIntoIndex(checkout, merged, world);
  }).catch((error: unknown) => {
    throw fileError(error, 'write', path);
  });
}

async function replaceFile(path: string, content: Buffer | undefined): Promise<void> {
  if (content === undefined) {
    await unlink(path).catch((error: unknown) => {
      if (systemErrorCode(error) !== 'ENOENT') throw error;
    });
    await syncDirectory(dirname(path));
    return;
  }
  const status = await statIfThere(path);
  const mode = status === undefined ? 'by-umask' : status.mode & 0o777;
  await renameDurably(await writeBeside(path, content, mode, { like: status }), path);
}

import { statIfThere } from '../system/durable-file.ts';
import { realpath } from '../system/file-calls.ts';
import { ExitCode, HumanError } from '../system/human-error.ts';
import { openRegularFile } from '../system/open-file.ts';
import { identityOf } from '../system/opened-file.ts';
import { nextflowStorePath } from '../system/paths.ts';
import { phrase } from '../system/phrase.ts';
import { printable } from '../system/printable.ts';
import type { World } from '../system/world.ts';
import type { FileToSearch } from './file-to-search.ts';
import { filesBelow } from './walk.ts';

/** Files and directories that a person names, and what is found in them beside files. */
export class PathsToSearch {
  /** Number of symbolic links that were met and not followed. */
  links = 0;
  /** Directories that cannot be listed. */
  readonly unread: string[] = [];
  readonly #directories: readonly string[];
  readonly #files: readonly string[];
  /** Devices and inodes of where values belong. */
  readonly #stores: ReadonlySet<string>;

  private constructor(directories: readonly string[], files: readonly string[], stores: ReadonlySet<string>) {
    this.#directories = directories;
    this.#files = files;
    this.#stores = stores;
  }

  /**
   * @param paths - absolute.
   * @param stores - devices and inodes of the stores of runs.
   * @throws HumanError 64 if one does not exist, or is neither a file nor a directory.
   */
  static async open(
    paths: readonly string[],
    stores: ReadonlySet<string>,
    world: World,
  ): Promise<PathsToSearch> {
    const directories: string[] = [];
    const files: string[] = [];
    for (const path of paths) {
      const status = await statIfThere(path);
      if (status === undefined)
        throw new HumanError(ExitCode.usage, phrase`There is no file or directory ${printable(path)}.`);
      // The person has named the link, so it is followed.
      const real = await realpath(path);
      if (status.isDirectory()) directories.push(real);
      else if (status.isFile()) files.push(real);
      else
        throw new HumanError(
          ExitCode.usage,
          phrase`${printable(path)} is neither a regular file nor a directory.`,
        );
    }
    const own = await identityOfFile(nextflowStorePath(world));
    return new PathsToSearch(directories, files, new Set([...stores, ...(own === undefined ? [] : [own])]));
  }

  async *list(): AsyncGenerator<FileToSearch> {
    for (const path of this.#files) yield { path };
    for (const directory of this.#directories) {
      yield* filesBelow(directory, {
        enters: () => true,
        isOurs: (identity) => this.#stores.has(identity),
        onUnread: (path) => this.unread.push(path),
        onLink: () => (this.links += 1),
      });
    }
  }
}

async function identityOfFile(path: string): Promise<string | undefined> {
  const file = await openRegularFile(path).catch(() => undefined);
  try {
    return file === undefined ? undefined : identityOf(await file.exactStat());
  } finally {
    await file?.close();
  }
}

import { statIfThere } from '../system/durable-file.ts';
import { realpath } from '../system/file-calls.ts';
import { ExitCode, HumanError } from '../system/human-error.ts';
import { namedRunRoot, nextflowStorePath, spareRunRoot, usualRunRoot } from '../system/paths.ts';
import { phrase } from '../system/phrase.ts';
import { printable } from '../system/printable.ts';
import type { World } from '../system/world.ts';
import type { FileToSearch } from './look.ts';
import { filesBelow } from './walk.ts';

/** Files and directories that a person names, and what is found in them beside files. */
export class PathsToSearch {
  /** Number of symbolic links that were met and not followed. */
  links = 0;
  /** Directories that cannot be listed. */
  readonly unread: string[] = [];
  readonly #directories: readonly string[];
  readonly #files: readonly string[];
  /** Where values belong: Nextflow's own store, and those of runs. */
  readonly #stores: ReadonlySet<string>;

  private constructor(directories: readonly string[], files: readonly string[], stores: ReadonlySet<string>) {
    this.#directories = directories;
    this.#files = files;
    this.#stores = stores;
  }

  /**
   * @param paths - absolute.
   * @throws HumanError 64 if one does not exist, or is neither a file nor a directory.
   */
  static async open(paths: readonly string[], world: World): Promise<PathsToSearch> {
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
    const roots = [namedRunRoot(undefined, world), usualRunRoot(world), spareRunRoot(world)];
    const stores = [nextflowStorePath(world), ...roots.filter((root) => root !== undefined)];
    const real = await Promise.all(stores.map((path) => realpath(path).catch(() => path)));
    return new PathsToSearch(directories, files, new Set(real));
  }

  async *list(): AsyncGenerator<FileToSearch> {
    for (const path of this.#files) yield { path };
    for (const directory of this.#directories) {
      const files = filesBelow(directory, {
        enters: (path) => !this.#stores.has(path),
        onUnread: (path) => this.unread.push(path),
        onLink: () => (this.links += 1),
      });
      for await (const file of files) if (!this.#stores.has(file.path)) yield file;
    }
  }
}

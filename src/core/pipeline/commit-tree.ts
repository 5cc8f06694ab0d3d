import { phrase } from '../system/phrase.ts';
import { dirname, relative, resolve } from 'node:path';
import type { World } from '../system/world.ts';
import { git } from '../system/safe-git.ts';
import { checked, MAX_SOURCE_BYTES, type SourceBytes, TOO_LARGE } from './source-file.ts';
import { diskTree, type SourceTree } from './source-tree.ts';

interface Entry {
  readonly isLink: boolean;
  readonly id: string;
  readonly size: number;
}

/** Largest number of links that are followed for one path. */
const MAX_LINKS = 20;

/**
 * Reads the files of one commit from git's own storage: independent of the files in the clone's directory, and without
 * any filter or hook of the repository. Files outside of the repository are read from the disk.
 *
 * @returns undefined if git cannot read the commit.
 */
export async function commitTree(
  directory: string,
  commit: string,
  world: World,
): Promise<SourceTree | undefined> {
  const listing = await git(directory, ['ls-tree', '-r', '-l', '-z', '--full-tree', commit], world);
  if (listing === undefined) return undefined;
  const entries = parseListing(listing.toString('utf8'));
  const wanted = [...entries].filter(([path, entry]) => isSource(path, entry)).map(([, { id }]) => id);
  return new CommitTree(directory, entries, await blobs(directory, wanted, world), world);
}

/** @param text - output of `git ls-tree -l -z`. */
function parseListing(text: string): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const line of text.split('\0')) {
    const [, mode, type, id = '', size, path] = /^(\d+) (\w+) ([0-9a-f]+) +(\S+)\t(.*)$/s.exec(line) ?? [];
    if (type !== 'blob' || path === undefined) continue;
    entries.set(path, { isLink: mode === '120000', id, size: Number(size) });
  }
  return entries;
}

const isSource = (path: string, { isLink, size }: Entry): boolean =>
  isLink || (size <= MAX_SOURCE_BYTES && /\.(nf|config)$/.test(path));

function directoriesOf(paths: Iterable<string>): Set<string> {
  const directories = new Set<string>(['']);
  for (const path of paths) {
    for (let above = dirname(path); above !== '.'; above = dirname(above)) {
      if (directories.has(above)) break;
      directories.add(above);
    }
  }
  return directories;
}

class CommitTree implements SourceTree {
  readonly #directory: string;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #directories: ReadonlySet<string>;
  readonly #contents: ReadonlyMap<string, Buffer>;
  readonly #world: World;

  /** @param contents - contents of the blobs that were read already, by their ids. */
  constructor(
    directory: string,
    entries: ReadonlyMap<string, Entry>,
    contents: ReadonlyMap<string, Buffer>,
    world: World,
  ) {
    this.#directory = directory;
    this.#entries = entries;
    this.#directories = directoriesOf(entries.keys());
    this.#contents = contents;
    this.#world = world;
  }

  readonly read = async (path: string): Promise<SourceBytes> => {
    const entry = await this.#find(path);
    if (entry === undefined) return diskTree.read(path);
    if (entry === 'nothing') return { problem: phrase`it does not exist`, isAbsent: true };
    if (entry === 'directory') return { problem: phrase`it is a directory` };
    if (entry.size > MAX_SOURCE_BYTES) return { problem: TOO_LARGE };
    const bytes = await this.#blob(entry.id);
    return bytes === undefined ? { problem: phrase`git cannot read it` } : checked(bytes);
  };

  readonly kind = async (path: string): Promise<'file' | 'directory' | undefined> => {
    const entry = await this.#find(path);
    if (entry === undefined) return diskTree.kind(path);
    if (entry === 'nothing') return undefined;
    return entry === 'directory' ? 'directory' : 'file';
  };

  /** Finds the entry of a path, through links; undefined outside of the repository. */
  async #find(path: string): Promise<Entry | 'directory' | 'nothing' | undefined> {
    let inside = relative(this.#directory, path);
    for (let hops = 0; hops < MAX_LINKS; hops++) {
      if (inside.startsWith('..')) return undefined;
      if (this.#directories.has(inside)) return 'directory';
      const entry = this.#entries.get(inside);
      if (entry === undefined) return 'nothing';
      if (!entry.isLink) return entry;
      const target = (await this.#blob(entry.id))?.toString('utf8') ?? '';
      inside = relative(this.#directory, resolve(this.#directory, dirname(inside), target));
    }
    return 'nothing';
  }

  async #blob(id: string): Promise<Buffer | undefined> {
    return this.#contents.get(id) ?? (await git(this.#directory, ['cat-file', 'blob', id], this.#world));
  }
}

/** Reads many blobs with one git process. */
async function blobs(directory: string, ids: readonly string[], world: World): Promise<Map<string, Buffer>> {
  const contents = new Map<string, Buffer>();
  if (ids.length === 0) return contents;
  const output = await git(directory, ['cat-file', '--batch'], world, { input: `${ids.join('\n')}\n` });
  if (output === undefined) return contents;
  for (let at = 0; at < output.length;) {
    const lineEnd = output.indexOf(10, at);
    if (lineEnd < 0) break;
    const [id = '', type, size] = output.toString('latin1', at, lineEnd).split(' ');
    at = lineEnd + 1;
    if (type !== 'blob') continue;
    contents.set(id, output.subarray(at, at + Number(size)));
    at += Number(size) + 1;
  }
  return contents;
}

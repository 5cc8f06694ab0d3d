import { dirname, join, relative, resolve } from 'node:path';
import { lstatIfThere, readFileIfThere } from './durable-file.ts';
import { callsDirectly } from './file-calls.ts';
import { HumanError, systemErrorCode } from './human-error.ts';
import { readFileHead, readListedFileSync, readRegularFile, readRegularFileSync } from './open-file.ts';

// The index of a git repository, read without git: a command that asked git would take longer for that than for all
// else. Format: https://git-scm.com/docs/index-format

/** Largest index, in bytes: one of a million files has about 100 MiB. */
const MAX_INDEX = 256 << 20;
/** Largest file `.git`, in bytes, of a linked worktree or a submodule. */
const MAX_LINK = 4096;
const MAX_LEVELS = 100;

/** A checkout of a git repository. */
export interface Checkout {
  /** Its root, absolute. */
  readonly root: string;
  /** The directory that has its index: `.git`, or that of a linked worktree or a submodule. */
  readonly gitDirectory: string;
}

/** Finds the checkout that a file is in, by its path alone. Nothing that the repository says is run or believed. */
export async function checkoutOf(path: string): Promise<Checkout | undefined> {
  let root = dirname(path);
  for (let level = 0; level < MAX_LEVELS; level++) {
    const git = join(root, '.git');
    const status = await lstatIfThere(git);
    if (status?.isDirectory() === true) return { root, gitDirectory: git };
    if (status?.isFile() === true) {
      const text = (await readFileIfThere(git, MAX_LINK).catch(() => undefined))?.toString('utf8');
      const directory = /^gitdir: ([^\0\n]+?)\s*$/.exec(text ?? '')?.[1];
      return directory === undefined ? undefined : { root, gitDirectory: resolve(root, directory) };
    }
    const parent = dirname(root);
    if (parent === root) return undefined;
    root = parent;
  }
  return undefined;
}

/** Answers, by index, while it is the same file: git replaces it with each change. */
const known = new Map<
  string,
  { readonly version: string; readonly paths: string; readonly unmerged: string[] }
>();

/**
 * Finds those of some files that git could not merge: the index has up to three versions of each, and the file is one
 * side, or has marks.
 *
 * @param paths - absolute, of one directory in this checkout.
 * @returns none if there is no index, or none that can be read.
 */
export async function unmergedAmong(
  { root, gitDirectory }: Checkout,
  paths: readonly string[],
): Promise<string[]> {
  const path = join(gitDirectory, 'index');
  const status = await lstatIfThere(path);
  // A pipe, a directory, a file without end: git cannot use it either.
  if (status?.isFile() !== true || status.size > MAX_INDEX) return [];
  const version = [status.ino, status.size, status.mtimeMs, status.ctimeMs].join(' ');
  const asked = paths.join('\0');
  const before = known.get(path);
  if (before?.version === version && before.paths === asked) return before.unmerged;
  const names = paths.map((one) => relative(root, one));
  const unmerged = await readUnmerged(path, names);
  const found = paths.filter((_, at) => unmerged.includes(names[at] ?? ''));
  known.set(path, { version, paths: asked, unmerged: found });
  return found;
}

async function readUnmerged(path: string, names: readonly string[]): Promise<string[]> {
  try {
    const head = await readHead(path);
    if (head.length === HEAD && !hasAll(head, names)) return withStages(await readIndex(path), names);
    return withStages(head, names);
  } catch (error) {
    if (error instanceof HumanError || systemErrorCode(error) !== undefined) return [];
    throw error;
  }
}

/** Bytes of the beginning of an index that are read first: it is in the order of paths. */
const HEAD = 64 << 10;
/** Most bytes from the entry of a vault to the end of the entry of its signature. */
const NEXT = 16 << 10;

// Direct calls take a tenth of the time of those through threads.

async function readHead(path: string): Promise<Buffer> {
  if (!callsDirectly()) return readFileHead(path, HEAD);
  const head = Buffer.allocUnsafe(HEAD);
  return head.subarray(0, readListedFileSync(path, head) ?? HEAD);
}

const readIndex = async (path: string): Promise<Buffer> =>
  callsDirectly()
    ? readRegularFileSync(path, { limit: MAX_INDEX })
    : readRegularFile(path, { limit: MAX_INDEX });

/** Tells whether the beginning of an index has the first of these files, and the others if they are there at all. */
function hasAll(head: Buffer, [first = '']: readonly string[]): boolean {
  if (versionOf(head) === 4) return false;
  const name = entryName(first);
  for (const found of occurrences(head, name))
    if (found < HEAD - NEXT && flagsOf(head, found, name) !== undefined) return true;
  return false;
}

const HEADER = 12;
/** Bytes of an entry before its hash; of these, the position of its mode. */
const STATUS = 40;
const MODE = 24;
const HASHES = [20, 32];
const EXTENDED = 0x4000;
const STAGE = 0x3000;
const LENGTH = 0xfff;
const MODES = new Set([0o100644, 0o100755, 0o120000, 0o160000]);

/** Version of an index; undefined for any other file. */
const versionOf = (index: Buffer): number | undefined =>
  index.length >= HEADER && index.toString('latin1', 0, 4) === 'DIRC' ? index.readUInt32BE(4) : undefined;

/**
 * Finds those paths of which an index has versions that are not merged.
 *
 * @param paths - of one directory, relative to the root of the checkout.
 */
export function withStages(index: Buffer, paths: readonly string[]): string[] {
  const version = versionOf(index);
  if (version === undefined) return [];
  if (version === 4) return paths.filter((path) => walkFor(index, Buffer.from(path, 'utf8')));
  const names = paths.map(entryName);
  // A walk over the entries of a large index takes longer, and so does a search for each of the paths.
  const folder = Buffer.from((paths[0] ?? '').replace(/[^/]*$/, ''), 'utf8');
  const searched = folder.length > 0 ? [folder] : names;
  const found = new Set<number>();
  for (const text of searched) {
    for (const at of occurrences(index, text)) {
      names.forEach((name, number) => {
        if (((flagsOf(index, at, name) ?? 0) & STAGE) !== 0) found.add(number);
      });
    }
  }
  return paths.filter((_, number) => found.has(number));
}

/** A path as an entry ends with it. */
const entryName = (path: string): Buffer => Buffer.from(`${path}\0`, 'utf8');

function* occurrences(index: Buffer, text: Buffer): Generator<number> {
  for (let at = index.indexOf(text, HEADER); at >= 0; at = index.indexOf(text, at + 1)) yield at;
}

/** Returns the flags of an entry; undefined for a path that is anywhere else, as in an extension. */
function flagsOf(index: Buffer, at: number, name: Buffer): number | undefined {
  if (index.compare(name, 0, name.length, at, Math.min(at + name.length, index.length)) !== 0)
    return undefined;
  const flagsAt = [at - 2, at - 4].find((one) =>
    HASHES.some((hash) => {
      const modeAt = one - hash - STATUS + MODE;
      if (modeAt < HEADER || !MODES.has(index.readUInt32BE(modeAt))) return false;
      return (index.readUInt16BE(one) & LENGTH) === Math.min(name.length - 1, LENGTH);
    }),
  );
  return flagsAt === undefined ? undefined : index.readUInt16BE(flagsAt);
}

/** In version 4 a path is written as its difference from the one before. */
function walkFor(index: Buffer, name: Buffer): boolean {
  return HASHES.some((hash) => {
    try {
      return walk(index, name, hash);
    } catch (error) {
      // The end of the file, with the wrong size of hashes or in garbage.
      if (error instanceof RangeError) return false;
      throw error;
    }
  });
}

function walk(index: Buffer, name: Buffer, hash: number): boolean {
  let at = HEADER;
  // Number of bytes in which the path before has the same beginning as ours, and its length.
  let same = 0;
  let length = 0;
  for (let left = index.readUInt32BE(8); left > 0; left--) {
    const flagsAt = at + STATUS + hash;
    if (!MODES.has(index.readUInt32BE(at + MODE))) return false;
    at = flagsAt + ((index.readUInt16BE(flagsAt) & EXTENDED) === 0 ? 2 : 4);
    let strip = index.readUInt8(at) & 0x7f;
    while ((index.readUInt8(at++) & 0x80) !== 0) strip = ((strip + 1) << 7) | (index.readUInt8(at) & 0x7f);
    const end = index.indexOf(0, at);
    if (end < 0 || strip < 0 || strip > length) return false;
    const kept = length - strip;
    length = kept + end - at;
    if (kept <= same) {
      same = kept;
      for (let next = at; next < end && index[next] === name[same]; next++) same += 1;
      if (same === name.length && length === name.length && (index.readUInt16BE(flagsAt) & STAGE) !== 0)
        return true;
    }
    at = end + 1;
  }
  return false;
}

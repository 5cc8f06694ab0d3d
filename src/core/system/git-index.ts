import { dirname, join, relative, resolve } from 'node:path';
import { lstatIfThere, readFileIfThere } from './durable-file.ts';
import { HumanError } from './human-error.ts';

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

/**
 * Finds those of some files that git could not merge: the index has up to three versions of each, and the file is one
 * side, or has marks.
 *
 * @param paths - absolute, in this checkout.
 * @returns none if there is no index, or none that can be read.
 */
export async function unmergedAmong(
  { root, gitDirectory }: Checkout,
  paths: readonly string[],
): Promise<string[]> {
  let index: Buffer | undefined;
  try {
    index = await readFileIfThere(join(gitDirectory, 'index'), MAX_INDEX);
  } catch (error) {
    // A pipe, a directory, a file without end: git cannot use it either.
    if (!(error instanceof HumanError)) throw error;
  }
  if (index === undefined) return [];
  const bytes = index;
  return paths.filter((path) => hasStages(bytes, relative(root, path)));
}

const HEADER = 12;
/** Bytes of an entry before its hash; of these, the position of its mode. */
const STATUS = 40;
const MODE = 24;
const HASHES = [20, 32];
const EXTENDED = 0x4000;
const MODES = new Set([0o100644, 0o100755, 0o120000, 0o160000]);

/**
 * Tells whether an index has versions of a path that are not merged.
 *
 * @param path - relative to the root of the checkout.
 */
export function hasStages(index: Buffer, path: string): boolean {
  if (index.length < HEADER || index.toString('latin1', 0, 4) !== 'DIRC') return false;
  const name = Buffer.from(path, 'utf8');
  return index.readUInt32BE(4) === 4 ? walkFor(index, name) : searchFor(index, name);
}

/** Looks at all occurrences of a path: a walk over the entries of a large index takes longer. */
function searchFor(index: Buffer, name: Buffer): boolean {
  const text = Buffer.concat([name, Buffer.alloc(1)]);
  for (let found = index.indexOf(text, HEADER); found >= 0; found = index.indexOf(text, found + 1)) {
    for (const flagsAt of [found - 2, found - 4]) {
      if (HASHES.some((hash) => isEntry(index, flagsAt, hash, name) && stageOf(index, flagsAt) > 0))
        return true;
    }
  }
  return false;
}

const stageOf = (index: Buffer, flagsAt: number): number => (index.readUInt16BE(flagsAt) >> 12) & 3;

/** The path of a file can be anywhere: in an extension, or a part of another path. */
function isEntry(index: Buffer, flagsAt: number, hash: number, name: Buffer): boolean {
  const modeAt = flagsAt - hash - STATUS + MODE;
  if (modeAt < HEADER) return false;
  const length = index.readUInt16BE(flagsAt) & 0xfff;
  return length === Math.min(name.length, 0xfff) && MODES.has(index.readUInt32BE(modeAt));
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
      if (same === name.length && length === name.length && stageOf(index, flagsAt) > 0) return true;
    }
    at = end + 1;
  }
  return false;
}

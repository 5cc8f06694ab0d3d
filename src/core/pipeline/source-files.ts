import { type Dirent, lstatSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { printable } from '../system/printable.ts';
import type { World } from '../system/world.ts';
import { git } from '../system/safe-git.ts';
import { phrase } from '../system/phrase.ts';
import { Turns } from '../system/turns.ts';
import { companionUse } from './companion-files.ts';
import { isIgnored, readRules, type Rules } from './ignore-rules.ts';

/** Names of directories that have no code of the pipeline, at any depth. */
export const PASSED_OVER: ReadonlySet<string> = new Set([
  'work',
  '.nextflow',
  '.git',
  '.nf-secrets',
  'node_modules',
  '.nf-test',
]);

/** The source files of a directory. */
export interface SourceList {
  /** Paths relative to the directory, sorted. */
  readonly paths: readonly string[];
  /** Those of the paths that may be no regular files: links, pipes and others. */
  readonly unusual: ReadonlySet<string>;
  /** Regular files beside the code that may have keys in them, sorted; none if they are not asked for. */
  readonly companions: readonly string[];
}

export interface ListOptions {
  readonly signal?: AbortSignal | undefined;
  /** True to list also files beside the code. */
  readonly companions?: boolean | undefined;
  /** True to list also what git ignores. */
  readonly ignored?: boolean | undefined;
}

/**
 * Lists the scripts and configs below a directory, without work directories and files that git ignores. Follows no link
 * to a directory. Without git, or if git refuses a stranger's repository, we read the `.gitignore` files ourselves.
 *
 * @param world - world in which git is asked; without it no program is started.
 */
export async function listSourceFiles(
  root: string,
  world: World | undefined,
  options: ListOptions = {},
): Promise<SourceList> {
  const isAsked = world !== undefined && options.ignored !== true && mayHaveRepository(root);
  const asking = isAsked ? ignoredByGit(root, world, options.signal) : undefined;
  const listed = asking === undefined ? undefined : await listBesideGit(root, asking, options);
  const { paths, unusual, companions } = listed ?? (await listByRules(root, options));
  return { paths: paths.sort(), unusual, companions: companions.sort() };
}

interface Listed {
  readonly paths: string[];
  readonly unusual: Set<string>;
  readonly companions: string[];
}

const nothing = (): Listed => ({ paths: [], unusual: new Set(), companions: [] });

/** Lists all files while git looks for those that it ignores. @returns undefined if git cannot tell. */
async function listBesideGit(
  root: string,
  asking: Promise<ReadonlySet<string> | undefined>,
  { signal, companions = false }: ListOptions,
): Promise<Listed | undefined> {
  let answer: ReadonlySet<string> | undefined;
  void asking.then(
    (ignored) => {
      answer = ignored;
    },
    // It is thrown where the answer is awaited.
    () => undefined,
  );
  const read: Directory[] = [];
  const turns = new Turns();
  const waiting = [''];
  for (let path = waiting.pop(); path !== undefined && signal?.aborted !== true; path = waiting.pop()) {
    // What git ignores may be large, so it is left out as soon as that is known.
    if (answer?.has(`${path}/`) === true) continue;
    const directory = readDirectory(root, path, companions);
    read.push(directory);
    for (const one of directory.directories) waiting.push(one);
    if (turns.isOver(true)) await turns.next();
  }
  const ignored = await asking;
  return ignored && withoutIgnored(read, ignored);
}

/** @param read - directories, each after the one that it is in. */
function withoutIgnored(read: readonly Directory[], ignored: ReadonlySet<string>): Listed {
  const listed = nothing();
  const left = new Set<string>();
  for (const { path, files, unusual, companions, directories } of read) {
    if (left.has(path)) {
      for (const directory of directories) left.add(directory);
      continue;
    }
    for (const directory of directories) if (ignored.has(`${directory}/`)) left.add(directory);
    for (const file of files) if (!ignored.has(file)) listed.paths.push(file);
    for (const file of companions) if (!ignored.has(file)) listed.companions.push(file);
    for (const file of unusual) listed.unusual.add(file);
  }
  return listed;
}

async function listByRules(root: string, { signal, companions, ignored }: ListOptions): Promise<Listed> {
  const listed = nothing();
  const turns = new Turns();
  const waiting: { path: string; rules: readonly Rules[] }[] = [{ path: '', rules: [] }];
  for (let next = waiting.pop(); next !== undefined && signal?.aborted !== true; next = waiting.pop()) {
    const read = readDirectory(root, next.path, companions === true);
    const { path, files, unusual, directories } = read;
    const rules =
      read.hasRules && ignored !== true ? [...next.rules, await readRules(root, path)] : next.rules;
    const isLeft = (name: string): boolean => rules.length > 0 && isIgnored(name, rules);
    for (const directory of directories)
      if (!isLeft(`${directory}/`)) waiting.push({ path: directory, rules });
    for (const file of files) if (!isLeft(file)) listed.paths.push(file);
    for (const file of read.companions) if (!isLeft(file)) listed.companions.push(file);
    for (const file of unusual) listed.unusual.add(file);
    if (turns.isOver(true)) await turns.next();
  }
  return listed;
}

/** Entries of one directory; all paths are relative to the root. */
interface Directory {
  readonly path: string;
  readonly files: readonly string[];
  /** Those of the files that are no regular ones. */
  readonly unusual: readonly string[];
  /** Regular files beside the code. */
  readonly companions: readonly string[];
  readonly directories: readonly string[];
  readonly hasRules: boolean;
}

/**
 * Reads a directory. Most entries are neither source nor directory: nothing is made for them. A file system that does
 * not tell the kinds of entries costs Node.js a call for each.
 */
function readDirectory(root: string, path: string, withCompanions: boolean): Directory {
  const files: string[] = [];
  const directories: string[] = [];
  const companions: string[] = [];
  let unusual: string[] | undefined;
  let hasRules = false;
  const start = path === '' ? '' : `${path}/`;
  for (const entry of entriesOf(path === '' ? root : `${root}/${path}`)) {
    const { name } = entry;
    const isSource = name.endsWith('.nf') || name.endsWith('.config');
    if (isSource && entry.isFile()) {
      files.push(start + name);
    } else if (entry.isDirectory()) {
      if (!PASSED_OVER.has(name)) directories.push(start + name);
    } else if (isSource) {
      files.push(start + name);
      (unusual ??= []).push(start + name);
    } else if (name === '.gitignore') hasRules = true;
    // No link: it may lead out of the tree, and a file in it is listed itself.
    else if (withCompanions && entry.isFile() && companionUse(path, name) !== undefined)
      companions.push(start + name);
  }
  return { path, files, unusual: unusual ?? NONE, companions, directories, hasRules };
}

const NONE: readonly string[] = [];

/** Lists the entries of a directory; none if it cannot be read. */
function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** Tells whether git may find a repository for a directory. A program that has nothing to tell is not started. */
function mayHaveRepository(root: string): boolean {
  try {
    for (let directory = realpathSync(root); ; directory = dirname(directory)) {
      // A directory with a HEAD may be a repository itself.
      for (const name of ['.git', 'HEAD'])
        if (lstatSync(join(directory, name), { throwIfNoEntry: false }) !== undefined) return true;
      if (directory === dirname(directory)) return false;
    }
  } catch {
    return true;
  }
}

/** Lists the ignored files, and with a final `/` the ignored directories; undefined if git cannot tell. */
async function ignoredByGit(
  root: string,
  world: World,
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<string> | undefined> {
  const args = ['ls-files', '-z', '--others', '--ignored', '--exclude-standard', '--directory'];
  const onLate = (): void => {
    world.notice(
      phrase`git takes too long to say what it ignores in ${printable(root)}; files may be read that it
        ignores. Look at the .gitignore files there.`,
    );
  };
  const output = await git(root, args, world, { signal, timeout: GIT_PATIENCE, onLate });
  return output === undefined ? undefined : new Set(output.toString('utf8').split('\0'));
}

/** Longest wait for git's list, in milliseconds: some patterns take git years. */
const GIT_PATIENCE = 10_000;

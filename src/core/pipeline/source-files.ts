import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { printable } from '../system/printable.ts';
import { readRegularFile } from '../system/open-file.ts';
import type { World } from '../system/world.ts';
import { git } from '../system/safe-git.ts';
import { phrase } from '../system/phrase.ts';

/** Names of directories that have no code of the pipeline, at any depth. */
export const PASSED_OVER: ReadonlySet<string> = new Set([
  'work',
  '.nextflow',
  '.git',
  '.nf-secrets',
  'node_modules',
  '.nf-test',
]);

/**
 * Lists the scripts and configs below a directory, relative to it and sorted, without work directories and files that
 * git ignores. Follows no link to a directory. Without git, or if git refuses a stranger's repository, we read the
 * `.gitignore` files ourselves.
 *
 * @param world - world in which git is asked; without it no program is started.
 */
export async function listSourceFiles(
  root: string,
  world: World | undefined,
  signal?: AbortSignal,
): Promise<string[]> {
  const byGit = world && (await ignoredByGit(root, world, signal));
  const files: string[] = [];
  const waiting: { directory: string; rules: readonly Rules[] }[] = [{ directory: '', rules: [] }];
  for (let next = waiting.pop(); next !== undefined && signal?.aborted !== true; next = waiting.pop()) {
    const { directory } = next;
    const entries = entriesOf(join(root, directory));
    let { rules } = next;
    if (byGit === undefined && entries.some(({ name }) => name === '.gitignore')) {
      rules = [...rules, await readRules(root, directory)];
    }
    for (const entry of entries) {
      const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
      const isDirectory = entry.isDirectory();
      const isSource = !isDirectory && /\.(nf|config)$/.test(entry.name);
      if (!isSource && (!isDirectory || PASSED_OVER.has(entry.name))) continue;
      const name = isDirectory ? `${path}/` : path;
      if (byGit === undefined ? isIgnored(name, rules) : byGit.has(name)) continue;
      if (isDirectory) waiting.push({ directory: path, rules });
      else files.push(path);
    }
  }
  return files.sort();
}

/** Lists the entries of a directory; none if it cannot be read. */
function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
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

/** Largest `.gitignore` that is read, in bytes; a larger one has no rules. */
const MAX_IGNORE_BYTES = 64 << 10;

/** Tells whether a pattern is matched in bounded time: each star may be tried at every character of a path. */
const isCheap = (pattern: string): boolean => (pattern.match(/\*+/g)?.length ?? 0) <= 3;

/** Rules of one `.gitignore`, for paths below its directory. */
interface Rules {
  readonly base: string;
  readonly rules: Ignore;
}

async function readRules(root: string, directory: string): Promise<Rules> {
  const path = join(root, directory, '.gitignore');
  // git does not follow a link there either.
  const text = await readRegularFile(path, { limit: MAX_IGNORE_BYTES, followLinks: false })
    .then(String)
    .catch(() => '');
  return {
    base: directory === '' ? '' : `${directory}/`,
    rules: ignore().add(text.split('\n').filter(isCheap)),
  };
}

/** Checks a path against the rules: those nearest to the file win. */
function isIgnored(path: string, rules: readonly Rules[]): boolean {
  for (const { base, rules: own } of rules.toReversed()) {
    const { ignored, unignored } = own.test(path.slice(base.length));
    if (ignored) return true;
    if (unignored) return false;
  }
  return false;
}

import { basename, dirname, join, relative } from 'node:path';
import { realpath } from '../../system/file-calls.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import { git } from '../../system/safe-git.ts';
import type { World } from '../../system/world.ts';
import { diskTree } from '../../pipeline/source-tree.ts';

/** A local pipeline in a clone of a repository. */
export interface Checkout {
  /** Root of the clone, absolute. */
  readonly root: string;
  /** Id of the commit that is checked out. */
  readonly commit: string;
  /** Address of the repository that it is pushed to, as git knows it. */
  readonly remoteUrl: string;
  /** Branch there that the one here follows. */
  readonly upstream: string | undefined;
  /** Path of the script in the repository; undefined for the one that Nextflow takes itself. */
  readonly mainScript: string | undefined;
}

/**
 * Finds the repository of a local pipeline.
 *
 * @throws HumanError 65 if it is in none, or in one that is pushed nowhere.
 */
export async function findCheckout(path: string, world: World): Promise<Checkout> {
  const shown = printable(path);
  const isFile = (await diskTree.kind(path)) === 'file';
  const directory = await realpath(isFile ? dirname(path) : path);
  const ask = (...args: string[]): Promise<string | undefined> => line(directory, args, world);
  const root = await ask('rev-parse', '--show-toplevel');
  if (root === undefined) {
    throw new HumanError(
      ExitCode.data,
      phrase`${shown} is in no git repository. Seqera Platform takes code from repositories alone.`,
      phrase`Put it into one and push it, or give the address of a repository.`,
    );
  }
  const commit = await ask('rev-parse', '--verify', '--quiet', 'HEAD^{commit}');
  if (commit === undefined)
    throw new HumanError(
      ExitCode.data,
      phrase`The repository of ${shown} has no commit yet.`,
      phrase`Commit the pipeline and push it.`,
    );
  const branch = await ask('symbolic-ref', '--quiet', '--short', 'HEAD');
  const remote = await remoteOf(branch, { path, ask });
  const remoteUrl = await ask('remote', 'get-url', '--', remote);
  if (remoteUrl === undefined) throw pushedNowhere(path);
  const merge = branch === undefined ? undefined : await ask('config', '--get', `branch.${branch}.merge`);
  const script = relative(root, join(directory, isFile ? basename(path) : 'main.nf'));
  return {
    root,
    commit,
    remoteUrl,
    upstream: merge?.replace(/^refs\/heads\//, ''),
    mainScript: script === 'main.nf' || (!isFile && dirname(script) === '.') ? undefined : script,
  };
}

async function line(directory: string, args: readonly string[], world: World): Promise<string | undefined> {
  const text = (await git(directory, args, world))?.toString('utf8').replace(/\r?\n$/, '');
  return text === '' ? undefined : text;
}

interface RemoteQuestion {
  readonly path: string;
  readonly ask: (...args: string[]) => Promise<string | undefined>;
}

/** The repository that a branch follows, else `origin`, else the only one. */
async function remoteOf(branch: string | undefined, { path, ask }: RemoteQuestion): Promise<string> {
  const all = (await ask('remote'))?.split('\n') ?? [];
  const followed = branch === undefined ? undefined : await ask('config', '--get', `branch.${branch}.remote`);
  const [only] = all;
  const found = [followed, 'origin', all.length === 1 ? only : undefined].find(
    (name) => name !== undefined && all.includes(name),
  );
  if (found !== undefined) return found;
  if (only === undefined) throw pushedNowhere(path);
  throw new HumanError(
    ExitCode.usage,
    phrase`The repository of ${printable(path)} has several remotes, and this branch follows none: ${all.map(printable).join(', ')}.`,
    phrase`Give the address of the repository instead, or let the branch follow one: git push -u REMOTE BRANCH`,
  );
}

const pushedNowhere = (path: string): HumanError =>
  new HumanError(
    ExitCode.data,
    phrase`The repository of ${printable(path)} has no remote. Seqera Platform takes code from where it is pushed to.`,
    phrase`Push it, or give the address of a repository.`,
  );

/** Files that differ from the commit. Paths are relative to the root. */
export interface Differences {
  readonly changed: readonly string[];
  /** Files that git neither has nor ignores. */
  readonly untracked: readonly string[];
}

/** Most files whose content is compared. */
const MAX_COMPARED = 5000;

/**
 * Finds what a launch of the commit does not have. No program that the repository's configuration names is run, so
 * contents count as they are on the disk.
 *
 * @returns undefined if git cannot tell.
 */
export async function differences(
  { root, commit }: Checkout,
  world: World,
): Promise<Differences | undefined> {
  const staged = await listed(root, ['diff-index', '--cached', '--name-only', '-z', commit], world);
  const raw = await listed(
    root,
    ['diff-files', '--raw', '-z', '--no-renames', '--ignore-submodules=all'],
    world,
  );
  const untracked = await listed(root, ['ls-files', '--others', '--exclude-standard', '-z'], world);
  if (staged === undefined || raw === undefined || untracked === undefined) return undefined;
  const touched: { readonly path: string; readonly id: string; readonly isThere: boolean }[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const [, , id = '', , status = ''] = raw[index]?.split(' ') ?? [];
    touched.push({ path: raw[index + 1] ?? '', id, isThere: status.startsWith('M') });
  }
  const compared = touched.filter(({ isThere }) => isThere).slice(0, MAX_COMPARED);
  const ids = await contentIds(root, compared, world);
  const same = new Set(compared.flatMap(({ path, id }, index) => (ids[index] === id ? [path] : [])));
  const changed = touched.flatMap(({ path }) => (same.has(path) ? [] : [path]));
  return { changed: [...new Set([...staged, ...changed])].sort(), untracked };
}

async function listed(root: string, args: readonly string[], world: World): Promise<string[] | undefined> {
  const text = (await git(root, args, world))?.toString('utf8');
  return text?.split('\0').filter((path) => path !== '');
}

/** The ids that the contents of files have, without any filter. */
async function contentIds(
  root: string,
  files: readonly { readonly path: string }[],
  world: World,
): Promise<readonly string[]> {
  // A path with a newline in it would be two.
  if (files.length === 0 || files.some(({ path }) => /[\n"]/.test(path))) return [];
  const input = `${files.map(({ path }) => path).join('\n')}\n`;
  const output = await git(root, ['hash-object', '--no-filters', '--stdin-paths'], world, { input });
  return output?.toString('utf8').trim().split('\n') ?? [];
}

/** Tells whether a commit is one of these, or before one of them, as far as the clone knows. */
export async function isBefore(
  { root, commit }: Checkout,
  later: Iterable<string>,
  world: World,
): Promise<boolean> {
  for (const one of [...new Set(later)].slice(0, MAX_BRANCHES)) {
    if (one === commit) return true;
    if ((await git(root, ['merge-base', '--is-ancestor', commit, one], world)) !== undefined) return true;
  }
  return false;
}

/** Counts the commits of a clone after another commit; undefined if it does not have that one. */
export async function commitsAfter(
  { root, commit }: Checkout,
  earlier: string,
  world: World,
): Promise<number | undefined> {
  const count = await line(root, ['rev-list', '--count', `${earlier}..${commit}`], world);
  return count === undefined ? undefined : Number(count);
}

/** Most branches that are looked at. */
const MAX_BRANCHES = 40;

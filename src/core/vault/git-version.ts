import { basename, dirname } from 'node:path';
import { readFileIfThere } from '../system/durable-file.ts';
import { git } from '../system/safe-git.ts';
import type { World } from '../system/world.ts';

/** Most commits of a vault that are looked at. Nobody can hide a newer version below more of them: then it counts as there. */
const MAX_COMMITS = 1000;
/** Versions that are read at once, so that they fit into what is taken of git's answer. */
const AT_ONCE = 20;
/** Largest file, in bytes, that is looked for in git. */
const MAX_BYTES = 16 << 20;

/**
 * Tells whether a vault's file is that of the checked-out branch: the one that git has at `HEAD` or in its index, with
 * nothing newer in the history of `HEAD`, which has to be there as a whole. If the newer version is on another branch, an old one here is normal use; if
 * it is among the commits before, somebody has put the old one over it.
 *
 * @param lastModified - time of the file as it is now, ISO 8601.
 */
export async function isVersionOfBranch(path: string, lastModified: string, world: World): Promise<boolean> {
  return isNewestOfBranch(path, world, (versions) => {
    const dates = versions.matchAll(/"lastmodified":\s*"([^"]{1,40})"/g);
    return [...dates].some(([, date = '']) => Date.parse(date) > Date.parse(lastModified));
  });
}

/** Does the same for a roster. @param number - number of its newest version. */
export async function isRosterOfBranch(path: string, number: number, world: World): Promise<boolean> {
  return isNewestOfBranch(path, world, (versions) =>
    [...versions.matchAll(/"number":\s*(\d{1,9})\b/g)].some(([, one = '']) => Number(one) > number),
  );
}

/** Tells whether the last commit has a file as it is now, or lacks it as well. */
export async function isOfHead(path: string, world: World): Promise<boolean> {
  const directory = dirname(path);
  if ((await git(directory, ['cat-file', '-e', 'HEAD'], world)) === undefined) return false;
  const blob = await git(directory, ['cat-file', 'blob', `HEAD:./${basename(path)}`], world);
  const now = await readFileIfThere(path, MAX_BYTES).catch(() => undefined);
  if (blob === undefined || now === undefined) return blob === undefined && now === undefined;
  return withoutReturns(blob) === withoutReturns(now);
}

/** @param hasNewer - tells whether the texts of several versions have one that is newer than the file. */
async function isNewestOfBranch(
  path: string,
  world: World,
  hasNewer: (versions: string) => boolean,
): Promise<boolean> {
  const directory = dirname(path);
  const file = `./${basename(path)}`;
  const now = await readFileIfThere(path, MAX_BYTES).catch(() => undefined);
  if (now === undefined) return false;
  const isNow = async (revision: string): Promise<boolean> => {
    const blob = await git(directory, ['cat-file', 'blob', `${revision}:${file}`], world);
    return blob !== undefined && withoutReturns(blob) === withoutReturns(now);
  };
  if (!(await isNow('HEAD')) && !(await isNow(''))) return false;
  for await (const versions of versionsOf(directory, file, world))
    if (versions === undefined || hasNewer(versions)) return false;
  // A newer one may be among the commits that are not here.
  return !(await isShallow(path, world));
}

/** Tells whether the clone that a file is in has only a part of the history, as `git clone --depth` makes it. */
export async function isShallow(path: string, world: World): Promise<boolean> {
  const answer = await git(dirname(path), ['rev-parse', '--is-shallow-repository'], world);
  return answer?.toString('latin1').trim() === 'true';
}

/**
 * Reads the versions of a file in the history of `HEAD`, several in one text. All parents of a merge count: one that took
 * the old version has the newer one on its other side.
 *
 * @returns undefined for those that cannot be read, or are too many.
 */
async function* versionsOf(
  directory: string,
  file: string,
  world: World,
): AsyncGenerator<string | undefined> {
  // Not `log`: a repository's configuration can make it start a program to check signatures.
  const history = ['rev-list', '--full-history', `--max-count=${MAX_COMMITS + 1}`, 'HEAD', '--', file];
  const commits = lines(await git(directory, history, world));
  if (commits === undefined || commits.length > MAX_COMMITS) {
    yield undefined;
    return;
  }
  const named = commits.map((commit) => `${commit}:${file}\n`).join('');
  // A commit that removes the file has none: git says so, in words.
  const found = lines(
    await git(directory, ['cat-file', '--batch-check=%(objectname)'], world, { input: named }),
  );
  if (found === undefined) yield undefined;
  const blobs = [...new Set(found?.filter((line) => /^[0-9a-f]+$/.test(line)))];
  for (let at = 0; at < blobs.length; at += AT_ONCE) {
    const input = `${blobs.slice(at, at + AT_ONCE).join('\n')}\n`;
    yield (await git(directory, ['cat-file', '--batch'], world, { input }))?.toString('latin1');
  }
}

const lines = (output: Buffer | undefined): string[] | undefined =>
  output
    ?.toString('latin1')
    .split('\n')
    .filter((line) => line !== '');

/** Removes the line ends of Windows, which git may have put there. */
const withoutReturns = (bytes: Buffer): string => bytes.toString('latin1').replaceAll('\r\n', '\n');

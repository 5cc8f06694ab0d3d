import { basename, dirname } from 'node:path';
import { readFileIfThere } from '../system/durable-file.ts';
import { git } from '../system/safe-git.ts';
import type { World } from '../system/world.ts';

/** So many commits of a vault are looked at. */
const MAX_COMMITS = 20;
/** A larger file is not looked for in git. In bytes. */
const MAX_BYTES = 16 << 20;

/**
 * Whether a vault's file is simply what the checked-out branch has: what git has at `HEAD` or in its index, and nothing
 * newer is in the history of `HEAD`. Where the newer version is on another branch, an old one here is normal use; where
 * it is among the commits before, somebody has put the old one over it.
 *
 * @param lastModified - of the file as it is now, ISO 8601.
 */
export async function isVersionOfBranch(path: string, lastModified: string, world: World): Promise<boolean> {
  const directory = dirname(path);
  const file = `./${basename(path)}`;
  const now = await readFileIfThere(path, MAX_BYTES).catch(() => undefined);
  if (now === undefined) return false;
  const isNow = async (revision: string): Promise<boolean> => {
    const blob = await git(directory, ['cat-file', 'blob', `${revision}:${file}`], world);
    return blob !== undefined && withoutReturns(blob) === withoutReturns(now);
  };
  if (!(await isNow('HEAD')) && !(await isNow(''))) return false;
  // Not `log`, which a repository's configuration can have start a program to check signatures.
  const commits = await git(directory, ['rev-list', `--max-count=${MAX_COMMITS}`, 'HEAD', '--', file], world);
  const input = (commits?.toString('latin1') ?? '').replace(/^[0-9a-f]+$/gm, `$&:${file}`);
  const versions = await git(directory, ['cat-file', '--batch'], world, { input });
  const dates = versions?.toString('latin1').matchAll(/"lastmodified":\s*"([^"]{1,40})"/g) ?? [];
  return ![...dates].some(([, date = '']) => Date.parse(date) > Date.parse(lastModified));
}

/** git may have put line ends of Windows there. */
const withoutReturns = (bytes: Buffer): string => bytes.toString('latin1').replaceAll('\r\n', '\n');

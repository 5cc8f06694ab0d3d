import { basename } from 'node:path';
import { git } from '../../system/safe-git.ts';
import type { World } from '../../system/world.ts';

/**
 * Makes up a prefix for a workspace: the same for all clones of a repository, else the name of the directory.
 *
 * @param directory - absolute path.
 */
export async function defaultPrefix(directory: string, world: World): Promise<string> {
  const url = await git(directory, ['config', 'remote.origin.url'], world);
  const remote = /([^/:\\]+?)(?:\.git)?\/*\s*$/.exec(url?.toString('utf8') ?? '')?.[1];
  const name = (remote ?? basename(directory)).replace(/[^A-Za-z0-9_+=.@-]+/g, '-').slice(0, 100);
  return `nf-secrets/${/[A-Za-z0-9]/.test(name) ? name : 'workspace'}`;
}

import { dirname, join } from 'node:path';
import { git } from '../../system/safe-git.ts';
import type { World } from '../../system/world.ts';
import { MAX_VAULT_BYTES } from '../vault-location.ts';
import type { BesideFiles } from './team.ts';

/** A repository, and the path of a vault in it, relative to the root of the checkout. */
export interface VaultInGit {
  readonly root: string;
  readonly name: string;
}

/** Names of commits that git merges, where it has written them down already. */
const HEADS = ['HEAD', 'MERGE_HEAD', 'REBASE_HEAD', 'CHERRY_PICK_HEAD', 'ORIG_HEAD', 'refs/stash'];

/**
 * Finds the commit that has a version of a vault, and reads the vault with its signature and roster as they are there.
 * git tells a merge driver of no commits.
 *
 * @param blob - object id of the vault's version.
 * @returns undefined if no branch, tag or stash has it, or git does not answer.
 */
export async function versionOfCommit(
  blob: string,
  vault: VaultInGit,
  world: World,
): Promise<BesideFiles | undefined> {
  const commit = await commitOf(blob, vault, world);
  if (commit === undefined) return undefined;
  const { root, name } = vault;
  const read = (path: string): Promise<Buffer | undefined> => readObject(`${commit}:${path}`, root, world);
  const content = await readObject(blob, root, world);
  if (content === undefined) return undefined;
  const roster = join(dirname(name), 'members.json');
  return { vault: content, signature: await read(`${name}.sig`), roster: await read(roster) };
}

/** Reads an object. @returns undefined if there is none, it is too large, or git does not answer. */
export async function readObject(object: string, root: string, world: World): Promise<Buffer | undefined> {
  const bytes = await git(root, ['cat-file', 'blob', object], world);
  return bytes === undefined || bytes.length > MAX_VAULT_BYTES ? undefined : bytes;
}

async function commitOf(blob: string, vault: VaultInGit, world: World): Promise<string | undefined> {
  // git names what it merges in variables: GITHEAD_<id of the commit>.
  const merged = Object.keys(world.env).flatMap((name) => /^GITHEAD_([0-9a-f]+)$/.exec(name)?.[1] ?? []);
  for (const commit of [...HEADS, ...merged]) if (await has(commit, blob, vault, world)) return commit;
  const { root, name } = vault;
  const search = ['log', '--all', '-m', '--no-textconv', '--no-ext-diff', '--format=%H', '--max-count=4'];
  const found = await git(root, [...search, `--find-object=${blob}`, '--', name], world);
  // Commits that bring it, and those after which it is gone.
  for (const commit of found?.toString('latin1').split('\n').filter(Boolean) ?? [])
    for (const one of [commit, `${commit}^`]) if (await has(one, blob, vault, world)) return one;
  return undefined;
}

async function has(commit: string, blob: string, { root, name }: VaultInGit, world: World): Promise<boolean> {
  const found = await git(
    root,
    ['rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}:${name}`],
    world,
  );
  return found?.toString('latin1').trim() === blob;
}

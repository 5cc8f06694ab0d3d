import { printable } from '../system/printable.ts';
import { git } from '../system/safe-git.ts';
import type { World } from '../system/world.ts';

/** Longest wait for git, in milliseconds. */
const PATIENCE = 5_000;

/** Names the writer of a vault: git's user.email as it counts in this directory, else the login name, never a host. */
export async function author(world: World): Promise<string> {
  const output = await git(world.cwd, ['config', 'user.email'], world, { timeout: PATIENCE });
  // No git here, or no address: the login name is enough.
  const email = printable(output?.toString('utf8').trim() ?? '').slice(0, 200);
  if (email !== '') return email;
  return world.userName;
}

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { printable } from '../system/printable.ts';
import type { World } from '../system/world.ts';

/** Who writes a vault: git's user.email as it counts in this directory, else the login name. Never a host name. */
export async function author(world: World): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('git', ['config', 'user.email'], {
      cwd: world.cwd,
      timeout: 5_000,
    });
    const email = printable(stdout.trim()).slice(0, 200);
    if (email !== '') return email;
  } catch {
    // No git here, or no address: the login name does.
  }
  return world.userName;
}

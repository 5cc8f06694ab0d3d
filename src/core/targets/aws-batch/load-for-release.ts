import type { World } from '../../system/world.ts';
import { credentialsOf } from './access.ts';

/**
 * Loads all code that a release in AWS needs into memory, so that an update of the program during a run breaks nothing:
 * the modules, and the SDK's code for credentials. The SDK loads that on use, so this looks for credentials once.
 */
export async function loadForRelease(world: World): Promise<void> {
  await Promise.all([import('./release.ts'), import('./jobs.ts'), import('./job-messages.ts')]);
  // Nobody waits for this, since it may need the network. A release itself reports errors.
  void credentialsOf(world).catch(() => undefined);
}

import type { World } from '../../system/world.ts';
import { credentialsOf } from './access.ts';

/**
 * Loads all that a release in AWS needs into memory, so that an update of the program during a run breaks nothing: the
 * modules, and by looking for credentials once, the way to these, which the SDK loads when it takes it.
 */
export async function loadForRelease(world: World): Promise<void> {
  await Promise.all([import('./release.ts'), import('./jobs.ts'), import('./job-messages.ts')]);
  // Nobody waits for what may need the network, and a release says by itself what is wrong.
  void credentialsOf(world).catch(() => undefined);
}

import { printable } from '../core/system/printable.ts';
import { scanPath } from '../core/diagnostics/scan-path.ts';
import type { World } from '../core/system/world.ts';

/** Longest time that a change of a secret waits for its uses in the code. */
const PATIENCE_MS = 2000;
const SHOWN = 3;

/**
 * Lists the locations that use these secrets in the workspace's code. Lists nothing if that fails or takes long.
 *
 * @param directory - of the workspace.
 */
export async function sayWhereUsed(names: readonly string[], directory: string, world: World): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const scan = await scanPath(directory, world, { signal }).catch(() => undefined);
  for (const name of names) {
    const uses = scan?.references.filter((reference) => reference.name === name) ?? [];
    if (uses.length === 0) continue;
    const locations = uses.slice(0, SHOWN).map(({ file, line }) => `${printable(file)}:${line}`);
    const more = uses.length > SHOWN ? ` and ${uses.length - SHOWN} more` : '';
    world.say(`${printable(name)} is used in ${locations.join(', ')}${more}.`);
  }
}

import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import type { World } from './world.ts';

/** Finds the first executable file of this name on the PATH, or undefined. */
export function findOnPath(name: string, { env, cwd }: Pick<World, 'env' | 'cwd'>): string | undefined {
  for (const directory of (env['PATH'] ?? '').split(delimiter)) {
    const path = join(resolve(cwd, directory), name);
    if (isExecutable(path)) return path;
  }
  return undefined;
}

export function isExecutable(path: string): boolean {
  try {
    // Most directories have no such file: an error for each would take longer than the look.
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import type { World } from './world.ts';

/** Finds the first executable file of this name on the PATH, or undefined. */
export function findOnPath(name: string, { env, cwd }: Pick<World, 'env' | 'cwd'>): string | undefined {
  return (env['PATH'] ?? '')
    .split(delimiter)
    .map((directory) => join(resolve(cwd, directory), name))
    .find(isExecutable);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

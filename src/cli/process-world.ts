import { localWorld, type World } from '../core/system/world.ts';

/** The world of this very process, with the caller's functions for talking to a person. */
export function processWorld(shell: Pick<World, 'hasTerminal' | 'say' | 'notice' | 'ask'>): World {
  return localWorld({ env: process.env, cwd: currentDirectory(), ...shell });
}

function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    // The directory was removed under us; a path relative to it does not exist then.
    return process.env['PWD'] ?? '/';
  }
}

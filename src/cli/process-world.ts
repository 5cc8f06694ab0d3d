import { localWorld, type World } from '../core/system/world.ts';

/** The world of this very process, with what the caller has for talking to a person. */
export function processWorld(shell: Pick<World, 'say' | 'notice' | 'ask'>): World {
  return localWorld({ env: process.env, cwd: currentDirectory(), ...shell });
}

function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    // It was removed under us; what is relative to it does not exist then.
    return process.env['PWD'] ?? '/';
  }
}

import { homedir, userInfo } from 'node:os';
import type { World } from '../core/world.ts';

/** The world of this very process, with what the caller has for talking to a person. */
export function processWorld({ say, ask }: Pick<World, 'say' | 'ask'>): World {
  return {
    env: process.env,
    cwd: currentDirectory(),
    homeDir: homedir(),
    userName: userName(),
    uid: process.getuid?.() ?? -1,
    gid: process.getgid?.() ?? -1,
    platform: process.platform,
    now: () => new Date(),
    say,
    ask,
  };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a user id that no name belongs to.
    return process.env['USER'] ?? `uid ${process.getuid?.() ?? ''}`;
  }
}

function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    // It was removed under us; what is relative to it does not exist then.
    return process.env['PWD'] ?? '/';
  }
}

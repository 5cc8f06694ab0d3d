import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Guardian } from '../core/launch/child-runner.ts';
import { namedRunRoot, toolHome, usualRunRoot } from '../core/system/paths.ts';
import type { RunId } from '../core/system/run-id.ts';
import type { World } from '../core/system/world.ts';
import { SERVICES } from '../core/targets/targets.ts';

/** Variables of our environment that it needs to find its own files, and to be a Node.js if VS Code is the program. */
const INHERITED = [
  'HOME',
  'PATH',
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
  'ELECTRON_RUN_AS_NODE',
  'NODE_OPTIONS',
];

/** Longest wait for a guardian that is being started. In milliseconds. */
const PATIENCE = 10_000;

/**
 * Starts the guardian of a run in a session of its own, so that the end of our terminal or process group does not end
 * it. It learns of our end by the pipe that is its stdin, which the system closes.
 *
 * @param targets - ids of those, beside this machine, that it may have to release something in, and has to be ready for.
 * @param programDirectory - directory of the built `guardian.js`.
 */
export function startGuardian(
  runId: RunId,
  targets: readonly string[],
  programDirectory: string,
  world: World,
): Guardian {
  const env: Record<string, string> = {
    NF_SECRETS_HOME: toolHome(world),
    NF_SECRETS_RUN_ROOT: namedRunRoot(undefined, world) ?? usualRunRoot(world),
  };
  for (const name of INHERITED) if (world.env[name] !== undefined) env[name] = world.env[name];
  for (const { guardianNeeds } of SERVICES.filter(({ id }) => targets.includes(id))) {
    for (const [name, value] of Object.entries(world.env))
      if (value !== undefined && guardianNeeds.environment.test(name)) env[name] = value;
  }
  const args = [join(programDirectory, 'guardian.js'), runId, ...targets];
  const child = spawn(process.execPath, args, {
    env,
    // It keeps no directory of the person's busy.
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let alive = true;
  const watches = new Promise<boolean>((resolve) => {
    const give = (answer: boolean): void => {
      clearTimeout(timer);
      alive &&= answer;
      child.stdout.destroy();
      resolve(answer);
    };
    const timer = setTimeout(give, PATIENCE, false);
    child.stdout.once('data', () => {
      give(true);
    });
    // Too many processes, no memory, a broken installation.
    child.once('error', () => {
      give(false);
    });
    child.once('exit', () => {
      alive = false;
      give(false);
    });
  });
  child.stdin.on('error', () => undefined);
  // It outlives us; nothing of it may keep us from ending.
  child.unref();
  unrefStream(child.stdin);
  unrefStream(child.stdout);
  return {
    watches,
    isAlive: () => alive,
    dismiss: () => child.stdin.end('done\n'),
  };
}

/** Lets us end while a pipe of a child is open. Such a pipe is a socket, though its type does not tell so. */
function unrefStream(stream: object): void {
  if (stream instanceof Socket) stream.unref();
}

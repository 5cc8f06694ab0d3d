import { type ChildProcess, spawn } from 'node:child_process';
// eslint-disable-next-line no-restricted-imports -- our own program and the Node.js that runs us
import { closeSync, constants, openSync, readdirSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Guardian } from '../core/launch/child-runner.ts';
import { namedRunRoot, toolHome, usualRunRoot } from '../core/system/paths.ts';
import { ownProcess } from '../core/system/process-identity.ts';
import type { RunId } from '../core/system/run-id.ts';
import type { World } from '../core/system/world.ts';
import { SERVICES } from '../core/targets/targets.ts';
import { GUARDIAN_FILES, GUARDIAN_SCRIPT, PAUSES } from './guardian-script.ts';
import { GUARDIAN_WORD, isExecutable } from './own-program.ts';

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

const SHELL = '/bin/sh';

/** First descriptor that Node.js may leave open for programs that it starts, see uv_disable_stdio_inheritance. */
const FIRST_UNCLOSED = 16;
/** O_CLOEXEC as /proc/self/fdinfo shows it. */
const CLOSE_ON_EXEC = 0o2000000;

/** A guardian's process. */
interface Started extends Pick<Guardian, 'watches' | 'isAlive'> {
  /** Tells it that there is nothing to do. */
  readonly end: () => void;
}

const NONE: Started = { watches: Promise.resolve(false), isAlive: () => false, end: () => undefined };

/**
 * Starts the guardian of a run in a session of its own, so that the end of our terminal or process group does not end
 * it. It learns of our end by the pipe that is its stdin, which the system closes.
 *
 * A shell guards a run on this machine, see {@link GUARDIAN_SCRIPT}. Node.js guards one with other targets, or where no
 * shell can be started.
 *
 * @param targets - ids of those, beside this machine, that it may have to release something in, and has to be ready for.
 * @param programDirectory - directory of the built programs.
 */
export function startGuardian(
  runId: RunId,
  targets: readonly string[],
  programDirectory: string,
  world: World,
): Guardian {
  const env = guardianEnvironment(targets, world);
  const program = isExecutable ? [GUARDIAN_WORD, 'targets'] : [join(programDirectory, 'guardian.js')];
  const startNode = (): Started => watched([process.execPath, ...program, runId, ...targets], env);
  let now = targets.length > 0 ? startNode() : startShell(runId, programDirectory, env, world);
  let isDismissed = false;
  const watches = now.watches.then(async (answer) => {
    if (answer || targets.length > 0 || isDismissed) return answer;
    world.say(
      `The guardian of this run could not be started with ${SHELL}. It is started with Node.js instead.`,
    );
    now = startNode();
    return now.watches;
  });
  return {
    watches,
    isAlive: () => now.isAlive(),
    dismiss: () => {
      isDismissed = true;
      now.end();
    },
  };
}

function guardianEnvironment(targets: readonly string[], world: World): Record<string, string> {
  const env: Record<string, string> = {
    NF_SECRETS_HOME: toolHome(world),
    NF_SECRETS_RUN_ROOT: namedRunRoot(undefined, world) ?? usualRunRoot(world),
  };
  for (const name of INHERITED) if (world.env[name] !== undefined) env[name] = world.env[name];
  for (const { guardianNeeds } of SERVICES.filter(({ id }) => targets.includes(id))) {
    for (const [name, value] of Object.entries(world.env))
      if (value !== undefined && guardianNeeds.environment.test(name)) env[name] = value;
  }
  return env;
}

function startShell(
  runId: RunId,
  programDirectory: string,
  env: Record<string, string>,
  world: World,
): Started {
  const files: (number | 'ignore')[] = [];
  files[GUARDIAN_FILES.program] = isExecutable
    ? 'ignore'
    : openIfPossible(join(programDirectory, 'local-guardian.cjs'));
  files[GUARDIAN_FILES.node] = openIfPossible(process.execPath);
  const { host } = ownProcess(world.platform);
  const nothing = openIfPossible('/dev/null');
  files.push(...inheritedFrom(files.length).map((isInherited) => (isInherited ? nothing : 'ignore')));
  try {
    const words = [runId, process.execPath, host, PAUSES];
    return watched([SHELL, '-c', GUARDIAN_SCRIPT, 'nf-secrets-guardian', ...words], env, files.slice(3));
  } finally {
    for (const file of new Set(files)) if (typeof file === 'number') closeSync(file);
  }
}

/**
 * Finds the descriptors that we were started with and that a program of ours would get too: a guardian that has the
 * pipe or the lock of somebody else would keep that waiting. Node.js closes the first ones itself; Linux tells the
 * others.
 *
 * @returns for each descriptor from `first` on.
 */
function inheritedFrom(first: number): boolean[] {
  const found = namesIn('/proc/self/fd')
    .map(Number)
    .filter((descriptor) => descriptor >= FIRST_UNCLOSED && isInherited(descriptor));
  const end = Math.max(first, ...found.map((descriptor) => descriptor + 1));
  return Array.from({ length: end - first }, (_, index) => found.includes(first + index));
}

/** Lists a directory; nothing of one that this system does not have. */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function isInherited(descriptor: number): boolean {
  try {
    const info = readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1');
    const flags = /^flags:\s*([0-7]+)$/m.exec(info)?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
  } catch {
    // That of the list itself.
    return false;
  }
}

/** Opens a file for the guardian. Without one it goes another way, or ends at once, which is noticed. */
function openIfPossible(path: string): number | 'ignore' {
  try {
    return openSync(path, constants.O_RDONLY);
  } catch {
    return 'ignore';
  }
}

/** @param files - descriptors from 3 on. */
function watched(
  [program = '', ...args]: readonly string[],
  env: Record<string, string>,
  files: readonly (number | 'ignore')[] = [],
): Started {
  let child: ChildProcess;
  try {
    child = spawn(program, args, {
      env,
      // It keeps no directory of the person's busy.
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore', ...files],
    });
  } catch {
    return NONE;
  }
  const { stdin, stdout } = child;
  const end = (): void => void stdin?.end('done\n');
  let alive = true;
  const watches = new Promise<boolean>((resolve) => {
    const give = (answer: boolean): void => {
      clearTimeout(timer);
      alive &&= answer;
      stdout?.destroy();
      // One that is late must not watch beside another one.
      if (!answer) end();
      resolve(answer);
    };
    const timer = setTimeout(give, PATIENCE, false);
    stdout?.once('data', () => {
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
  stdin?.on('error', () => undefined);
  // It outlives us; nothing of it may keep us from ending.
  child.unref();
  unrefStream(stdin);
  unrefStream(stdout);
  return { watches, isAlive: () => alive, end };
}

/** Lets us end while a pipe of a child is open. Such a pipe is a socket, though its type does not tell so. */
function unrefStream(stream: object | null): void {
  if (stream instanceof Socket) stream.unref();
}

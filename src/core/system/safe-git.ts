import { execFile } from 'node:child_process';
import { printable } from './printable.ts';
import type { World } from './world.ts';

/** Of git's answer, so much is taken, in bytes. */
const MAX_OUTPUT = 64 << 20;
/** Longest wait for an answer, in milliseconds. */
const PATIENCE = 30_000;
/** After git was too slow somewhere, it is not asked there again for this long: one command waits once. In milliseconds. */
const REST = 60_000;
/**
 * Of address space, in KiB: what git reads to its end from a repository, such as the file of a branch, may be a link
 * to a device that never ends. Where the system has no such limit, as on macOS, there is none.
 */
const MEMORY = 4 << 20;

export interface GitOptions {
  /** For its stdin. */
  readonly input?: string;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
  /** Longest wait, in milliseconds. */
  readonly timeout?: number;
  /** Says in the place of a general sentence that git was ended because of that. */
  readonly onLate?: () => void;
}

/**
 * What git itself may not take from a repository that a stranger made: its configuration can name programs to run.
 * git's own refusal of repositories that belong to somebody else (`safe.directory`) stays in force.
 */
const SAFE = [
  ['core.fsmonitor', 'false'],
  ['core.hooksPath', '/dev/null'],
  ['core.untrackedCache', 'false'],
  ['core.attributesFile', '/dev/null'],
  ['submodule.recurse', 'false'],
  ['protocol.allow', 'never'],
  ['protocol.ext.allow', 'never'],
  // As on 32 bits: large packs are mapped piece by piece, and fit into the memory that git gets.
  ['core.packedGitWindowSize', '32m'],
  ['core.packedGitLimit', '256m'],
].flatMap(([key = '', value = '']) => ['-c', `${key}=${value}`]);

/** When git may be asked again in a directory. */
const restsUntil = new Map<string, number>();

/**
 * The output of a git command that only reads, or undefined if there is no git, no repository, git refuses, or it takes
 * too long, which is said.
 *
 * @param directory - where it runs.
 */
export async function git(
  directory: string,
  args: readonly string[],
  { env, say }: Pick<World, 'env' | 'say'>,
  { input = '', signal, timeout = PATIENCE, onLate }: GitOptions = {},
): Promise<Buffer | undefined> {
  if (performance.now() < (restsUntil.get(directory) ?? 0)) return undefined;
  const output = await new Promise<Buffer | 'late' | undefined>((resolve) => {
    const child = execFile(
      '/bin/sh',
      commandLine(directory, args),
      {
        env: ownEnvironment(env),
        encoding: 'buffer',
        maxBuffer: MAX_OUTPUT,
        signal,
        windowsHide: true,
      },
      (error, stdout) => {
        clearTimeout(timer);
        resolve(error === null ? stdout : undefined);
      },
    );
    // Not that of execFile, which waits for the end of git: a file server that does not answer keeps it from ending.
    const timer = setTimeout(() => {
      resolve('late');
      child.kill('SIGKILL');
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.unref();
    }, timeout);
    // A git that ends early closes it.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
  if (output !== 'late') return output;
  restsUntil.set(directory, performance.now() + REST);
  const late = (): void => {
    say(
      `git takes too long in ${printable(directory)} and was ended after ${timeout / 1000} s; what it knows is not ` +
        'used. Look at the .git there: pipes, links to devices, a slow disk?',
    );
  };
  (onLate ?? late)();
  return undefined;
}

const commandLine = (directory: string, args: readonly string[]): string[] => [
  '-c',
  `ulimit -v ${MEMORY} 2>/dev/null; exec git "$@"`,
  'git',
  '--no-pager',
  '--no-optional-locks',
  '--literal-pathspecs',
  ...SAFE,
  '-C',
  directory,
  ...args,
];

const ownEnvironment = (env: World['env']): Record<string, string | undefined> => ({
  ...Object.fromEntries(
    Object.entries(env).filter(([name]) => !name.startsWith('GIT_') || name.startsWith('GIT_CONFIG_')),
  ),
  GIT_TERMINAL_PROMPT: '0',
  // A partial clone would otherwise fetch what is asked for, by programs that its configuration names. The git before
  // 2.45 knows only the second of these.
  GIT_NO_LAZY_FETCH: '1',
  GIT_ALLOW_PROTOCOL: 'none',
});

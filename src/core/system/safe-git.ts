import { execFile } from 'node:child_process';
import { phrase } from './phrase.ts';
import { printable } from './printable.ts';
import type { World } from './world.ts';
import { monotonic } from './monotonic.ts';

/** Most bytes that are taken of git's answer. */
const MAX_OUTPUT = 64 << 20;
/** Longest wait for an answer, in milliseconds. */
const PATIENCE = 30_000;
/** Time, in ms, for which git is not asked again in a directory where it was too slow: one command waits once. */
const REST = 60_000;
/**
 * Limit of git's address space, in KiB: a file that git reads to its end, such as the file of a branch, may be a link
 * to a device that never ends. If the system has no such limit, as on macOS, there is none.
 */
const MEMORY = 4 << 20;

export interface GitOptions {
  /** Content for its stdin. */
  readonly input?: string | Uint8Array;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
  /** Longest wait, in milliseconds. */
  readonly timeout?: number;
  /** Reports, instead of a general sentence, that git was ended because of that. */
  readonly onLate?: () => void;
}

/**
 * Settings that git may not take from a repository that a stranger made: its configuration can name programs to run.
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

/** Time from which git may be asked again, by directory. */
const restsUntil = new Map<string, number>();

/**
 * Returns the output of a git command, or undefined if there is no git, no repository, git refuses, or
 * it takes too long, which is reported.
 *
 * @param directory - directory that it runs in.
 */
export async function git(
  directory: string,
  args: readonly string[],
  { env, notice }: Pick<World, 'env' | 'notice'>,
  { input = '', signal, timeout = PATIENCE, onLate }: GitOptions = {},
): Promise<Buffer | undefined> {
  if (monotonic() < (restsUntil.get(directory) ?? 0)) return undefined;
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
    // Not the timeout of execFile, which waits for git's end: a file server that does not answer keeps git from ending.
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
  restsUntil.set(directory, monotonic() + REST);
  const late = (): void => {
    notice(
      phrase`git takes too long in ${printable(directory)} and was ended after ${timeout / 1000} s, so its answer
        is not used.`,
      phrase`Look at the .git there: pipes, links to devices, a slow disk?`,
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

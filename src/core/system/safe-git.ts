import { execFile } from 'node:child_process';
import type { World } from './world.ts';

/** Of git's answer, so much is taken, in bytes. */
const MAX_OUTPUT = 64 << 20;
const TIMEOUT_MS = 30_000;

export interface GitOptions {
  /** For its stdin. */
  readonly input?: string;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
  /** Longest wait, in milliseconds. */
  readonly timeout?: number;
  /** Is told that git was ended because of that. */
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
  ['protocol.ext.allow', 'never'],
].flatMap(([key = '', value = '']) => ['-c', `${key}=${value}`]);

/**
 * The output of a git command that only reads, or undefined if there is no git, no repository, or git refuses.
 *
 * @param directory - where it runs.
 */
export async function git(
  directory: string,
  args: readonly string[],
  { env }: World,
  { input = '', signal, timeout = TIMEOUT_MS, onLate }: GitOptions = {},
): Promise<Buffer | undefined> {
  const own = Object.entries(env).filter(
    ([name]) => !name.startsWith('GIT_') || name.startsWith('GIT_CONFIG_'),
  );
  return new Promise((resolve) => {
    const child = execFile(
      'git',
      ['--no-pager', '--no-optional-locks', '--literal-pathspecs', ...SAFE, '-C', directory, ...args],
      {
        env: {
          ...Object.fromEntries(own),
          GIT_TERMINAL_PROMPT: '0',
          // A partial clone would otherwise fetch what is asked for.
          GIT_NO_LAZY_FETCH: '1',
        },
        encoding: 'buffer',
        maxBuffer: MAX_OUTPUT,
        timeout,
        killSignal: 'SIGKILL',
        signal,
        windowsHide: true,
      },
      (error, stdout) => {
        // A killed git without an answer that is too large, and that nobody ended, was too slow.
        if (error?.killed === true && error.code == null && signal?.aborted !== true) onLate?.();
        resolve(error === null ? stdout : undefined);
      },
    );
    // A git that ends early closes it.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

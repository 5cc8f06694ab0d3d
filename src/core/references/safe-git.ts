import { execFile } from 'node:child_process';
import type { World } from '../world.ts';

/** Of git's answer, so much is taken, in bytes. */
const MAX_OUTPUT = 64 << 20;
const TIMEOUT_MS = 30_000;

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
 * @param options - `input` for its stdin; `signal` ends it.
 */
export async function git(
  directory: string,
  args: readonly string[],
  { env }: World,
  { input = '', signal }: { readonly input?: string; readonly signal?: AbortSignal | undefined } = {},
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
        timeout: TIMEOUT_MS,
        signal,
        windowsHide: true,
      },
      (error, stdout) => {
        resolve(error === null ? stdout : undefined);
      },
    );
    // A git that ends early closes it.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

import { execFile } from 'node:child_process';
import { CancellationError, type CancellationToken, l10n, type WorkspaceFolder } from 'vscode';
import { verbatim } from '../../core/system/phrase.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { printable } from '../../core/system/printable.ts';
import type { OptionValues } from '../launch/launch-definition.ts';
import { cliProcess } from '../launch/launch-task.ts';
import type { Services } from '../services.ts';

/** Bytes, more than any answer has. */
const MAX_OUTPUT = 16 << 20;

/** Words and folder of a command, as a launch of the same pipeline would have them. */
export interface CliCall {
  readonly words: readonly string[];
  readonly folder: WorkspaceFolder;
  readonly definition: OptionValues;
  /** The exit codes that come with an answer. */
  readonly answers: readonly number[];
}

/**
 * Runs the built command as a separate process and waits for its end, after a cancellation too: the command itself
 * removes everything that it has made in AWS.
 *
 * @returns its output on stdout.
 * @throws CancellationError, HumanError with its output on stderr.
 */
export async function runCli(
  { words, folder, definition, answers }: CliCall,
  token: CancellationToken,
  { cli, log }: Pick<Services, 'cli' | 'log'>,
): Promise<string> {
  const { file, args, env } = cliProcess(cli, words, definition, folder);
  const ended = await new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const options = { cwd: folder.uri.fsPath, env: { ...process.env, ...env }, maxBuffer: MAX_OUTPUT };
    const child = execFile(file, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout, stderr: stderr === '' && error !== null ? error.message : stderr });
    });
    token.onCancellationRequested(() => child.kill('SIGTERM'));
  });
  if (token.isCancellationRequested) throw new CancellationError();
  if (answers.includes(ended.code) && ended.stdout !== '') return ended.stdout;
  const lines = ended.stderr.trim().split('\n').map(printable);
  for (const line of lines) log.warn(line);
  const [first = ''] = lines;
  throw new HumanError(
    ExitCode.unavailable,
    first === '' ? l10n.t('nf-secrets ended with exit code {0}.', ended.code) : first,
    lines.slice(1).map(verbatim),
  );
}

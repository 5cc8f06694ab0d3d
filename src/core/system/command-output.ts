import { spawn } from 'node:child_process';
import { type Phrase, phrase } from './phrase.ts';

export interface CommandOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Most bytes that are taken of its output. */
  readonly maxBytes: number;
  readonly timeoutMs: number;
  /** Bytes for its stdin; without them it has none. */
  readonly input?: Uint8Array;
  /**
   * The terminal of this process: `own` shows its stderr there as it comes, so that it can tell what it waits for;
   * `none` keeps it from asking there. By default it may ask, and its stderr goes to `onLine`.
   */
  readonly terminal?: 'own' | 'none';
  /** Called with each line that it prints on stderr, at once. */
  readonly onLine: (line: string) => void;
}

/** The longest line of stderr that is passed on; the rest of it is dropped. */
const MAX_LINE = 400;
const MAX_LINES = 50;

/**
 * Runs a program, without a shell and without a terminal as its input, and takes what it prints on stdout.
 *
 * @param words - the program and its arguments.
 * @returns its output, or the reason that there is none: `it ended with 1`.
 */
export async function commandOutput(
  [program = '', ...args]: readonly string[],
  { env, cwd, maxBytes, timeoutMs, onLine, input, terminal }: CommandOptions,
): Promise<Buffer | Phrase> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env: { ...env },
      cwd,
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', terminal === 'own' ? 'inherit' : 'pipe'],
      // A session of its own has no terminal to open.
      detached: terminal === 'none',
    });
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (outcome: Buffer | Phrase): void => {
      clearTimeout(timer);
      // Processes that it started may hold them open for longer than anybody waits.
      child.stdout?.destroy();
      child.stderr?.destroy();
      // One that asks has turned the echo of the terminal off, and turns it on again.
      if (child.exitCode === null && child.signalCode === null)
        child.kill(terminal === 'own' ? 'SIGTERM' : 'SIGKILL');
      resolve(outcome);
    };
    const timer = setTimeout(() => {
      end(phrase`it was not done after ${timeoutMs / 1000} seconds`);
    }, timeoutMs);
    // A program that ends early closes it.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
    child.stdout?.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > maxBytes) end(phrase`it printed more than ${maxBytes} bytes`);
    });
    if (child.stderr !== null) eachLine(child.stderr, onLine);
    child.once('error', (error) => {
      const missing = 'code' in error && error.code === 'ENOENT';
      end(missing ? phrase`there is no such program` : phrase`it cannot be started (${error.message})`);
    });
    child.once('close', (exitCode, signal) => {
      if (exitCode === 0) end(Buffer.concat(chunks));
      else
        end(signal === null ? phrase`it ended with ${exitCode ?? '?'}` : phrase`it was ended by ${signal}`);
    });
  });
}

function eachLine(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = '';
  let lines = 0;
  const pass = (line: string): void => {
    if (line.trim() === '' || lines++ >= MAX_LINES) return;
    onLine(line.slice(0, MAX_LINE));
  };
  stream.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString('utf8')).split(/\r\n|[\r\n]/);
    rest = (parts.pop() ?? '').slice(0, MAX_LINE);
    parts.forEach(pass);
  });
  stream.once('end', () => {
    pass(rest);
  });
}

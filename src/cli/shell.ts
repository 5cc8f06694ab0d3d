import { isatty } from 'node:tty';
import pc from 'picocolors';
import { confirm } from './ask.ts';
import { processWorld } from './process-world.ts';
import { printableLines } from '../core/system/printable.ts';
import { noticeLine } from './words/remedies.ts';
import type { ChildRunner } from '../core/launch/child-runner.ts';
import type { World } from '../core/system/world.ts';
import { ExitCode, HumanError, systemErrorCode } from '../core/system/human-error.ts';
import { callDirectly } from '../core/system/file-calls.ts';
import { keepOutOfCoreDumps } from '../core/system/core-dumps.ts';

/** The one link of the command to its terminal and its environment. */
export interface Shell {
  readonly world: World;
  /** Colours for stderr: none unless it is a terminal and NO_COLOR is unset. */
  readonly colors: ReturnType<typeof pc.createColors>;
  /** Writes data to stdout. @throws HumanError 74 if it cannot be written whole. */
  readonly print: (data: string | Uint8Array) => Promise<void>;
  /** True if a person can be asked: stdin and stderr are a terminal. */
  readonly canAsk: boolean;
  readonly outputIsTerminal: boolean;
  /** Columns of the terminal that stdout is; undefined if it is none. */
  readonly outputWidth?: number | undefined;
  /** Starts programs with our terminal. */
  readonly openRunner: () => Promise<ChildRunner>;
}

/** @param programDirectory - directory of the built programs. */
export function openShell(programDirectory: string): Shell {
  // Nothing else runs in a command until it starts a program.
  callDirectly(true);
  const canAsk = isatty(0) && isatty(2);
  // A closed terminal, or a pipe without a reader, must not end us before a lease is released.
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', () => undefined);
  // At USR1, which schedulers send before a time limit, Node.js would open its debugger on a port of this machine:
  // any user of the machine could read our memory there.
  process.on('SIGUSR1', () => undefined);
  keepOutOfCoreDumps();
  const colors = pc.createColors(isatty(2) && !process.env['NO_COLOR']);
  const say = (line: string): void => {
    process.stderr.write(spoken(line, colors));
  };
  const world = processWorld({
    hasTerminal: canAsk,
    ask: async (question) => (canAsk ? confirm(printableLines(String(question))) : undefined),
    say,
    notice: (notice, remedy) => {
      say(noticeLine(notice, remedy));
    },
  });
  return {
    world,
    colors,
    print,
    canAsk,
    outputIsTerminal: isatty(1),
    get outputWidth() {
      // Loaded when it is asked for: few commands are.
      return (isatty(1) && process.stdout.columns) || undefined;
    },
    openRunner: async () => (await import('./child.ts')).terminalRunner(world, programDirectory),
  };
}

/** A line for a person as stderr has it: ours, or a detail of the line before. */
export function spoken(line: string, { dim }: Pick<Shell['colors'], 'dim'>): string {
  const shown = printableLines(line);
  return shown.startsWith(' ') ? `${shown}\n` : `${dim('nf-secrets:')} ${shown}\n`;
}

async function print(data: string | Uint8Array): Promise<void> {
  const error = await new Promise<Error | null | undefined>((resolve) => process.stdout.write(data, resolve));
  // A reader that stops early, such as head, has what it wanted.
  if (!error || systemErrorCode(error) === 'EPIPE') return;
  throw new HumanError(ExitCode.io, `Cannot write the output: ${systemErrorCode(error) ?? 'unknown error'}`);
}

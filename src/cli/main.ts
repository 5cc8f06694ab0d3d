import { Command, CommanderError } from 'commander';
import { ExitCode, HumanError } from '../core/system/human-error.ts';
import { describeWorkspaceAbove } from '../core/secrets/workspace-above.ts';
import { assertOwnHome } from '../core/system/tool-home.ts';
import { printable } from '../core/system/printable.ts';
import { bugLines, noteProblem, problemLogPath } from '../core/system/problem-log.ts';
import manifest from '../../package.json' with { type: 'json' };
import { InterruptedError } from './ask.ts';
import { addCommands } from './commands.ts';
import { openShell, type Shell } from './shell.ts';
import { commandByHabit } from './words/habits.ts';
import { remedyLines } from './words/remedies.ts';

/**
 * Commands that need no home of the tool. So they run even if that belongs to somebody else: a check of the code in a
 * container of CI, for one.
 */
const NEEDS_NO_HOME = new Set([
  'scan',
  'verify',
  'completion',
  'complete',
  'licenses',
  'policy',
  'show-names',
]);

/**
 * Runs the command that the process was started with; its exit code is the process's.
 *
 * @param programDirectory - directory of the built programs.
 */
export async function main(programDirectory: string): Promise<void> {
  await runCommand(process.argv.slice(2), openShell(programDirectory));
}

/** Runs a command; its exit code is the process's. */
export async function runCommand(args: readonly string[], shell: Shell): Promise<void> {
  try {
    if (process.platform === 'win32') {
      throw new HumanError(
        ExitCode.unavailable,
        'nf-secrets does not run on native Windows.',
        'Use it inside WSL.',
      );
    }
    const program = newProgram(shell);
    const words = await addCommands(program, shell, args);
    await program.parseAsync(isOldVersionFlag(words) ? ['--version'] : words, { from: 'user' });
  } catch (error) {
    process.exitCode = await report(error, args, shell);
    if (error instanceof HumanError && error.exitCode === ExitCode.missing) {
      const above = await describeWorkspaceAbove(shell.world.cwd, shell.world);
      if (above !== undefined) shell.world.notice(above.notice, above.remedy);
    }
  }
}

function newProgram(shell: Shell): Command {
  return new Command('nf-secrets')
    .description(
      'Keeps the secrets of Nextflow pipelines in encrypted files: yours and those of the workspace. A launch gives ' +
        'them to one run, and removes them when the run ends.',
    )
    .version(manifest.version, '-v, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .enablePositionalOptions()
    .configureOutput({ outputError: () => undefined })
    .exitOverride()
    .hook('postAction', async (_, command) => {
      if (!shell.canAsk) return;
      const { offerMerging } = await import('./offer-merging.ts');
      const { workspace } = command.opts<{ workspace?: string }>();
      await offerMerging(command.name(), workspace, performance.timeOrigin, shell);
    })
    .hook('preAction', async (_, command) => {
      if (!NEEDS_NO_HOME.has(command.name())) await assertOwnHome(shell.world);
    })
    .addHelpText(
      'after',
      `
Examples:
  nf-secrets set NCBI_API_KEY                    # a secret of yours, for every workspace
  nf-secrets set DB_PASSWORD --scope workspace   # a secret of this workspace
  nf-secrets launch main.nf -profile test        # a run with both

Exit codes: launch, exec and wait end with the exit code of what they ran. Others are:
  64 wrong use           65 damaged data    66 a secret is missing     69 Nextflow or target unavailable
  73 cannot create       74 read or write   75 not all was removed     77 not permitted
  130 you said no, or pressed Ctrl-C`,
    );
}

/** The one error boundary: it shows errors for a person with their remedies; any other error is a bug. */
async function report(error: unknown, args: readonly string[], { world, colors }: Shell): Promise<number> {
  if (error instanceof InterruptedError) {
    world.say('Cancelled; nothing was changed.');
    return 130;
  }
  if (error instanceof CommanderError) {
    if (error.exitCode !== 0) world.say(colors.red(usageMessage(error, args)));
    return error.exitCode === 0 ? 0 : ExitCode.usage;
  }
  if (error instanceof HumanError) {
    world.say(colors.red(error.message));
    for (const line of remedyLines(error.remedies)) world.say(line);
    return error.exitCode;
  }
  const lines = bugLines(error);
  const version = `nf-secrets ${manifest.version}, Node.js ${process.version}, ${process.platform}`;
  const isNoted = await noteProblem(`bug in ${args[0] ?? 'nf-secrets'} (${version})`, lines, world);
  world.say(
    colors.red(
      isNoted
        ? `This is a bug in nf-secrets (${lines[0] ?? ''}). Please report it with the end of ${printable(problemLogPath(world))}.`
        : `This is a bug in nf-secrets (${version}). Please report it with these lines:`,
    ),
  );
  if (!isNoted) for (const line of lines) world.say(line);
  return 70;
}

/** Rewrites commander's message, which has `error: …` and a near miss on a line of its own. */
function usageMessage({ code, message }: CommanderError, args: readonly string[]): string {
  if (code === 'commander.help') return 'Name a command: the lines above list them all.';
  if (args[0] === 'set' && code === 'commander.excessArguments') {
    return 'set takes only a name. A value is never an argument: other users see arguments in the process list. Run it without the value: set asks for it, or reads it from stdin.';
  }
  if (args[0] === 'set' && code === 'commander.unknownOption' && !message.includes('Did you mean')) {
    return 'set has no such option. The option is not shown, because it might be a value. See: nf-secrets set --help';
  }
  const habit = code === 'commander.unknownCommand' ? commandByHabit(unknownCommand(args)) : undefined;
  if (habit !== undefined)
    return `Unknown command '${printable(unknownCommand(args))}'. Here it is called ${habit}: nf-secrets ${habit} --help`;
  const text = message
    .replace(/^error: /, '')
    .split('\n')
    .map(printable)
    .join(' ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?)]$/.test(text) ? '' : '.'}`;
}

const unknownCommand = ([first = '', second = '']: readonly string[]): string =>
  first === 'help' ? second : first;

const isOldVersionFlag = (words: readonly string[]): boolean => words.length === 1 && words[0] === '-V';

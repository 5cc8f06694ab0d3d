#!/usr/bin/env node
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { ExitCode, HumanError } from '../core/system/human-error.ts';
import { describeWorkspaceAbove } from '../core/secrets/workspace-above.ts';
import { assertOwnHome } from '../core/system/tool-home.ts';
import { printable } from '../core/system/printable.ts';
import { bugLines, noteProblem, problemLogPath } from '../core/system/problem-log.ts';
import manifest from '../../package.json' with { type: 'json' };
import { InterruptedError } from './ask.ts';
import { addAws } from './commands/aws.ts';
import { awsOptions } from './commands/aws-options.ts';
import { addCompletion } from './commands/completion.ts';
import { addCopy, addMove } from './commands/copy.ts';
import { addDelete } from './commands/delete.ts';
import { addExec } from './commands/exec.ts';
import { addExport } from './commands/export.ts';
import { addGet } from './commands/get.ts';
import { addGrant } from './commands/grant.ts';
import { addIdentity } from './commands/identity.ts';
import { addImport } from './commands/import.ts';
import { addLaunch, withAnyMissing } from './commands/launch.ts';
import { addList } from './commands/list.ts';
import { addLogs } from './commands/logs.ts';
import { addMember } from './commands/member.ts';
import { addRename } from './commands/rename.ts';
import { addRuns } from './commands/runs.ts';
import { addScan, withDefaultStrictness } from './commands/scan.ts';
import { addSet, withDefaultLength } from './commands/set.ts';
import { openShell, type Shell } from './shell.ts';
import { addStop } from './commands/stop.ts';
import { addSweep } from './commands/sweep.ts';
import { addWait } from './commands/wait.ts';
import type { TargetOptions } from './target-options.ts';
import { remedyLines } from './words/remedies.ts';

/**
 * Commands that do without the tool's home, and so run where it is somebody else's: a check of the code in a
 * container of CI, for one.
 */
const NEEDS_NO_HOME = new Set(['scan', 'completion', 'complete', 'policy']);

/** Of targets that have some. */
const TARGET_OPTIONS: readonly TargetOptions[] = [awsOptions];

const shell = openShell(dirname(fileURLToPath(import.meta.url)));
const args = process.argv.slice(2);
try {
  if (process.platform === 'win32') {
    throw new HumanError(
      ExitCode.unavailable,
      'nf-secrets does not run on native Windows.',
      'Use it inside WSL.',
    );
  }
  const program = commands(shell, args);
  await program.parseAsync(wordsFor(program), { from: 'user' });
} catch (error) {
  process.exitCode = await report(error, shell);
  if (error instanceof HumanError && error.exitCode === ExitCode.missing) {
    const above = await describeWorkspaceAbove(shell.world.cwd, shell.world);
    if (above !== undefined) shell.world.notice(above.notice, above.remedy);
  }
}

function commands(shell: Shell, args: readonly string[]): Command {
  const program = new Command('nf-secrets')
    .description(
      'Secrets for Nextflow pipelines: yours and the workspace’s, encrypted at rest, there for one run, gone when it ends.',
    )
    .version(manifest.version)
    .enablePositionalOptions()
    .configureOutput({ outputError: () => undefined })
    .exitOverride()
    .hook('preAction', async (_, command) => {
      if (!NEEDS_NO_HOME.has(command.name())) await assertOwnHome(shell.world);
    })
    .addHelpText(
      'after',
      `
Examples:
  nf-secrets set NCBI_API_KEY                    a secret of yours, for every workspace
  nf-secrets set DB_PASSWORD --scope workspace   a secret of this workspace
  nf-secrets launch main.nf -profile test        run with both, remove them afterwards

Exit codes: those of the command that was run; else 64 usage, 65 damaged data, 66 a secret is missing,
69 Nextflow or target unavailable, 73 cannot create, 74 input/output, 75 not cleaned up, 77 not permitted.`,
    );
  addSet(program, shell);
  addList(program, shell);
  addGet(program, shell);
  addDelete(program, shell);
  addRename(program, shell);
  addCopy(program, shell);
  addMove(program, shell);
  addImport(program, shell);
  addExport(program, shell);
  addScan(program, shell);
  addLaunch(program, shell, args);
  addExec(program, shell);
  addRuns(program, shell);
  addLogs(program, shell);
  addWait(program, shell);
  addStop(program, shell);
  addSweep(program, shell, TARGET_OPTIONS);
  addIdentity(program, shell);
  addMember(program, shell);
  addGrant(program, shell);
  addAws(program, shell);
  addCompletion(program, shell);
  return program;
}

/** What commander is to read: the arguments, but for what it would take for something else. */
function wordsFor(program: Command): readonly string[] {
  if (args[0] === 'set') return withDefaultLength(args);
  if (args[0] === 'launch') return withAnyMissing(args, program);
  if (args[0] === 'scan') return withDefaultStrictness(args, program);
  // With a misspelled command it would show the help of all, as if nothing were wrong.
  const named = args[0] === 'help' ? args[1] : args[0];
  const known = ['help', ...program.commands.map((command) => command.name())];
  return named === undefined || named.startsWith('-') || known.includes(named) ? args : [named];
}

/** The one error boundary: what a person may read is shown with its remedy; anything else is a bug. */
async function report(error: unknown, { world, colors }: Shell): Promise<number> {
  if (error instanceof InterruptedError) {
    world.say('Cancelled; nothing was changed.');
    return 130;
  }
  if (error instanceof CommanderError) {
    if (error.exitCode !== 0) world.say(colors.red(usageMessage(error)));
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

/** commander says `error: …`, and a near miss on a line of its own. */
function usageMessage({ code, message }: CommanderError): string {
  if (code === 'commander.help') return 'Say which command; the lines above have all.';
  if (args[0] === 'set' && code === 'commander.excessArguments') {
    return 'set takes only a name: a value is never an argument, because arguments stand in the process list and the history. Run it without the value; it will be asked for, or read from stdin.';
  }
  if (args[0] === 'set' && code === 'commander.unknownOption' && !message.includes('Did you mean')) {
    return 'set has no such option (it is not shown, because it might be a value). See: nf-secrets set --help';
  }
  const text = message
    .replace(/^error: /, '')
    .split('\n')
    .map(printable)
    .join(' ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?)]$/.test(text) ? '' : '.'}`;
}

import type { Command } from 'commander';
import type { Shell } from './shell.ts';

/** Adds a command to the program. @param args - all words after `nf-secrets`. */
type AddCommand = (program: Command, shell: Shell, args: readonly string[]) => void;

interface CommandEntry {
  readonly load: () => Promise<AddCommand>;
  /** The words that commander is to read, if it would take ours for something else. */
  readonly words?: (args: readonly string[], program: Command) => Promise<readonly string[]>;
}

/** The commands in the order of the help. Only the one that runs is loaded. */
const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  set: {
    load: async () => (await import('./commands/set.ts')).addSet,
    words: async (args) => (await import('./commands/set.ts')).withDefaultLength(args),
  },
  list: { load: async () => (await import('./commands/list.ts')).addList },
  get: { load: async () => (await import('./commands/get.ts')).addGet },
  delete: { load: async () => (await import('./commands/delete.ts')).addDelete },
  rename: { load: async () => (await import('./commands/rename.ts')).addRename },
  copy: { load: async () => (await import('./commands/copy.ts')).addCopy },
  move: { load: async () => (await import('./commands/copy.ts')).addMove },
  import: { load: async () => (await import('./commands/import.ts')).addImport },
  export: { load: async () => (await import('./commands/export.ts')).addExport },
  history: { load: async () => (await import('./commands/history.ts')).addHistory },
  undo: { load: async () => (await import('./commands/undo.ts')).addUndo },
  forget: { load: async () => (await import('./commands/forget.ts')).addForget },
  workspace: { load: async () => (await import('./commands/workspace.ts')).addWorkspace },
  scan: {
    load: async () => (await import('./commands/scan.ts')).addScan,
    words: async (args, program) => (await import('./commands/scan.ts')).withDefaultStrictness(args, program),
  },
  leaks: { load: async () => (await import('./commands/leaks.ts')).addLeaks },
  launch: {
    load: async () => (await import('./commands/launch.ts')).addLaunch,
    words: async (args, program) => (await import('./commands/launch.ts')).withAnyMissing(args, program),
  },
  exec: { load: async () => (await import('./commands/exec.ts')).addExec },
  runs: { load: async () => (await import('./commands/runs.ts')).addRuns },
  logs: { load: async () => (await import('./commands/logs.ts')).addLogs },
  wait: { load: async () => (await import('./commands/wait.ts')).addWait },
  stop: { load: async () => (await import('./commands/stop.ts')).addStop },
  sweep: {
    load: async () => {
      const { addSweep } = await import('./commands/sweep.ts');
      const { awsOptions } = await import('./commands/aws-options.ts');
      return (program, shell) => {
        addSweep(program, shell, [awsOptions]);
      };
    },
  },
  identity: { load: async () => (await import('./commands/identity.ts')).addIdentity },
  member: { load: async () => (await import('./commands/member.ts')).addMember },
  resolve: { load: async () => (await import('./commands/resolve.ts')).addResolve },
  merge: { load: async () => (await import('./commands/merge.ts')).addMerge },
  'merge-driver': { load: async () => (await import('./commands/merge-driver.ts')).addMergeDriver },
  'show-names': { load: async () => (await import('./commands/merge-driver.ts')).addShowNames },
  grant: { load: async () => (await import('./commands/grant.ts')).addGrant },
  platform: {
    load: async () => (await import('./commands/platform.ts')).addPlatform,
    words: async (args, program) => {
      const { withDefaultLength } = await import('./commands/set.ts');
      const { withAnyMissingThere } = await import('./commands/platform/launch.ts');
      return withDefaultLength(withAnyMissingThere(args, program));
    },
  },
  aws: { load: async () => (await import('./commands/aws.ts')).addAws },
  completion: { load: async () => (await import('./commands/completion.ts')).addCompletion },
  licenses: { load: async () => (await import('./commands/licenses.ts')).addLicenses },
};

/**
 * Gives the program the command that is called. If none is, gives it all: for the help, near misses and completion.
 *
 * @returns the words that it is to read.
 */
export async function addCommands(
  program: Command,
  shell: Shell,
  args: readonly string[],
): Promise<readonly string[]> {
  const [name] = args;
  const called = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  for (const { load } of called === undefined ? Object.values(COMMANDS) : [called])
    (await load())(program, shell, args);
  if (called !== undefined) return called.words === undefined ? args : called.words(args, program);
  // With a misspelled command commander would show the help of all, as if nothing were wrong.
  const named = name === 'help' ? args[1] : name;
  const known = ['help', ...program.commands.map((command) => command.name())];
  return named === undefined || named.startsWith('-') || known.includes(named) ? args : [named];
}

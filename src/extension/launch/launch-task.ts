import { ProcessExecution, Task, TaskPanelKind, TaskRevealKind, type WorkspaceFolder } from 'vscode';
import type { Services } from '../services.ts';
import { settings } from '../settings.ts';
import { LAUNCH_OPTIONS } from '../target-views.ts';
import { type LaunchDefinition, type OptionValues, ownValue } from './launch-definition.ts';
import { chosenTarget } from './launch-target.ts';

/**
 * Makes a task of a launch: the built command in a terminal, never in the extension's own process. Arguments and
 * environment have only names and paths.
 */
export function launchTask(
  definition: LaunchDefinition,
  folder: WorkspaceFolder,
  { cli }: Pick<Services, 'cli'>,
): Task {
  const { pipeline, profile } = definition;
  const name = profile === undefined ? pipeline : `${pipeline} (${profile})`;
  const task = new Task(definition, folder, name, 'Nextflow Secrets', execution(definition, folder, cli), []);
  task.detail = launchWords(definition, folder).join(' ');
  task.presentationOptions = {
    reveal: TaskRevealKind.Always,
    panel: TaskPanelKind.Dedicated,
    // The command itself prints its work, in fewer words than its command line has.
    echo: false,
    showReuseMessage: false,
    clear: true,
  };
  return task;
}

function execution(definition: LaunchDefinition, folder: WorkspaceFolder, cli: string): ProcessExecution {
  const words = ['launch', ...ownOptions(definition, folder), ...launchWords(definition, folder)];
  const { file, args, env } = cliProcess(cli, words, definition, folder);
  return new ProcessExecution(file, [...args], { cwd: folder.uri.fsPath, env: { ...env } });
}

/** A process of the built command. */
export interface CliProcess {
  readonly file: string;
  readonly args: readonly string[];
  /** Variables in addition to the environment of VS Code. */
  readonly env: Readonly<Record<string, string>>;
}

/** The process of the built command for a folder, with the prelude of its settings. */
export function cliProcess(
  cli: string,
  words: readonly string[],
  definition: OptionValues,
  folder: WorkspaceFolder,
): CliProcess {
  const env = environment(definition, folder);
  const prelude = settings.prelude.get(folder).trim();
  if (prelude === '') return { file: process.execPath, args: [cli, ...words], env };
  // A login shell, because functions such as `module` come from its start-up files. The command replaces the shell, so
  // that signals reach the command.
  const script = `${prelude}\nexec "$@"`;
  return { file: 'bash', args: ['-lc', script, 'nf-secrets', process.execPath, cli, ...words], env };
}

/** Options of `nf-secrets launch`. */
function ownOptions(definition: LaunchDefinition, folder: WorkspaceFolder): string[] {
  const { secrets, allowMissing } = definition;
  const nextflow = settings.nextflowPath.get(folder);
  const target = chosenTarget(definition, folder);
  const runRoot = settings.runRoot.get(folder);
  return [
    ...(target === 'auto' ? [] : ['--target', target]),
    ...(nextflow === '' ? [] : ['--nextflow', nextflow]),
    ...(runRoot === '' ? [] : ['--run-root', runRoot]),
    ...(secrets ?? []).flatMap((name) => ['--only', name]),
    ...(allowMissing === true ? ['--allow-missing'] : []),
  ];
}

/** The words of `nextflow run`: the pipeline and everything after it. */
export function launchWords(definition: LaunchDefinition, folder: WorkspaceFolder): string[] {
  const { pipeline, profile, paramsFile, resume, arguments: more = [] } = definition;
  return [
    pipeline,
    ...(profile === undefined ? [] : ['-profile', profile]),
    ...(paramsFile === undefined ? [] : ['-params-file', paramsFile]),
    ...(resume === true ? ['-resume'] : []),
    ...settings.launchArguments.get(folder),
    ...more,
  ];
}

function environment(definition: OptionValues, folder: WorkspaceFolder): Record<string, string> {
  const options = LAUNCH_OPTIONS.map((option): [string, string] => [
    option.variables[0],
    ownValue(option, definition) ?? option.setting.get(folder),
  ]);
  return { ELECTRON_RUN_AS_NODE: '1', ...Object.fromEntries(options.filter(([, value]) => value !== '')) };
}

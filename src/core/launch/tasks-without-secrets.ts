import { join } from 'node:path';
import { systemErrorCode } from '../system/human-error.ts';
import { readFileHead } from '../system/open-file.ts';
import { printable } from '../system/printable.ts';
import type { PrivateStore } from '../targets/local/items.ts';
import type { World } from '../system/world.ts';
import { phrase } from '../system/phrase.ts';

// A task starts even if its node does not see the run's private store. Its secrets are unset then; only grep reports
// it, in the task's log. docs/hpc.md explains why nothing of ours inside the task can stop it there.

/** A task that could not read its secrets. */
export interface TaskWithoutSecrets {
  readonly directory: string;
  readonly secrets: readonly string[];
  /** True if it succeeded all the same. */
  readonly passed: boolean;
}

/** Size of the head of a log, which has the output of a task before that of its own commands. In bytes. */
const BEGINNING = 1 << 18;
/** Size of the head of a script: the commands that stage inputs come before the secrets. In bytes. */
const SCRIPT = 8 << 20;
/** Most tasks that are shown. */
const SHOWN = 5;

/** The look into the logs of a run's tasks. */
export interface TasksWithoutSecrets {
  /** Tasks with a line in their log that the file with the run's secrets was not there. */
  readonly tasks: readonly TaskWithoutSecrets[];
  /** Logs and exit codes that exist and cannot be read: one might show such a task. */
  readonly unread: readonly string[];
}

/** Looks into the directories of tasks. */
export async function findTasksWithoutSecrets(
  directories: readonly string[],
  { path }: PrivateStore,
): Promise<TasksWithoutSecrets> {
  const tasks: TaskWithoutSecrets[] = [];
  const unread: string[] = [];
  const read = async (directory: string, name: string, size: number): Promise<string> => {
    const file = join(directory, name);
    try {
      return (await readFileHead(file, size)).toString('utf8');
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) unread.push(file);
      return '';
    }
  };
  const waiting = directories.values();
  const worker = async (): Promise<void> => {
    for (const directory of waiting) {
      // Most schedulers put the wrapper's messages into the one, HTCondor into the other.
      const logs = await Promise.all(
        ['.command.log', '.command.err'].map((name) => read(directory, name, BEGINNING)),
      );
      // The rest of the line may be in any language.
      if (!logs.some((log) => log.includes(`grep: ${path}/.nf-`))) continue;
      const passed = (await read(directory, '.exitcode', BEGINNING)).trim() === '0';
      const script = await read(directory, '.command.run', SCRIPT);
      tasks.push({ passed, directory, secrets: askedFor(script, path) });
    }
  };
  // A shared file system answers slowly, but many at a time.
  await Promise.all(Array.from({ length: 32 }, worker));
  return { tasks, unread: unread.sort() };
}

/** The names in the line `grep -w -e 'NAME=.*' … FILE` of a task's script. */
function askedFor(script: string, path: string): string[] {
  const line = script.split('\n').find((one) => one.includes(` ${path}/.nf-`)) ?? '';
  return [...line.matchAll(/-e '([A-Za-z0-9_]+)=\.\*'/g)].map(([, name = '']) => name);
}

/** Reports the tasks that ran without their secrets, the remedy, and the tasks of which that is not known. */
export function sayTasksWithoutSecrets(
  { tasks, unread }: TasksWithoutSecrets,
  { path }: PrivateStore,
  world: World,
): void {
  const [first] = unread;
  if (first !== undefined) {
    const files =
      unread.length === 1
        ? printable(first)
        : phrase`${printable(first)} and ${unread.length - 1} more such files`;
    world.notice(
      phrase`Nobody knows whether all tasks had their secrets: ${files} cannot be read, because it is not the
        file that Nextflow writes.`,
    );
  }
  if (tasks.length === 0) return;
  const what = tasks.length === 1 ? phrase`1 task` : phrase`${tasks.length} tasks`;
  world.notice(
    phrase`${what} started WITHOUT secrets, because ${printable(path)} was not there on the node:`,
  );
  for (const { directory, secrets, passed } of tasks.slice(0, SHOWN)) {
    world.notice(
      phrase`  ${secrets.join(', ')}  in ${printable(directory)}${passed ? phrase`, and SUCCEEDED` : ''}`,
    );
  }
  if (tasks.length > SHOWN) world.notice(phrase`  and ${tasks.length - SHOWN} more`);
  if (tasks.some(({ passed }) => passed)) {
    world.notice(
      phrase`Do not trust the results of those that succeeded: remove their directories before -resume.`,
    );
  }
  world.notice(phrase`The run root has to be a directory that the nodes see.`, { do: 'choose-run-root' });
}

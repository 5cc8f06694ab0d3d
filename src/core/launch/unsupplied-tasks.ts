import { join } from 'node:path';
import { readHead } from '../system/file-head.ts';
import { printable } from '../system/printable.ts';
import type { PrivateStore } from '../runs/ledger.ts';
import type { World } from '../system/world.ts';

// A task whose node does not see the run's private store starts all the same, with its secrets unset; only grep says
// so, in the task's log. docs/hpc.md has why nothing of ours inside the task can stop it there.

/** A task that could not read its secrets. */
export interface UnsuppliedTask {
  readonly directory: string;
  readonly secrets: readonly string[];
  /** Whether it succeeded all the same. */
  readonly passed: boolean;
}

/** Nextflow's wrapper and what it says before the task stand at the beginning. In bytes. */
const BEGINNING = 1 << 18;
/** How many are shown. */
const SHOWN = 5;

/** Those of these tasks that say in their log that the file with the run's secrets was not there. */
export async function unsuppliedTasks(
  tasks: readonly string[],
  { path }: PrivateStore,
): Promise<UnsuppliedTask[]> {
  const found: UnsuppliedTask[] = [];
  const waiting = tasks.values();
  const worker = async (): Promise<void> => {
    for (const directory of waiting) {
      // Most schedulers put what the wrapper says into the one, HTCondor into the other.
      const logs = await Promise.all(
        ['.command.log', '.command.err'].map((name) => readHead(join(directory, name), BEGINNING)),
      );
      // Whatever language the rest is in.
      if (!logs.some((log) => log.includes(`grep: ${path}/.nf-`))) continue;
      const exitCode = await readHead(join(directory, '.exitcode'), BEGINNING);
      const passed = exitCode.trim() === '0';
      found.push({
        passed,
        directory,
        secrets: askedFor(await readHead(join(directory, '.command.run'), BEGINNING), path),
      });
    }
  };
  // A shared file system answers slowly, but many at a time.
  await Promise.all(Array.from({ length: 32 }, worker));
  return found;
}

/** The names in the line `grep -w -e 'NAME=.*' … FILE` of a task's script. */
function askedFor(script: string, path: string): string[] {
  const line = script.split('\n').find((one) => one.includes(` ${path}/.nf-`)) ?? '';
  return [...line.matchAll(/-e '([A-Za-z0-9_]+)=\.\*'/g)].map(([, name = '']) => name);
}

/** Says which tasks went without their secrets, and what to do. */
export function sayUnsupplied(tasks: readonly UnsuppliedTask[], { path }: PrivateStore, world: World): void {
  const what = tasks.length === 1 ? '1 task' : `${tasks.length} tasks`;
  world.say(`${what} started WITHOUT secrets, because ${printable(path)} was not there on the node:`);
  for (const { directory, secrets, passed } of tasks.slice(0, SHOWN)) {
    world.say(`  ${secrets.join(', ')}  in ${printable(directory)}${passed ? ', and SUCCEEDED' : ''}`);
  }
  if (tasks.length > SHOWN) world.say(`  and ${tasks.length - SHOWN} more`);
  if (tasks.some(({ passed }) => passed)) {
    world.say('Do not trust the results of those that succeeded: remove their directories before -resume.');
  }
  world.say('Choose a run root that the nodes see: --run-root or NF_SECRETS_RUN_ROOT.');
}

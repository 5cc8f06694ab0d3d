import type { NextflowCommand } from '../nextflow/nextflow-command.ts';
import { shellWord } from '../system/printable.ts';
import type { World } from '../system/world.ts';
import { runOfGeneratedConfig } from '../targets/local/private-store.ts';
import { phrase } from '../system/phrase.ts';

/**
 * Removes from a command, as `nextflow log` has it, the config that nf-secrets added for that run. The config was
 * removed with the run, and the new run gets its own.
 */
export function withoutEarlierConfig<C extends Pick<NextflowCommand, 'args'>>(command: C, world: World): C {
  const args: string[] = [];
  for (let index = 0; index < command.args.length; index++) {
    const word = command.args[index] ?? '';
    const value = command.args[index + 1];
    if (word === '--') return { ...command, args: [...args, ...command.args.slice(index)] };
    const run = value !== undefined && CONFIG_OPTIONS.has(word) ? runOfGeneratedConfig(value) : undefined;
    if (run === undefined || value === undefined) {
      args.push(word);
      continue;
    }
    world.notice(
      phrase`${word} ${shellWord(value)} was made for run ${run} alone and is left out; this run gets its
        own.`,
    );
    index += 1;
  }
  return { ...command, args };
}

const CONFIG_OPTIONS = new Set(['-c', '-config', '-C']);

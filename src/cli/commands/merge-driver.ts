import type { Command } from 'commander';
import { HumanError } from '../../core/system/human-error.ts';
import { readRegularFile } from '../../core/system/open-file.ts';
import { mergeFiles } from '../../core/vault/merge/merge-files.ts';
import { showNames } from '../../core/vault/merge/show-names.ts';
import { MAX_VAULT_BYTES } from '../../core/vault/vault-location.ts';
import type { Shell } from '../shell.ts';
import { remedyLines } from '../words/remedies.ts';

// Commands that git runs, not people: see core/vault/merge/install.ts.

export function addMergeDriver(program: Command, { world }: Shell): void {
  program
    .command('merge-driver', { hidden: true })
    .description('Merges versions of a file for git.')
    .argument('<base>')
    .argument('<ours>')
    .argument('<theirs>')
    .argument('<path>')
    .action(async (base: string, ours: string, theirs: string, path: string) => {
      try {
        // git merges in the middle of another command of the person: nothing is asked.
        const quiet = { ...world, ask: () => Promise.resolve(undefined) };
        if (!(await mergeFiles({ base, ours, theirs, path }, quiet))) process.exitCode = 1;
      } catch (error) {
        if (!(error instanceof HumanError)) throw error;
        world.say(error.message);
        for (const line of remedyLines(error.remedies)) world.say(line);
        // For git, more than 128 is no conflict but a failure of its own.
        process.exitCode = 1;
      }
    });
}

export function addShowNames(program: Command, { print }: Shell): void {
  program
    .command('show-names', { hidden: true })
    .description('Describes a vault for git diff: names and dates, never a value.')
    .argument('<file>')
    .action(async (file: string) => {
      const bytes = await readRegularFile(file, { limit: MAX_VAULT_BYTES });
      await print(`${showNames(bytes).join('\n')}\n`);
    });
}

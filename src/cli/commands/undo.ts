import { type Command, Option } from 'commander';
import { findWorkspace } from '../../core/system/paths.ts';
import type { VaultScope } from '../../core/secrets/scope.ts';
import type { VersionChoice } from '../../core/secrets/writable-store.ts';
import { acceptOption, scopeOption, workspaceOption, examples } from '../options.ts';
import { keptPast, parseVersion } from '../past.ts';
import type { Shell } from '../shell.ts';

interface UndoOptions {
  readonly scope?: VaultScope;
  readonly to?: VersionChoice;
  readonly workspace?: string;
  readonly acceptMembers?: true;
}

export function addUndo(program: Command, { world }: Shell): void {
  program
    .command('undo')
    .summary('put a secret back as it was')
    .description(
      'Puts a deleted secret back, or else the value that it had before, with its description and last day. A second ' +
        'undo takes back the first.',
    )
    .argument('<names...>', 'names of the secrets')
    .addOption(
      new Option('--to <version>', 'number or id of the version to go to, as history shows it').argParser(
        parseVersion,
      ),
    )
    .addOption(scopeOption('scope of the secret, if several scopes have the name'))
    .addOption(workspaceOption())
    .addOption(acceptOption())
    .addHelpText('after', examples('nf-secrets undo DB_PASSWORD', 'nf-secrets undo DB_PASSWORD --to 3'))
    .action(async (names: string[], options: UndoOptions) => {
      const { directory } = await findWorkspace(world, options.workspace);
      for (const name of new Set(names)) {
        const { store, past } = await keptPast(name, options.scope, directory, world);
        await store.assertMayWrite();
        await store.ensureAccepted(options.acceptMembers === true);
        const undone = await past.undo(name, options.to);
        const { scope } = store;
        world.say(
          undone.what === 'deletion'
            ? `Put back ${name} (${scope}).`
            : `${name} (${scope}) has the value of ${undone.created ?? 'before'} again.`,
        );
      }
    });
}

import { type Command, InvalidArgumentError, Option } from 'commander';
import { findWorkspace } from '../../core/system/paths.ts';
import type { VaultScope } from '../../core/secrets/scope.ts';
import { acceptOption, scopeOption, workspaceOption, examples } from '../options.ts';
import { keptPast } from '../past.ts';
import type { Shell } from '../shell.ts';

interface UndoOptions {
  readonly scope?: VaultScope;
  readonly to?: number;
  readonly workspace?: string;
  readonly acceptMembers?: true;
}

export function addUndo(program: Command, { world }: Shell): void {
  program
    .command('undo')
    .summary('put a secret of a workspace in AWS back as it was')
    .description(
      'Puts a deleted secret back, or else the value that it had before. Reads no value. A second undo takes back the ' +
        'first. For workspaces in AWS Secrets Manager: the history of a vault is in git.',
    )
    .argument('<names...>', 'names of the secrets')
    .addOption(
      new Option('--to <version>', 'number of the version to go to, as history shows it').argParser(
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
        await store.ensureAccepted(options.acceptMembers === true);
        const undone = await past.undo(name, options.to);
        world.say(
          undone.what === 'deletion'
            ? `Put back ${name} (workspace).`
            : `${name} (workspace) has the value of ${undone.created ?? 'before'} again.`,
        );
      }
    });
}

function parseVersion(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected the number of a version; nf-secrets history NAME shows them.');
}

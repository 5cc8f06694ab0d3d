import type { Command } from 'commander';
import { findWorkspace } from '../../core/system/paths.ts';
import { assertSecretName } from '../../core/secrets/secret-name.ts';
import { writableStore } from '../../core/stores/stores.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { changeCommand, type ChangeOptions, confirmChange } from '../change.ts';
import { examples } from '../options.ts';
import { keptPast } from '../past.ts';
import type { Shell } from '../shell.ts';

export function addForget(program: Command, shell: Shell): void {
  changeCommand(program, 'forget')
    .summary('remove the earlier values of secrets')
    .description(
      'Removes the earlier values of secrets from your user vault, and all that is left of deleted ones. The present ' +
        'value stays. Copies in backups and in git are not removed.',
    )
    .argument('<names...>', 'names of the secrets')
    .addHelpText('after', examples('nf-secrets forget DB_PASSWORD', 'nf-secrets forget OLD_TOKEN --yes'))
    .action(async (names: string[], options: ChangeOptions) => {
      await forget([...new Set(names)], options, shell);
    });
}

async function forget(names: readonly string[], options: ChangeOptions, { world }: Shell): Promise<void> {
  const { directory } = await findWorkspace(world, options.workspace);
  names.forEach(assertSecretName);
  const scopes = new Set<'user' | 'workspace'>();
  for (const name of names) scopes.add((await keptPast(name, options.scope, directory, world)).store.scope);
  const [scope, other] = scopes;
  if (scope === undefined) return;
  if (other !== undefined)
    throw new HumanError(
      ExitCode.usage,
      'These secrets are in different scopes. Nothing was removed.',
      'Name one: --scope user or --scope workspace',
    );
  const store = await writableStore(scope, directory, world);
  const shown = names.join(', ');
  if (scope === 'user')
    await confirmChange(
      `Remove the earlier values of ${shown} from your user vault? They cannot be read again.`,
      options,
      world,
    );
  await store.ensureAccepted(options.acceptMembers === true);
  const counts = await store.past.forget(names);
  const sum = [...counts.values()].reduce((a, b) => a + b, 0);
  if (sum === 0) {
    world.say(`Your user vault has no earlier value of ${shown}.`);
    return;
  }
  world.say(
    `Removed ${sum} earlier ${sum === 1 ? 'value' : 'values'} of ${shown}. Backups, snapshots of the disk and a git ` +
      'repository that has the vault may still have them: renew what must not be used any more at its service.',
  );
}

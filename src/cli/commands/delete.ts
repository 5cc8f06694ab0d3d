import type { Command } from 'commander';
import { author } from '../../core/vault/author.ts';
import { deleteSecrets } from '../../core/vault/change-secrets.ts';
import { findWorkspace } from '../../core/system/paths.ts';
import { listSecrets } from '../../core/secrets/resolve.ts';
import { vaultOf } from '../../core/vault/vault-store.ts';
import { assertMayWrite } from '../../core/vault/open-to-write.ts';
import { ensureAccepted } from '../../core/vault/vault.ts';
import { changeCommand, type ChangeOptions, confirmChange, theOneScope } from '../change.ts';
import type { Shell } from '../shell.ts';
import { sayWhereUsed } from '../used-in.ts';
import { storesOf } from '../../core/stores/stores.ts';
import { examples } from '../options.ts';

export function addDelete(program: Command, shell: Shell): void {
  changeCommand(program, 'delete')
    .summary('delete secrets')
    .description(
      'Deletes all of the named secrets, or none. If several scopes have a name, --scope is needed.',
    )
    .argument('<names...>', 'names of the secrets')
    .addHelpText(
      'after',
      examples('nf-secrets delete OLD_TOKEN', 'nf-secrets delete A_KEY B_KEY --scope workspace --yes'),
    )
    .action(async (names: string[], options: ChangeOptions) => {
      await confirmAndDelete([...new Set(names)], options, shell);
    });
}

async function confirmAndDelete(
  names: readonly string[],
  options: ChangeOptions,
  { world }: Shell,
): Promise<void> {
  const { directory: workspace } = await findWorkspace(world, options.workspace);
  const known = await listSecrets(storesOf(workspace, world), options.scope);
  const found = names.map((name) => ({ name, scope: theOneScope(name, options.scope, known) }));
  if (found.some(({ scope }) => scope === 'workspace'))
    await assertMayWrite(vaultOf('workspace', workspace, world), world);
  const shown = found.map(({ name, scope }) => `${name} (${scope})`).join(', ');
  await sayWhereUsed(names, workspace, world);
  await confirmChange(`Delete ${shown}? The value cannot be read again afterwards.`, options, world);
  const by = await author(world);
  const vaults = (['user', 'workspace'] as const)
    .map((scope) => ({
      location: vaultOf(scope, workspace, world),
      here: found.filter((secret) => secret.scope === scope),
    }))
    .filter(({ here }) => here.length > 0);
  for (const { location } of vaults) await ensureAccepted(location, options.acceptMembers === true, world);
  for (const { location, here } of vaults) {
    await deleteSecrets(
      location,
      here.map(({ name }) => name),
      by,
      world,
    );
  }
  world.say(`Deleted ${shown}.`);
}

import type { Command } from 'commander';
import { findWorkspace } from '../../core/system/paths.ts';
import { listSecrets } from '../../core/secrets/resolve.ts';
import type { VaultScope } from '../../core/secrets/scope.ts';
import type { WritableStore } from '../../core/secrets/writable-store.ts';
import { changeCommand, type ChangeOptions, confirmChange, theOneScope } from '../change.ts';
import type { Shell } from '../shell.ts';
import { sayWhereUsed } from '../used-in.ts';
import { storesOf, writableStore } from '../../core/stores/stores.ts';
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
  const known = await listSecrets(storesOf(workspace, world), options.scope, { asked: names });
  const found = names.map((name) => ({ name, scope: theOneScope(name, options.scope, known) }));
  const stores = new Map<VaultScope, WritableStore>();
  for (const scope of ['user', 'workspace'] as const)
    if (found.some((secret) => secret.scope === scope))
      stores.set(scope, await writableStore(scope, workspace, world));
  for (const store of stores.values()) await store.assertMayWrite();
  const shown = found.map(({ name, scope }) => `${name} (${scope})`).join(', ');
  // No store keeps a value that a former member could read.
  const isExposed = ({ name, scope }: (typeof found)[number]): boolean =>
    known.some((one) => one.name === name && one.scope === scope && one.exposed.length > 0);
  const isFinal = [...stores.values()].some(({ hasTrash }) => !hasTrash) || found.some(isExposed);
  await sayWhereUsed(names, workspace, world);
  await confirmChange(
    `Delete ${shown}?${isFinal ? ' The value cannot be read again afterwards.' : ''}`,
    options,
    world,
  );
  for (const store of stores.values()) await store.ensureAccepted(options.acceptMembers === true);
  const undoable: string[] = [];
  for (const [scope, store] of stores) {
    const here = found.filter((secret) => secret.scope === scope).map(({ name }) => name);
    const { until } = await store.delete(here);
    if (until !== undefined)
      undoable.push(` Until ${until} this can be undone: nf-secrets undo ${here.join(' ')} --scope ${scope}`);
  }
  world.say(`Deleted ${shown}.${undoable.join('')}`);
}

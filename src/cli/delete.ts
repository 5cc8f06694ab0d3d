import { type Command, Option } from 'commander';
import { ExitCode, HumanError } from '../core/human-error.ts';
import { findWorkspace } from '../core/places.ts';
import { printable } from '../core/printable.ts';
import { type ListedSecret, listSecrets, vaultOf } from '../core/resolve.ts';
import type { VaultScope } from '../core/scope.ts';
import { updateVault } from '../core/vault/vault.ts';
import { confirm } from './ask.ts';
import { author } from './author.ts';
import { notSet } from './get.ts';
import { choice, refuseWithoutYes, workspaceOption } from './options.ts';
import type { Shell } from './shell.ts';

interface DeleteOptions {
  readonly scope?: VaultScope;
  readonly yes?: true;
  readonly workspace?: string;
}

export function addDelete(program: Command, shell: Shell): void {
  program
    .command('delete')
    .alias('rm')
    .summary('delete secrets')
    .description(
      'Deletes secrets from the one scope that has them; from a named one if several do. All or none.',
    )
    .argument('<names...>')
    .addOption(new Option('--scope <scope>', 'user or workspace').argParser(choice(['user', 'workspace'])))
    .option('--yes', 'do not ask')
    .addOption(workspaceOption())
    .addHelpText(
      'after',
      '\nExamples:\n  nf-secrets delete OLD_TOKEN\n  nf-secrets delete A_KEY B_KEY --scope workspace --yes',
    )
    .action(async (names: string[], options: DeleteOptions) => {
      await deleteSecrets([...new Set(names)], options, shell);
    });
}

async function deleteSecrets(
  names: readonly string[],
  options: DeleteOptions,
  { world, canAsk }: Shell,
): Promise<void> {
  const { directory: workspace } = await findWorkspace(world, options.workspace);
  const known = await listSecrets(workspace, world);
  const found = names.map((name) => ({ name, scope: theOneScope(name, options.scope, known) }));
  const shown = found.map(({ name, scope }) => `${name} (${scope})`).join(', ');
  if (options.yes !== true) {
    if (!canAsk) refuseWithoutYes(`Deleting ${shown}`);
    if (!(await confirm(`Delete ${shown}? The value cannot be read again afterwards.`))) {
      throw new HumanError(ExitCode.usage, 'Nothing was deleted.');
    }
  }
  const by = await author(world);
  for (const scope of ['user', 'workspace'] as const) {
    const here = found.filter((secret) => secret.scope === scope);
    if (here.length === 0) continue;
    await updateVault(vaultOf(scope, workspace, world), world, by, (draft) => {
      for (const { name } of here) draft.delete(name);
    });
  }
  world.say(`Deleted ${shown}.`);
}

/**
 * The scope to change for a name: the named one, or the only one of ours that has it.
 *
 * @throws HumanError 66 if the name is not set there, 64 if it is in several or only in Nextflow's own store.
 */
function theOneScope(
  name: string,
  scope: VaultScope | undefined,
  known: readonly ListedSecret[],
): VaultScope {
  const having = known.filter((secret) => secret.name === name && (scope ?? secret.scope) === secret.scope);
  const ours = having.map((secret) => secret.scope).filter((s) => s !== 'nextflow');
  const [only, other] = ours;
  if (only !== undefined && other === undefined) return only;
  if (only !== undefined) {
    throw new HumanError(
      ExitCode.usage,
      `${printable(name)} is set in ${ours.join(' and ')}.`,
      'Say which one: --scope user or --scope workspace',
    );
  }
  if (having.length > 0) {
    throw new HumanError(
      ExitCode.usage,
      `${printable(name)} is in Nextflow's own store, which nf-secrets only reads.`,
      `nextflow secrets delete ${printable(name)}`,
    );
  }
  throw notSet(name, scope, known);
}

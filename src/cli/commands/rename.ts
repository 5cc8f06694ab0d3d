import type { Command } from 'commander';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { findWorkspace } from '../../core/system/paths.ts';
import { listSecrets } from '../../core/secrets/resolve.ts';
import { assertSecretName } from '../../core/secrets/secret-name.ts';
import { changeCommand, type ChangeOptions, confirmChange, theOneScope } from '../change.ts';
import type { Shell } from '../shell.ts';
import { sayWhereUsed } from '../used-in.ts';
import { storesOf, writableStore } from '../../core/stores/stores.ts';
import { examples } from '../options.ts';

export function addRename(program: Command, shell: Shell): void {
  changeCommand(program, 'rename')
    .summary('give a secret another name')
    .description('Gives a secret another name in its scope. Code that uses the secret keeps the old name.')
    .argument('<old>', 'present name')
    .argument('<new>', 'new name')
    .addHelpText('after', examples('nf-secrets rename NCBI_KEY NCBI_API_KEY --scope user'))
    .action(async (from: string, to: string, options: ChangeOptions) => {
      await rename(from, to, options, shell);
    });
}

async function rename(from: string, to: string, options: ChangeOptions, { world }: Shell): Promise<void> {
  assertSecretName(to);
  const { directory: workspace } = await findWorkspace(world, options.workspace);
  const known = await listSecrets(storesOf(workspace, world), options.scope, { asked: [from, to] });
  const scope = theOneScope(from, options.scope, known);
  if (from === to) throw new HumanError(ExitCode.usage, `${from} has that name already.`);
  const store = await writableStore(scope, workspace, world);
  await store.assertMayWrite();
  const replaces = known.find((secret) => secret.name === to && secret.scope === scope) ?? null;
  const lost =
    replaces === null
      ? ''
      : scope === 'user'
        ? ` The ${to} that is there becomes its earlier value.`
        : ` The ${to} that is there is lost.`;
  await sayWhereUsed([from], workspace, world);
  await confirmChange(`Rename ${from} (${scope}) to ${to}?${lost}`, options, world);
  await store.ensureAccepted(options.acceptMembers === true);
  await store.rename({ from, to, replaces });
  world.say(`Renamed ${from} to ${to} (${scope}).`);
}

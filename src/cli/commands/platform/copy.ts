import type { Command } from 'commander';
import { findWorkspace } from '../../../core/system/paths.ts';
import { printable } from '../../../core/system/printable.ts';
import { resolveSecrets } from '../../../core/secrets/resolve.ts';
import { type Scope, SCOPES } from '../../../core/secrets/scope.ts';
import { assertSecretName } from '../../../core/secrets/secret-name.ts';
import { storesOf } from '../../../core/stores/stores.ts';
import { confirmChange } from '../../change.ts';
import { acceptOption, examples, jsonOption, scopeOption, workspaceOption } from '../../options.ts';
import type { Shell } from '../../shell.ts';
import { type NamedDone, printDone, say } from './report.ts';
import { type ContextOptions, inOption, placeOf, withPlatform } from './session.ts';

interface CopyOptions extends ContextOptions {
  readonly scope?: Scope;
  readonly workspace?: string;
  readonly yes?: true;
  readonly acceptMembers?: true;
}

export function addCopy(platform: Command, shell: Shell): void {
  platform
    .command('copy')
    .summary('send secrets from here to the Platform')
    .description(
      'Sends secrets of this machine to the Platform: of each name the value that a launch here would use, or the one ' +
        'of --scope. It never copies back: values there cannot be read. Asks before it replaces a value there.',
    )
    .argument('<names...>', 'names of the secrets')
    .addOption(inOption())
    .addOption(scopeOption('scope here that the values come from', SCOPES))
    .option('--yes', 'do not ask')
    .addOption(jsonOption())
    .addOption(workspaceOption())
    .addOption(acceptOption())
    .addHelpText(
      'after',
      examples(
        'nf-secrets platform copy NCBI_API_KEY DB_PASSWORD --in my-lab/rnaseq',
        'nf-secrets platform copy DB_PASSWORD --scope workspace --in my-lab/rnaseq --yes',
      ),
    )
    .action(async (names: string[], options: CopyOptions) => {
      await copy([...new Set(names)], options, shell);
    });
}

async function copy(names: readonly string[], options: CopyOptions, { world, print }: Shell): Promise<void> {
  for (const name of names) assertSecretName(name);
  await withPlatform(world, async (session) => {
    const context = await session.context(options.in);
    const target = session.secrets(context);
    const there = await target.list();
    const { directory } = await findWorkspace(world, options.workspace);
    const stores = storesOf(directory, world).filter(
      ({ scope }) => options.scope === undefined || scope === options.scope,
    );
    const secrets = await resolveSecrets(stores, world, {
      only: names,
      acceptMembers: options.acceptMembers === true,
    });
    for (const { name, value } of secrets) value.assertDeliverable(name);
    const place = printable(placeOf(context, session.host));
    const replaced = secrets.filter(({ name }) => there.has(name)).map(({ name }) => name);
    const isShared = context.workspaceId !== undefined;
    const lost = replaced.length === 0 ? '' : ` This replaces ${replaced.join(', ')} there, and has no undo.`;
    const readers = isShared ? ' Runs of everybody who may launch there can use them.' : '';
    if (isShared || replaced.length > 0)
      await confirmChange(
        `Send ${secrets.map(({ name, from }) => `${name} (${from})`).join(', ')} to ${place}?${readers}${lost}`,
        options.yes === true ? { yes: true } : {},
        world,
      );
    const done: NamedDone[] = [];
    for (const { name, value } of secrets) {
      const one = { name, ...(await target.set(name, value, there.get(name))) };
      say(one, { context, host: session.host }, { world });
      done.push(one);
    }
    if (options.json === true) await printDone(done, context, { print });
  });
}

import type { Command } from 'commander';
import { findWorkspace } from '../../core/system/paths.ts';
import { printableJson } from '../../core/system/printable.ts';
import type { VaultScope } from '../../core/secrets/scope.ts';
import type { SecretVersion } from '../../core/secrets/writable-store.ts';
import { jsonOption, scopeOption, workspaceOption, examples } from '../options.ts';
import { keptPast } from '../past.ts';
import type { Shell } from '../shell.ts';
import { table } from '../table.ts';

interface HistoryOptions {
  readonly scope?: VaultScope;
  readonly json?: true;
  readonly workspace?: string;
}

export function addHistory(program: Command, shell: Shell): void {
  program
    .command('history')
    .summary('show when a secret of a workspace in AWS was set')
    .description(
      'Shows the versions of a secret, from the newest to the oldest, without values. For workspaces in AWS Secrets ' +
        'Manager: the history of a vault is in git.',
    )
    .argument('<name>', 'name of the secret')
    .addOption(scopeOption('scope of the secret, if several scopes have the name'))
    .addOption(jsonOption())
    .addOption(workspaceOption())
    .addHelpText(
      'after',
      examples('nf-secrets history DB_PASSWORD', 'nf-secrets history DB_PASSWORD --json | jq ".versions[0]"'),
    )
    .action(async (name: string, options: HistoryOptions) => {
      await history(name, options, shell);
    });
}

async function history(name: string, options: HistoryOptions, { world, print }: Shell): Promise<void> {
  const { directory } = await findWorkspace(world, options.workspace);
  const { past } = await keptPast(name, options.scope, directory, world);
  const { versions, deletedUntil } = await past.history(name);
  if (options.json === true) {
    await print(`${printableJson({ name, deletedUntil, versions: versions.map(toJson) })}\n`);
    return;
  }
  if (versions.length > 0) await print(table([HEAD, ...versions.map(cells)]));
  if (deletedUntil !== null)
    world.say(`${name} is deleted (${deletedUntil}). Put it back: nf-secrets undo ${name} --scope workspace`);
}

const HEAD = ['VERSION', 'SET', 'LAST USED', 'STATE'];

const stateOf = ({ isCurrent, isPrevious }: SecretVersion): string =>
  isCurrent ? 'current' : isPrevious ? 'previous' : '';

const cells = (version: SecretVersion): string[] => [
  String(version.number),
  version.created ?? '-',
  version.lastUsed ?? '-',
  stateOf(version),
];

const toJson = ({ number, version, created, lastUsed, isCurrent, isPrevious }: SecretVersion): object => ({
  ...{ number, version, created, lastUsed, isCurrent, isPrevious },
});

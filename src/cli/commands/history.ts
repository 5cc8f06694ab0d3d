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
    .summary('show when a secret was set, and by whom')
    .description(
      'Shows the versions of a secret, from the newest to the oldest, without values. Your user vault keeps the last ' +
        'three values, git all that were committed, AWS Secrets Manager some versions.',
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
  const { store, past } = await keptPast(name, options.scope, directory, world);
  const { versions, deletedUntil, isDeleted } = await past.history(name);
  if (options.json === true) {
    const { scope } = store;
    await print(`${printableJson({ name, scope, isDeleted, deletedUntil, versions })}\n`);
    return;
  }
  const columns = COLUMNS.filter(
    ({ isOptional, cell }) => isOptional !== true || versions.some((version) => cell(version) !== '-'),
  );
  const rows = versions.map((version) => columns.map(({ cell }) => cell(version)));
  if (versions.length > 0) await print(table([columns.map(({ head }) => head), ...rows]));
  if (!isDeleted) return;
  const until = deletedUntil === null ? '' : ` (${deletedUntil})`;
  world.say(`${name} is deleted${until}. Put it back: nf-secrets undo ${name} --scope ${store.scope}`);
}

/** A column of the table. An optional one is left out if it has nothing. */
interface Column {
  readonly head: string;
  readonly cell: (version: SecretVersion) => string;
  readonly isOptional?: true;
}

/** A commit of git, and the beginning of it that is shown. */
const COMMIT = /^([0-9a-f]{12})[0-9a-f]{28}/;

const COLUMNS: readonly Column[] = [
  { head: 'VERSION', cell: ({ number }) => String(number) },
  { head: 'SET', cell: ({ created }) => created ?? '-' },
  { head: 'COMMIT', cell: ({ version }) => COMMIT.exec(version)?.[1] ?? '-', isOptional: true },
  { head: 'BY', cell: ({ by }) => by ?? '-', isOptional: true },
  { head: 'UNTIL', cell: ({ ended }) => ended ?? '-', isOptional: true },
  { head: 'BYTES', cell: ({ bytes }) => (bytes === null ? '-' : String(bytes)), isOptional: true },
  { head: 'EXPIRES', cell: ({ expires }) => expires ?? '-', isOptional: true },
  { head: 'LAST USED', cell: ({ lastUsed }) => lastUsed ?? '-', isOptional: true },
  {
    head: 'STATE',
    cell: ({ isCurrent, isPrevious, doubt }) =>
      [isCurrent ? 'current' : isPrevious ? 'previous' : '', doubt === null ? '' : `in doubt: ${doubt}`]
        .filter((part) => part !== '')
        .join('; '),
  },
];

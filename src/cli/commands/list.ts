import type { Command } from 'commander';
import { findWorkspace } from '../../core/system/paths.ts';
import { printable, printableJson } from '../../core/system/printable.ts';
import { type ListedSecret, listSecrets } from '../../core/secrets/resolve.ts';
import { type Scope, SCOPES } from '../../core/secrets/scope.ts';
import { lastUsed, readUsage } from '../../core/secrets/usage.ts';
import { workspaceVault } from '../../core/vault/vault-location.ts';
import { isWrappedAnew } from '../../core/vault/wrapped-anew.ts';
import { jsonOption, scopeOption, workspaceOption, examples } from '../options.ts';
import type { Shell } from '../shell.ts';
import { table } from '../table.ts';
import { storesOf } from '../../core/stores/stores.ts';

interface ListOptions {
  readonly scope?: Scope;
  readonly json?: true;
  readonly workspace?: string;
}

type Row = ListedSecret & { readonly lastUsed: string | null };

export function addList(program: Command, shell: Shell): void {
  program
    .command('list')
    .summary('show the secrets of all scopes, without values')
    .description(
      'Shows the names, scopes and dates of secrets, and which scope overrides another. Decrypts nothing.',
    )
    .addOption(scopeOption('show this scope only', SCOPES))
    .addOption(jsonOption())
    .addOption(workspaceOption())
    .addHelpText(
      'after',
      examples('nf-secrets list', 'nf-secrets list --scope workspace --json | jq -r ".[].name"'),
    )
    .action(async (options: ListOptions) => {
      await list(options, shell);
    });
}

async function list(options: ListOptions, { world, print, colors }: Shell): Promise<void> {
  const { directory: workspace } = await findWorkspace(world, options.workspace);
  const usage = await readUsage(world);
  const rows: Row[] = (await listSecrets(storesOf(workspace, world), options.scope))
    .filter(({ scope }) => options.scope === undefined || scope === options.scope)
    .map((secret) => ({ ...secret, lastUsed: lastUsed(usage, secret.name, secret.scope, workspace) }));
  const listsWorkspace = options.scope === undefined || options.scope === 'workspace';
  if (listsWorkspace && (await isWrappedAnew(workspaceVault(workspace), world))) {
    world.say(
      `The vault of ${printable(workspace)} has other keys than when you used it last: a member has renewed them, or ` +
        'somebody has made the file anew. Before its values are used, you are asked.',
    );
  }
  if (options.json === true) {
    await print(`${printableJson(rows.map(toJson))}\n`);
  } else if (rows.length === 0) {
    world.say(
      options.scope === 'nextflow'
        ? "Nextflow's own store has no secrets."
        : 'No secrets yet. Set one: nf-secrets set NAME',
    );
  } else {
    await print(table(cells(rows)));
    if (listsWorkspace) {
      world.say(colors.dim(`Workspace: ${printable(workspace)}`));
    }
  }
}

function toJson({
  name,
  scope,
  created,
  updated,
  updatedBy,
  lastUsed: used,
  description,
  overrides,
  overriddenBy,
  exposed,
}: Row): object {
  return {
    ...{ name, scope, created, updated, updatedBy, lastUsed: used, description, overrides, overriddenBy },
    exposed,
  };
}

function cells(rows: readonly Row[]): string[][] {
  return [
    ['NAME', 'SCOPE', 'STATE', 'UPDATED', 'LAST USED', 'DESCRIPTION'],
    ...rows.map((row) => [
      row.name,
      row.scope,
      state(row),
      day(row.updated),
      day(row.lastUsed),
      row.description ?? '',
    ]),
  ];
}

function state({ overrides, overriddenBy, exposed }: Row): string {
  const states = [];
  if (overriddenBy !== null) states.push(`overridden by ${overriddenBy}`);
  else if (overrides !== null) states.push(`overrides ${overrides}`);
  if (exposed.length > 0) states.push(`exposed to ${exposed.map(shownLabel).join(', ')}`);
  return states.join('; ');
}

const shownLabel = (label: string): string => printable(label).slice(0, 64);

const day = (date: string | null): string => date?.slice(0, 10) ?? '-';

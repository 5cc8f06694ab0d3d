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
import { serviceTitle, storesOf, writableStore } from '../../core/stores/stores.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';

interface ListOptions {
  readonly scope?: Scope;
  readonly json?: true;
  readonly deleted?: true;
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
    .option('--deleted', 'show deleted secrets of a workspace in AWS that can be put back')
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
  if (options.deleted === true) {
    await listDeleted(workspace, options, { world, print });
    return;
  }
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
      const title = await serviceTitle(workspace);
      world.say(
        colors.dim(`Workspace: ${printable(workspace)}${title === undefined ? '' : ` (${String(title)})`}`),
      );
    }
  }
}

async function listDeleted(
  workspace: string,
  { scope = 'workspace', json }: ListOptions,
  { world, print }: Pick<Shell, 'world' | 'print'>,
): Promise<void> {
  const { past } = scope === 'nextflow' ? {} : await writableStore(scope, workspace, world);
  if (past === undefined) {
    throw new HumanError(
      ExitCode.usage,
      scope === 'workspace'
        ? 'The secrets of this workspace are in a vault, which keeps no deleted ones: its history is in git.'
        : `The scope ${scope} keeps no deleted secrets.`,
      'Only a workspace in AWS Secrets Manager has them for now.',
    );
  }
  const rows = Array.from(await past.deleted(), ([name, deletedUntil]) => ({ name, scope, deletedUntil }));
  if (json === true) await print(`${printableJson(rows)}\n`);
  else if (rows.length === 0) world.say('No deleted secrets.');
  else {
    await print(table([['NAME', 'SCOPE', 'UNTIL'], ...rows.map((row) => Object.values(row))]));
    world.say('To put one back: nf-secrets undo NAME --scope workspace');
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

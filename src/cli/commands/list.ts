import { type Command, InvalidArgumentError, Option } from 'commander';
import { findWorkspace } from '../../core/system/paths.ts';
import { printable, printableJson } from '../../core/system/printable.ts';
import { type ListedSecret, listSecrets } from '../../core/secrets/resolve.ts';
import { daysLeft, daysOf } from '../../core/secrets/expiry.ts';
import { type Scope, SCOPES } from '../../core/secrets/scope.ts';
import { lastUsed, readUsage } from '../../core/secrets/usage.ts';
import { workspaceVault } from '../../core/vault/vault-location.ts';
import { isWrappedAnew } from '../../core/vault/wrapped-anew.ts';
import { byName } from '../../core/system/natural-order.ts';
import { nameGlob } from '../../core/secrets/name-glob.ts';
import { jsonOption, scopeOption, workspaceOption, examples } from '../options.ts';
import type { Shell } from '../shell.ts';
import { table } from '../table.ts';
import { serviceTitle, storesOf, writableStore } from '../../core/stores/stores.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';

interface ListOptions {
  readonly pattern?: string | undefined;
  readonly scope?: Scope;
  readonly json?: true;
  readonly deleted?: true;
  readonly expiring?: number;
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
    .argument('[pattern]', "names to show: '*' is any text, '?' one character")
    .addOption(scopeOption('show this scope only', SCOPES))
    .option('--deleted', 'show deleted secrets that can be put back')
    .addOption(
      new Option(
        '--expiring <days>',
        'show secrets that expire within so many days (30d), or have',
      ).argParser(parseDays),
    )
    .addOption(jsonOption())
    .addOption(workspaceOption())
    .addHelpText(
      'after',
      examples(
        'nf-secrets list',
        "nf-secrets list 'NCBI_*'",
        'nf-secrets list --expiring 30d --json',
        'nf-secrets list --scope workspace --json | jq -r ".[].name"',
      ),
    )
    .action(async (pattern: string | undefined, options: ListOptions) => {
      await list({ ...options, pattern }, shell);
    });
}

async function list(options: ListOptions, shell: Shell): Promise<void> {
  const { world, print, colors } = shell;
  const { directory: workspace } = await findWorkspace(world, options.workspace);
  if (options.deleted === true) {
    await listDeleted(workspace, options, { world, print });
    return;
  }
  const usage = await readUsage(world);
  const rows: Row[] = (await listSecrets(storesOf(workspace, world), options.scope))
    .filter(({ scope }) => options.scope === undefined || scope === options.scope)
    .filter(isWanted(options))
    .filter(isExpiring(options, world.now()))
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
    world.say(nothingFound(options));
  } else {
    const now = world.now();
    await print(shell.outputIsTerminal ? grouped(rows, now, shell.outputWidth) : table(cells(rows, now)));
    if (listsWorkspace) {
      const title = await serviceTitle(workspace);
      world.say(
        colors.dim(`Workspace: ${printable(workspace)}${title === undefined ? '' : ` (${String(title)})`}`),
      );
    }
  }
}

const isWanted = ({ pattern }: ListOptions): ((secret: { readonly name: string }) => boolean) => {
  if (pattern === undefined) return () => true;
  const matches = nameGlob(pattern);
  return ({ name }) => matches(name);
};

const isExpiring =
  ({ expiring }: ListOptions, now: Date) =>
  ({ expires }: ListedSecret): boolean =>
    expiring === undefined || (expires !== null && daysLeft(expires, now) <= expiring);

function parseDays(text: string): number {
  const days = daysOf(text);
  if (days !== undefined) return days;
  throw new InvalidArgumentError('Expected a number of days, as 30d.');
}

function nothingFound({ pattern, scope, expiring }: ListOptions): string {
  if (expiring !== undefined)
    return `No secret${pattern === undefined ? '' : ` of ${printable(pattern)}`} is known to expire within ${expiring} days.`;
  if (pattern !== undefined) return `No secret has such a name: ${printable(pattern)}`;
  return scope === 'nextflow'
    ? "Nextflow's own store has no secrets."
    : 'No secrets yet. Set one: nf-secrets set NAME';
}

/** A table for each scope, for the eyes of a person: names in natural order, no line wider than the terminal. */
function grouped(rows: readonly Row[], now: Date, width: number | undefined): string {
  return SCOPES.flatMap((scope) => {
    const own = rows.filter((row) => row.scope === scope).sort((a, b) => byName(a.name, b.name));
    if (own.length === 0) return [];
    // Without the column of the scope, which is the heading.
    const columns = cells(own, now).map(([name = '', , ...others]) => [name, ...others]);
    return [`${scope} (${own.length})\n${table(columns, width)}`];
  }).join('\n');
}

async function listDeleted(
  workspace: string,
  options: ListOptions,
  { world, print }: Pick<Shell, 'world' | 'print'>,
): Promise<void> {
  const { scope, json } = options;
  if (scope === 'nextflow')
    throw new HumanError(ExitCode.usage, "Nextflow's own store keeps no deleted secrets.");
  const rows = [];
  for (const one of scope === undefined ? (['user', 'workspace'] as const) : [scope]) {
    const { past } = await writableStore(one, workspace, world);
    const deleted = await past.deleted();
    rows.push(...Array.from(deleted, ([name, deletedUntil]) => ({ name, scope: one, deletedUntil })));
  }
  const wanted = rows.filter(isWanted(options));
  if (json === true) await print(`${printableJson(wanted)}\n`);
  else if (wanted.length === 0) world.say('No deleted secrets.');
  else {
    const cells = wanted.map((row) => [row.name, row.scope, row.deletedUntil ?? '-']);
    await print(table([['NAME', 'SCOPE', 'UNTIL'], ...cells]));
    world.say('To put one back: nf-secrets undo NAME --scope SCOPE');
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
  expires,
}: Row): object {
  return {
    ...{ name, scope, created, updated, updatedBy, lastUsed: used, description, overrides, overriddenBy },
    exposed,
    expires,
  };
}

function cells(rows: readonly Row[], now: Date): string[][] {
  // A column that most people would find empty.
  const withExpiry = rows.some(({ expires }) => expires !== null);
  return [
    ['NAME', 'SCOPE', 'STATE', 'UPDATED', 'LAST USED', ...(withExpiry ? ['EXPIRES'] : []), 'DESCRIPTION'],
    ...rows.map((row) => [
      row.name,
      row.scope,
      state(row),
      day(row.updated),
      day(row.lastUsed),
      ...(withExpiry ? [expiry(row, now)] : []),
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

/** Days before the end of a value on which it is shown how many are left. */
const SHOWN_DAYS = 30;

function expiry({ expires }: Row, now: Date): string {
  if (expires === null) return '-';
  const left = daysLeft(expires, now);
  if (left < 0) return `${expires} (over)`;
  return left > SHOWN_DAYS ? expires : `${expires} (${left === 0 ? 'today' : `${left} d`})`;
}

const shownLabel = (label: string): string => printable(label).slice(0, 64);

const day = (date: string | null): string => date?.slice(0, 10) ?? '-';

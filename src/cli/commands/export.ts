import { type Command, Option } from 'commander';
import {
  type DetailedSecret,
  type ExportFormat,
  formatDetails,
  formatSecrets,
} from '../../core/secrets/exchange.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { findWorkspace } from '../../core/system/paths.ts';
import { printable } from '../../core/system/printable.ts';
import { listSecrets, resolveSecrets } from '../../core/secrets/resolve.ts';
import type { Scope, VaultScope } from '../../core/secrets/scope.ts';
import type { SecretValue } from '../../core/secrets/secret-value.ts';
import type { World } from '../../core/system/world.ts';
import { assertPlain, readAccepted } from './get.ts';
import { acceptOption, choices, scopeOption, workspaceOption, examples } from '../options.ts';
import type { Shell } from '../shell.ts';
import { storeOf, storesOf } from '../../core/stores/stores.ts';

interface ExportOptions {
  readonly format: ExportFormat;
  readonly json?: true;
  readonly names?: true;
  readonly reveal?: true;
  readonly scope?: VaultScope;
  readonly workspace?: string;
  readonly acceptMembers?: true;
}

export function addExport(program: Command, shell: Shell): void {
  program
    .command('export')
    .summary('write secrets as .env or JSON, or only their names')
    .description(
      'Writes the secrets of user and workspace, or of one scope, to stdout. User secrets override those of the ' +
        'workspace. On a terminal, export shows values only with --reveal. Import reads all of them.',
    )
    .addOption(
      choices(new Option('--format <format>', 'format of the output'), ['env', 'json']).default('env'),
    )
    .addOption(
      new Option('--json', 'write JSON with scopes, descriptions and days of expiry').conflicts([
        'format',
        'names',
      ]),
    )
    .option('--names', 'write only the names, one in each line; decrypt nothing')
    .option('--reveal', 'show the values on the terminal')
    .addOption(scopeOption('write this scope only'))
    .addOption(workspaceOption())
    .addOption(acceptOption())
    .addHelpText(
      'after',
      examples(
        'nf-secrets export --names',
        'nf-secrets export --scope workspace --format json | age -p > handover.age',
        'nf-secrets export --scope user --json | nf-secrets import - --format json --scope workspace',
      ),
    )
    .action(async (options: ExportOptions) => {
      await exportSecrets(options, shell);
    });
}

async function exportSecrets(
  options: ExportOptions,
  { world, print, outputIsTerminal }: Shell,
): Promise<void> {
  const { scope } = options;
  const { directory: workspace } = await findWorkspace(world, options.workspace);
  if (options.names === true) {
    const known = await listSecrets(storesOf(workspace, world), scope);
    const names = new Set(
      known.filter((secret) => (scope ?? secret.scope) === secret.scope).map(({ name }) => name),
    );
    for (const name of names) await print(`${printable(name)}\n`);
    return;
  }
  if (outputIsTerminal && options.reveal !== true) {
    throw new HumanError(
      ExitCode.usage,
      'The values would be shown on the terminal.',
      'Add --reveal if you want that, --names for the names alone, or send it to a file or a program.',
    );
  }
  const secrets = await winning(workspace, options, world);
  const text =
    options.json === true
      ? formatDetails(await withDetails(secrets, { scope, workspace }, world))
      : formatSecrets(new Map(secrets.map(({ name, value }) => [name, value])), options.format);
  if (outputIsTerminal) assertPlain(text);
  await print(text);
}

/** A secret that is exported. */
interface Exported {
  readonly name: string;
  readonly scope: Scope;
  readonly value: SecretValue;
}

/** Reads the secrets of a scope, or those that win. */
async function winning(
  workspace: string,
  { scope, acceptMembers }: ExportOptions,
  world: World,
): Promise<Exported[]> {
  const accept = acceptMembers === true;
  if (scope !== undefined) {
    const values = await readAccepted(storeOf(scope, workspace, world), { accept });
    return Array.from(values, ([name, value]) => ({ name, scope, value }));
  }
  const resolved = await resolveSecrets(storesOf(workspace, world), world, { acceptMembers: accept });
  return resolved.map(({ name, from, value }) => ({ name, scope: from, value }));
}

/** Adds what the stores keep in clear beside the values. */
async function withDetails(
  secrets: readonly Exported[],
  { scope, workspace }: { readonly scope: VaultScope | undefined; readonly workspace: string },
  world: World,
): Promise<DetailedSecret[]> {
  const known = await listSecrets(storesOf(workspace, world), scope, {
    asked: secrets.map(({ name }) => name),
  });
  const infos = new Map(known.map((one) => [`${one.scope} ${one.name}`, one]));
  return secrets.map((secret) => {
    const info = infos.get(`${secret.scope} ${secret.name}`);
    return { ...secret, description: info?.description ?? null, expires: info?.expires ?? null };
  });
}

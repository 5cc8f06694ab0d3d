import { type Command, Option } from 'commander';
import { type ExportFormat, formatSecrets } from '../../core/secrets/exchange.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { findWorkspace } from '../../core/system/paths.ts';
import { printable } from '../../core/system/printable.ts';
import { listSecrets, resolveSecrets } from '../../core/secrets/resolve.ts';
import type { VaultScope } from '../../core/secrets/scope.ts';
import { assertPlain, readAccepted } from './get.ts';
import { acceptOption, choices, scopeOption, workspaceOption, examples } from '../options.ts';
import type { Shell } from '../shell.ts';
import { storeOf, storesOf } from '../../core/stores/stores.ts';

interface ExportOptions {
  readonly format: ExportFormat;
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
        'workspace. On a terminal, export shows values only with --reveal. Import reads both formats.',
    )
    .addOption(
      choices(new Option('--format <format>', 'format of the output'), ['env', 'json']).default('env'),
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
  const accept = options.acceptMembers === true;
  const values =
    scope === undefined
      ? new Map(
          (await resolveSecrets(storesOf(workspace, world), world, { acceptMembers: accept })).map(
            ({ name, value }) => [name, value],
          ),
        )
      : await readAccepted(storeOf(scope, workspace, world), { accept });
  const text = formatSecrets(values, options.format);
  if (outputIsTerminal) assertPlain(text);
  await print(text);
}

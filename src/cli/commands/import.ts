import { basename, dirname, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { readdir } from '../../core/system/file-calls.ts';
import { formatOf, type ImportFormat } from '../../core/secrets/exchange.ts';
import { ExitCode, fileError, HumanError, systemErrorCode } from '../../core/system/human-error.ts';
import {
  type Given,
  importFromNextflow,
  MAX_IMPORT_BYTES,
  parseImport,
} from '../../core/stores/import-secrets.ts';
import { writableStore } from '../../core/stores/stores.ts';
import { didYouMean } from '../../core/system/near-miss.ts';
import { findWorkspace } from '../../core/system/paths.ts';
import { printable, printableJson, printableLines } from '../../core/system/printable.ts';
import type { VaultScope } from '../../core/secrets/scope.ts';
import { openGiven } from '../../core/system/open-file.ts';
import type { World } from '../../core/system/world.ts';
import { readInput } from '../ask.ts';
import { importOddityLines } from '../odd-values.ts';
import { acceptOption, choices, jsonOption, scopeOption, workspaceOption, examples } from '../options.ts';
import type { Shell } from '../shell.ts';

interface ImportOptions {
  readonly format?: ImportFormat;
  readonly scope: VaultScope;
  readonly overwrite?: true;
  readonly skipExisting?: true;
  readonly dryRun?: true;
  readonly json?: true;
  readonly workspace?: string;
  readonly acceptMembers?: true;
}

export function addImport(program: Command, shell: Shell): void {
  program
    .command('import')
    .summary('import secrets from a file or from your own Nextflow store')
    .description('Imports all secrets of a file, or none. Shows which secrets it creates, changes and skips.')
    .argument('<file>', 'a .env or JSON file, - for stdin, or nextflow for your own Nextflow store')
    .addOption(
      choices(new Option('--format <format>', 'format of the file (default: by its name)'), [
        'env',
        'json',
        'nextflow',
      ]),
    )
    .addOption(scopeOption('scope that gets the secrets').default('user'))
    .addOption(new Option('--overwrite', 'change secrets that have another value').conflicts('skipExisting'))
    .option('--skip-existing', 'keep secrets that have another value')
    .option('--dry-run', 'show what the import would change, and change nothing')
    .addOption(jsonOption())
    .addOption(workspaceOption())
    .addOption(acceptOption())
    .addHelpText(
      'after',
      `${examples(
        'nf-secrets import nextflow --dry-run',
        'nf-secrets import .env --scope workspace --skip-existing',
        'nf-secrets export --scope user --format json | nf-secrets import - --format json --scope workspace',
      )}

A .env file has lines NAME=VALUE and # comments. A line may begin with export.
'Single quotes' keep a text as it is, also over several lines.
"Double quotes" know \\n \\r \\t \\\\ \\" \\$ \\\`. Variables are not replaced.`,
    )
    .action(async (file: string, options: ImportOptions) => {
      await importSecrets(file, options, shell);
    });
}

async function importSecrets(file: string, options: ImportOptions, { world, print }: Shell): Promise<void> {
  const { directory: workspace } = await findWorkspace(world, options.workspace);
  const given = await readSource(file, options.format, world);
  const ifDifferent =
    options.overwrite === true ? 'overwrite' : options.skipExisting === true ? 'skip' : 'refuse';

  const store = await writableStore(options.scope, workspace, world);
  // The import is compared with the secrets that exist already, so a preview reads them too.
  if (options.dryRun !== true) await store.assertMayWrite();
  await store.ensureAccepted(options.acceptMembers === true);
  const plan = await (options.dryRun === true
    ? store.previewImport(given, ifDifferent)
    : store.importAll(given, ifDifferent));
  for (const line of importOddityLines(given, [...plan.created, ...plan.changed])) world.say(line);
  if (options.json === true) {
    const { created, changed, kept, same, empty } = plan;
    await print(`${printableJson({ created, changed, kept, same, empty })}\n`);
    return;
  }
  const lines = [
    ...plan.created.map((name) => `created  ${name}`),
    ...plan.changed.map((name) => `changed  ${name}`),
    ...plan.kept.map((name) => `skipped  ${name} (set already)`),
    ...plan.empty.map((name) => `skipped  ${name} (empty)`),
  ];
  for (const line of lines) await print(`${printableLines(line)}\n`);
  const same = plan.same.length > 0 ? `; ${plan.same.length} had that value already` : '';
  world.say(
    `${options.dryRun === true ? 'Would import' : 'Imported'} ${plan.created.length + plan.changed.length} of ` +
      `${given.size} into ${options.scope}${same}.`,
  );
}

async function readSource(file: string, format: ImportFormat | undefined, world: World): Promise<Given> {
  if (file === 'nextflow') return importFromNextflow(world);
  const path = resolve(world.cwd, file);
  const bytes =
    file === '-'
      ? await readInput(process.stdin, MAX_IMPORT_BYTES, 'What is to be imported')
      : await readNamedFile(path);
  const known = format ?? formatOf(path);
  if (known === undefined) {
    throw new HumanError(
      ExitCode.usage,
      `The name ${printable(file)} does not tell what format it has.`,
      'Say it: --format env, --format json or --format nextflow',
    );
  }
  return parseImport(bytes, known, file);
}

/** Reads a file, or a pipe such as <(command). */
async function readNamedFile(path: string): Promise<Buffer> {
  try {
    return await readInput(await openGiven(path), MAX_IMPORT_BYTES, 'What is to be imported');
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw fileError(error, 'read', path, false);
    const beside = await readdir(dirname(path)).catch(() => []);
    const hint = printable(String(didYouMean(basename(path), [...beside, 'nextflow'])));
    throw new HumanError(ExitCode.usage, `The file ${printable(path)} does not exist.${hint}`);
  }
}

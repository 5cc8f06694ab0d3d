import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { formatOf, type ImportFormat, parseSecrets, planImport } from '../core/exchange.ts';
import { ExitCode, fileError, HumanError, systemErrorCode } from '../core/human-error.ts';
import { didYouMean } from '../core/near-miss.ts';
import { readNextflowStore } from '../core/nextflow-store.ts';
import { findWorkspace, nextflowStorePath } from '../core/places.ts';
import { printable } from '../core/printable.ts';
import { vaultOf } from '../core/resolve.ts';
import type { VaultScope } from '../core/scope.ts';
import { secretNameProblem } from '../core/secret-name.ts';
import { SecretValue } from '../core/secret-value.ts';
import { updateVault } from '../core/vault/update-vault.ts';
import { ensureAccepted, openVault } from '../core/vault/vault.ts';
import type { World } from '../core/world.ts';
import { readInput } from './ask.ts';
import { author } from './author.ts';
import { acceptOption, choices, scopeOption, workspaceOption } from './options.ts';
import type { Shell } from './shell.ts';

const MAX_IMPORT_BYTES = 64 << 20;

interface ImportOptions {
  readonly format?: ImportFormat;
  readonly scope: VaultScope;
  readonly overwrite?: true;
  readonly skipExisting?: true;
  readonly dryRun?: true;
  readonly workspace?: string;
  readonly acceptMembers?: true;
}

export function addImport(program: Command, shell: Shell): void {
  program
    .command('import')
    .summary("take over secrets from a file or from Nextflow's own store")
    .description('Takes over secrets, all or none, and shows which are created, changed and passed over.')
    .argument('<file>', 'a .env or JSON file, - for stdin, or the word nextflow for your own Nextflow store')
    .addOption(
      choices(new Option('--format <format>', 'env, json or nextflow (default: by the file’s name)'), [
        'env',
        'json',
        'nextflow',
      ]),
    )
    .addOption(scopeOption('user or workspace').default('user'))
    .addOption(new Option('--overwrite', 'change secrets that have another value').conflicts('skipExisting'))
    .option('--skip-existing', 'leave secrets that are there as they are')
    .option('--dry-run', 'only show what would happen')
    .addOption(workspaceOption())
    .addOption(acceptOption())
    .addHelpText(
      'after',
      `
Examples:
  nf-secrets import nextflow --dry-run
  nf-secrets import .env --scope workspace --skip-existing
  nf-secrets export --scope user --format json | nf-secrets import - --format json --scope workspace

In .env files: NAME=VALUE lines, # comments, an optional export; 'single quotes' keep everything, several lines
too; "double quotes" know \\n \\r \\t \\\\ \\" \\$ \\\`; nothing is expanded.`,
    )
    .action(async (file: string, options: ImportOptions) => {
      await importSecrets(file, options, shell);
    });
}

async function importSecrets(file: string, options: ImportOptions, { world, print }: Shell): Promise<void> {
  const { directory: workspace } = await findWorkspace(world, options.workspace);
  const given = await readSource(file, options.format, world);
  for (const [name, value] of given) if (value.reveal() !== '') value.assertDeliverable(name);
  const ifDifferent =
    options.overwrite === true ? 'overwrite' : options.skipExisting === true ? 'skip' : 'refuse';

  const location = vaultOf(options.scope, workspace, world);
  if (options.dryRun !== true) await ensureAccepted(location, options.acceptMembers === true, world);
  const now = await openVault(location, world);
  let plan = planImport(given, (name) => now.get(name), ifDifferent);
  if (options.dryRun !== true && plan.created.length + plan.changed.length > 0) {
    await updateVault(location, world, await author(world), (draft) => {
      // Decided again on what is there now: somebody may have set one of them meanwhile.
      plan = planImport(given, (name) => (draft.has(name) ? draft.get(name).value : undefined), ifDifferent);
      for (const name of [...plan.created, ...plan.changed])
        draft.set(name, given.get(name) ?? new SecretValue(''));
    });
  }
  const lines = [
    ...plan.created.map((name) => `created  ${name}`),
    ...plan.changed.map((name) => `changed  ${name}`),
    ...plan.kept.map((name) => `skipped  ${name} (set already)`),
    ...plan.empty.map((name) => `skipped  ${name} (empty)`),
  ];
  for (const line of lines) await print(`${line}\n`);
  const same = plan.same.length > 0 ? `; ${plan.same.length} had that value already` : '';
  world.say(
    `${options.dryRun === true ? 'Would import' : 'Imported'} ${plan.created.length + plan.changed.length} of ` +
      `${given.size} into ${options.scope}${same}.`,
  );
}

async function readSource(
  file: string,
  format: ImportFormat | undefined,
  world: World,
): Promise<ReadonlyMap<string, SecretValue>> {
  if (file === 'nextflow') {
    const store = await readNextflowStore(world);
    for (const name of store.keys()) {
      const problem = secretNameProblem(name);
      if (problem === undefined) continue;
      throw new HumanError(
        ExitCode.data,
        `Your own Nextflow store has the name "${printable(name).slice(0, 60)}", which cannot be a secret's: ${problem}. Nothing was imported.`,
        `Remove it there, or import the others from a file: ${printable(nextflowStorePath(world))} is JSON.`,
      );
    }
    return store;
  }
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
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new HumanError(ExitCode.data, `${printable(file)} is not UTF-8 text. Nothing was imported.`);
  }
  return parseSecrets(text, known, file);
}

/** A file, or a pipe such as <(command). */
async function readNamedFile(path: string): Promise<Buffer> {
  try {
    return await readInput(createReadStream(path), MAX_IMPORT_BYTES, 'What is to be imported');
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw fileError(error, 'read', path, false);
    const beside = await readdir(dirname(path)).catch(() => []);
    const hint = printable(didYouMean(basename(path), [...beside, 'nextflow']));
    throw new HumanError(ExitCode.usage, `The file ${printable(path)} does not exist.${hint}`);
  }
}

import type { Command } from 'commander';
import { resolve } from 'node:path';
import { findWorkspace, workspaceVaultPath } from '../core/places.ts';
import { printable, printableJson } from '../core/printable.ts';
import { type PathScan, scanPath } from '../core/references/scan-path.ts';
import { listSecrets } from '../core/resolve.ts';
import { jsonOption, workspaceOption } from './options.ts';
import { useJson } from './plan.ts';
import type { Shell } from './shell.ts';
import { table } from './table.ts';

interface ScanOptions {
  readonly json?: true;
  readonly strict?: true;
  readonly workspace?: string;
}

export function addScan(program: Command, shell: Shell): void {
  program
    .command('scan')
    .summary('show which secrets the code uses, and what is wrong with how')
    .description(
      'Reads a directory (every .nf and .config below, without work/, .nextflow/ and what git ignores), or a file ' +
        'with all that it includes; and the templates that processes name. Decrypts nothing and runs nothing.',
    )
    .argument('[path]', 'a directory, a script or a config', '.')
    .option('--strict', 'exit with 1 if anything is an error')
    .addOption(jsonOption())
    .addOption(workspaceOption())
    .addHelpText(
      'after',
      '\nExamples:\n  nf-secrets scan\n  nf-secrets scan main.nf\n  nf-secrets scan --strict --json . | jq ".diagnostics"',
    )
    .action(async (path: string, options: ScanOptions) => {
      await scan(path, options, shell);
    });
}

async function scan(path: string, options: ScanOptions, shell: Shell): Promise<void> {
  const { world } = shell;
  const { directory: workspace } = await findWorkspace(world, options.workspace, resolve(world.cwd, path));
  const listed = await listSecrets(workspace, world);
  const names = listed.filter(({ scope }) => scope === 'workspace').map(({ name }) => name);
  const isWhole = resolve(world.cwd, path) === workspace;
  const found = await scanPath(resolve(world.cwd, path), world, {
    names: new Set(listed.map(({ name }) => name)),
    literals: true,
    vault: isWhole && names.length > 0 ? { file: workspaceVaultPath(workspace), names } : undefined,
  });
  if (options.json === true) await shell.print(`${printableJson(toJson(found))}\n`);
  else await show(found, path, shell);
  const isWrong = found.diagnostics.some(({ severity }) => severity === 'error');
  if (options.strict === true && isWrong) process.exitCode = 1;
}

function toJson({ references, dynamic, diagnostics }: PathScan): object {
  return {
    references: references.map(useJson),
    dynamic: dynamic.map(({ file, line, column, text }) => ({ file, line, column, text })),
    diagnostics: diagnostics.map(({ code, severity, message, file, line, column, endColumn }) => ({
      code,
      severity,
      message,
      file,
      line,
      column,
      endColumn,
    })),
  };
}

async function show(
  { references, dynamic, diagnostics }: PathScan,
  path: string,
  shell: Shell,
): Promise<void> {
  const { world, colors } = shell;
  if (references.length === 0 && dynamic.length === 0) {
    world.say(`No secret is used in ${printable(path)}.`);
  } else {
    await shell.print(
      table([
        ['NAME', 'KIND', 'PROCESS', 'PLACE'],
        ...references.map(({ name, kind, optional, process, file, line, column }) => [
          name,
          optional ? `${kind}, optional` : kind,
          process ?? '-',
          `${file}:${line}:${column}`,
        ]),
        ...dynamic.map(({ text, process, file, line, column }) => [
          `(${text})`,
          'dynamic',
          process ?? '-',
          `${file}:${line}:${column}`,
        ]),
      ]),
    );
  }
  const paint = { error: colors.red, warning: colors.yellow, info: colors.dim };
  for (const { severity, code, message, file, line, column } of diagnostics) {
    world.say(`${printable(file)}:${line}:${column} ${paint[severity](`${severity} ${code}`)}: ${message}`);
  }
}

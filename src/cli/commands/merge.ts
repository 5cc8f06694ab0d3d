import type { Command } from 'commander';
import { findWorkspace } from '../../core/system/paths.ts';
import { printable } from '../../core/system/printable.ts';
import { install, type Installation, isInstalled, planInstallation } from '../../core/vault/merge/install.ts';
import { confirmChange } from '../change.ts';
import { driverSettings } from '../driver-settings.ts';
import { examples, workspaceOption } from '../options.ts';
import type { Shell } from '../shell.ts';

interface InstallOptions {
  readonly yes?: true;
  readonly workspace?: string;
}

export function addMerge(program: Command, shell: Shell): void {
  const merge = program
    .command('merge')
    .summary("have git merge the workspace's vault by names")
    .description(
      "Without this, git merges the workspace's vault line by line, which never works: its MAC is another one on each " +
        'side.',
    )
    .addHelpText('after', examples('nf-secrets merge install'));
  merge
    .command('install')
    .summary('set up git in this clone')
    .description(
      'Sets up this clone of the repository: git then merges the vault by names, and shows names and dates in git diff, ' +
        'never a value. Shows what it writes, and asks. Each clone needs it once.',
    )
    .option('--yes', 'do not ask')
    .addOption(workspaceOption())
    .addHelpText('after', examples('nf-secrets merge install', 'nf-secrets merge install --yes'))
    .action(async (options: InstallOptions) => {
      const { directory } = await findWorkspace(shell.world, options.workspace);
      await askAndInstall(directory, options, shell);
    });
}

/** Shows what is written, asks, and writes it. */
async function askAndInstall(
  directory: string,
  options: Pick<InstallOptions, 'yes'>,
  { world }: Shell,
): Promise<void> {
  const plan = await planInstallation(directory, driverSettings(), world);
  if (isInstalled(plan)) {
    world.say('Git merges the vault by names in this clone already.');
    return;
  }
  for (const line of describeInstallation(plan)) world.say(line);
  await confirmChange('Write this?', options, world);
  await install(plan, world);
  world.say('Git merges the vault by names in this clone now.');
}

/** The lines that are to be written, each file with its path. */
export function describeInstallation({
  configPath,
  settings,
  attributesPath,
  attributes,
}: Installation): string[] {
  const part = (path: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : [`In ${printable(path)}:`, ...lines.map((line) => `  ${printable(line)}`)];
  return [
    ...part(
      configPath,
      settings.map(([key, value]) => `${key} = ${value}`),
    ),
    ...part(attributesPath, attributes),
  ];
}

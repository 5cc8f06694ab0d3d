import type { Command } from 'commander';
import { grantKey, listGrants, removeGrants } from '../../core/launch/grants.ts';
import { printable, printableJson } from '../../core/system/printable.ts';
import { jsonOption, examples } from '../options.ts';
import type { Shell } from '../shell.ts';

export function addGrant(program: Command, { world, print }: Shell): void {
  const grant = program
    .command('grant')
    .summary('show or take back grants to remote pipelines')
    .description(
      'A remote pipeline (owner/name, or a URL) gets your user secrets, and those of your own Nextflow store, only if you ' +
        'grant them. A launch asks you once for each name.',
    )
    .addHelpText(
      'after',
      examples('nf-secrets grant list', 'nf-secrets grant remove nf-core/fetchngs NCBI_API_KEY'),
    );
  grant
    .command('list')
    .summary('show all grants')
    .description('Shows which of your secrets each remote pipeline may get.')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples('nf-secrets grant list', 'nf-secrets grant list --json | jq -r ".[].pipeline"'),
    )
    .action(async (options: { readonly json?: true }) => {
      const grants = await listGrants(world);
      if (options.json === true) {
        const rows = Array.from(grants, ([pipeline, names]) => ({ pipeline, names }));
        await print(`${printableJson(rows)}\n`);
        return;
      }
      if (grants.size === 0) world.say('No remote pipeline may have secrets of yours.');
      for (const [pipeline, names] of grants)
        await print(`${printable(pipeline)}  ${names.map(printable).join(', ')}\n`);
    });
  grant
    .command('remove')
    .summary('take back grants of a pipeline')
    .description('Takes back grants of a pipeline: all of them, or those of the named secrets.')
    .argument('<pipeline>', 'owner/name, or a URL')
    .argument('[names...]', 'names of secrets (default: all)')
    .option('--hub <hub>', 'the -hub that Nextflow gets at a launch')
    .addHelpText(
      'after',
      examples(
        'nf-secrets grant remove nf-core/fetchngs',
        'nf-secrets grant remove nf-core/fetchngs NCBI_API_KEY',
      ),
    )
    .action(async (pipeline: string, names: string[], options: { readonly hub?: string }) => {
      const removed = await removeGrants(grantKey(pipeline, options.hub), names, world);
      world.say(`${printable(pipeline)} is asked about again for: ${removed.map(printable).join(', ')}`);
    });
}

import type { Command } from 'commander';
import { grantKey, listGrants, removeGrants } from '../../core/launch/grants.ts';
import { printable, printableJson } from '../../core/system/printable.ts';
import { jsonOption } from '../options.ts';
import type { Shell } from '../shell.ts';

export function addGrant(program: Command, { world, print }: Shell): void {
  const grant = program
    .command('grant')
    .summary('which remote pipelines get secrets of yours')
    .description(
      'A remote pipeline (owner/name, a URL) gets your user secrets, and those of your own Nextflow store, only after a yes of yours, once for each name.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  nf-secrets grant list\n  nf-secrets grant remove nf-core/fetchngs NCBI_API_KEY',
    );
  grant
    .command('list')
    .summary('show all grants')
    .addOption(jsonOption())
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
    .summary('take grants back: all of a pipeline, or the named ones')
    .argument('<pipeline>')
    .argument('[names...]')
    .option('--hub <hub>', 'as it was given to Nextflow')
    .action(async (pipeline: string, names: string[], options: { readonly hub?: string }) => {
      const removed = await removeGrants(grantKey(pipeline, options.hub), names, world);
      world.say(`${printable(pipeline)} is asked about again for: ${removed.map(printable).join(', ')}`);
    });
}

import type { Command } from 'commander';

import { examples } from '../options.ts';
import { ownNotices } from '../own-notices.ts';
import type { Shell } from '../shell.ts';

export function addLicenses(program: Command, shell: Shell): void {
  program
    .command('licenses')
    .summary('print the licences of what nf-secrets is made of')
    .description('Prints the names and licences of the packages of other people that nf-secrets has in it.')
    .addHelpText('after', examples('nf-secrets licenses | less'))
    .action(async () => shell.print(await ownNotices()));
}

import type { Command } from 'commander';
import { stopRun } from '../../core/runs/stop.ts';
import type { Shell } from '../shell.ts';
import { examples } from '../options.ts';

export function addStop(program: Command, { world }: Shell): void {
  program
    .command('stop')
    .summary('end a run, and wait until its secrets are removed')
    .description(
      'Asks a run of this machine to end, as Ctrl-C in its terminal does, and waits until it is over.',
    )
    .argument('<run>', 'id of the run; nf-secrets runs lists them')
    .option('--force', 'kill Nextflow at once; it does not cancel its tasks then')
    .addHelpText('after', examples('nf-secrets stop zwd26tlw99pm'))
    .action(async (runId: string, { force }: { force?: true }) => {
      await stopRun(runId, force === true, (pid, signal) => process.kill(pid, signal), world);
    });
}

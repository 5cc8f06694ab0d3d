import type { Command } from 'commander';
import { stopRun } from '../../core/runs/stop.ts';
import type { Shell } from '../shell.ts';

export function addStop(program: Command, { world }: Shell): void {
  program
    .command('stop')
    .summary('end a run, and wait until its secrets are removed')
    .description(
      'Asks a run of this machine to end, as Ctrl-C in its terminal does, and waits until it is over.',
    )
    .argument('<run>', 'its id, see: nf-secrets runs')
    .option('--force', 'kill Nextflow at once; tasks that have started are left to themselves')
    .addHelpText('after', '\nExamples:\n  nf-secrets stop zwd26tlw99pm')
    .action(async (runId: string, { force }: { force?: true }) => {
      await stopRun(runId, force === true, (pid, signal) => process.kill(pid, signal), world);
    });
}

import type { Command } from 'commander';
import { exitCodeOf } from '../../../core/platform/launch/watch.ts';
import { hasEnded } from '../../../core/platform/types.ts';
import { ExitCode, HumanError } from '../../../core/system/human-error.ts';
import { printable, printableJson } from '../../../core/system/printable.ts';
import { confirmChange } from '../../change.ts';
import { examples, jsonOption } from '../../options.ts';
import type { Shell } from '../../shell.ts';
import { type ContextOptions, inOption, withPlatform } from './session.ts';
import { cancelRun, watch } from './watch.ts';

export function addWait(platform: Command, shell: Shell): void {
  platform
    .command('wait')
    .summary('wait for a run there, and end with its exit code')
    .description('Shows what a run on the Platform does until it is over, and ends with its exit code.')
    .argument('<id>', 'id of the run on the Platform')
    .addOption(inOption())
    .option('--quiet', "do not show the output of the run's Nextflow")
    .addOption(jsonOption('print the run as JSON when it is over, and no output'))
    .addHelpText(
      'after',
      examples(
        'id=$(nf-secrets platform launch --background --in my-lab/rnaseq .)',
        'nf-secrets platform wait "$id" --in my-lab/rnaseq && echo done',
      ),
    )
    .action(async (id: string, options: ContextOptions & { readonly quiet?: true }) => {
      process.exitCode = await wait(id, options, shell);
    });
}

async function wait(
  id: string,
  options: ContextOptions & { readonly quiet?: true },
  shell: Shell,
): Promise<number> {
  const isQuiet = options.quiet === true || options.json === true;
  return withPlatform(shell.world, async (session) => {
    const context = await session.context(options.in);
    const showLine = isQuiet ? undefined : async (line: string) => shell.print(`${line}\n`);
    const { exitCode, run } = await watch({ client: session.client, context, id }, showLine, shell);
    if (options.json === true && run !== undefined) {
      const { runName, status, exitStatus, errorMessage, messages } = run;
      const about = { id, runName, in: context.title, status, exitStatus };
      await shell.print(
        `${printableJson({ ...about, exitCode: exitCodeOf(run), errorMessage, messages })}\n`,
      );
    }
    return exitCode;
  });
}

export function addCancel(platform: Command, shell: Shell): void {
  platform
    .command('cancel')
    .summary('cancel a run there')
    .description('Asks the Platform to cancel a run. The Platform ends its tasks, and removes its secrets.')
    .argument('<id>', 'id of the run on the Platform')
    .addOption(inOption())
    .option('--yes', 'do not ask')
    .addHelpText('after', examples('nf-secrets platform cancel 4f2aKdTb7XSMbr --in my-lab/rnaseq'))
    .action(async (id: string, options: ContextOptions & { readonly yes?: true }) => {
      await cancel(id, options, shell);
    });
}

async function cancel(
  id: string,
  options: ContextOptions & { readonly yes?: true },
  shell: Shell,
): Promise<void> {
  const { world } = shell;
  await withPlatform(world, async (session) => {
    const context = await session.context(options.in);
    const run = await session.client.run(id, context);
    const shown = printable(run.runName === null ? id : `${run.runName} (${id})`);
    if (hasEnded(run)) {
      throw new HumanError(
        ExitCode.missing,
        `Run ${shown} is over: ${printable(run.status)}. Nothing was cancelled.`,
      );
    }
    await confirmChange(`Cancel the run ${shown}?`, options, world);
    if (!(await cancelRun({ client: session.client, context, id }, shell)))
      process.exitCode = ExitCode.unavailable;
  });
}

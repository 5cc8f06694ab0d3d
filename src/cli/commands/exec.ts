import type { Command } from 'commander';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { submittedLater } from '../../core/targets/local/submit-program.ts';
import { printable } from '../../core/system/printable.ts';
import type { LeakOptions } from '../../core/launch/lease-options.ts';
import { runWithSecrets } from '../../core/launch/launch.ts';
import { commandProgram } from '../../core/launch/program.ts';
import { assertSecretName } from '../../core/secrets/secret-name.ts';
import { addLeakOptions, runRootOption } from '../launch-options.ts';
import { acceptOption, collect, workspaceOption, examples } from '../options.ts';
import type { Shell } from '../shell.ts';

interface ExecOptions extends LeakOptions {
  readonly workspace?: string;
  readonly runRoot?: string;
  readonly secret?: string[];
  readonly withoutUser?: true;
  readonly acceptMembers?: true;
}

export function addExec(program: Command, shell: Shell): void {
  const command = program
    .command('exec')
    .summary('run a command that starts Nextflow, with secrets')
    .description(
      'Runs a command that starts Nextflow: nf-test, make, a script. Each Nextflow finds the secrets. No value is in ' +
        'the environment of the command. Exec removes the secrets when the command, and all processes that it left ' +
        'in the background, have ended. It refuses a command that submits a job (sbatch, qsub, bsub, at, …): let the ' +
        'job run nf-secrets launch.',
    )
    .usage('[options] -- COMMAND…')
    .argument('<command...>', 'the command and its arguments')
    .passThroughOptions()
    .option('--secret <name>', 'send only this secret; repeatable (default: all)', collect)
    .option('--without-user', 'send none of your user secrets')
    .addOption(workspaceOption())
    .addOption(runRootOption())
    .addOption(acceptOption());
  addLeakOptions(command)
    .addHelpText(
      'after',
      examples(
        'nf-secrets exec -- nf-test test tests/main.nf.test',
        'nf-secrets exec --secret NCBI_API_KEY -- make run',
      ),
    )
    .action(async ([executable = '', ...args]: string[], options: ExecOptions) => {
      if (executable === '')
        throw new HumanError(
          ExitCode.usage,
          'exec needs a command.',
          'For example: nf-secrets exec -- make run',
        );
      for (const name of options.secret ?? []) assertSecretName(name);
      const { world } = shell;
      const submits = await submittedLater([executable, ...args], world);
      if (submits !== undefined) {
        world.say(
          `${printable(submits)} submits jobs. The secrets stay after the command until you remove them, because such a job may need them.`,
        );
      }
      process.exitCode = await runWithSecrets(
        commandProgram([executable, ...args], submits, world),
        { ...options, only: options.secret },
        await shell.openRunner(),
        world,
      );
    });
}

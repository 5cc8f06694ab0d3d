import type { NextflowCommand } from '../nextflow/nextflow-command.ts';
import { ExitCode, HumanError } from '../system/human-error.ts';
import { printable } from '../system/printable.ts';
import { newRunId } from '../system/run-id.ts';
import type { World } from '../system/world.ts';
import { placeForRun } from '../targets/local/private-store.ts';
import type { LeaseOptions } from './lease-options.ts';
import { outerLease } from './outer-lease.ts';
import { planRun } from './plan-run.ts';
import { pipelineProgram } from './program.ts';
import { phrase } from '../system/phrase.ts';

/**
 * Makes all checks and asks all questions of a launch before it goes on in the background, where there is nobody to
 * ask. Creates nothing.
 *
 * @throws HumanError as `launch` does.
 */
export async function checkLaunch(
  command: NextflowCommand,
  options: LeaseOptions,
  world: World,
): Promise<void> {
  const program = await pipelineProgram(command, options, 'if-needed', world);
  if ((await outerLease(world)) !== undefined) {
    throw new HumanError(
      ExitCode.usage,
      phrase`This is inside run ${printable(world.env['NF_SECRETS_RUN'] ?? '')}. Its secrets are removed when it
        ends, so it can have no run in the background.`,
      { do: 'leave-run', toLaunch: false, lead: phrase`Launch in the foreground, or leave that run` },
    );
  }
  await planRun(program, options, world);
  await placeForRun(options.runId ?? newRunId(), options.runRoot, world);
}

import { HumanError } from '../core/system/human-error.ts';
import { findWorkspace } from '../core/system/paths.ts';
import { statIfThere } from '../core/system/durable-file.ts';
import { isToBeOffered } from '../core/vault/merge/offer.ts';
import { install, planInstallation } from '../core/vault/merge/install.ts';
import { workspaceVault } from '../core/vault/vault-location.ts';
import { describeInstallation } from './commands/merge.ts';
import { driverSettings } from './driver-settings.ts';
import { InterruptedError } from './ask.ts';
import type { Shell } from './shell.ts';

/** Commands that may write the vault of a workspace. */
const WRITERS = new Set([
  'set',
  'delete',
  'rename',
  'copy',
  'move',
  'import',
  'add',
  'remove',
  'role',
  'sign',
  'rotate',
]);

const LATER = 'Later: nf-secrets merge install. You are not asked again in this clone.';

/**
 * Asks, once for each clone, to set up merging after a command has written the workspace's vault there.
 *
 * @param command - name of the command.
 * @param started - time that it was started at, in milliseconds.
 */
export async function offerMerging(
  command: string,
  workspace: string | undefined,
  started: number,
  { world, canAsk }: Shell,
): Promise<void> {
  if (!canAsk || !WRITERS.has(command)) return;
  try {
    const { directory } = await findWorkspace(world, workspace);
    const status = await statIfThere(workspaceVault(directory).path);
    // File systems round times.
    if (status === undefined || status.mtimeMs < started - 10) return;
    if (!(await isToBeOffered(directory, world))) return;
    const plan = await planInstallation(directory, driverSettings(), world);
    world.say('Git can merge the secrets of this workspace by names, with these lines in this clone:');
    for (const line of describeInstallation(plan)) world.say(line);
    if ((await world.ask('Set it up?')) !== true) {
      world.say(LATER);
      return;
    }
    await install(plan, world);
    world.say('Git merges the vault by names in this clone now.');
  } catch (error) {
    // The command itself has done its work.
    if (error instanceof InterruptedError) world.say(LATER);
    else if (error instanceof HumanError) world.say(error.message);
    else throw error;
  }
}

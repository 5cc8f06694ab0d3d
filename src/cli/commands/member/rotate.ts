import type { Command } from 'commander';
import { printable } from '../../../core/system/printable.ts';
import { author } from '../../../core/vault/author.ts';
import { rosterInForce } from '../../../core/vault/members/vault-files.ts';
import { assertMayWrite } from '../../../core/vault/open-to-write.ts';
import { updateVault } from '../../../core/vault/update-vault.ts';
import { ensureAccepted } from '../../../core/vault/vault.ts';
import { acceptOption, examples, workspaceOption } from '../../options.ts';
import type { Shell } from '../../shell.ts';
import { sayToCommit } from './carry-out.ts';
import { existingVault, type MemberOptions } from './options.ts';

export function addRotate(member: Command, shell: Shell): void {
  member
    .command('rotate')
    .summary('give the vault a new data key')
    .description(
      "Gives the workspace's vault a new data key, for the same members. Somebody who knows only the old key cannot " +
        'read what is written from now on. Without a roster, nf-secrets asks each of the other members once to accept ' +
        'the new key.',
    )
    .addOption(workspaceOption())
    .addOption(acceptOption())
    .addHelpText('after', examples('nf-secrets member rotate'))
    .action(async (options: MemberOptions) => {
      await rotate(options, shell);
    });
}

async function rotate({ workspace, acceptMembers }: MemberOptions, shell: Shell): Promise<void> {
  const { world } = shell;
  const location = await existingVault(workspace, world);
  // First: what the role forbids needs no question.
  await assertMayWrite(location, world);
  await ensureAccepted(location, acceptMembers === true, world);
  await updateVault(location, world, await author(world), (draft) => {
    draft.rotate();
  });
  const roster = await rosterInForce(location, world);
  world.say(
    `${printable(location.path)} has a new data key. ` +
      (roster === undefined ? 'Each other member is asked once to accept it: tell them. ' : '') +
      'Who could read the values before still knows them.',
  );
  sayToCommit(shell);
}

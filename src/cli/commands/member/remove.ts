import type { Command } from 'commander';
import { printable } from '../../../core/system/printable.ts';
import { labelsOf, removal } from '../../../core/vault/members/membership.ts';
import type { FounderOptions } from '../../../core/vault/members/standing.ts';
import { acceptOption, examples, workspaceOption } from '../../options.ts';
import type { Shell } from '../../shell.ts';
import { changeAsAsked, sayToCommit } from './carry-out.ts';
import { founderOptions } from './first-roster.ts';
import { goneLines } from './gone-lines.ts';
import { removeKeyIfCalled } from './kms.ts';
import { type MemberOptions, yesOption } from './options.ts';

export function addRemove(member: Command, shell: Shell): void {
  const command = member
    .command('remove')
    .summary('remove a member')
    .description(
      'Removes a member: the vault gets a new data key, so that their keys open nothing that is written from now on. ' +
        'Lists the values that they could read: change these where they are used. alice stands for all machines of ' +
        'alice, alice/laptop for one. A key of AWS KMS is named by its alias or ARN.',
    )
    .argument(
      '<label>',
      'label of the member, or the part before the slash for all machines of a person; alias or ARN of a KMS key',
    )
    .addOption(yesOption())
    .addOption(workspaceOption())
    .addOption(acceptOption())
    .addHelpText(
      'after',
      examples(
        'nf-secrets member remove bob',
        'nf-secrets member remove alice/old-laptop',
        'nf-secrets member remove robot/ci --yes',
      ),
    );
  for (const option of founderOptions()) command.addOption(option);
  command.action(async (label: string, options: MemberOptions & FounderOptions) => {
    await remove(label, options, shell);
  });
}

async function remove(label: string, options: MemberOptions & FounderOptions, shell: Shell): Promise<void> {
  if (await removeKeyIfCalled(label, options, shell)) return;
  const { changed } = await changeAsAsked(
    options,
    {
      edit: (members) => removal(members, label),
      lines: ({ removed }) => [
        'To be removed:',
        ...removed.map((member) => `  ${printable(member.label)}   ${member.role}`),
      ],
      question: ({ removed }) => `Remove ${labelsOf(removed).join(', ')}?`,
    },
    shell,
  );
  for (const line of goneLines(labelsOf(changed.removed).join(', '), changed.exposed)) shell.world.say(line);
  sayToCommit(shell);
}

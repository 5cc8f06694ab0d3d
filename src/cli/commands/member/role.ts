import { Argument, type Command } from 'commander';
import { ExitCode, HumanError } from '../../../core/system/human-error.ts';
import { printable } from '../../../core/system/printable.ts';
import { memberCalled, withRole } from '../../../core/vault/members/membership.ts';
import { type Role, ROLES } from '../../../core/vault/members/role.ts';
import type { FounderOptions } from '../../../core/vault/members/standing.ts';
import { acceptOption, choices, examples, workspaceOption } from '../../options.ts';
import type { Shell } from '../../shell.ts';
import { changeAsAsked, sayToCommit } from './carry-out.ts';
import { founderOptions } from './first-roster.ts';
import { type MemberOptions, yesOption } from './options.ts';

export function addRole(member: Command, shell: Shell): void {
  const command = member
    .command('role')
    .summary('give a member another role')
    .description(
      'Gives a member another role: launch reads values and writes nothing, maintain also changes secrets, admin also ' +
        'members, owner also admins and owners.',
    )
    .argument('<label>', 'label of the member')
    .addArgument(choices(new Argument('<role>', 'new role'), ROLES))
    .addOption(yesOption())
    .addOption(workspaceOption())
    .addOption(acceptOption())
    .addHelpText('after', examples('nf-secrets member role bob/laptop admin'));
  for (const option of founderOptions()) command.addOption(option);
  command.action(async (label: string, role: Role, options: MemberOptions & FounderOptions) => {
    await changeRole(label, role, options, shell);
  });
}

async function changeRole(
  label: string,
  role: Role,
  options: MemberOptions & FounderOptions,
  shell: Shell,
): Promise<void> {
  const { outcome } = await changeAsAsked(
    options,
    {
      edit: (members) => {
        const before = memberCalled(members, label);
        const changed = withRole(members, label, role);
        if (changed !== undefined) return { members: changed, before };
        throw new HumanError(ExitCode.usage, `${printable(before.label)} has the role ${role} already.`);
      },
      lines: ({ before }) => ['The new role:', `  ${printable(before.label)}   ${before.role} → ${role}`],
      question: ({ before }) => `Give ${before.label} the role ${role}?`,
    },
    shell,
  );
  shell.world.say(`${outcome.before.label} has the role ${role} now.`);
  sayToCommit(shell);
}

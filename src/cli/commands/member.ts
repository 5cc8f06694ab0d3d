import type { Command } from 'commander';
import { examples } from '../options.ts';
import type { Shell } from '../shell.ts';
import { addAdd } from './member/add.ts';
import { addList } from './member/list.ts';
import { addRemove } from './member/remove.ts';
import { addRequest } from './member/request.ts';
import { addRobot } from './member/robot.ts';
import { addRole } from './member/role.ts';
import { addRotate } from './member/rotate.ts';
import { addSign } from './member/sign.ts';
import { addVerify } from './member/verify.ts';

export function addMember(program: Command, shell: Shell): void {
  const member = program
    .command('member')
    .summary("share the workspace's vault: members, their roles and signatures")
    .description(
      'A member can read the secrets of the workspace. Its role tells what else it may do: maintain changes secrets, ' +
        'admin also members, owner also admins and owners; launch does none of it. See docs/teams.md.',
    )
    .addHelpText(
      'after',
      examples(
        'nf-secrets member request                                  # the new member',
        'nf-secrets member add --from bob.request --role maintain   # the owner',
        'nf-secrets member list',
      ),
    );
  for (const add of [
    addRequest,
    addAdd,
    addRole,
    addRemove,
    addRobot,
    addList,
    addVerify,
    addSign,
    addRotate,
  ])
    add(member, shell);
}

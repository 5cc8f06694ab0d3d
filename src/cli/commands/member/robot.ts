import type { Command } from 'commander';
import { ExitCode, HumanError } from '../../../core/system/human-error.ts';
import { addition, robotLabel } from '../../../core/vault/members/membership.ts';
import { newRobotKey } from '../../../core/vault/members/robot.ts';
import type { FounderOptions } from '../../../core/vault/members/standing.ts';
import { acceptOption, examples, workspaceOption } from '../../options.ts';
import type { Shell } from '../../shell.ts';
import { memberLines } from './add.ts';
import { changeAsAsked, sayToCommit } from './carry-out.ts';
import { founderOptions } from './first-roster.ts';
import { type MemberOptions, yesOption } from './options.ts';

interface RobotOptions extends MemberOptions, FounderOptions {
  readonly reveal?: true;
}

export function addRobot(member: Command, shell: Shell): void {
  const command = member
    .command('robot')
    .summary('add a member for CI, and print its key')
    .description(
      'Makes a key for CI and adds it as robot/NAME, with the role launch. Prints the private key on stdout, once and ' +
        'alone: it is kept nowhere else. CI gives it to nf-secrets in SOPS_AGE_KEY.',
    )
    .argument('<name>', 'name of the robot')
    .option('--reveal', 'show the private key on the terminal')
    .addOption(yesOption())
    .addOption(workspaceOption())
    .addOption(acceptOption())
    .addHelpText(
      'after',
      examples(
        'nf-secrets member robot ci | gh secret set NF_SECRETS_KEY --env launch',
        'nf-secrets member remove robot/ci',
      ),
    );
  for (const option of founderOptions()) command.addOption(option);
  command.action(async (name: string, options: RobotOptions) => {
    await robot(name, options, shell);
  });
}

async function robot(name: string, options: RobotOptions, shell: Shell): Promise<void> {
  if (shell.outputIsTerminal && options.reveal !== true) {
    throw new HumanError(
      ExitCode.usage,
      'The private key of the robot would be shown on the terminal.',
      'Send it to where CI keeps secrets (| gh secret set NF_SECRETS_KEY), or add --reveal.',
    );
  }
  const { key, recipient } = await newRobotKey();
  const candidate = { label: robotLabel(name), recipients: [recipient], signingKey: null };
  const { outcome } = await changeAsAsked(
    options,
    {
      edit: (members, stamp) => addition(members, candidate, { role: 'launch' }, stamp),
      lines: ({ added }) => memberLines(added),
      question: ({ added }) => `Add ${added.label} with the role ${added.role}?`,
    },
    shell,
  );
  const { label } = outcome.added;
  // Before the key is printed: nobody has it yet if the change fails.
  await shell.print(`${key.reveal()}\n`);
  shell.world.say(
    `${label} is a member now, with the role launch. Its private key was printed once and is kept nowhere.`,
  );
  shell.world.say(
    `If it did not arrive, make another one: nf-secrets member remove ${label} && nf-secrets member robot ${name}`,
  );
  sayToCommit(shell);
}

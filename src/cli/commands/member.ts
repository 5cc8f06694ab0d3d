import type { Command } from 'commander';
import { author } from '../../core/vault/author.ts';
import { lstatIfThere } from '../../core/system/durable-file.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { loadIdentities } from '../../core/vault/identity.ts';
import { findWorkspace } from '../../core/system/paths.ts';
import { printable, printableJson } from '../../core/system/printable.ts';
import { acceptanceOf, describeMembers } from '../../core/vault/acceptance.ts';
import { updateVault } from '../../core/vault/update-vault.ts';
import { ensureAccepted, listMembers } from '../../core/vault/vault.ts';
import { realVault, workspaceVault } from '../../core/vault/vault-location.ts';
import { acceptOption, jsonOption, workspaceOption, examples } from '../options.ts';
import type { Shell } from '../shell.ts';

export function addMember(program: Command, shell: Shell): void {
  const member = program
    .command('member')
    .summary("show who can read the workspace's vault, or give it a new data key")
    .description('A member can read the secrets of the workspace.')
    .addHelpText('after', examples('nf-secrets member list', 'nf-secrets member rotate'));
  member
    .command('list')
    .summary('show the members')
    .description(
      'Shows who can read the secrets of the workspace: labels, keys, and which of them are new to you.',
    )
    .addOption(jsonOption())
    .addOption(workspaceOption())
    .addHelpText(
      'after',
      examples('nf-secrets member list', 'nf-secrets member list --json | jq -r ".[].label"'),
    )
    .action(async (options: { readonly json?: true; readonly workspace?: string }) => {
      await list(options, shell);
    });
  addRotate(member, shell);
}

function addRotate(member: Command, shell: Shell): void {
  member
    .command('rotate')
    .summary('give the vault a new data key')
    .description(
      "Gives the workspace's vault a new data key, for the same members. Somebody who knows only the old key cannot " +
        'read what is written from now on. nf-secrets asks each of the other members once to accept the new key.',
    )
    .addOption(workspaceOption())
    .addOption(acceptOption())
    .addHelpText('after', examples('nf-secrets member rotate'))
    .action(async (options: RotateOptions) => {
      await rotate(options, shell);
    });
}

interface RotateOptions {
  readonly workspace?: string;
  readonly acceptMembers?: true;
}

async function rotate({ workspace, acceptMembers }: RotateOptions, { world }: Shell): Promise<void> {
  const { directory } = await findWorkspace(world, workspace);
  const location = workspaceVault(directory);
  if ((await lstatIfThere(location.path)) === undefined) {
    throw new HumanError(
      ExitCode.usage,
      `${printable(directory)} has no vault.`,
      'Name the workspace: --workspace DIR',
    );
  }
  await ensureAccepted(location, acceptMembers === true, world);
  await updateVault(location, world, await author(world), (draft) => {
    draft.rotate();
  });
  world.say(
    `${printable(location.path)} has a new data key. Each other member is asked once to accept it: tell them. ` +
      'Who could read the values before still knows them.',
  );
}

async function list(
  options: { readonly json?: true; readonly workspace?: string },
  { world, print }: Shell,
): Promise<void> {
  const { directory } = await findWorkspace(world, options.workspace);
  const location = workspaceVault(directory);
  const { members, checked, acceptance } = await listMembers(location, world);
  const known = await acceptanceOf((await realVault(location)).path, world);
  const own = (await loadIdentities(world)).map(({ recipient }) => recipient);
  const accepted = new Set(known?.recipients);
  if (options.json === true) {
    const rows = members.map((member) => ({
      ...member,
      you: own.includes(member.recipient),
      checked,
      accepted: accepted.has(member.recipient),
    }));
    await print(`${printableJson(rows)}\n`);
    return;
  }
  if (members.length === 0)
    world.say(`${printable(directory)} has no vault yet; the first secret makes it yours.`);
  for (const line of describeMembers(members, own, known)) await print(`${line}\n`);
  if (!checked) {
    world.say(
      'The vault does not open for you, so this list could not be checked: anybody may have written it.',
    );
  }
  if (acceptance === 'data-key') {
    world.say(
      'The vault has another data key than the one that you accepted: a member has rotated it, or somebody has made the file anew.',
    );
  }
  if (members.length > 0 && known === undefined)
    world.say('You have not accepted them yet: the first use asks.');
}

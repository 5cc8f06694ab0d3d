import type { Command } from 'commander';
import { loadIdentities } from '../core/identity.ts';
import { findWorkspace } from '../core/places.ts';
import { printable, printableJson } from '../core/printable.ts';
import { acceptanceOf, describeMembers } from '../core/vault/acceptance.ts';
import { listMembers, realVault, workspaceVault } from '../core/vault/vault.ts';
import { jsonOption, workspaceOption } from './options.ts';
import type { Shell } from './shell.ts';

export function addMember(program: Command, shell: Shell): void {
  program
    .command('member')
    .summary("who can read the workspace's vault")
    .addHelpText('after', '\nExamples:\n  nf-secrets member list')
    .command('list')
    .summary('show the members')
    .description(
      'Shows who can read what is written to the workspace: their labels, their keys, what is new to you.',
    )
    .addOption(jsonOption())
    .addOption(workspaceOption())
    .action(async (options: { readonly json?: true; readonly workspace?: string }) => {
      await list(options, shell);
    });
}

async function list(
  options: { readonly json?: true; readonly workspace?: string },
  { world, print }: Shell,
): Promise<void> {
  const { directory } = await findWorkspace(world, options.workspace);
  const location = workspaceVault(directory);
  const { members, checked } = await listMembers(location, world);
  const known = await acceptanceOf((await realVault(location)).path, world);
  const own = (await loadIdentities(world)).map(({ recipient }) => recipient);
  if (options.json === true) {
    const rows = members.map((member) => ({
      ...member,
      you: own.includes(member.recipient),
      checked,
      accepted: known?.recipients.includes(member.recipient) ?? false,
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
  if (members.length > 0 && known === undefined)
    world.say('You have not accepted them yet: the first use asks.');
}

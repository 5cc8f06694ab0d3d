import type { Command } from 'commander';
import { ExitCode, HumanError } from '../../../core/system/human-error.ts';
import { findWorkspace } from '../../../core/system/paths.ts';
import { printable, printableJson } from '../../../core/system/printable.ts';
import type { World } from '../../../core/system/world.ts';
import { acceptanceOf, describeMembers } from '../../../core/vault/acceptance.ts';
import { loadIdentities } from '../../../core/vault/identity.ts';
import { readVaultFiles, type VaultFiles } from '../../../core/vault/members/vault-files.ts';
import { assertNoOtherStore } from '../../../core/vault/open-to-write.ts';
import type { Roster } from '../../../core/vault/members/roster.ts';
import { realVault, type VaultLocation, workspaceVault } from '../../../core/vault/vault-location.ts';
import { listMembers } from '../../../core/vault/vault.ts';
import { examples, jsonOption, workspaceOption } from '../../options.ts';
import type { Shell } from '../../shell.ts';
import { table } from '../../table.ts';

interface ListOptions {
  readonly json?: true;
  readonly workspace?: string;
}

export function addList(member: Command, shell: Shell): void {
  member
    .command('list')
    .summary('show the members')
    .description(
      'Shows the members of the workspace: labels, roles and keys, who added them, and who of them is you. Without a ' +
        'roster: who can read its vault.',
    )
    .addOption(jsonOption())
    .addOption(workspaceOption())
    .addHelpText(
      'after',
      examples('nf-secrets member list', 'nf-secrets member list --json | jq -r ".[].label"'),
    )
    .action(async (options: ListOptions) => {
      await list(options, shell);
    });
}

async function list(options: ListOptions, shell: Shell): Promise<void> {
  const { world, print } = shell;
  const { directory } = await findWorkspace(world, options.workspace);
  await assertNoOtherStore(directory);
  const location = workspaceVault(directory);
  const facts = await factsOf(location, world);
  if (options.json === true) {
    if (facts.refused !== undefined) world.notice(facts.refused.phrase, facts.refused.remedies);
    await print(`${printableJson(rowsOf(facts))}\n`);
    return;
  }
  const { members, roster, own, known } = facts;
  if (members.length === 0 && roster === undefined)
    world.say(`${printable(directory)} has no vault yet; the first secret makes it yours.`);
  if (roster !== undefined) await print(rosterTable(roster, own));
  else for (const line of describeMembers(members, own, known)) await print(`${line}\n`);
  for (const line of remarks(facts)) world.say(line);
  if (facts.refused !== undefined) world.notice(facts.refused.phrase, facts.refused.remedies);
}

type Facts = Awaited<ReturnType<typeof factsOf>>;

async function factsOf(location: VaultLocation, world: World) {
  const files = await readVaultFiles(location, world);
  const roster = files?.roster;
  const { members, checked, notOpened, acceptance, refused } = await listed(location, files, world);
  const known = await acceptanceOf((files?.real ?? (await realVault(location))).path, world);
  const own = (await loadIdentities(world)).map(({ recipient }) => recipient);
  return { roster, members, checked, notOpened, acceptance, refused, known, own };
}

/** Members of the vault. Its roster tells who they are even if the vault does not fit it. */
async function listed(
  location: VaultLocation,
  files: VaultFiles | undefined,
  world: World,
): Promise<Awaited<ReturnType<typeof listMembers>> & { readonly refused?: HumanError }> {
  try {
    return await listMembers(location, world, files);
  } catch (error) {
    if (
      files?.roster === undefined ||
      !(error instanceof HumanError) ||
      error.exitCode !== ExitCode.notPermitted
    )
      throw error;
    return { members: [], checked: false, refused: error };
  }
}

/** Rows of `--json`. Without a roster there is no role and no signing key. */
function rowsOf({ roster, members, checked, known, own }: Facts): object[] {
  const accepted = new Set(known?.recipients);
  if (roster === undefined) {
    return members.map((member) => ({
      ...member,
      role: null,
      recipients: [member.recipient],
      signingKey: null,
      you: own.includes(member.recipient),
      checked,
      accepted: accepted.has(member.recipient),
    }));
  }
  return roster.members.map(({ label, role, recipients, signingKey, since, by }) => ({
    label,
    role,
    recipients,
    signingKey,
    since,
    by,
    you: recipients.some((recipient) => own.includes(recipient)),
    recipient: recipients[0],
    checked,
    accepted: recipients.every((recipient) => accepted.has(recipient)),
  }));
}

function rosterTable({ members }: Roster, own: readonly string[]): string {
  return table([
    ['', 'LABEL', 'ROLE', 'SINCE', 'BY', 'SIGNS'],
    ...members.map(({ label, role, recipients, signingKey, since, by }) => [
      recipients.some((recipient) => own.includes(recipient)) ? 'you' : '',
      label,
      role,
      since.slice(0, 10),
      by,
      signingKey === null ? 'no' : 'yes',
    ]),
  ]);
}

function remarks({ roster, members, checked, notOpened, acceptance, known }: Facts): string[] {
  const lines: string[] = [];
  if (notOpened !== undefined) {
    lines.push(`This list could not be checked: anybody may have written it. ${notOpened.message}`);
  } else if (!checked && roster === undefined) {
    lines.push(
      'The vault does not open for you, so this list could not be checked: anybody may have written it.',
    );
  }
  if (acceptance === 'data-key' && roster === undefined) {
    lines.push(
      'The vault has another data key than the one that you accepted: a member has rotated it, or somebody has made the file anew.',
    );
  }
  if (members.length > 0 && known === undefined)
    lines.push('You have not accepted them yet: the first use asks.');
  return lines;
}

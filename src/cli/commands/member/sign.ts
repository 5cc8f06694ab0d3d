import type { Command } from 'commander';
import { ExitCode, HumanError } from '../../../core/system/human-error.ts';
import { printable } from '../../../core/system/printable.ts';
import { author } from '../../../core/vault/author.ts';
import { takeOver, type UnsignedChange } from '../../../core/vault/members/take-over.ts';
import { readVaultFiles } from '../../../core/vault/members/vault-files.ts';
import { assertMayWrite } from '../../../core/vault/open-to-write.ts';
import type { VaultLocation } from '../../../core/vault/vault-location.ts';
import { ensureAccepted } from '../../../core/vault/vault.ts';
import { acceptOption, examples, workspaceOption } from '../../options.ts';
import type { Shell } from '../../shell.ts';
import { sayToCommit } from './carry-out.ts';
import { confirmMembers, existingVault, type MemberOptions, yesOption } from './options.ts';

export function addSign(member: Command, shell: Shell): void {
  member
    .command('sign')
    .summary('sign a change of the vault that sops has made')
    .description(
      'Signs a vault that sops or another program has changed. Shows which names were added, changed and removed since a ' +
        'member signed it, and asks on a terminal. Needs the role maintain, admin or owner.',
    )
    .addOption(yesOption())
    .addOption(workspaceOption())
    .addOption(acceptOption())
    .addHelpText('after', examples('nf-secrets member sign'))
    .action(async (options: MemberOptions) => {
      await sign(options, shell);
    });
}

async function sign(options: MemberOptions, shell: Shell): Promise<void> {
  const { world } = shell;
  const location = await existingVault(options.workspace, world);
  const files = await readVaultFiles(location, world);
  if (files?.roster === undefined && files?.misfit === undefined) throw noRoster(location);
  // First: what the role forbids needs no question.
  await assertMayWrite(location, world);
  if (files.roster !== undefined)
    await ensureAccepted(location, options.acceptMembers === true, world, { isUnsigned: true });
  const isSigned = await takeOver(location, world, await author(world), async (change) => {
    for (const line of changeLines(change)) world.say(line);
    await confirmMembers('Sign this?', options, world);
    return true;
  });
  if (!isSigned) {
    world.say(`${printable(location.path)} is signed as it is. There is nothing to do.`);
    return;
  }
  world.say(`${printable(location.path)} is signed.`);
  sayToCommit(shell);
}

const noRoster = ({ path }: VaultLocation): HumanError =>
  new HumanError(
    ExitCode.usage,
    `${printable(path)} has no roster of members, so nobody signs it.`,
    'The first member that you add makes one: nf-secrets member add REQUEST',
  );

/** Names that a change has touched, by what happened to them. */
function changeLines({ refused, signedBy, names, isCompared }: UnsignedChange): string[] {
  const named = (what: string, list: readonly string[]): string[] =>
    list.map((name) => `  ${what.padEnd(8)} ${printable(name)}`);
  if (!isCompared) {
    return [
      String(refused),
      'git has no version that a member signed, to compare it with. All its names:',
      ...named('', names.changed),
    ];
  }
  const lines = [
    ...named('added', names.added),
    ...named('changed', names.changed),
    ...named('removed', names.removed),
    ...names.fields.map((field) => `  changed  ${printable(field)} (no secret, but a field of the file)`),
  ];
  const by = signedBy === undefined ? '' : ` since ${printable(signedBy.label)} signed it`;
  return [
    String(refused),
    ...(lines.length === 0
      ? [`Neither a secret nor a field of it has changed${by}: it was only written anew.`]
      : [`Changed in it${by}:`, ...lines]),
  ];
}

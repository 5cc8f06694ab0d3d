import { ExitCode, HumanError } from '../../../core/system/human-error.ts';
import { printable } from '../../../core/system/printable.ts';
import { author } from '../../../core/vault/author.ts';
import {
  addKmsKey,
  assertTakesKms,
  isKmsName,
  kmsKeysCalled,
  readKmsName,
  removeKmsKey,
} from '../../../core/vault/members/kms-members.ts';
import type { FounderOptions } from '../../../core/vault/members/standing.ts';
import { ensureAccepted } from '../../../core/vault/vault.ts';
import type { Shell } from '../../shell.ts';
import { sayToCommit } from './carry-out.ts';
import { goneLines } from './gone-lines.ts';
import { confirmMembers, existingVault, type MemberOptions } from './options.ts';

interface KeyOptions extends MemberOptions, FounderOptions {
  readonly label?: string;
  readonly role?: string;
}

/** Gives the vault of a workspace without a roster to a key of AWS KMS. */
export async function addKey(text: string, options: KeyOptions, shell: Shell): Promise<void> {
  const { world } = shell;
  const named = readKmsName(text);
  assertNoWishes(options);
  const location = await existingVault(options.workspace, world);
  // First: what cannot be needs no question.
  await assertTakesKms(location, world);
  await ensureAccepted(location, options.acceptMembers === true, world);
  world.say(`The vault will also be encrypted to the KMS key ${printable(text)}.`);
  world.say(
    'Whoever may use that key in AWS (kms:Decrypt) can read it, and write it: IAM decides who that is.',
  );
  await confirmMembers(`Add ${printable(text)}?`, options, world);
  const arn = await addKmsKey(location, named, await author(world), world);
  world.say(`${arn} can open the vault now.`);
  sayToCommit(shell);
}

/** A key of KMS has its alias for a label, and no role: IAM decides. */
function assertNoWishes({ label, role, ownLabel, ownSigningKey }: KeyOptions): void {
  const given = Object.entries({
    '--label': label,
    '--role': role,
    '--own-label': ownLabel,
    '--own-signing-key': ownSigningKey,
  }).find(([, value]) => value !== undefined)?.[0];
  if (given === undefined) return;
  throw new HumanError(
    ExitCode.usage,
    `A key of AWS KMS takes no ${given}: its label is its alias, IAM decides who may use it, and there is no roster.`,
    `Leave ${given} out.`,
  );
}

/**
 * Takes a key of AWS KMS out of the vault of a workspace without a roster.
 *
 * @returns false if the vault has no such key, and the name can be the label of a member.
 */
export async function removeKeyIfCalled(
  name: string,
  options: MemberOptions,
  shell: Shell,
): Promise<boolean> {
  const { world } = shell;
  const location = await existingVault(options.workspace, world);
  const [arn, ...others] = await kmsKeysCalled(location, name, world);
  if (arn === undefined) {
    if (!isKmsName(name)) return false;
    await assertTakesKms(location, world);
    throw new HumanError(ExitCode.usage, `The vault is not encrypted to ${printable(name).slice(0, 400)}.`, {
      do: 'list-members',
    });
  }
  if (others.length > 0) {
    throw new HumanError(
      ExitCode.usage,
      `The vault is encrypted to several keys called ${printable(name)}: ${[arn, ...others].join(', ')}.`,
      'Name one by its ARN.',
    );
  }
  await ensureAccepted(location, options.acceptMembers === true, world);
  world.say(`To be removed: the KMS key ${arn}`);
  await confirmMembers(`Remove ${arn}?`, options, world);
  const exposed = await removeKmsKey(location, arn, await author(world), world);
  for (const line of goneLines(arn, exposed)) world.say(line);
  sayToCommit(shell);
  return true;
}

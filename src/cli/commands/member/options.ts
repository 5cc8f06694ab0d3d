import { InvalidArgumentError, Option } from 'commander';
import { ExitCode, HumanError } from '../../../core/system/human-error.ts';
import { findWorkspace } from '../../../core/system/paths.ts';
import { printable } from '../../../core/system/printable.ts';
import type { World } from '../../../core/system/world.ts';
import { assertNoOtherStore } from '../../../core/vault/open-to-write.ts';
import { ROLES } from '../../../core/vault/members/role.ts';
import { type VaultLocation, workspaceVault } from '../../../core/vault/vault-location.ts';
import { lstatIfThere } from '../../../core/system/durable-file.ts';
import { InterruptedError } from '../../ask.ts';
import { choices } from '../../options.ts';

/** Options of the commands that change members. */
export interface MemberOptions {
  readonly workspace?: string;
  readonly acceptMembers?: true;
  readonly yes?: true;
}

export const yesOption = (): Option => new Option('--yes', 'do not ask');

export const roleOption = (): Option =>
  choices(new Option('--role <role>', 'role of the member (default: launch)'), ROLES);

export const labelOption = (description: string): Option =>
  new Option('--label <label>', description).argParser((typed: string) => {
    if (typed !== '') return typed;
    throw new InvalidArgumentError('A label is a name such as alice/laptop.');
  });

/** Finds the vault of the workspace. @throws HumanError 64 if there is none. */
export async function existingVault(directory: string | undefined, world: World): Promise<VaultLocation> {
  const found = await findWorkspace(world, directory);
  const location = workspaceVault(found.directory);
  if ((await lstatIfThere(location.path)) !== undefined) return location;
  await assertNoOtherStore(found.directory);
  throw new HumanError(
    ExitCode.usage,
    `${printable(found.directory)} has no vault.`,
    'Make one with the first secret (nf-secrets set NAME --scope workspace), or name the workspace: --workspace DIR',
  );
}

/**
 * Asks for a yes where there is a terminal. Elsewhere the command itself is the yes: it names the member.
 *
 * @throws InterruptedError for a no, which ends the command as Ctrl-C does.
 */
export async function confirmMembers(question: string, { yes }: MemberOptions, world: World): Promise<void> {
  if (yes === true || (await world.ask(question)) !== false) return;
  throw new InterruptedError();
}

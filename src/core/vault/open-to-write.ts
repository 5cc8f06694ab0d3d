import { dirname } from 'node:path';
import { describeWorkspaceAbove } from '../secrets/workspace-above.ts';
import { lstatIfThere } from '../system/durable-file.ts';
import { ExitCode, HumanError } from '../system/human-error.ts';
import { workspaceFilePath } from '../system/paths.ts';
import { printable } from '../system/printable.ts';
import { timestamp, type World } from '../system/world.ts';
import { acceptanceOf, acceptanceState, isKeyToRenew } from './acceptance.ts';
import { checkAge, checkRosterAge } from './acceptance-age.ts';
import { notAccepted, sayIfUnbound } from './acceptance-words.ts';
import { ensureIdentities, type Identity, loadIdentities } from './identity.ts';
import { assertMaySign } from './members/permission.ts';
import { assertFit, memberOf, refusalOf } from './members/refusal.ts';
import type { RosterMember } from './members/roster.ts';
import { findSigner, type Signer } from './members/signer.ts';
import { readVaultFiles, type VaultFiles } from './members/vault-files.ts';
import { isOwnAlone, recipientsOf } from './own-vault.ts';
import { unlock, vaultNow } from './read-vault.ts';
import { UnlockedDocument } from './unlocked-document.ts';
import type { VaultLocation } from './vault-location.ts';
import { encryptedSecrets, newVaultTree } from './vault-shape.ts';
import { phrase } from '../system/phrase.ts';

/** A vault that is open to be changed. */
export interface OpenToWrite {
  readonly vault: UnlockedDocument;
  /** Files that it was read from; undefined for a new vault. */
  readonly files: VaultFiles | undefined;
  readonly identities: readonly Identity[];
  /** True if the data key must be replaced: somebody knows it who should not read on. */
  readonly isKeyToRenew: boolean;
  /** The person as a member; undefined without a roster. */
  readonly me: RosterMember | undefined;
  /** Signs what is written; undefined without a roster. */
  readonly signer: Signer | undefined;
}

/** Conditions of a write. */
export interface WriteOptions {
  /** Name for the first member of a new vault. */
  readonly author: string;
  /** True if a vault that no member has signed, or that is an older one, is taken over. */
  readonly takesOver?: boolean | undefined;
}

/**
 * Opens a vault to be changed, or makes one that is in no file yet.
 *
 * @param real - the vault's own file.
 * @throws HumanError 65 if it is damaged; 77 if it is refused or does not open, the person's role does not allow changes,
 *   or its members are not accepted.
 */
export async function openToWrite(
  location: VaultLocation,
  real: VaultLocation,
  options: WriteOptions,
  world: World,
): Promise<OpenToWrite> {
  const files = await readVaultFiles(location, world);
  if (files === undefined) return newVault(real, options.author, world);
  const { document, roster, misfit } = files;
  const identities = await loadIdentities(world, document.recipients);
  const me = roster && memberOf(roster, recipientsOf(identities));
  // Before all else: it tells why nothing else matters.
  if (roster !== undefined && me !== undefined) assertMaySign(me, roster.members);
  if (options.takesOver !== true || misfit?.kind === 'roster') await assertFit(files, world);
  encryptedSecrets(document);
  const vault = await unlock(files, identities, world);
  // A recipient that is no member, which a change by another program can have added.
  if (roster !== undefined && me === undefined) throw await refusalOf(files, world);
  const signer = me?.signingKey == null ? undefined : await findSigner(world, me.signingKey);
  const isOld = await assertSafeToWrite({ vault, files, identities }, options, world);
  return { vault, files, identities, isKeyToRenew: isOld, me, signer };
}

/**
 * Refuses a change of secrets by a person whose role does not allow it, before anything is asked.
 *
 * @throws HumanError 65, 74, 77 as {@link openToWrite}.
 */
export async function assertMayWrite(location: VaultLocation, world: World): Promise<void> {
  if (location.scope === 'user') return;
  await assertNoOtherStore(dirname(dirname(location.path)));
  const files = await readVaultFiles(location, world);
  if (files?.roster === undefined) return;
  const identities = await loadIdentities(world, files.document.recipients);
  const me = memberOf(files.roster, recipientsOf(identities));
  if (me !== undefined) assertMaySign(me, files.roster.members);
}

async function newVault({ scope, path }: VaultLocation, author: string, world: World): Promise<OpenToWrite> {
  if (scope === 'workspace') await assertNoOtherStore(dirname(dirname(path)));
  const identities = await ensureIdentities(world);
  const [maker] = identities;
  const { recipient } = maker;
  if (recipient.startsWith('ssh-'))
    world.notice(phrase`${printable(path)} is encrypted to your SSH key: sops before 3.10 cannot read it.`);
  if (scope === 'workspace') {
    const above = await describeWorkspaceAbove(dirname(dirname(path)), world);
    if (above !== undefined)
      world.notice(phrase`${printable(path)} is new here. ${above.notice}`, above.remedy);
  }
  const member = { recipient, label: author, since: timestamp(world.now()), by: author };
  const vault = await UnlockedDocument.create(newVaultTree([member]), [recipient], path, maker);
  return { vault, files: undefined, identities, isKeyToRenew: false, me: undefined, signer: undefined };
}

/** @throws HumanError 64 if the secrets of a workspace are not in a vault: one beside them would hide them. */
export async function assertNoOtherStore(workspace: string): Promise<void> {
  const file = workspaceFilePath(workspace);
  if ((await lstatIfThere(file)) === undefined) return;
  throw new HumanError(
    ExitCode.usage,
    phrase`The secrets of this workspace are in AWS, as ${printable(file)} says, so it gets no vault. Who may read and change
      them is decided there.`,
    { do: 'open-file', path: file },
  );
}

/**
 * Refuses to write unless the person has accepted the readers and the data key. A key must be replaced if somebody
 * knows it who should not read on: see {@link isKeyToRenew}.
 *
 * @returns true if the data key must be replaced.
 */
async function assertSafeToWrite(
  {
    vault,
    files,
    identities,
  }: { vault: UnlockedDocument; files: VaultFiles; identities: readonly Identity[] },
  { takesOver }: WriteOptions,
  world: World,
): Promise<boolean> {
  const { path } = files.real;
  const now = vaultNow(vault, files, identities);
  const known = await acceptanceOf(path, world);
  const state = await acceptanceState(now, known, world);
  if (state !== 'accepted' && !isOwnAlone(files.real, now, identities)) {
    throw notAccepted(path, state, undefined);
  }
  // Old secrets can be what the person wants; members who were removed cannot.
  await (takesOver === true ? checkRosterAge : checkAge)(now, known, world);
  if (now.roster === undefined) sayIfUnbound(now, known, world);
  if (!isKeyToRenew(now, recipientsOf(identities), known)) return false;
  world.notice(phrase`${printable(path)} gets a new data key, because others may know the one that it has.`);
  return true;
}

import { dirname } from 'node:path';
import {
  assertWritable,
  readFileIfThere,
  removeAbandoned,
  renameDurably,
  statIfThere,
  writeBeside,
} from '../system/durable-file.ts';
import { withLock } from '../system/file-lock.ts';
import { unlink } from '../system/file-calls.ts';
import { ExitCode, fileError, HumanError } from '../system/human-error.ts';
import { ensureIdentities, type Identity, loadIdentities, removeUnfinishedKeys } from './identity.ts';
import { printable } from '../system/printable.ts';
import { describeWorkspaceAbove } from '../secrets/workspace-above.ts';
import { timestamp, type World } from '../system/world.ts';
import type { Acceptance } from './acceptance-state.ts';
import {
  acceptanceOf,
  DAY,
  isKeyToRenew,
  recordAcceptance,
  sayIfRolledBack,
  acceptanceState,
  vaultOwner,
} from './acceptance.ts';
import { notAccepted, sayIfUnbound, sayNotNoted } from './acceptance-words.ts';
import { isOwnAlone, recipientsOf } from './own-vault.ts';
import { assertMerged } from './merge/unmerged.ts';
import { assertOwnVault, MAX_VAULT_BYTES, unlock, vaultNow } from './read-vault.ts';
import { SopsDocument } from './sops-document.ts';
import { UnlockedDocument } from './unlocked-document.ts';
import { ensureGitFiles, ensureVaultDirectory, newFileMode } from './vault-directory.ts';
import { draftOf, type VaultDraft } from './vault-draft.ts';
import { realVault, type VaultLocation } from './vault-location.ts';
import { encryptedSecrets, newVaultTree } from './vault-shape.ts';
import { phrase } from '../system/phrase.ts';

/**
 * Changes a vault, all or nothing, while no other program of ours writes it. If a program without our lock (sops, git)
 * wrote meanwhile, this is seen before the file is replaced, and the change is made again on top of it.
 *
 * @param author - name for `updatedBy` and the members: git's user.email or the user name.
 * @param change - called once or, on such a collision, again with a fresh draft; if it throws, nothing is changed.
 * @throws HumanError 65, 77 as {@link openVault}; 73, 74 if the file cannot be written; 77 if its members are
 *   not accepted, see {@link ensureAccepted}.
 */
export async function updateVault(
  location: VaultLocation,
  world: World,
  author: string,
  change: (draft: VaultDraft) => void,
): Promise<void> {
  await ensureVaultDirectory(location, world);
  await assertOwnVault(location, world);
  const real = await realVault(location);
  const { path } = real;
  await withLock(path, world, async (lock) => {
    await removeAbandoned(path);
    await removeUnfinishedKeys(world);
    await ensureGitFiles(location);
    for (let tries = 0; tries < 10; tries++) {
      await assertMerged(real);
      const before = await readFileIfThere(path, MAX_VAULT_BYTES);
      const status = await statIfThere(path);
      if (before !== undefined && status !== undefined) await assertWritable(path, status);
      const { vault, isKeyToRenew: isOld } = await unlockOrCreate(before, real, world, author);
      const draft = draftOf(vault, world, author);
      change(draft);
      // After the change, which compares the vault with what the person has seen in the file.
      if (isOld || draft.isToRotate())
        await renewKey(vault, await loadIdentities(world, vault.document.recipients));
      const written = laterOf(timestamp(world.now()), vault.document.lastModified);
      const mode = status === undefined ? newFileMode(location.scope) : status.mode & 0o777;
      const temporary = await writeBeside(path, vault.serialize(written), mode, { like: status });
      if (!sameBytes(before, await readFileIfThere(path, MAX_VAULT_BYTES))) {
        await unlink(temporary);
        continue;
      }
      try {
        await lock.assertHeld();
      } catch (error) {
        await unlink(temporary).catch(() => undefined);
        throw error;
      }
      // Before the file exists: code that sees it must find it accepted.
      const known = await acceptanceOf(path, world);
      if (known?.key !== vault.keyId) await remember(vault, path, { before: known }, world);
      await renameDurably(temporary, path).catch(async (error: unknown) => {
        // We lost the lock just now, and its next holder has removed our file.
        if ((await statIfThere(temporary)) === undefined) await lock.assertHeld();
        throw error;
      });
      await remember(vault, path, { lastModified: written }, world);
      return;
    }
    throw new HumanError(
      ExitCode.io,
      phrase`${printable(path)} is being changed by another program all the time; it was not changed by this
        one.`,
      phrase`Try again when that program is done.`,
    );
  }).catch((error: unknown) => {
    throw fileError(error, 'write', path);
  });
}

/** A vault's time does not go back because the clocks of its members differ. */
function laterOf(now: string, before: string): string {
  const ahead = Date.parse(before) - Date.parse(now);
  return ahead > 0 && ahead < DAY ? before : now;
}

async function unlockOrCreate(
  bytes: Buffer | undefined,
  location: VaultLocation,
  world: World,
  author: string,
): Promise<{ readonly vault: UnlockedDocument; readonly isKeyToRenew: boolean }> {
  const { path } = location;
  if (bytes === undefined) {
    const [maker] = await ensureIdentities(world);
    const { recipient } = maker;
    if (recipient.startsWith('ssh-'))
      world.notice(phrase`${printable(path)} is encrypted to your SSH key: sops before 3.10 cannot read it.`);
    if (location.scope === 'workspace') {
      const above = await describeWorkspaceAbove(dirname(dirname(path)), world);
      if (above !== undefined)
        world.notice(phrase`${printable(path)} is new here. ${above.notice}`, above.remedy);
    }
    const member = { recipient, label: author, since: timestamp(world.now()), by: author };
    const vault = await UnlockedDocument.create(newVaultTree([member]), [recipient], path, maker);
    return { vault, isKeyToRenew: false };
  }
  const document = SopsDocument.parse(bytes, path);
  encryptedSecrets(document);
  const identities = await loadIdentities(world, document.recipients);
  const vault = await unlock(document, location.scope, identities, world);
  return { vault, isKeyToRenew: await assertSafeToWrite(vault, location, identities, world) };
}

/**
 * Refuses to write unless the person has accepted the readers and the data key. A key must be replaced if somebody
 * knows it who should not read on: see {@link isKeyToRenew}.
 *
 * @returns true if the data key must be replaced.
 */
async function assertSafeToWrite(
  vault: UnlockedDocument,
  location: VaultLocation,
  identities: readonly Identity[],
  world: World,
): Promise<boolean> {
  const { path } = location;
  const now = vaultNow(vault, location, identities);
  const known = await acceptanceOf(path, world);
  const state = await acceptanceState(now, known, world);
  if (state !== 'accepted' && !isOwnAlone(location, now, identities)) {
    throw notAccepted(path, state, undefined);
  }
  await sayIfRolledBack(path, now.lastModified, known, world);
  sayIfUnbound(now, known, world);
  if (!isKeyToRenew(now, recipientsOf(identities), known)) return false;
  world.notice(phrase`${printable(path)} gets a new data key, because others may know the one that it has.`);
  return true;
}

async function renewKey(vault: UnlockedDocument, identities: readonly Identity[]): Promise<void> {
  const { recipients } = vault.document;
  await vault.renewKey(identities.find(({ recipient }) => recipients.includes(recipient)));
}

interface WrittenVersion {
  /** Time of the version, as sops writes it. */
  readonly lastModified?: string;
  /** Acceptance that holds until the file is replaced: if that never happens, the old data key is still accepted. */
  readonly before?: Acceptance | undefined;
}

/** Notes the readers and the data key that this person has accepted or made, and the newest version. */
async function remember(
  vault: UnlockedDocument,
  path: string,
  { lastModified = '', before }: WrittenVersion,
  world: World,
): Promise<void> {
  const { document, keyId } = vault;
  const recipients = [...new Set([...document.recipients, ...document.otherHolders])];
  const owner = await vaultOwner(path, world);
  const acceptance =
    before === undefined
      ? { recipients, owner, key: keyId, lastModified, envelope: document.envelope }
      : { ...before, nextKey: keyId };
  await recordAcceptance(path, acceptance, world).catch((error: unknown) => {
    // The worst that follows is one more question.
    sayNotNoted(path, error, world);
  });
}

function sameBytes(a: Buffer | undefined, b: Buffer | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.equals(b);
}

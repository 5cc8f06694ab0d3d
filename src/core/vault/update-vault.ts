import {
  assertWritable,
  readFileIfThere,
  removeAbandoned,
  renameDurably,
  statIfThere,
  writeBeside,
} from '../system/durable-file.ts';
import { type Lock, withLock } from '../system/file-lock.ts';
import { unlink } from '../system/file-calls.ts';
import { ExitCode, fileError, HumanError } from '../system/human-error.ts';
import { removeUnfinishedKeys } from './identity.ts';
import { printable } from '../system/printable.ts';
import { timestamp, type World } from '../system/world.ts';
import type { Acceptance } from './acceptance-state.ts';
import { acceptanceOf, DAY, recordAcceptance, rosterNote, seenVersion, vaultOwner } from './acceptance.ts';
import { sayNotNoted } from './acceptance-words.ts';
import type { Roster } from './members/roster.ts';
import { readRoster } from './members/roster-file.ts';
import type { Signer } from './members/signer.ts';
import { isStaged, publishRoster, settleRoster, stageRoster } from './members/staged-roster.ts';
import { publishSignature, settleSignature, signVault, stageSignature } from './members/vault-signature.ts';
import { wrapForKms } from './kms/wrap-for-kms.ts';
import { assertMerged } from './merge/unmerged.ts';
import { openToWrite, type OpenToWrite, type WriteOptions } from './open-to-write.ts';
import { assertOwnVault } from './read-vault.ts';
import type { UnlockedDocument } from './unlocked-document.ts';
import { ensureGitFiles, ensureVaultDirectory, newFileMode } from './vault-directory.ts';
import { draftOf, type VaultDraft } from './vault-draft.ts';
import { MAX_VAULT_BYTES, realVault, type VaultLocation } from './vault-location.ts';
import { phrase } from '../system/phrase.ts';

/**
 * Changes a vault, all or nothing, while no other program of ours writes it. If a program without our lock (sops, git)
 * wrote meanwhile, this is seen before the file is replaced, and the change is made again on top of it. A vault with a
 * roster is signed.
 *
 * @param author - name for `updatedBy` and the members: git's user.email or the user name.
 * @param change - called once or, on such a collision, again with a fresh draft; if it throws, nothing is changed.
 * @throws HumanError 65, 77 as {@link openVault}; 73, 74 if the file cannot be written; 77 if its members are
 *   not accepted, see {@link ensureAccepted}, or the person's role does not allow it.
 */
export async function updateVault(
  location: VaultLocation,
  world: World,
  author: string,
  change: (draft: VaultDraft) => void,
): Promise<void> {
  await writeVault(location, world, { author, change });
}

/** Roster that a write makes, and the key that signs the vault. */
export interface Revision {
  readonly roster: Roster;
  readonly signer: Signer;
}

/** A write of a vault. */
export interface VaultWrite extends WriteOptions {
  readonly change?: (draft: VaultDraft) => void;
  /** Tells whether the vault may still be changed. Default: yes. */
  readonly isStill?: (vault: Buffer) => boolean;
  /** Changes the recipients of the vault after that, and makes their roster; undefined if it has none. */
  readonly revise?: (open: OpenToWrite) => Promise<Revision | undefined>;
}

/** Does the same as {@link updateVault}, also with a change of the members. */
export async function writeVault(location: VaultLocation, world: World, write: VaultWrite): Promise<void> {
  await ensureVaultDirectory(location, world);
  await assertOwnVault(location, world);
  const real = await realVault(location);
  const { path } = real;
  await withLock(path, world, async (lock) => {
    await removeAbandoned(path);
    await removeUnfinishedKeys(world);
    await ensureGitFiles(location);
    await settle(location, real, world);
    for (let tries = 0; tries < 10; tries++) {
      if (await writeOnce({ location, real, lock }, write, world)) return;
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

/** A vault whose lock is held. */
interface Locked {
  readonly location: VaultLocation;
  /** Its own file. */
  readonly real: VaultLocation;
  readonly lock: Lock;
}

/** Finishes, or takes back, a signed write that was killed. */
async function settle(location: VaultLocation, real: VaultLocation, world: World): Promise<void> {
  if (location.scope === 'user') return;
  await assertMerged(real);
  if (location.path !== real.path) await assertMerged(location);
  if (!(await isStaged(location.path))) return;
  // The signatures of versions that the person has accepted are not verified again.
  const known = (await acceptanceOf(real.path, world).catch(() => undefined))?.roster;
  const bytes = await readFileIfThere(real.path, MAX_VAULT_BYTES);
  await settleRoster(location.path, bytes, known);
  await settleSignature(location.path, bytes, await readRoster(location.path, known));
}

/** @returns false if another program has written meanwhile. */
async function writeOnce(locked: Locked, write: VaultWrite, world: World): Promise<boolean> {
  const { location, real } = locked;
  const { path } = real;
  const status = await statIfThere(path);
  if (status !== undefined) await assertWritable(path, status);
  const open = await openToWrite(location, real, write, world);
  const { vault, files } = open;
  if (files !== undefined && write.isStill?.(files.bytes) === false) throw changedMeanwhile(path);
  const draft = draftOf(vault, world, write.author, real.scope);
  write.change?.(draft);
  draft.tidy();
  // After the change, which compares the vault with what the person has seen in the file.
  if (open.isKeyToRenew || draft.isToRotate()) await renewKey(open, world);
  const revision = await write.revise?.(open);
  const roster = revision?.roster ?? files?.roster;
  const known = await acceptanceOf(path, world);
  const written = laterOf(world.now(), vault.document.lastModified, roster && known);
  const bytes = vault.serialize(written);
  const signer = revision?.signer ?? open.signer;
  const signature = roster && signer && (await signVault(bytes, signer));
  const mode = status === undefined ? newFileMode(location.scope) : status.mode & 0o777;
  const temporary = await writeBeside(path, bytes, mode, { like: status });
  if (!(await isStill(open, locked))) {
    await unlink(temporary);
    return false;
  }
  const isNewRoster = roster !== undefined && roster.head !== files?.roster?.head;
  const now: Written = { vault, path, lastModified: written, roster };
  const next = { temporary, roster: isNewRoster ? roster : undefined, signature };
  // Before the file exists: code that sees it must find it accepted.
  const isKnown = known?.key === vault.keyId && !isNewRoster;
  await replace(locked, next, async () => {
    if (!isKnown) await remember(now, known, world);
  });
  await remember(now, undefined, world);
  return true;
}

const changedMeanwhile = (path: string): HumanError =>
  new HumanError(
    ExitCode.io,
    phrase`${printable(path)} was changed meanwhile by another program. Nothing was written.`,
    phrase`Try again.`,
  );

/** Tells whether the files are those that were read. */
async function isStill({ files }: OpenToWrite, { location, real }: Locked): Promise<boolean> {
  if (!sameBytes(files?.bytes, await readFileIfThere(real.path, MAX_VAULT_BYTES))) return false;
  if (files?.roster === undefined) return true;
  return (await readRoster(location.path, files.roster))?.head === files.roster.head;
}

/** Files of a write that replace those that are there. */
interface Next {
  /** The vault, under its unfinished name. */
  readonly temporary: string;
  readonly roster: Roster | undefined;
  readonly signature: string | undefined;
}

/** Replaces a vault, and the files beside it: see members/staged-roster.ts. */
async function replace(
  { location, real, lock }: Locked,
  { temporary, roster, signature }: Next,
  before: () => Promise<void>,
): Promise<void> {
  try {
    await lock.assertHeld();
    await before();
    if (signature !== undefined) await stageSignature(location.path, signature);
    if (roster !== undefined) await stageRoster(location.path, roster);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await renameDurably(temporary, real.path).catch(async (error: unknown) => {
    // We lost the lock just now, and its next holder has removed our file.
    if ((await statIfThere(temporary)) === undefined) await lock.assertHeld();
    throw error;
  });
  if (signature === undefined) return;
  // The next holder of a lost lock has published, or taken back, what was staged.
  await lock.assertHeld();
  if (roster !== undefined) await publishRoster(location.path);
  await publishSignature(location.path);
}

/**
 * Finds the time of a write. A vault's time does not go back because the clocks of its members differ.
 *
 * @param seen - of a vault with a roster: its times grow with each write, so that an older version is known by its time.
 */
function laterOf(now: Date, before: string, seen: Acceptance | undefined): string {
  if (seen === undefined) {
    const ahead = Date.parse(before) - now.getTime();
    return ahead > 0 && ahead < DAY ? before : timestamp(now);
  }
  const newest = Math.max(0, ...[before, seen.lastModified].map((date) => Date.parse(date) || 0));
  return timestamp(new Date(Math.max(now.getTime(), newest + 1_000)));
}

/**
 * Gives a vault a new data key, made by the person.
 *
 * @throws HumanError 69, 77 if one of its KMS keys does not take it; then nothing is changed.
 */
export async function renewKey({ vault, identities }: OpenToWrite, world: World): Promise<void> {
  const { document } = vault;
  await vault.renewKey(
    identities.find(({ recipient }) => document.recipients.includes(recipient)),
    wrapForKms(document, world),
  );
}

/** A version that is written. */
interface Written {
  readonly vault: UnlockedDocument;
  readonly path: string;
  /** Time of the version, as sops writes it. */
  readonly lastModified: string;
  readonly roster: Roster | undefined;
}

/**
 * Notes the readers and the data key that this person has accepted or made, and the newest version.
 *
 * @param before - acceptance that holds until the file is replaced: if that never happens, the old data key is still
 *   accepted.
 */
async function remember(
  { vault, path, lastModified, roster }: Written,
  before: Acceptance | undefined,
  world: World,
): Promise<void> {
  const { document, keyId } = vault;
  const recipients = [...new Set([...document.recipients, ...document.otherHolders])];
  const owner = await vaultOwner(path, world);
  const version = roster && seenVersion(roster);
  const next = version && { nextRoster: version };
  const known = await acceptanceOf(path, world);
  const newest = rosterNote(roster, known);
  const acceptance: Acceptance =
    before === undefined
      ? {
          ...{ recipients, owner, key: keyId, lastModified, envelope: document.envelope },
          ...newest,
          // On a branch with an older roster.
          ...(newest.roster?.head !== version?.head && next),
        }
      : { ...before, nextKey: keyId, ...next };
  await recordAcceptance(path, acceptance, world).catch((error: unknown) => {
    // The worst that follows is one more question.
    sayNotNoted(path, error, world);
  });
}

function sameBytes(a: Buffer | undefined, b: Buffer | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.equals(b);
}

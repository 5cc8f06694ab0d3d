import { HumanError } from '../../system/human-error.ts';
import type { Phrase } from '../../system/phrase.ts';
import type { World } from '../../system/world.ts';
import { acceptanceOf } from '../acceptance.ts';
import { checkAge } from '../acceptance-age.ts';
import type { Identity } from '../identity.ts';
import { membersOf, unlock, vaultNow } from '../read-vault.ts';
import { openToWrite, type OpenToWrite } from '../open-to-write.ts';
import { renewKey, type Revision, writeVault } from '../update-vault.ts';
import type { VaultLocation } from '../vault-location.ts';
import { encryptedSecrets, putMembers } from '../vault-shape.ts';
import { assertAgeAlone } from './age-alone.ts';
import { refusalOf } from './refusal.ts';
import { type RosterMember, rosterRecipients } from './roster.ts';
import { type NameChanges, unsignedChanges } from './unsigned-changes.ts';
import { readVaultFiles, type VaultFiles } from './vault-files.ts';

/** Change of a vault that no member with the role maintain has signed. */
export interface UnsignedChange {
  /** Reason that the vault is refused: a sentence. */
  readonly refused: Phrase;
  /** Member whose signature the last signed version has, if git has that version. */
  readonly signedBy: RosterMember | undefined;
  /** Names that differ from that version; all names as changed ones if git does not have it. */
  readonly names: NameChanges;
  /** True if git has that version. */
  readonly isCompared: boolean;
}

/**
 * Signs a vault that sops or another program has changed, or that was put back: it is written anew for the members of its
 * roster. A recipient that is no member is not taken over, and the data key that it knows is replaced.
 *
 * @param author - see `updateVault`.
 * @param confirm - asks the person; false leaves all as it is. The caller has made sure that the members are accepted.
 * @returns false if the vault is not refused, or the person said no.
 * @throws HumanError 65 if the vault is damaged, 77 if the person's role does not allow it, the roster does not hold or is
 *   missing.
 */
export async function takeOver(
  location: VaultLocation,
  world: World,
  author: string,
  confirm: (change: UnsignedChange) => Promise<boolean>,
): Promise<boolean> {
  const refused = await refusedVault(location, world);
  if (refused === undefined || !(await confirm(refused.shown))) return false;
  await writeVault(location, world, {
    author,
    takesOver: true,
    // What the person has seen, and nothing that came meanwhile.
    isStill: (bytes) => bytes.equals(refused.files.bytes),
    revise: async (open) => putInOrder(open, world),
  });
  return true;
}

interface RefusedVault {
  readonly files: VaultFiles;
  readonly shown: UnsignedChange;
}

/** @returns undefined if the vault is not refused, or there is none. */
async function refusedVault(location: VaultLocation, world: World): Promise<RefusedVault | undefined> {
  const files = await readVaultFiles(location, world);
  if (files?.roster === undefined) {
    if (files?.misfit !== undefined) throw await refusalOf(files, world);
    return undefined;
  }
  // Refuses whoever may not sign it, and what cannot be opened, before anything is shown.
  const { identities } = await openToWrite(location, files.real, { author: '', takesOver: true }, world);
  const refused = await reasonOfRefusal(files, identities, world);
  if (refused === undefined) return undefined;
  assertAgeAlone(files.document);
  const { document, roster } = files;
  const changes = await unsignedChanges(files, { roster, identities }, world);
  const all = { added: [], changed: [...encryptedSecrets(document).keys()].sort(), removed: [], fields: [] };
  const names = changes ?? all;
  return {
    files,
    shown: { refused, signedBy: changes?.signedBy, names, isCompared: changes !== undefined },
  };
}

async function reasonOfRefusal(
  files: VaultFiles,
  identities: readonly Identity[],
  world: World,
): Promise<Phrase | undefined> {
  if (files.misfit !== undefined) return (await refusalOf(files, world)).phrase;
  const now = vaultNow(await unlock(files, identities, world), files, identities);
  try {
    await checkAge(now, await acceptanceOf(now.path, world), world);
    return undefined;
  } catch (error) {
    if (error instanceof HumanError) return error.phrase;
    throw error;
  }
}

async function putInOrder(open: OpenToWrite, world: World): Promise<Revision> {
  const { vault, files, signer } = open;
  const roster = files?.roster;
  if (roster === undefined || signer === undefined)
    throw new Error('a vault without a roster was taken over');
  const { document } = vault;
  assertAgeAlone(document);
  const members = rosterRecipients(roster);
  const strangers = document.recipients.filter((recipient) => !members.includes(recipient));
  await vault.setRecipients(members);
  putMembers(document, roster.root, membersOf(roster));
  if (strangers.length > 0) await renewKey(open, world);
  return { roster, signer };
}

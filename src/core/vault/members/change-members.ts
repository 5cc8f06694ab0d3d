import { ExitCode, HumanError } from '../../system/human-error.ts';
import { phrase } from '../../system/phrase.ts';
import { timestamp, type World } from '../../system/world.ts';
import type { OpenToWrite } from '../open-to-write.ts';
import { recipientsOf } from '../own-vault.ts';
import { membersOf, readersOf } from '../read-vault.ts';
import { renewKey, type Revision, writeVault } from '../update-vault.ts';
import { cannotRotate } from '../vault-draft.ts';
import type { VaultLocation } from '../vault-location.ts';
import { agreedMembers, encryptedSecrets, markExposed, putMembers } from '../vault-shape.ts';
import { assertAgeAlone } from './age-alone.ts';
import { founding, type Stamp } from './membership.ts';
import { assertMayChange } from './permission.ts';
import { appendVersion, type Roster, type RosterMember, rosterRecipients } from './roster.ts';
import type { Signer } from './signer.ts';

/** Author of the first roster of a workspace: its owner. */
export interface FirstOwner {
  readonly label: string;
  /** Signs the roster and the vault: `ownSigner`, or the SSH key that the person has chosen. */
  readonly signer: Signer;
}

/** Change of the members of a workspace. */
export interface MembersChange {
  /** Asked for only if the workspace has no roster yet. */
  readonly firstOwner: () => Promise<FirstOwner>;
  /**
   * Makes the list of all members after the change, see membership.ts. Called again if another program has written the
   * vault meanwhile. For a first roster it gets its owner, and the recipients that the vault had, with the role launch.
   */
  readonly change: (members: readonly RosterMember[], stamp: Stamp) => readonly RosterMember[];
}

/** Outcome of a change of the members. */
export interface ChangedMembers {
  /** The roster as it is now. */
  readonly roster: Roster;
  /** Member that made the change. */
  readonly me: RosterMember;
  readonly added: readonly RosterMember[];
  readonly removed: readonly RosterMember[];
  /** Members with another role or other keys, as they are now. */
  readonly changed: readonly RosterMember[];
  /** Names of the secrets that a removed member could read, all of them marked `exposed`. */
  readonly exposed: readonly string[];
}

/**
 * Changes the members of a workspace: its roster, the recipients of its vault, both signed anew. Whoever is added gets the
 * data key; if anybody goes, there is a new one, and what they could read is marked. The first change makes the roster.
 *
 * Killed at any moment, it is done or not done as a whole: the vault's file decides.
 *
 * @param author - see `updateVault`.
 * @throws HumanError 64 if nothing would change, or the author would lose the right to make this very change; 65, 69, 73, 74, 77
 *   as `updateVault` and `appendVersion`; 77 if the author's role does not allow it; 69 if the vault gets no new data key here.
 */
export async function changeMembers(
  location: VaultLocation,
  world: World,
  author: string,
  change: MembersChange,
): Promise<ChangedMembers> {
  let changed: ChangedMembers | undefined;
  await writeVault(location, world, {
    author,
    revise: async (open) => {
      const revised = await revise(open, change, world);
      changed = revised.changed;
      return revised.revision;
    },
  });
  if (changed === undefined) throw new Error('members were written but not changed');
  return changed;
}

async function revise(
  open: OpenToWrite,
  { firstOwner, change }: MembersChange,
  world: World,
): Promise<{ readonly revision: Revision; readonly changed: ChangedMembers }> {
  const at = timestamp(world.now());
  const roster = open.files?.roster;
  const start = roster === undefined ? founded(open, await firstOwner(), at) : signed(open, roster);
  const { me, before, signer } = start;
  const members = change(before, { by: me.label, at });
  assertMayChange(me, before, members);
  const difference = differenceOf(before, members);
  if (roster !== undefined && isNothing(difference)) throw nothingToDo();
  const next = await appendVersion(roster, { members, by: me.label, at: new Date(at) }, signer);
  const exposed = await giveTo(open, { before, next, removed: difference.removed, at }, world);
  const mine = next.members.find(({ label }) => label === me.label) ?? me;
  return {
    revision: { roster: next, signer },
    changed: { roster: next, me: mine, ...difference, exposed },
  };
}

/** Members that a change begins with, and the person who makes it. */
interface Start {
  readonly me: RosterMember;
  readonly before: readonly RosterMember[];
  readonly signer: Signer;
}

function signed({ me, signer }: OpenToWrite, roster: Roster): Start {
  if (me === undefined || signer === undefined)
    throw new Error('a vault with a roster was opened by no member');
  return { me, before: roster.members, signer };
}

function founded(
  { vault: { document }, files, identities }: OpenToWrite,
  { label, signer }: FirstOwner,
  at: string,
): Start {
  assertAgeAlone(document);
  const own = recipientsOf(identities);
  const recipients = document.recipients.filter((recipient) => own.includes(recipient));
  const readers = files === undefined ? agreedMembers(document) : readersOf(files);
  const withKeys = readers.filter(({ recipient }) => document.recipients.includes(recipient));
  const before = founding(withKeys, { label, recipients, signingKey: signer.publicKey }, at);
  return { me: before[0], before, signer };
}

type Difference = Pick<ChangedMembers, 'added' | 'removed' | 'changed'>;

function differenceOf(before: readonly RosterMember[], after: readonly RosterMember[]): Difference {
  const called = (members: readonly RosterMember[], { label }: RosterMember): RosterMember | undefined =>
    members.find((member) => member.label === label);
  // A request can come in the place of a member with another label: whoever has a key of it is still there.
  const hasKeyOf = (members: readonly RosterMember[], { recipients }: RosterMember): boolean =>
    members.some((member) => member.recipients.some((recipient) => recipients.includes(recipient)));
  const isNew = (member: RosterMember): boolean =>
    called(before, member) === undefined && !hasKeyOf(before, member);
  const isGone = (member: RosterMember): boolean =>
    called(after, member) === undefined && !hasKeyOf(after, member);
  return {
    added: after.filter(isNew),
    removed: before.filter(isGone),
    changed: after.filter(
      (member) => !isNew(member) && JSON.stringify(called(before, member)) !== JSON.stringify(member),
    ),
  };
}

const isNothing = ({ added, removed, changed }: Difference): boolean =>
  added.length + removed.length + changed.length === 0;

const nothingToDo = (): HumanError =>
  new HumanError(ExitCode.usage, phrase`Nothing was changed: the members are so already.`);

/**
 * Makes a vault that of new members: recipients, their list, a new data key and marks if somebody is gone.
 *
 * @returns the names that are marked.
 */
async function giveTo(
  open: OpenToWrite,
  {
    before,
    next,
    removed,
    at,
  }: {
    readonly before: readonly RosterMember[];
    readonly next: Roster;
    readonly removed: readonly RosterMember[];
    readonly at: string;
  },
  world: World,
): Promise<string[]> {
  const { vault } = open;
  const { document } = vault;
  const recipients = rosterRecipients(next);
  const lost = rosterRecipients({ members: before }).some((recipient) => !recipients.includes(recipient));
  await vault.setRecipients(recipients);
  putMembers(document, next.root, membersOf(next));
  const exposed = removed.length === 0 ? [] : [...encryptedSecrets(document).keys()];
  const exposures = removed.map(({ label }) => ({ label, since: at }));
  for (const name of exposed) markExposed(document, name, exposures);
  if (!lost) return exposed;
  if (!document.canRenewKey) throw cannotRotate(document);
  await renewKey(open, world);
  return exposed;
}

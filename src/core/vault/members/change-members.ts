import type { World } from '../../system/world.ts';
import type { VaultLocation } from '../vault-location.ts';
import type { Stamp } from './membership.ts';
import type { Roster, RosterMember } from './roster.ts';
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
  /** True if the workspace had no roster before. */
  readonly isFirst: boolean;
  readonly added: readonly RosterMember[];
  readonly removed: readonly RosterMember[];
  /** Members with another role or other keys, as they are now. */
  readonly changed: readonly RosterMember[];
  /** In a first roster: recipients of the vault that could write before, and may only read now. */
  readonly lowered: readonly RosterMember[];
  /** Names of the secrets that a removed member could read, all of them marked `exposed`. */
  readonly exposed: readonly string[];
  /** True if the vault has a new data key. */
  readonly isRekeyed: boolean;
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
export function changeMembers(
  _location: VaultLocation,
  _world: World,
  _author: string,
  _change: MembersChange,
): Promise<ChangedMembers> {
  return Promise.reject(new Error('not yet'));
}

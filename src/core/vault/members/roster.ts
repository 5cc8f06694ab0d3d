import type { Phrase } from '../../system/phrase.ts';
import type { Role } from './role.ts';
import type { Signer } from './signer.ts';

/** Member of a workspace. Frozen data: a change is another object. */
export interface RosterMember {
  /** `alice/laptop`, `robot/NAME`; unique without regard to case. */
  readonly label: string;
  readonly role: Role;
  /** Keys that the vault is encrypted to: `age1…`, `ssh-ed25519 AAAA…`. At least one. */
  readonly recipients: readonly string[];
  /** SSH public key without a comment. Null only for the role launch: such a member signs nothing. */
  readonly signingKey: string | null;
  /** Time of its addition, ISO 8601 in UTC. */
  readonly since: string;
  /** Label of the member that added it. */
  readonly by: string;
}

/** One version of the roster: a change of the one before it. */
export interface RosterVersion {
  /** 0, 1, 2 … */
  readonly number: number;
  /** 32 random hexadecimal digits, only in version 0: no two rosters have the same root. */
  readonly id?: string;
  /** SHA-256 of the signed bytes of the version before, in hexadecimal digits; null in version 0. */
  readonly previous: string | null;
  readonly at: string;
  /** Label of the member that signed it. */
  readonly by: string;
  /** Members that are new or changed in this version; in version 0 all of them. */
  readonly members: readonly RosterMember[];
  /** Labels that are gone since the version before. */
  readonly removed: readonly string[];
  /** Armored SSHSIG over {@link signedBytes}. */
  readonly signature: string;
}

export interface Roster {
  readonly versions: readonly RosterVersion[];
  /** Members of the newest version, in the order in which they were added. */
  readonly members: readonly RosterMember[];
  /** Hash of version 0: it names the workspace. */
  readonly root: string;
  /** Hash of the newest version. */
  readonly head: string;
  /** Number of the newest version. */
  readonly number: number;
}

/** Version of a roster that the person has accepted. */
export type KnownVersion = Pick<Roster, 'root' | 'number' | 'head'>;

/**
 * Reads a roster's file. Checks its form alone, no signature: {@link verifyChain} does.
 *
 * @param path - for messages.
 * @throws HumanError 65 if it is damaged, or of a newer format.
 */
export function parseRoster(_bytes: Uint8Array, _path: string): Roster {
  throw new Error('not yet');
}

/** Writes the file of a roster. */
export function formatRoster(_roster: Roster): Buffer {
  throw new Error('not yet');
}

/**
 * Verifies that each version follows from the one before it, and is signed by a member of that one who may make the
 * change. The first version is signed by one of its owners; whether it is trusted is the person's decision.
 *
 * @param known - an accepted version: signatures up to it need no second look if the roster has it.
 * @returns the reason that the roster is refused, with the version and who signed it: a clause without a full stop.
 */
export function verifyChain(_roster: Roster, _known?: KnownVersion): Phrase | undefined {
  throw new Error('not yet');
}

/** Returns the hash of a version, or undefined if there is no such version. */
export function hashOfVersion(_roster: Roster, _number: number): string | undefined {
  throw new Error('not yet');
}

/** Tells whether a roster continues an accepted version: same root, and that version is one of its own. */
export function continues(_roster: Roster, _known: KnownVersion): boolean {
  throw new Error('not yet');
}

/** Returns the members of a version, or undefined if there is no such version. */
export function membersOfVersion(_roster: Roster, _number: number): readonly RosterMember[] | undefined {
  throw new Error('not yet');
}

/** Returns the member that has one of these recipients. */
export function memberWith(_roster: Roster, _recipients: readonly string[]): RosterMember | undefined {
  throw new Error('not yet');
}

/** All recipients of the newest version: a vault is encrypted to exactly these. */
export const rosterRecipients = ({ members }: Pick<Roster, 'members'>): string[] =>
  members.flatMap(({ recipients }) => recipients);

/** Returns the reason that a text is no label, a clause about it, or undefined if it is one. */
export function labelProblem(_label: string): Phrase | undefined {
  throw new Error('not yet');
}

/** A change that is to be signed. */
export interface RosterChange {
  /** All members of the new version. */
  readonly members: readonly RosterMember[];
  /** Label of the member whose key signs it. */
  readonly by: string;
  readonly at: Date;
}

/**
 * Makes a signed version after the newest one, or the first one of a new roster.
 *
 * @throws HumanError 65 if the members break a rule (a key twice, no owner left, a label that is none), 77 if the
 *   signer may not make this change; as {@link Signer.sign}.
 */
export function appendVersion(
  _roster: Roster | undefined,
  _change: RosterChange,
  _signer: Signer,
): Promise<Roster> {
  return Promise.reject(new Error('not yet'));
}

import type { Role } from './role.ts';

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
  /** Armored SSHSIG over the bytes of all other fields. */
  readonly signature: string;
}

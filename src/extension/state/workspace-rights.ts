import type { Role } from '../../core/vault/members/role.ts';

// Members of a workspace and what the person may do there, as plain data without values. Imports no VS Code.

/** A member of a workspace. */
export interface MemberRow {
  readonly label: string;
  readonly role: Role;
  readonly isYou: boolean;
  /** Fingerprint of the key that the member signs with; undefined if there is none, so that only launches are possible. */
  readonly signingKey: string | undefined;
  /** Keys that values are encrypted to. */
  readonly recipients: readonly string[];
  /** Date in ISO 8601. */
  readonly since: string;
  /** Label of the member that has added or changed this one last. */
  readonly by: string;
}

/** Rights of the person in a workspace, from its roster. */
export interface WorkspaceRights {
  /** Undefined without a roster: then everybody who reads the vault may change it. */
  readonly members: readonly MemberRow[] | undefined;
  /** The person's own role; undefined if they are no member, that is not known, or there is no roster. */
  readonly role: Role | undefined;
  /** True if the person is certainly no member. */
  readonly isStranger: boolean;
  /** Reason that the person may not change secrets; undefined if they may. */
  readonly cannotWrite: string | undefined;
  readonly cannotChangeMembers: string | undefined;
}

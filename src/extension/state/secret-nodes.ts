import type { NearEnd } from '../../core/secrets/expiry.ts';
import type { Scope, VaultScope } from '../../core/secrets/scope.ts';
import type { SecretInfo } from '../../core/secrets/secret-store.ts';
import type { Use } from '../code/uses.ts';
import type { Repair } from './repair.ts';
import type { StoreService } from './service-state.ts';
import type { MemberRow } from './workspace-rights.ts';

// Content of the view of secrets: plain data without values.

/** A folder of the window, and the directory with its vault. */
export interface FolderWorkspace {
  /** URI of the folder, as text. */
  readonly folder: string;
  /** The folder's name in the window. */
  readonly title: string;
  /** Absolute path of the workspace's directory: the folder, or one above it. */
  readonly directory: string;
}

/** A scope that another one wins over. */
export interface OverriddenScope {
  readonly scope: Scope;
  /** The name of the workspace's folder, if the window has several. */
  readonly folder: string | undefined;
}

/** A secret of one scope. */
export interface SecretEntry {
  readonly kind: 'secret';
  readonly name: string;
  readonly scope: Scope;
  /** Workspace of the secret, if it belongs to one. */
  readonly workspace: FolderWorkspace | undefined;
  readonly info: SecretInfo;
  /** The end of its value, if that is over or near. */
  readonly end?: NearEnd | undefined;
  /** Scopes of the same name that this one wins over. */
  readonly overrides: readonly OverriddenScope[];
  /** The scope that wins over this one. */
  readonly overriddenBy: Scope | undefined;
  /** Date in ISO 8601, UTC. */
  readonly lastUsed: string | null;
  readonly uses: readonly Use[];
  /** True if nothing refers to it, as far as the code can tell. */
  readonly unused: boolean;
  /** Reason that the person may not change it; undefined if they may. */
  readonly cannotWrite?: string | undefined;
  /** True if its store keeps its earlier values, and the secret if it is deleted. */
  readonly hasPast?: boolean;
}

/** A name that code refers to and that is set nowhere. */
export interface MissingEntry {
  readonly kind: 'missing';
  readonly name: string;
  readonly uses: readonly Use[];
  /** True if every use works without it. */
  readonly optional: boolean;
}

export interface VaultRoot {
  readonly kind: 'vault';
  readonly scope: VaultScope;
  readonly workspace: FolderWorkspace | undefined;
  readonly secrets: readonly SecretEntry[];
  /** Reason that it could not be read; then `secrets` is empty, or what a service has answered before. */
  readonly problem: string | undefined;
  /** Way to mend it, if it could not be read and there is one here. */
  readonly repair: Repair | undefined;
  /** Reason that the person may not change its secrets; undefined if they may. */
  readonly cannotWrite: string | undefined;
  /** The members, if it has a roster. */
  readonly members: MembersNode | undefined;
  /** True if the person is certainly no member of it. */
  readonly isStranger: boolean;
  /** The service that it is in; absent for a vault. */
  readonly service?: StoreService | undefined;
}

/** The members of a workspace with a roster. */
export interface MembersNode {
  readonly kind: 'members';
  readonly workspace: FolderWorkspace;
  readonly members: readonly MemberEntry[];
  /** Reason that the person may not change them; undefined if they may. */
  readonly cannotChange: string | undefined;
}

export interface MemberEntry extends MemberRow {
  readonly kind: 'member';
  readonly workspace: FolderWorkspace;
  /** Reason that the person may not change members. */
  readonly cannotChange: string | undefined;
  /** True if this one is an admin or owner, whom only owners change, and the person is none. */
  readonly isAbove: boolean;
}

export interface MissingRoot {
  readonly kind: 'missingRoot';
  readonly missing: readonly MissingEntry[];
}

export interface NextflowRoot {
  readonly kind: 'nextflowRoot';
  readonly secrets: readonly SecretEntry[];
  readonly problem: string | undefined;
}

export type Root = VaultRoot | MissingRoot | NextflowRoot;
export type SecretNode = Root | MembersNode | MemberEntry | SecretEntry | MissingEntry;

/** All secrets of a snapshot. @param overview - or another object that has a snapshot. */
export const allSecrets = ({
  snapshot,
}: {
  readonly snapshot: { readonly roots: readonly Root[] };
}): SecretEntry[] => snapshot.roots.flatMap((root) => (root.kind === 'missingRoot' ? [] : root.secrets));

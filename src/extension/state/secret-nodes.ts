import type { Scope, VaultScope } from '../../core/secrets/scope.ts';
import type { SecretInfo } from '../../core/secrets/secret-store.ts';
import type { Use } from '../code/uses.ts';

// What the view of secrets shows: plain data without values.

/** A folder of the window and the directory whose vault belongs to it. */
export interface FolderWorkspace {
  /** URI of the folder, as text. */
  readonly folder: string;
  /** The folder's name in the window. */
  readonly title: string;
  /** The workspace's directory: the folder, or one above it. Absolute path. */
  readonly directory: string;
}

/** A scope that another one wins over. */
export interface OverriddenScope {
  readonly scope: Scope;
  /** The name of the folder whose workspace it is, if the window has several. */
  readonly folder: string | undefined;
}

/** A secret of one scope. */
export interface SecretEntry {
  readonly kind: 'secret';
  readonly name: string;
  readonly scope: Scope;
  /** Of a workspace's secret. */
  readonly workspace: FolderWorkspace | undefined;
  readonly info: SecretInfo;
  /** Scopes of the same name that this one wins over. */
  readonly overrides: readonly OverriddenScope[];
  /** The scope that wins over this one. */
  readonly overriddenBy: Scope | undefined;
  /** ISO 8601 in UTC. */
  readonly lastUsed: string | null;
  readonly uses: readonly Use[];
  /** Nothing refers to it, as far as the code can tell. */
  readonly unused: boolean;
}

/** A name that code refers to and that is set nowhere. */
export interface MissingEntry {
  readonly kind: 'missing';
  readonly name: string;
  readonly uses: readonly Use[];
  /** Every use of it can do without. */
  readonly optional: boolean;
}

export interface VaultRoot {
  readonly kind: 'vault';
  readonly scope: VaultScope;
  readonly workspace: FolderWorkspace | undefined;
  readonly secrets: readonly SecretEntry[];
  /** Why it could not be read; then `secrets` is empty. */
  readonly problem: string | undefined;
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
export type SecretNode = Root | SecretEntry | MissingEntry;

/** All secrets of a picture. @param overview - or whatever has its last snapshot. */
export const allSecrets = ({
  snapshot,
}: {
  readonly snapshot: { readonly roots: readonly Root[] };
}): SecretEntry[] => snapshot.roots.flatMap((root) => (root.kind === 'missingRoot' ? [] : root.secrets));

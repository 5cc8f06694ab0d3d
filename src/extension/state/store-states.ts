import type { SourceSpan } from '../../core/references/scan.ts';
import type { NearEnd } from '../../core/secrets/expiry.ts';
import type { ListedSecret } from '../../core/secrets/resolve.ts';
import { isVaultScope, type Scope, SCOPES, type VaultScope } from '../../core/secrets/scope.ts';
import type { Repair } from './repair.ts';
import type { StoreService } from './service-state.ts';
import type { FolderWorkspace } from './secret-nodes.ts';
import type { WorkspaceRights } from './workspace-rights.ts';

// Content of the stores, as plain data without values. Imports no VS Code.

/** A secret of one scope, for one folder. */
export interface KnownSecret extends ListedSecret {
  /** Date of the last use on this machine, in ISO 8601, UTC. */
  readonly lastUsed: string | null;
  /** The end of its value, if that is over or near. */
  readonly end?: NearEnd | undefined;
}

/** Content of the stores that count for one folder. */
export interface FolderStores {
  /** Undefined for a window without a folder on a disk. */
  readonly of: FolderWorkspace | undefined;
  /** Rows by name, then in the order of the scopes, the winner first. */
  readonly rows: readonly KnownSecret[];
  /** Reasons that stores could not be read. */
  readonly problems: Partial<Readonly<Record<Scope, string>>>;
  /** Ways to mend those that could not be read, as far as there is one here. */
  readonly repairs?: Partial<Readonly<Record<VaultScope, Repair>>> | undefined;
  /** Absent without a folder on a disk, or if they could not be read. */
  readonly rights?: WorkspaceRights | undefined;
  /** Absolute paths of the vaults, or of the file that names another store. */
  readonly vaults: Partial<Readonly<Record<VaultScope, string>>>;
  /** Ranges of the names in the text of the workspace's vault. */
  readonly keys: ReadonlyMap<string, SourceSpan>;
  /** The service that the workspace's secrets are in; absent if they are in a vault. */
  readonly service?: StoreService | undefined;
  /** Names that the service certainly does not have. Absent without a service. */
  readonly absent?: readonly string[] | undefined;
}

/**
 * Tells whether a name that no store of a folder lists may be there all the same: the list of a service may be late, so
 * that only a look at the name itself is a proof.
 */
export const mayBeLate = ({ absent }: Pick<FolderStores, 'absent'>, name: string): boolean =>
  absent !== undefined && !absent.includes(name);

/** Reason that a folder may have more secrets than are known, and the file of the store that could not be read. */
export interface StoreProblem {
  readonly message: string;
  /** Absolute path; undefined for Nextflow's own store, which nobody should open. */
  readonly vault: string | undefined;
}

/** The first problem in the order of the scopes, if there is one. */
export function firstProblem({ problems, vaults }: FolderStores): StoreProblem | undefined {
  const scope = SCOPES.find((one) => problems[one] !== undefined);
  if (scope === undefined) return undefined;
  return { message: problems[scope] ?? '', vault: isVaultScope(scope) ? vaults[scope] : undefined };
}

import type { ImportPlan, planImport, ReadSecret } from './exchange.ts';
import type { VaultScope } from './scope.ts';
import type { SecretInfo, SecretStore } from './secret-store.ts';
import type { SecretValue } from './secret-value.ts';

/** A secret as a person saw it before they agreed that it may be lost; null if there was none. */
export type Seen = Pick<SecretInfo, 'version'> | null;

/** A new name for a secret. */
export interface Rename {
  readonly from: string;
  readonly to: string;
  /** The secret that had the new name. */
  readonly replaces: Seen;
}

/** A secret of one store, for another one. */
export interface GivenSecret {
  readonly value: SecretValue;
  readonly description: string | null;
}

/** Secrets to import, by name; those with an empty value are passed over later. */
export type Given = ReadonlyMap<string, ReadSecret>;

/** Choice for names that have another value already. */
export type IfDifferent = Parameters<typeof planImport>[2];

/** A version of a secret: its number in the history, or the beginning of its id. */
export type VersionChoice = number | string;

/** A value that a secret has or had. Dates are ISO 8601 in UTC; null if the store does not tell. */
export interface SecretVersion {
  /** Number for a person: 1 is the newest. */
  readonly number: number;
  /** Id of the version; of a workspace's vault the commit. Empty if it has none. */
  readonly version: string;
  readonly created: string | null;
  /** Who has set it, as the store says. */
  readonly by: string | null;
  /** Time at which it was replaced or deleted. */
  readonly ended: string | null;
  /** Size in bytes; null if it was not read. */
  readonly bytes: number | null;
  /** Day that it expires. */
  readonly expires: string | null;
  /** Reason that it may not be what somebody with the right to set it has set, or that this person cannot read it. */
  readonly doubt: string | null;
  /** The day of the last read. */
  readonly lastUsed: string | null;
  readonly isCurrent: boolean;
  /** True for the value that was current before: the one that an undo takes. */
  readonly isPrevious: boolean;
}

/** The past of a secret. */
export interface SecretHistory {
  /** From the newest to the oldest. */
  readonly versions: readonly SecretVersion[];
  /** Time until which a deleted secret can be put back: ISO 8601; null if it is not deleted, or there is no such time. */
  readonly deletedUntil: string | null;
  /** True if the secret is not set any more. */
  readonly isDeleted: boolean;
}

/** A change that was undone: a secret that was deleted is back, or a value that it had is the current one again. */
export type Undone =
  { readonly what: 'deletion' } | { readonly what: 'value'; readonly created: string | null };

/** Past values and deleted secrets of a store that keeps them. */
export interface KeptPast {
  /**
   * The deleted secrets that can be put back, each with the time until which: ISO 8601; null if there is no such time.
   *
   * @throws HumanError 69, 77
   */
  deleted(): Promise<ReadonlyMap<string, string | null>>;
  /** @throws HumanError 66 if there is no such secret; 69, 77. */
  history(name: string): Promise<SecretHistory>;
  /**
   * Undoes a deletion; else gives a secret an earlier value, with the data that was beside it.
   *
   * @param to - a version in the history; else the previous value.
   * @throws HumanError 64 if there is nothing to undo, 66 if there is no such secret; 69, 77.
   */
  undo(name: string, to?: VersionChoice): Promise<Undone>;
  /**
   * Removes earlier values, and what is left of deleted secrets.
   *
   * @returns the number of values by name.
   * @throws HumanError 64 if the store cannot, 66 if there is no such secret.
   */
  forget(names: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

/** A deletion that was done. */
export interface Deletion {
  /** Time until which the store keeps the secrets: ISO 8601; undefined if only this deletion has them, in memory. */
  readonly until: string | undefined;
  /** Puts the secrets back. @throws HumanError 64 if one of them was set meanwhile; 69, 77. */
  undo(): Promise<void>;
}

/** Store that we write. Its changes are whole or not made; the caller has asked the person. */
export interface WritableStore extends SecretStore {
  readonly scope: VaultScope;
  /** True if a deleted secret can be put back for some days. */
  readonly hasTrash: boolean;
  /** True if the day that a value expires is kept beside it. */
  readonly keepsExpiry: boolean;
  /** The past of its secrets. */
  readonly past: KeptPast;
  /** Refuses a change that the person's role does not allow, before anything is asked. @throws HumanError 77 */
  assertMayWrite(): Promise<void>;
  /**
   * Makes sure that the person has accepted the store as it is now, and asks if need be.
   *
   * @param accept - `--accept-members`.
   * @throws HumanError 77 if it is not accepted.
   */
  ensureAccepted(accept: boolean): Promise<void>;
  /**
   * Creates or updates a secret.
   *
   * @param options - `description`: a new one, an empty text to remove it; undefined keeps it. `replaces`: the secret that
   * the person saw under the name, if another one must not be lost. `expires`: the day that the value expires, only where
   * {@link keepsExpiry}; else another value has none.
   * @throws HumanError 64 if another one is there, 69, 73, 74, 77
   */
  set(
    name: string,
    value: SecretValue,
    options?: {
      readonly description?: string | undefined;
      readonly replaces?: Seen;
      readonly expires?: string | null | undefined;
    },
  ): Promise<'created' | 'updated'>;
  /** Changes the description of a secret, and reads no value where that is possible. An empty text removes it. */
  setDescription(name: string, description: string): Promise<void>;
  /**
   * Deletes secrets.
   *
   * @throws HumanError 66 if one of them is not there.
   */
  delete(names: readonly string[]): Promise<Deletion>;
  /** Gives a secret a second name. @throws HumanError 64 if that is taken, 66 if there is no such secret. */
  addName(names: { readonly name: string; readonly second: string }): Promise<void>;
  /** @throws HumanError 64 if the new name has been set meanwhile, 66 if there is no such secret. */
  rename(rename: Rename): Promise<void>;
  /** Reads a secret for another store. @throws HumanError 66 if there is no such secret. */
  fetch(name: string): Promise<GivenSecret>;
  /** @returns false, with nothing changed, if the secret has another value now. */
  deleteIfStill(name: string, value: SecretValue): Promise<boolean>;
  /** Tells what an import would do now. @throws HumanError 64 as `planImport`. */
  previewImport(given: Given, ifDifferent: IfDifferent): Promise<ImportPlan>;
  /**
   * Imports secrets.
   *
   * @param agreed - the secrets that had these names when the person was asked; undefined if the person was not.
   * @returns the names, by what was done with each.
   * @throws HumanError 64 as `planImport`, or if a name has another secret than the person agreed to lose.
   */
  importAll(given: Given, ifDifferent: IfDifferent, agreed?: ReadonlyMap<string, Seen>): Promise<ImportPlan>;
}

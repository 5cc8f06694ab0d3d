import type { Scope } from './scope.ts';
import type { SecretValue } from './secret-value.ts';

/** What stands beside a value in clear text. Dates are ISO 8601 in UTC; null where the file does not say. */
export interface SecretInfo {
  /** Another one after each change of the value; says nothing of it. Empty where nothing tells. */
  readonly version: string;
  readonly created: string | null;
  readonly updated: string | null;
  readonly updatedBy: string | null;
  readonly description: string | null;
}

/** Of a secret of which nothing but its name is known. */
export const NO_INFO: SecretInfo = {
  version: '',
  created: null,
  updated: null,
  updatedBy: null,
  description: null,
};

/** Whether a person has agreed to what a store holds now, where others can change that. */
export interface StoreAcceptance {
  /** Path of what is accepted, for messages. */
  readonly path: string;
  readonly isAccepted: boolean;
  /** Whether another store may be in the place of the accepted one: a name that is missing there proves nothing. */
  readonly mayBeAnother: boolean;
  /**
   * Makes sure that the person has accepted exactly what was read.
   *
   * @param accept - `--accept-members`; else the person is asked.
   * @throws HumanError 77 if they have not.
   */
  ensure(accept: boolean): Promise<void>;
}

/** What was read of a store, at one time. */
export interface ReadSecrets {
  readonly values: ReadonlyMap<string, SecretValue>;
  /** Absent where there is nothing to accept. */
  readonly acceptance?: StoreAcceptance;
}

/** Where the secrets of one scope are. Another kind of store is another implementation, and a line in `SCOPES`. */
export interface SecretStore {
  readonly scope: Scope;
  /**
   * The names, with what stands in clear beside each. Decrypts nothing.
   *
   * @throws HumanError 65, 74 if they cannot be read, 77 if the store is not safe to use.
   */
  list(): Promise<ReadonlyMap<string, SecretInfo>>;
  /**
   * The values.
   *
   * @throws HumanError 65, 74 if they cannot be read, 77 if the store does not open for this person.
   */
  read(): Promise<ReadSecrets>;
}

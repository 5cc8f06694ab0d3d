import { ExitCode, HumanError } from '../system/human-error.ts';
import type { Phrase } from '../system/phrase.ts';
import type { Remedies } from '../system/remedy.ts';
import type { Scope } from './scope.ts';
import type { SecretValue } from './secret-value.ts';

/** The data beside a value in clear text. Dates are ISO 8601 in UTC; null if the file does not give them. */
export interface SecretInfo {
  /** A mark that changes with each change of the value, and tells nothing of it. Empty if it is not known. */
  readonly version: string;
  readonly created: string | null;
  readonly updated: string | null;
  readonly updatedBy: string | null;
  readonly description: string | null;
  /** Labels of former members who have had this value: it should be changed where it comes from, then here. */
  readonly exposed: readonly string[];
  /** The day that the value expires, see `expiry.ts`; null if nobody has said one. */
  readonly expires: string | null;
}

/** Info of a secret of which nothing but its name is known. */
export const NO_INFO: SecretInfo = {
  version: '',
  created: null,
  updated: null,
  updatedBy: null,
  description: null,
  exposed: [],
  expires: null,
};

/** A person's agreement to the present content of a store that others can change. */
export interface StoreAcceptance {
  /** Path of the store that is accepted, for messages. */
  readonly path: string;
  readonly isAccepted: boolean;
  /** True if another store may have replaced the accepted one: a name that is missing there proves nothing. */
  readonly mayBeAnother: boolean;
  /**
   * Makes sure that the person has accepted exactly what was read.
   *
   * @param accept - `--accept-members`; else the person is asked.
   * @throws HumanError 77 if they have not.
   */
  ensure(accept: boolean): Promise<void>;
}

/** Refusal of a store that is not what the person has accepted: it proves nothing about the names that it has or has not. */
export class RefusedStore extends HumanError {
  constructor(message: Phrase, remedies: Remedies) {
    super(ExitCode.notPermitted, message, remedies);
  }
}

/** A secret in a service that tasks there can get from where it is, without a copy. */
export interface SecretReference {
  /** ARN of the secret in AWS Secrets Manager, whole. */
  readonly arn: string;
  /** Id of its version. A later one does not count: all tasks of a run get the same value. */
  readonly version: string;
  /** Key of the JSON object that the value is; undefined if the value is all of it. */
  readonly jsonKey?: string;
}

/** A secret whose value the person may not read, and the refusal. */
export interface Withheld {
  readonly reference: SecretReference;
  readonly reason: HumanError;
}

/** Content of a store that was read, at one time. */
export interface ReadSecrets {
  readonly values: ReadonlyMap<string, SecretValue>;
  /** The values' secrets in a service. */
  readonly references?: ReadonlyMap<string, SecretReference>;
  /** See {@link ReadOptions.mayWithhold}. */
  readonly withheld?: ReadonlyMap<string, Withheld>;
  /** The acceptance; absent if there is nothing to accept. */
  readonly acceptance?: StoreAcceptance;
}

/** Needs of a caller of {@link SecretStore.list}. */
export interface ListOptions {
  /**
   * Names whose presence matters. A list of a service may be minutes old, so it asks for these one by one; then it may
   * leave others out.
   */
  readonly asked?: readonly string[] | undefined;
  /** True if no others are worth a request where one of `asked` is missing, to find what was misspelled. */
  readonly onlyAsked?: boolean;
  /** True if no answer is worth a request over the network: a store that is elsewhere refuses. */
  readonly isLocal?: boolean;
}

/** Needs of a caller of {@link SecretStore.read}. */
export interface ReadOptions {
  /** Names whose values matter; all if absent. A store that is read as a whole gives others too. */
  readonly names?: readonly string[] | undefined;
  /**
   * Accepts a store that has to be accepted before it is read; false asks the person. Undefined only for a plan, which
   * asks nothing.
   */
  readonly accept?: boolean | undefined;
  /** Tells of a name whether the caller can do with a reference, if the person may not read the value. */
  readonly mayWithhold?: ((name: string) => boolean) | undefined;
}

/** Store of the secrets of one scope. Another kind of store is another implementation, and a line in `SCOPES`. */
export interface SecretStore {
  readonly scope: Scope;
  /**
   * Lists the names, each with the data beside it in clear text. Decrypts nothing.
   *
   * @throws HumanError 65, 69, 74 if they cannot be read, 77 if the store is not safe to use.
   */
  list(options?: ListOptions): Promise<ReadonlyMap<string, SecretInfo>>;
  /**
   * Reads the values.
   *
   * @throws HumanError 65, 69, 74 if they cannot be read, 77 if the store does not open for this person.
   */
  read(options?: ReadOptions): Promise<ReadSecrets>;
}

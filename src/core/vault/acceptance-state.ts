import type { Binding } from './structure.ts';
import type { KnownVersion, Roster } from './members/roster.ts';
import type { Member } from './vault-shape.ts';

/** A version of a roster with those before it: a branch can have another history than the one that was accepted. */
export interface SeenVersion extends KnownVersion {
  /** Beginnings of the hashes of the versions 0 and up, without the newest. */
  readonly before?: readonly string[];
}

/** Record of a person's acceptance of a vault, and of its newest version that was seen. */
export interface Acceptance {
  /** Accepted readers of the vault: `age1…`, and holders of other kinds of keys. */
  readonly recipients: readonly string[];
  /** Numeric id of the user that `.nf-secrets` belongs to. */
  readonly owner: number;
  /** The data key that was accepted. Null in the records of older versions; then the next use notes it. */
  readonly key: string | null;
  /** A data key of ours that the file may or may not have: a write with it was begun. */
  readonly nextKey?: string;
  /** Time of the newest version that was seen: ISO 8601. */
  readonly lastModified: string;
  /** True if the next write makes a new data key: somebody who should not read on knows this one. */
  readonly renew?: boolean;
  /** The wrapped data key, see `SopsDocument.envelope`: another one is seen without decrypting. */
  readonly envelope?: string;
  /** The newest version of the roster that was accepted. */
  readonly roster?: SeenVersion;
  /** A roster of ours that the vault may or may not have: a write with it was begun, or another branch has it. */
  readonly nextRoster?: SeenVersion;
  /** Time of the version for which we reported that its part in clear is not bound. */
  readonly unboundSaid?: string;
}

/** A vault as it is now. */
export interface VaultNow {
  readonly path: string;
  /** Path in `.nf-secrets`, beside the roster and the signature: a link, if it is another one. */
  readonly entry: string;
  /** The roster; all that is signed by it fits. */
  readonly roster: Roster | undefined;
  readonly members: readonly Member[];
  /** The data key that it is encrypted with; null for a vault that is still to be made. */
  readonly keyId: string | null;
  /** True if this person made that key, here or on another machine of theirs. */
  readonly isOwnKey: boolean;
  /** True if we can replace the data key by a new one. */
  readonly canRenewKey: boolean;
  /** Binding of its part in clear. */
  readonly binding: Binding;
  /** Time of this version. */
  readonly lastModified: string;
  readonly envelope: string;
  /** Author and time of the last change of a secret, as the file claims. */
  readonly lastChange: { readonly by: string; readonly at: string } | undefined;
}

/**
 * Difference of a vault from what was accepted of it: `data-key` if only the data key is another one, `roster` if its roster is
 * new, gone, or not a later version of the accepted one.
 */
export type AcceptanceState = 'accepted' | 'new' | 'members' | 'data-key' | 'roster';

import type { Binding } from './structure.ts';
import type { Member } from './vault-shape.ts';

/** What a person has accepted of a vault, and the last that was seen of it. */
export interface Acceptance {
  /** Who may read what is written there: `age1…`, and holders of other kinds of keys. */
  readonly recipients: readonly string[];
  /** Numeric id of the user that `.nf-secrets` belongs to. */
  readonly owner: number;
  /** The data key that was accepted. Null in the records of older versions; then the next use notes it. */
  readonly key: string | null;
  /** A data key of ours whose file may or may not be in its place: a write of it was begun. */
  readonly nextKey?: string;
  /** Time of the newest version that was seen: ISO 8601. */
  readonly lastModified: string;
  /** Whether the next write makes a new data key: somebody who should not read on knows this one. */
  readonly renew?: boolean;
  /** The wrapped data key, see `SopsDocument.envelope`: another one shows without decrypting. */
  readonly envelope?: string;
  /** Time of the version of which it was said that its part in clear is not bound. */
  readonly unboundSaid?: string;
}

/** What a vault is now. */
export interface VaultNow {
  readonly path: string;
  readonly members: readonly Member[];
  /** The data key that it is encrypted with; null for a vault that is still to be made. */
  readonly keyId: string | null;
  /** Whether this person made that key, here or on another machine of theirs. */
  readonly isOwnKey: boolean;
  /** Whether we can put a new data key in its place. */
  readonly canRenewKey: boolean;
  /** How its part in clear is bound. */
  readonly binding: Binding;
  /** Time of this version. */
  readonly lastModified: string;
  readonly envelope: string;
  /** Who changed a secret last and when, as the file claims. */
  readonly lastChange: { readonly by: string; readonly at: string } | undefined;
  /** Whether a signature of a member that was accepted vouches for the data key. Nobody makes such signatures yet. */
  readonly isVouchedFor?: boolean;
}

/** How a vault stands to what was accepted of it: `data-key` if that alone is another one. */
export type Standing = 'accepted' | 'new' | 'members' | 'data-key';

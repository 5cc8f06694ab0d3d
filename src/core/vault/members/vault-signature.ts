import type { Phrase } from '../../system/phrase.ts';
import type { Roster, RosterMember } from './roster.ts';
import type { Signer } from './signer.ts';

// A signed vault is written in three steps, each durable: the signature of the new bytes as `.sig.next`, the vault, then
// `.sig.next` is renamed to `.sig`. A process that is killed between them leaves a vault that one of the two fits.
// All paths of vaults here are those in `.nf-secrets`.

/** Text of a signature's file: an armored SSHSIG over the vault's bytes, and the vault's blob in git. */
export interface VaultSignature {
  readonly armored: string;
  /** Object id of the vault in git (SHA-1), 40 hexadecimal digits; undefined if the file names none. Nothing proves it. */
  readonly blob: string | undefined;
}

/** Reason that a vault's signature does not count. */
export interface SignatureProblem {
  /**
   * - `missing`: there is none.
   * - `damaged`: it is no signature.
   * - `changed`: it is not over these bytes: sops or another program has changed the vault, or it is of another one.
   * - `stranger`: its key is no member's.
   * - `role`: its member may not change secrets.
   */
  readonly kind: 'missing' | 'damaged' | 'changed' | 'stranger' | 'role';
  /** Names who and what: a clause without a full stop. */
  readonly reason: Phrase;
  /** Member that signed, for `role`; that the signature claims to be of, for `changed`. */
  readonly member?: RosterMember;
}

/** Object id of bytes as a blob in a git repository with SHA-1. */
export function blobId(_bytes: Uint8Array): string {
  throw new Error('not yet');
}

/** Writes the text of a signature's file. */
export function formatVaultSignature(_armored: string, _vault: Uint8Array): string {
  throw new Error('not yet');
}

/** @returns undefined if it has no signature. */
export function parseVaultSignature(_text: string): VaultSignature | undefined {
  throw new Error('not yet');
}

/**
 * Reads the signatures beside a vault: that of the last write, and that of one that was not finished. Either may fit.
 *
 * @throws HumanError 65 if one is no regular file or too large, 74 if it cannot be read.
 */
export function readSignatures(_vaultPath: string): Promise<string[]> {
  return Promise.reject(new Error('not yet'));
}

/**
 * Finds the member with the role maintain or more that signed these bytes.
 *
 * @param signatures - texts of {@link readSignatures}; one that fits is enough.
 */
export function checkSignature(
  _vault: Uint8Array,
  _signatures: readonly string[],
  _roster: Pick<Roster, 'members'>,
): { readonly signedBy: RosterMember } | SignatureProblem {
  throw new Error('not yet');
}

/** Signs the bytes of a vault. @returns the text of the signature's file. */
export function signVault(_vault: Uint8Array, _signer: Signer): Promise<string> {
  return Promise.reject(new Error('not yet'));
}

/** First step of a write: puts the signature of the bytes that the vault will have beside it. @throws HumanError 73, 74 */
export function stageSignature(_vaultPath: string, _text: string): Promise<void> {
  return Promise.reject(new Error('not yet'));
}

/** Last step of a write, after the vault was replaced. @throws HumanError 73, 74 */
export function publishSignature(_vaultPath: string): Promise<void> {
  return Promise.reject(new Error('not yet'));
}

/**
 * Tidies up after a writer that was killed: a staged signature that fits the vault is published, another one is removed.
 * Only for the holder of the vault's lock.
 *
 * @param vault - bytes of the vault as it is; undefined if there is none.
 */
export function settleSignature(_vaultPath: string, _vault: Uint8Array | undefined): Promise<void> {
  return Promise.reject(new Error('not yet'));
}

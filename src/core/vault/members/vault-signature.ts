import { createHash } from 'node:crypto';
import { renameDurably } from '../../system/durable-file.ts';
import { unlink } from '../../system/file-calls.ts';
import { fileError, systemErrorCode } from '../../system/human-error.ts';
import { type Phrase, phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import { mayWrite } from './role.ts';
import type { Roster, RosterMember } from './roster.ts';
import { readSharedFile, replaceSharedFile } from './shared-file.ts';
import type { Signer } from './signer.ts';
import { armored, claimedKey, dearmored, keyFingerprint, verifySignature } from './sshsig.ts';

// A signed vault is written in three steps, each durable: the signature of the new bytes as `.sig.next`, the vault, then
// `.sig.next` is renamed to `.sig`. A process that is killed between them leaves a vault that one of the two fits.
// All paths of vaults here are those in `.nf-secrets`.

/** Largest file of a signature, in bytes. */
export const MAX_SIGNATURE_BYTES = 64 << 10;

/** Path of the signature of a workspace's vault. */
export const signaturePath = (vaultPath: string): string => `${vaultPath}.sig`;
/** Path of a signature before the vault that it is over. */
export const stagedSignaturePath = (vaultPath: string): string => `${signaturePath(vaultPath)}.next`;

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
export const blobId = (bytes: Uint8Array): string =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

const TRAILER = /^nf-secrets vault ([0-9a-f]{40})$/m;

/** Writes the text of a signature's file. ssh-keygen passes over what comes after a signature. */
export const formatVaultSignature = (signature: string, vault: Uint8Array): string =>
  `${signature}nf-secrets vault ${blobId(vault)}\n`;

/** @returns undefined if it has no signature. */
export function parseVaultSignature(text: string): VaultSignature | undefined {
  const found = dearmored(text);
  return found && { armored: armored(found.blob), blob: TRAILER.exec(found.after)?.[1] };
}

/**
 * Reads the signatures beside a vault: that of the last write, and that of one that was not finished. Either may fit.
 *
 * @throws HumanError 65 if one is no regular file or too large, 74 if it cannot be read.
 */
export async function readSignatures(vaultPath: string): Promise<string[]> {
  const texts: string[] = [];
  for (const path of [signaturePath(vaultPath), stagedSignaturePath(vaultPath)]) {
    const bytes = await readSharedFile(path, MAX_SIGNATURE_BYTES);
    if (bytes !== undefined) texts.push(bytes.toString('latin1'));
  }
  return texts;
}

/**
 * Finds the member with the role maintain or more that signed these bytes.
 *
 * @param signatures - texts of {@link readSignatures}; one that fits is enough.
 * @returns else the problem of the signature that comes nearest.
 */
export function checkSignature(
  vault: Uint8Array,
  signatures: readonly string[],
  roster: Pick<Roster, 'members'>,
): { readonly signedBy: RosterMember } | SignatureProblem {
  let nearest: SignatureProblem = { kind: 'missing', reason: phrase`it has no signature` };
  for (const text of signatures) {
    const checked = checkOne(vault, text, roster);
    if ('signedBy' in checked) return checked;
    if (NEARNESS.indexOf(checked.kind) > NEARNESS.indexOf(nearest.kind)) nearest = checked;
  }
  return nearest;
}

const NEARNESS: readonly SignatureProblem['kind'][] = ['missing', 'damaged', 'changed', 'stranger', 'role'];

function checkOne(
  vault: Uint8Array,
  text: string,
  { members }: Pick<Roster, 'members'>,
): { readonly signedBy: RosterMember } | SignatureProblem {
  const holderOf = (key: string): RosterMember | undefined =>
    members.find(({ signingKey }) => signingKey === key);
  const verified = verifySignature(text, vault);
  if ('problem' in verified) return misfit(verified.problem, claimedKey(text), holderOf);
  const member = holderOf(verified.publicKey);
  if (member === undefined) {
    const key = keyFingerprint(verified.publicKey);
    return { kind: 'stranger', reason: phrase`it is signed with a key that no member has (${key})` };
  }
  if (mayWrite(member.role)) return { signedBy: member };
  const { label, role } = member;
  return {
    kind: 'role',
    reason: phrase`it is signed by ${printable(label)}, who has the role ${role}, which may not change secrets`,
    member,
  };
}

function misfit(
  problem: Phrase,
  claimed: string | undefined,
  holderOf: (key: string) => RosterMember | undefined,
): SignatureProblem {
  if (claimed === undefined) return { kind: 'damaged', reason: phrase`its signature is damaged: ${problem}` };
  const member = holderOf(claimed);
  const who = member === undefined ? keyFingerprint(claimed) : printable(member.label);
  return {
    kind: 'changed',
    reason: phrase`sops or another program has changed it since ${who} signed it`,
    ...(member !== undefined && { member }),
  };
}

/** Signs the bytes of a vault. @returns the text of the signature's file. */
export const signVault = async (vault: Uint8Array, signer: Signer): Promise<string> =>
  formatVaultSignature(await signer.sign(vault), vault);

/** First step of a write: puts the signature of the bytes that the vault will have beside it. @throws HumanError 73, 74 */
export async function stageSignature(vaultPath: string, text: string): Promise<void> {
  await replaceSharedFile(stagedSignaturePath(vaultPath), Buffer.from(text), signaturePath(vaultPath));
}

/** Last step of a write, after the vault was replaced. @throws HumanError 73, 74 */
export async function publishSignature(vaultPath: string): Promise<void> {
  await renameDurably(stagedSignaturePath(vaultPath), signaturePath(vaultPath));
}

/**
 * Tidies up after a writer that was killed: a staged signature is published if it counts for the vault and the other one
 * does not, else it is removed. Only for the holder of the vault's lock.
 *
 * @param vault - bytes of the vault as it is; undefined if there is none.
 * @param roster - the roster that counts; undefined if there is none.
 */
export async function settleSignature(
  vaultPath: string,
  vault: Uint8Array | undefined,
  roster: Pick<Roster, 'members'> | undefined,
): Promise<void> {
  const staged = stagedSignaturePath(vaultPath);
  const counts = async (path: string): Promise<boolean> => {
    const bytes = await readSharedFile(path, MAX_SIGNATURE_BYTES);
    if (bytes === undefined || vault === undefined || roster === undefined) return false;
    return 'signedBy' in checkOne(vault, bytes.toString('latin1'), roster);
  };
  if ((await counts(staged)) && !(await counts(signaturePath(vaultPath)))) {
    await publishSignature(vaultPath);
    return;
  }
  await unlink(staged).catch((error: unknown) => {
    if (systemErrorCode(error) !== 'ENOENT') throw fileError(error, 'replace', staged);
  });
}

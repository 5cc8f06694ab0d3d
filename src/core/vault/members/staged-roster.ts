import { lstatIfThere, renameDurably } from '../../system/durable-file.ts';
import { unlink } from '../../system/file-calls.ts';
import { fileError, HumanError, systemErrorCode } from '../../system/human-error.ts';
import { continues, type KnownVersion, parseRoster, type Roster, verifyChain } from './roster.ts';
import { MAX_ROSTER_BYTES, readRoster, rosterBytes, rosterPath } from './roster-file.ts';
import { readSharedFile, replaceSharedFile } from './shared-file.ts';
import { checkSignature, MAX_SIGNATURE_BYTES, stagedSignaturePath } from './vault-signature.ts';

// A change of members is written in steps, each durable: the signature as `.sig.next`, the roster as `members.json.next`, then
// the vault is replaced, and both are renamed. The vault decides: if the staged signature is over its bytes, both staged files
// count, else neither does. So a process that is killed between two steps has made the change as a whole, or not at all.

const stagedPath = (vaultPath: string): string => `${rosterPath(vaultPath)}.next`;

/**
 * Reads the roster of a change that was not finished.
 *
 * @param vault - bytes of the vault.
 * @param before - the roster that it has to continue.
 * @returns undefined if there is none that counts.
 */
export async function readStagedRoster(
  vaultPath: string,
  vault: Uint8Array,
  before: Roster | undefined,
  known?: KnownVersion,
): Promise<Roster | undefined> {
  const path = stagedPath(vaultPath);
  const bytes = await readSharedFile(path, MAX_ROSTER_BYTES);
  if (bytes === undefined) return undefined;
  const signature = await readSharedFile(stagedSignaturePath(vaultPath), MAX_SIGNATURE_BYTES);
  if (signature === undefined) return undefined;
  try {
    const roster = parseRoster(bytes, path);
    if (before !== undefined && !continues(roster, before)) return undefined;
    if (!('signedBy' in checkSignature(vault, [signature.toString('utf8')], roster))) return undefined;
    return verifyChain(roster, known) === undefined ? roster : undefined;
  } catch (error) {
    // Half a file, or a stranger's: as if it were not there.
    if (error instanceof HumanError) return undefined;
    throw error;
  }
}

/** Puts a roster beside the one that counts, before the vault is replaced. @throws HumanError 65, 73, 74 */
export async function stageRoster(vaultPath: string, roster: Roster): Promise<void> {
  await replaceSharedFile(stagedPath(vaultPath), rosterBytes(roster), rosterPath(vaultPath));
}

/** Makes a staged roster the one that counts, after the vault was replaced. @throws HumanError 73, 74 */
export async function publishRoster(vaultPath: string): Promise<void> {
  await renameDurably(stagedPath(vaultPath), rosterPath(vaultPath));
}

/** Tells whether a signed write, or a change of members, left files that are not published. */
export async function isStaged(vaultPath: string): Promise<boolean> {
  const staged = [stagedPath(vaultPath), stagedSignaturePath(vaultPath)];
  return (await Promise.all(staged.map(lstatIfThere))).some((entry) => entry !== undefined);
}

/**
 * Tidies up after a change of members that was killed: a staged roster that counts is published, another one is removed. Only
 * for the holder of the vault's lock, and before the staged signature is settled.
 *
 * @param vault - bytes of the vault as it is; undefined if there is none.
 * @param known - the version that the person has accepted.
 */
export async function settleRoster(
  vaultPath: string,
  vault: Uint8Array | undefined,
  known?: KnownVersion,
): Promise<void> {
  if ((await lstatIfThere(stagedPath(vaultPath))) === undefined) return;
  const before = await readRoster(vaultPath, known);
  if (vault !== undefined && (await readStagedRoster(vaultPath, vault, before, known)) !== undefined) {
    await publishRoster(vaultPath);
    return;
  }
  await unlink(stagedPath(vaultPath)).catch((error: unknown) => {
    if (systemErrorCode(error) !== 'ENOENT') throw fileError(error, 'replace', stagedPath(vaultPath));
  });
}

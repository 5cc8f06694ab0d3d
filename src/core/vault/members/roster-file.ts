import { dirname, join } from 'node:path';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { type Phrase, phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import { formatRoster, type KnownVersion, parseRoster, type Roster, verifyChain } from './roster.ts';
import { readSharedFile, replaceSharedFile } from './shared-file.ts';

// All paths of vaults here are those in `.nf-secrets`; a vault may be a link, the files beside it may not.

/** Largest roster, in bytes: thousands of changes. A larger one is refused. */
export const MAX_ROSTER_BYTES = 4 << 20;

/** Path of the roster of a workspace's vault. */
export const rosterPath = (vaultPath: string): string => join(dirname(vaultPath), 'members.json');

/**
 * Reads the roster of a workspace, and verifies its chain.
 *
 * @param known - the version that the person has accepted: its signatures need no second look.
 * @returns undefined if there is none.
 * @throws HumanError 65 if it is damaged or no regular file, 74 if it cannot be read, 77 if its chain does not hold.
 */
export async function readRoster(vaultPath: string, known?: KnownVersion): Promise<Roster | undefined> {
  const path = rosterPath(vaultPath);
  const bytes = await readSharedFile(path, MAX_ROSTER_BYTES);
  if (bytes === undefined) return undefined;
  const roster = parseRoster(bytes, path);
  const problem = verifyChain(roster, known);
  if (problem !== undefined) throw chainRefusal(path, problem);
  return roster;
}

/** Makes the error for a chain that does not hold. @param problem - the reason: a clause. */
export const chainRefusal = (path: string, problem: Phrase): HumanError =>
  new HumanError(ExitCode.notPermitted, phrase`The members in ${printable(path)} are refused: ${problem}.`, [
    phrase`Put the file back from git. If it came from there so, tell the owners of the workspace.`,
    { do: 'open-file', path },
  ]);

/**
 * Replaces the roster's file, durably and whole. Only for the holder of the vault's lock.
 *
 * @throws HumanError 73, 74; 65 if the roster has grown too large, and nothing is written then.
 */
export async function writeRoster(vaultPath: string, roster: Roster): Promise<void> {
  await replaceSharedFile(rosterPath(vaultPath), rosterBytes(roster));
}

/** @throws HumanError 65 if no reader would take it. */
export function rosterBytes(roster: Roster): Buffer {
  const bytes = formatRoster(roster);
  if (bytes.length <= MAX_ROSTER_BYTES) return bytes;
  throw new HumanError(
    ExitCode.data,
    phrase`The list of members would have ${bytes.length} bytes; more than ${MAX_ROSTER_BYTES} are not read.`,
    phrase`Begin anew: copy the secrets to your own scope, remove .nf-secrets, copy them back, and add the members again.`,
  );
}

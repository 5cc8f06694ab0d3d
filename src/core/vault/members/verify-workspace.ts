import { lstatIfThere } from '../../system/durable-file.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { type Phrase, phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import type { Remedy } from '../../system/remedy.ts';
import type { World } from '../../system/world.ts';
import type { VaultLocation } from '../vault-location.ts';
import { isShallow } from '../git-version.ts';
import { assertContinues } from './base-roster.ts';
import { rosterPath } from './roster-file.ts';
import type { Roster, RosterMember } from './roster.ts';
import { workspaceAccess } from './workspace-access.ts';

/** A workspace in order. */
export interface Verified {
  readonly roster: Roster;
  readonly signedBy: RosterMember;
  /** False if nothing tells whether an older version was put back: no base was named, and the clone is shallow. */
  readonly isAgeKnown: boolean;
}

/**
 * Checks the roster of a workspace and the signature of its vault, without a key.
 *
 * @param base - revision of git with a roster that this one has to continue.
 * @throws HumanError 65 if a file is damaged, 77 if roster or vault do not hold, or there is none; as
 *   {@link assertContinues}.
 */
export async function verifyWorkspace(
  location: VaultLocation,
  base: string | undefined,
  world: World,
): Promise<Verified> {
  const { path } = location;
  if ((await lstatIfThere(path)) === undefined) {
    throw nothingSigned(
      phrase`There is no ${printable(path)}.`,
      phrase`If there was none, the first secret of the workspace makes it, and then the first member that you add makes a roster.`,
    );
  }
  const { roster, signedBy, refused } = await workspaceAccess(location, world);
  if (refused !== undefined) throw refused;
  if (roster === undefined || signedBy === undefined) {
    throw nothingSigned(
      phrase`There is no roster (${printable(rosterPath(path))}), so nothing tells who may change the vault.`,
      { do: 'add-member', lead: phrase`The first member that you add makes a roster` },
    );
  }
  if (base !== undefined) await assertContinues(roster, path, base, world);
  return { roster, signedBy, isAgeKnown: base !== undefined || !(await isShallow(path, world)) };
}

const nothingSigned = (sentence: Phrase, toMakeIt: Remedy): HumanError =>
  new HumanError(ExitCode.notPermitted, sentence, [
    phrase`If it was there before, put it back from git.`,
    toMakeIt,
  ]);

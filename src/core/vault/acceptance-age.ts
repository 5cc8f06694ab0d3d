import { RefusedStore } from '../secrets/secret-store.ts';
import type { HumanError } from '../system/human-error.ts';
import { phrase } from '../system/phrase.ts';
import { printable, shellWord } from '../system/printable.ts';
import { run } from '../system/remedy.ts';
import type { World } from '../system/world.ts';
import type { Acceptance, VaultNow } from './acceptance-state.ts';
import { isRosterOfBranch, isShallow, isVersionOfBranch } from './git-version.ts';
import type { KnownVersion, Roster } from './members/roster.ts';
import { rosterPath } from './members/roster-file.ts';

/**
 * Looks whether a vault or its roster is older than one that was here before, unless another branch is checked out: then
 * somebody put an old version back. Without a roster that is reported, because only dates tell it, and anybody can write these.
 *
 * @throws HumanError 77 if it has a roster.
 */
export async function checkAge(vault: VaultAge, known: Acceptance | undefined, world: World): Promise<void> {
  await checkRosterAge(vault, known, world);
  if (known === undefined) return;
  const { path, roster, lastModified } = vault;
  if (!(Date.parse(lastModified) < Date.parse(known.lastModified))) return;
  if (await isVersionOfBranch(path, lastModified, world)) return;
  const cut = await isShallow(path, world);
  if (roster !== undefined && known.roster?.root === roster.root) throw oldVault(vault, known, cut);
  if (cut) {
    world.notice(
      phrase`${printable(path)} is older (${printable(lastModified)}) than the version you have seen
        (${printable(known.lastModified)}), and its secrets may be outdated. ${CUT}`,
      FETCH_ALL,
    );
    return;
  }
  world.notice(
    phrase`${printable(path)} is older (${printable(lastModified)}) than the version you have seen
      (${printable(known.lastModified)}): an old version was put back, and its secrets may be outdated.`,
  );
}

const CUT = phrase`This clone is shallow: it does not tell whether the older version is that of the branch, or was put back.`;
const FETCH_ALL = run(phrase`Fetch the whole history`, 'git fetch --unshallow');

/** Does the same for the roster alone. @throws HumanError 77 as {@link rollbackOf} */
export async function checkRosterAge(
  vault: RosterNow,
  known: Acceptance | undefined,
  world: World,
): Promise<void> {
  const problem = await rollbackOf(vault, known, world);
  if (problem !== undefined) throw problem;
}

type RosterNow = Pick<VaultNow, 'entry' | 'roster'>;
type VaultAge = RosterNow & Pick<VaultNow, 'path' | 'lastModified'>;

/**
 * Makes the error for a roster that is older than one that was here before, unless another branch is checked out: members who
 * were removed since then would count again.
 *
 * @returns undefined if it is not older.
 */
export async function rollbackOf(
  { entry, roster }: RosterNow,
  known: Acceptance | undefined,
  world: World,
): Promise<HumanError | undefined> {
  const seen = known?.roster;
  if (seen === undefined || roster?.root !== seen.root || roster.number >= seen.number) return undefined;
  // A change of our own on that branch, not committed yet, is fine.
  if (roster.head === known?.nextRoster?.head) return undefined;
  const path = rosterPath(entry);
  if (await isRosterOfBranch(path, roster.number, world)) return undefined;
  return (await isShallow(path, world))
    ? new RefusedStore(
        phrase`${printable(path)} is not used: it is version ${roster.number}, and you have seen version ${seen.number}. ${CUT}`,
        FETCH_ALL,
      )
    : oldRoster(path, roster, seen);
}

function oldRoster(path: string, { number }: Roster, seen: KnownVersion): HumanError {
  return new RefusedStore(
    phrase`${printable(path)} is not used: it was rolled back to version ${number}, and you have seen version
      ${seen.number}. Members who were removed since then would count again.`,
    run(
      phrase`Put the newest version back. To see which commits have one`,
      `git log --all -- ${shellWord(path)}`,
    ),
  );
}

function oldVault({ path, lastModified }: VaultAge, known: Acceptance, cut: boolean): HumanError {
  if (cut) {
    return new RefusedStore(
      phrase`${printable(path)} is not used: it is older (${printable(lastModified)}) than the version that you have seen
        (${printable(known.lastModified)}). ${CUT}`,
      FETCH_ALL,
    );
  }
  return new RefusedStore(
    phrase`${printable(path)} is not used: it was rolled back to an older version (${printable(lastModified)}), and you have
      seen a newer one (${printable(known.lastModified)}).`,
    [
      run(
        phrase`Put the newest version back. To see which commits have one`,
        `git log --all -- ${shellWord(path)}`,
      ),
      {
        do: 'sign-vault',
        lead: phrase`If the old content is what you want, a member who may change secrets can take it over`,
      },
    ],
  );
}

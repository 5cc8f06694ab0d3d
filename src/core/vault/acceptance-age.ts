import { RefusedStore } from '../secrets/secret-store.ts';
import type { HumanError } from '../system/human-error.ts';
import { phrase } from '../system/phrase.ts';
import { printable, shellWord } from '../system/printable.ts';
import { run } from '../system/remedy.ts';
import type { World } from '../system/world.ts';
import type { Acceptance, VaultNow } from './acceptance-state.ts';
import { isRosterOfBranch, isVersionOfBranch } from './git-version.ts';
import { rosterPath } from './members/roster-file.ts';

/**
 * Looks whether a vault or its roster is older than one that was here before, unless another branch is checked out: then
 * somebody put an old version back. Without a roster that is reported, because only dates tell it, and anybody can write these.
 *
 * @throws HumanError 77 if it has a roster.
 */
export async function checkAge(vault: VaultNow, known: Acceptance | undefined, world: World): Promise<void> {
  if (known === undefined) return;
  const { path, roster, lastModified } = vault;
  const isOlder = known.roster?.root === roster?.root && (roster?.number ?? 0) < (known.roster?.number ?? 0);
  // A change of our own on that branch, not committed yet, is fine.
  if (roster !== undefined && isOlder && roster.head !== known.nextRoster?.head) {
    if (!(await isRosterOfBranch(rosterPath(path), roster.number, world))) throw oldRoster(vault, known);
  }
  if (!(Date.parse(lastModified) < Date.parse(known.lastModified))) return;
  if (await isVersionOfBranch(path, lastModified, world)) return;
  if (roster !== undefined && known.roster?.root === roster.root) throw oldVault(vault, known);
  world.notice(
    phrase`${printable(path)} is older (${printable(lastModified)}) than the version you have seen
      (${printable(known.lastModified)}): an old version was put back, and its secrets may be outdated.`,
  );
}

function oldRoster({ path, roster }: VaultNow, known: Acceptance): HumanError {
  const file = rosterPath(path);
  return new RefusedStore(
    phrase`${printable(file)} is not used: it was rolled back to version ${roster?.number ?? 0}, and you have seen version
      ${known.roster?.number ?? 0}. Members who were removed since then would count again.`,
    run(
      phrase`Put the newest version back. To see which commits have one`,
      `git log --all -- ${shellWord(file)}`,
    ),
  );
}

function oldVault({ path, lastModified }: VaultNow, known: Acceptance): HumanError {
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

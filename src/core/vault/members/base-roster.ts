import { basename, dirname } from 'node:path';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { phrase } from '../../system/phrase.ts';
import { printable, shellWord } from '../../system/printable.ts';
import { run } from '../../system/remedy.ts';
import { git } from '../../system/safe-git.ts';
import type { World } from '../../system/world.ts';
import { rosterPath } from './roster-file.ts';
import { continues, parseRoster, type Roster } from './roster.ts';

/**
 * Makes sure that a roster continues the one that a revision of git has: a branch cannot bring members of its own.
 *
 * @param vaultPath - path of the vault that the roster is beside.
 * @param revision - as a person names it: a branch, a tag, a commit.
 * @throws HumanError 64 if git does not know the revision, 65 if the roster there is damaged, 77 if there is none, or
 *   this one does not continue it.
 */
export async function assertContinues(
  roster: Roster,
  vaultPath: string,
  revision: string,
  world: World,
): Promise<void> {
  const path = rosterPath(vaultPath);
  const directory = dirname(path);
  const shown = printable(revision).slice(0, 100);
  const named = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
  const commit = (await git(directory, named, world))?.toString('latin1').trim();
  if (commit === undefined || !/^[0-9a-f]{40,64}$/.test(commit)) {
    throw new HumanError(
      ExitCode.usage,
      phrase`git does not know the revision ${shown} in ${printable(directory)}.`,
      [
        phrase`A clone may have only a part of the history: fetch that revision first (in GitHub Actions: fetch-depth: 0 of actions/checkout).`,
        run(
          phrase`If git refuses a directory of another user, tell it that this one is right`,
          `git config --global --add safe.directory ${shellWord(dirname(directory))}`,
        ),
      ],
    );
  }
  const bytes = await git(directory, ['cat-file', 'blob', `${commit}:./${basename(path)}`], world);
  if (bytes === undefined) {
    throw new HumanError(
      ExitCode.notPermitted,
      phrase`${printable(path)} is not accepted: git has no roster at ${shown}, so nothing there vouches for this one.`,
      phrase`If it is the first roster, put it on that branch by hand, once; from then on the check can tell.`,
    );
  }
  const before = parseRoster(bytes, `${shown}:${path}`);
  if (continues(roster, before)) return;
  const again = phrase`Or put the roster back from it, and change the members again, on top of it.`;
  throw before.root === roster.root
    ? new HumanError(
        ExitCode.notPermitted,
        phrase`${printable(path)} does not continue the roster at ${shown}: versions of that one are missing or replaced.`,
        [
          run(
            phrase`If both branches have changed members, put the changes of this one on top of those there`,
            `git rebase ${shellWord(shown)}`,
          ),
          again,
        ],
      )
    : new HumanError(
        ExitCode.notPermitted,
        phrase`${printable(path)} is another roster than the one at ${shown}: somebody has made it anew, with members of its own.`,
        phrase`Put the roster back from that revision. Members are changed by those who may, on top of the roster that there is.`,
      );
}

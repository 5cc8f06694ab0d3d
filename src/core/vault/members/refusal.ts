import { RefusedStore } from '../../secrets/secret-store.ts';
import type { HumanError } from '../../system/human-error.ts';
import { type Phrase, phrase } from '../../system/phrase.ts';
import { printable, shellWord } from '../../system/printable.ts';
import { type Remedy, run } from '../../system/remedy.ts';
import type { World } from '../../system/world.ts';
import { acceptanceOf } from '../acceptance.ts';
import { rollbackOf } from '../acceptance-age.ts';
import { loadIdentities } from '../identity.ts';
import { isOfHead } from '../git-version.ts';
import { recipientsOf } from '../own-vault.ts';
import { takeOut } from './age-alone.ts';
import { namesOf } from './permission.ts';
import { isAtLeast, mayWrite } from './role.ts';
import { type Roster, type RosterMember, rosterRecipients } from './roster.ts';
import { rosterPath } from './roster-file.ts';
import { signaturePath } from './vault-signature.ts';
import type { VaultFiles } from './vault-files.ts';

/** Finds the member that has one of these recipients: of several the one with the highest role. */
export function memberOf(roster: Roster, recipients: readonly string[]): RosterMember | undefined {
  const mine = roster.members.filter((member) => member.recipients.some((key) => recipients.includes(key)));
  return mine.reduce<RosterMember | undefined>(
    (best, member) => (best !== undefined && isAtLeast(best.role, member.role) ? best : member),
    undefined,
  );
}

/**
 * Returns the vault and its files if they fit each other.
 *
 * @throws HumanError 77 if they do not, with who can mend that.
 */
export async function assertFit(files: VaultFiles, world: World): Promise<VaultFiles> {
  if (files.misfit === undefined) return files;
  throw await refusalOf(files, world);
}

/** Makes the error for files that do not fit each other. */
export async function refusalOf(
  { location: { path: entry }, real, roster, misfit, document }: VaultFiles,
  world: World,
): Promise<HumanError> {
  const { path } = real;
  const reason = misfit?.reason ?? phrase`it does not fit its roster`;
  const sentence = phrase`${printable(path)} is not used: ${reason}.`;
  if (roster === undefined) {
    return new RefusedStore(
      sentence,
      await putBack(phrase`Put it back from git`, [rosterPath(entry)], world),
    );
  }
  // What does not fit an old roster can fit the present one: nothing is to be signed then.
  const known = await acceptanceOf(path, world).catch(() => undefined);
  const old = await rollbackOf({ entry, roster }, known, world);
  if (old !== undefined) return old;
  // Keys that cannot be used are another message's matter.
  const own = await loadIdentities(world, rosterRecipients(roster)).catch(() => []);
  const me = memberOf(roster, recipientsOf(own));
  return new RefusedStore(sentence, [
    ...(me !== undefined && mayWrite(me.role)
      ? [
          ...(document.otherHolders.length > 0 ? [takeOut()] : []),
          { do: 'sign-vault', lead: phrase`If you know the change and want it, take it over` } as const,
        ]
      : [phrase`Ask a member who may change secrets to look at it: ${namesOf(roster.members, 'maintain')}`]),
    await putBack(
      phrase`Or put the last signed version back from git`,
      [path, signaturePath(entry), rosterPath(entry)],
      world,
    ),
  ]);
}

/** Where the last commit has the files as they are, another one has to be looked for. */
async function putBack(lead: Phrase, paths: readonly string[], world: World): Promise<Remedy> {
  const words = paths.map(shellWord).join(' ');
  const isCommitted = await Promise.all(paths.map(async (path) => isOfHead(path, world)));
  return isCommitted.includes(false)
    ? run(lead, `git checkout HEAD -- ${words}`)
    : run(phrase`${lead}. The last commit does not have it; to see which have one`, `git log -- ${words}`);
}

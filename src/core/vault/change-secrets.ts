import { ExitCode, HumanError } from '../system/human-error.ts';
import { printable } from '../system/printable.ts';
import type { SecretValue } from '../secrets/secret-value.ts';
import { updateVault } from './update-vault.ts';
import type { Rename, Seen } from '../secrets/writable-store.ts';
import { readSecret } from './vault.ts';
import type { StoredSecret } from './read-vault.ts';
import type { VaultDraft } from './vault-draft.ts';
import type { VaultLocation } from './vault-location.ts';
import type { World } from '../system/world.ts';
import { phrase } from '../system/phrase.ts';

export type { Seen } from '../secrets/writable-store.ts';

// Changes that take more than one step of a vault. The caller has asked the person, and has made sure that the members
// of each vault are accepted.

/**
 * @param where - text after the name in the message.
 * @throws HumanError 64 if a name has another secret now than the one that the person saw.
 */
export function assertAsSeen(draft: VaultDraft, name: string, seen: Seen, where = ''): void {
  const now = draft.has(name) ? draft.get(name).info : null;
  // A secret that is gone cannot be lost.
  if (now === null || now.version === seen?.version) return;
  throw setMeanwhile(`${name}${where}`);
}

const setMeanwhile = (what: string): HumanError =>
  new HumanError(ExitCode.usage, phrase`${what} was set meanwhile. Nothing was changed.`, phrase`Try again.`);

/**
 * Gives a secret another name, in one write. All that the vault keeps under the old one goes with it: description,
 * dates, older values, also content that this version does not know.
 *
 * @param author - see {@link updateVault}.
 * @throws HumanError 64 if the new name has been set meanwhile, 66 if there is no such secret.
 */
export async function renameSecret(
  location: VaultLocation,
  { from, to, replaces }: Rename,
  author: string,
  world: World,
): Promise<void> {
  await updateVault(location, world, author, (draft) => {
    const { value, info, fields, beside, kept } = draft.get(from);
    assertAsSeen(draft, to, replaces);
    if (draft.has(to)) draft.delete(to);
    draft.set(to, value, { created: info.created ?? undefined, fields, beside, kept });
    draft.drop(from);
  });
}

/**
 * Gives a secret a second name, with all that the vault keeps under the first: a secret that is renamed in code and
 * vault has both names until the code is changed.
 *
 * @throws HumanError 64 if the name is taken, 66 if there is no such secret.
 */
export async function addName(
  location: VaultLocation,
  { name, second }: { readonly name: string; readonly second: string },
  author: string,
  world: World,
): Promise<void> {
  await updateVault(location, world, author, (draft) => {
    const { value, info, fields, beside, kept } = draft.get(name);
    if (draft.has(second)) throw setMeanwhile(second);
    draft.set(second, value, { created: info.created ?? undefined, fields, beside, kept });
  });
}

/** Transfer of a secret from one vault to another. */
export interface Transfer {
  readonly source: VaultLocation;
  readonly target: VaultLocation;
  /** `copy` leaves it in the source, `move` deletes it there. */
  readonly verb: 'copy' | 'move';
  /** The secret that had the same name in the target. */
  readonly replaces: Seen;
}

/**
 * Gives a secret, with all its data in clear text, to another vault. Older values that its vault has are not given:
 * readers of the other vault must not get these unasked.
 *
 * @throws HumanError 64 if the name has been set in the target meanwhile, 66 if there is no such secret.
 */
export async function transferSecret(
  name: string,
  { source, target, verb, replaces }: Transfer,
  author: string,
  world: World,
): Promise<void> {
  const given = { done: false };
  const give = async (): Promise<SecretValue> => {
    const { value, info, fields } = await readSecret(source, name, world);
    await updateVault(target, world, author, (draft) => {
      if (!given.done) assertAsSeen(draft, name, replaces, ` in ${target.scope}`);
      const description = info.description ?? '';
      draft.set(name, value, { description, created: info.created ?? undefined, fields });
    });
    given.done = true;
    return value;
  };
  let value = await give();
  // Deleted only now, so that it is in one of them at any time. A newer value is given first in the same way.
  while (verb === 'move' && !(await deleteIfStill(source, { name, value }, author, world)))
    value = await give();
}

/** @returns false, with nothing changed, if the secret has another value now. */
export async function deleteIfStill(
  location: VaultLocation,
  { name, value }: { readonly name: string; readonly value: SecretValue },
  author: string,
  world: World,
): Promise<boolean> {
  const outcome = { deleted: false, older: [] as string[] };
  await updateVault(location, world, author, (draft) => {
    // A secret that is gone already counts as deleted.
    outcome.deleted = !draft.has(name) || draft.get(name).value.reveal() === value.reveal();
    if (!outcome.deleted || !draft.has(name)) return;
    outcome.older = draft.get(name).beside.map(({ path }) => path.join('.'));
    draft.delete(name);
  });
  if (outcome.older.length > 0)
    world.notice(
      phrase`${name} in ${location.scope} had more than its value; that was not moved:
        ${outcome.older.map(printable).join(', ')}.`,
    );
  return outcome.deleted;
}

/**
 * Deletes secrets of one vault, all or none.
 *
 * @returns the deleted secrets, for {@link restoreSecrets}; `areKept`: true if the vault keeps all of them for some time.
 * @throws HumanError 66 if one of them is not there.
 */
export async function deleteSecrets(
  location: VaultLocation,
  names: readonly string[],
  author: string,
  world: World,
): Promise<{ readonly deleted: ReadonlyMap<string, StoredSecret>; readonly areKept: boolean }> {
  const deleted = new Map<string, StoredSecret>();
  const outcome = { areKept: true };
  await updateVault(location, world, author, (draft) => {
    outcome.areKept = true;
    for (const name of names) {
      const secret = draft.get(name);
      deleted.set(name, secret);
      draft.delete(name);
      outcome.areKept &&= draft.lastOf(name)?.reveal() === secret.value.reveal();
    }
  });
  return { deleted, areKept: outcome.areKept };
}

/**
 * Puts deleted secrets back, all or none, with all that was kept under their names.
 *
 * @throws HumanError 64 if one of them was set meanwhile.
 */
export async function restoreSecrets(
  location: VaultLocation,
  deleted: ReadonlyMap<string, StoredSecret>,
  author: string,
  world: World,
): Promise<void> {
  await updateVault(location, world, author, (draft) => {
    for (const [name, { value, info, fields, beside }] of deleted) {
      if (draft.has(name)) throw setMeanwhile(name);
      if (draft.lastOf(name)?.reveal() === value.reveal()) draft.putBack(name);
      else draft.set(name, value, { created: info.created ?? undefined, fields });
      draft.putBeside(name, beside);
    }
  });
}

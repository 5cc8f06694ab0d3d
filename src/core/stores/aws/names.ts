import type { Rename, Seen } from '../../secrets/writable-store.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import { deleteAll, refuseMapped, setSecret, TRIES } from './changes.ts';
import { present } from './listing.ts';
import { notThere, type Place } from './place.ts';
import { noteChanges } from './recent.ts';
import { readValues } from './values.ts';

/**
 * Gives a secret another name: a new one is made from its value, then the old one is deleted. A note of it is kept
 * meanwhile, for the next command if this one is killed.
 *
 * @throws HumanError 64 if the new name has been set meanwhile, 66 if there is no such secret; 69, 73, 77.
 */
export async function renameInAws(place: Place, { from, to, replaces }: Rename): Promise<void> {
  const { file, world } = place;
  for (const name of [from, to]) refuseMapped(place, name, phrase`not renamed`);
  let expected: Seen | undefined = replaces;
  for (let tries = 1; tries <= TRIES; tries++) {
    const { info } = await present(place, from);
    const read = (await readValues(place, [from])).get(from);
    if (read === undefined) throw notThere(place, from);
    await noteChanges(file, [{ did: 'rename', name: from, to }], world);
    await setSecret(place, to, {
      value: read.value,
      description: info.description ?? '',
      ...(expected !== undefined && { replaces: expected }),
    });
    expected = undefined;
    // Somebody may have set the old name since it was read.
    if ((await present(place, from)).current !== (info.version || undefined)) continue;
    await deleteAll(place, [from]);
    return;
  }
  throw new HumanError(
    ExitCode.unavailable,
    phrase`${printable(from)} is set by others all the time. It has both names now.`,
    phrase`Rename it again later.`,
  );
}

/**
 * Gives a secret a second name: a new one is made from its value.
 *
 * @throws HumanError 64 if that name is taken, 66 if there is no such secret; 69, 73, 77.
 */
export async function addNameInAws(
  place: Place,
  { name, second }: { readonly name: string; readonly second: string },
): Promise<void> {
  for (const one of [name, second]) refuseMapped(place, one, phrase`not renamed`);
  const { info } = await present(place, name);
  const read = (await readValues(place, [name])).get(name);
  if (read === undefined) throw notThere(place, name);
  const description = info.description ?? '';
  await setSecret(place, second, { value: read.value, description, replaces: null });
}

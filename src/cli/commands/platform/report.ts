import type { Done } from '../../../core/platform/secrets.ts';
import type { PlatformContext } from '../../../core/platform/types.ts';
import { printable, printableJson } from '../../../core/system/printable.ts';
import type { Shell } from '../../shell.ts';
import { placeOf } from './session.ts';

/** A change that was made. */
export type NamedDone = Done & { readonly name: string };

const WORDS: Readonly<Record<Done['what'], string>> = {
  created: 'Created',
  updated: 'Updated',
  deleted: 'Deleted',
};

/** Tells what was done, each as soon as it is. */
export function say(
  { name, what, isObserved }: NamedDone,
  place: { readonly context: PlatformContext; readonly host: string },
  { world }: Pick<Shell, 'world'>,
): void {
  const where = printable(placeOf(place.context, place.host));
  const seen = isObserved ? ' The answer was lost; the list there shows it.' : '';
  world.say(`${WORDS[what]} ${name} in ${where}.${seen}`);
}

/** Tells what was done, and prints it as JSON if that is wanted. */
export async function report(
  done: readonly NamedDone[],
  place: { readonly context: PlatformContext; readonly host: string; readonly json: true | undefined },
  { world, print }: Pick<Shell, 'world' | 'print'>,
): Promise<void> {
  for (const one of done) say(one, place, { world });
  if (place.json === true) await printDone(done, place.context, { print });
}

export async function printDone(
  done: readonly NamedDone[],
  { title }: PlatformContext,
  { print }: Pick<Shell, 'print'>,
): Promise<void> {
  const rows = done.map(({ name, what, isObserved }) => ({
    ...{ name, in: title, done: what, answerLost: isObserved },
  }));
  await print(`${printableJson(rows)}\n`);
}

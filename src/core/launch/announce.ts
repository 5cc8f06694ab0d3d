import { printable } from '../system/printable.ts';
import type { World } from '../system/world.ts';
import type { LeasedRun } from './leased-run.ts';
import { usedIn } from './used-in.ts';
import { giveNotices } from '../system/notice.ts';
import { detail, joined, phrase } from '../system/phrase.ts';

/**
 * Lists the secrets of a run, with the scope and the uses of each, and the notes for a person.
 *
 * @param path - of the private store.
 */
export function announce(
  { program, runId, plan, notes, secrets: stored }: LeasedRun,
  path: string,
  world: World,
): void {
  const { secrets, passedOn } = plan;
  const count = secrets.length === 1 ? phrase`1 secret` : phrase`${secrets.length} secrets`;
  world.notice(
    phrase`Run ${runId}: ${count} for ${printable(program.label)}${secrets.length === 0 ? '.' : ':'}`,
  );
  const width = secrets.reduce((longest, { name }) => Math.max(longest, name.length), 0);
  for (const { name, from, overrides, delivery, uses } of secrets) {
    const over = overrides.length === 0 ? '' : phrase`, overrides ${overrides.join(' and ')}`;
    const how = delivery === 'encoded' ? phrase`, encoded` : '';
    const used = uses.length === 0 ? '' : joined(['; ', usedIn(uses)], '');
    world.notice(detail(joined([printable(name).padEnd(width), '  ', from, over, how, used], '')));
  }
  giveNotices(notes, world);
  if (stored.length + passedOn.length > 0) {
    world.notice(phrase`Until it ends they are plain text in ${printable(path)}, which only you can read.`, {
      do: 'choose-run-root',
      lead: phrase`If snapshots copy that directory, choose another`,
    });
  }
}

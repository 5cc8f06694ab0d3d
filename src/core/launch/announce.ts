import { printable } from '../system/printable.ts';
import type { World } from '../system/world.ts';
import type { LeasedCommand } from './leased-command.ts';
import type { LeasedSecret } from '../targets/plan-delivery.ts';
import { passedOnLine } from './run-plan.ts';
import { traitsOf } from '../secrets/scope.ts';

/** Says what a run gets, where each comes from, where it is used, and what a person should know of it. */
export function announce(
  { label, runId, notes, ownStore }: LeasedCommand,
  secrets: readonly LeasedSecret[],
  place: string,
  world: World,
): void {
  const count = secrets.length === 1 ? '1 secret' : `${secrets.length} secrets`;
  world.say(`Run ${runId}: ${count} for ${printable(label)}${secrets.length === 0 ? '.' : ':'}`);
  const width = secrets.reduce((longest, { name }) => Math.max(longest, name.length), 0);
  for (const { name, from, overrides, delivery } of secrets) {
    const over = overrides.length === 0 ? '' : `, overrides ${overrides.join(' and ')}`;
    const how = delivery === 'encoded' ? ', encoded' : '';
    const used = notes?.usedAt?.get(name);
    world.say(
      `  ${printable(name).padEnd(width)}  ${from}${over}${how}${used === undefined ? '' : `; ${used}`}`,
    );
  }
  const passedOn = [...(ownStore?.keys() ?? [])];
  for (const line of [...passedOnLine(passedOn), ...(notes?.lines ?? [])]) world.say(line);
  // A launch knows from the code that nothing reads them; any other command may.
  if (notes === undefined && secrets.some(({ delivery }) => delivery === 'encoded')) {
    world.say(
      "Encoded ones reach tasks exactly through the directive secret 'NAME'; secrets.NAME in a config or script " +
        'would read the encoded text.',
    );
  }
  const own = secrets.filter(
    ({ from, value }) => traitsOf(from).isSentAsItIs && /[\n\r\0]/.test(value.reveal()),
  );
  if (own.length > 0) {
    world.say(
      `As they stand in your own Nextflow store, ${own.map(({ name }) => printable(name)).join(', ')} may spoil other secrets of a ` +
        'task: values of several lines are not safe there. Take them over: nf-secrets import nextflow',
    );
  }
  if (secrets.length + passedOn.length > 0) {
    world.say(
      `Until it ends they are plain text in ${printable(place)} (readable by you alone; ` +
        'NF_SECRETS_RUN_ROOT chooses a place that no snapshot copies).',
    );
  }
}

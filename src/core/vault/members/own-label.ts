import { hostname } from 'node:os';
import type { World } from '../../system/world.ts';

/** Longest half of a label that we make. A label has two and at most 64 characters. */
const LONGEST = 30;

/**
 * Proposes a label for this person at this machine: `alice/laptop`.
 *
 * @param host - name of the machine.
 */
export function ownLabel({ userName }: Pick<World, 'userName'>, host = hostname()): string {
  const person = part(userName) || 'somebody';
  // The first word of a full name, such as laptop.lab.example; the label need not tell the network.
  const machine = part(host.split('.')[0] ?? '') || 'machine';
  // Labels of robots begin so.
  return `${person.toLowerCase() === 'robot' ? 'user-robot' : person}/${machine}`;
}

/** Makes a half of a label of any text: letters without their accents, and a hyphen for what it cannot have. */
function part(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._+@-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|-+$/g, '')
    .slice(0, LONGEST);
}

import { type Phrase, phrase } from '../../system/phrase.ts';
import type { Roster } from './roster.ts';
import { labelKey } from './roster-rules.ts';

/**
 * Tells who removed the member that had one of these recipients, and when: a clause without a full stop.
 *
 * @returns undefined if the roster has had no such member, or has it still.
 */
export function removalOf(
  { versions }: Pick<Roster, 'versions'>,
  recipients: readonly string[],
): Phrase | undefined {
  const labels = new Set<string>();
  let removal: Phrase | undefined;
  for (const { removed, members, by, at } of versions) {
    for (const label of removed)
      if (labels.delete(labelKey(label))) removal = phrase`${by} removed ${label} on ${at.slice(0, 10)}`;
    for (const member of members) {
      labels.delete(labelKey(member.label));
      if (!member.recipients.some((recipient) => recipients.includes(recipient))) continue;
      labels.add(labelKey(member.label));
      removal = undefined;
    }
  }
  return removal;
}

import { ExitCode, HumanError } from '../../system/human-error.ts';
import { printable } from '../../system/printable.ts';
import { joined, phrase } from '../../system/phrase.ts';
import type { Role } from './role.ts';
import type { RosterMember } from './roster.ts';

// Changes of a list of members, without a look at rights: see changeMembers.

/** A member that is to be added; date and author of the addition are filled in. */
export type NewMember = Pick<RosterMember, 'label' | 'role' | 'recipients' | 'signingKey'>;

const sameLabel = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/**
 * Finds the member with a label, or all machines of a person: `alice` for `alice/laptop` and `alice/cluster`.
 *
 * @throws HumanError 64 if there is none.
 */
export function membersCalled(members: readonly RosterMember[], label: string): readonly RosterMember[] {
  const exact = members.filter((member) => sameLabel(member.label, label));
  if (exact.length > 0) return exact;
  const machines = members.filter((member) =>
    member.label.toLowerCase().startsWith(`${label.toLowerCase()}/`),
  );
  if (machines.length > 0) return machines;
  const labels = members.map((member) => member.label);
  throw new HumanError(
    ExitCode.usage,
    phrase`No member has the label ${printable(label)}.`,
    phrase`The members are ${joined(labels)}.`,
  );
}

/** Adds a member at the end. @throws HumanError 64 if its label or one of its keys is there already. */
export function withMember(members: readonly RosterMember[], added: NewMember): readonly RosterMember[] {
  const namesake = members.find(({ label }) => sameLabel(label, added.label));
  if (namesake !== undefined) {
    throw new HumanError(
      ExitCode.usage,
      phrase`There is a member ${namesake.label} already.`,
      phrase`Choose another label, such as ${namesake.label}-2.`,
    );
  }
  const holder = members.find(
    ({ recipients, signingKey }) =>
      recipients.some((recipient) => added.recipients.includes(recipient)) ||
      (signingKey !== null && signingKey === added.signingKey),
  );
  if (holder !== undefined) {
    throw new HumanError(
      ExitCode.usage,
      phrase`The member ${holder.label} has this key already.`,
      phrase`A key belongs to one member. Remove ${holder.label} first, or change its role.`,
    );
  }
  return [...members, { ...added, since: '', by: '' }];
}

/** Removes the members that {@link membersCalled} finds. */
export function withoutMembers(members: readonly RosterMember[], label: string): readonly RosterMember[] {
  const gone = membersCalled(members, label);
  return members.filter((member) => !gone.includes(member));
}

/** Gives a role to the members that {@link membersCalled} finds. */
export function withRole(
  members: readonly RosterMember[],
  label: string,
  role: Role,
): readonly RosterMember[] {
  const meant = membersCalled(members, label);
  return members.map((member) => (meant.includes(member) ? { ...member, role } : member));
}

import { ExitCode, HumanError } from '../../system/human-error.ts';
import { phrase } from '../../system/phrase.ts';
import { isAtLeast, mayChangeAdmins, mayChangeMembers, mayWrite, type Role } from './role.ts';
import type { RosterMember } from './roster.ts';

type Members = readonly RosterMember[];

/** Most members that a message names. */
const MOST_NAMED = 5;

/** Names the members with a role or a higher one, the ones to ask for what needs it. */
export function namesOf(members: Members, role: Role): string {
  const labels = members.filter((member) => isAtLeast(member.role, role)).map(({ label }) => label);
  const more = labels.length - MOST_NAMED;
  return `${labels.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` (+${more})` : ''}`;
}

/**
 * Refuses a change of members that the role of its author forbids.
 *
 * @param me - the author, as a member of `before`.
 * @throws HumanError 77 with whom to ask.
 */
export function assertMayChange(me: RosterMember, before: Members, after: Members): void {
  assertMayChangeMembers(me, before);
  const known = new Map(before.map((member) => [member.label, member]));
  const kept = new Map(after.map((member) => [member.label, member]));
  const changed = [...new Set([...known.keys(), ...kept.keys()])].filter(
    (label) => !isSame(known.get(label), kept.get(label)),
  );
  const high = changed.find((label) =>
    [known.get(label), kept.get(label)].some(
      (member) => member !== undefined && mayChangeMembers(member.role),
    ),
  );
  if (high !== undefined && !mayChangeAdmins(me.role)) {
    throw forbidden(
      phrase`${me.label} has the role ${me.role}, which may not change admins and owners, such as ${high}.`,
      before,
      'owner',
    );
  }
  // The vault is signed anew, by one who is a member then and may change it.
  const self = kept.get(me.label);
  if (self !== undefined && mayWrite(self.role)) return;
  throw new HumanError(
    ExitCode.usage,
    self === undefined
      ? phrase`${me.label} is your own: you cannot remove the keys that you use.`
      : phrase`${me.label} is your own: with the role ${self.role} you could not sign the vault.`,
    phrase`Another member has to do that: ${namesOf(
      before.filter((member) => member !== me),
      mayChangeMembers(me.role) ? 'owner' : 'admin',
    )}`,
  );
}

/**
 * Refuses each change of members to a role that may make none.
 *
 * @throws HumanError 77 with whom to ask.
 */
export function assertMayChangeMembers(me: RosterMember, members: Members): void {
  if (mayChangeMembers(me.role)) return;
  throw forbidden(
    phrase`${me.label} has the role ${me.role}, which may not change members.`,
    members,
    'admin',
  );
}

const isSame = (one: RosterMember | undefined, other: RosterMember | undefined): boolean =>
  one !== undefined && other !== undefined && JSON.stringify(one) === JSON.stringify(other);

/**
 * Refuses to change secrets, or to sign a change, for members who may not.
 *
 * @throws HumanError 77 with whom to ask.
 */
export function assertMaySign(me: RosterMember, members: Members): void {
  if (mayWrite(me.role)) return;
  throw forbidden(
    phrase`${me.label} has the role ${me.role}, which may not change secrets.`,
    members,
    'maintain',
  );
}

function forbidden(sentence: HumanError['phrase'], members: Members, role: Role): HumanError {
  return new HumanError(
    ExitCode.notPermitted,
    sentence,
    phrase`Ask a member who may: ${namesOf(members, role)}`,
  );
}

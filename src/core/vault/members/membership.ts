import { ExitCode, HumanError } from '../../system/human-error.ts';
import { didYouMean } from '../../system/near-miss.ts';
import { type Phrase, phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import type { Member } from '../vault-shape.ts';
import type { Candidate } from './candidate.ts';
import type { Role } from './role.ts';
import { labelProblem, type RosterMember } from './roster.ts';
import { isTime } from './roster-rules.ts';

// Changes of the list of members. Nothing is read, signed or written here.

/** Author and time of a change. */
export interface Stamp {
  /** Label of the member that makes it. */
  readonly by: string;
  /** ISO 8601 in UTC. */
  readonly at: string;
}

type Members = readonly RosterMember[];

export const labelsOf = (members: Members): string[] => members.map(({ label }) => label);

/** The list with one more member, or with a request in the place of a member that could not sign until now. */
export interface Addition {
  readonly members: Members;
  readonly added: RosterMember;
  /** Member that had one of the keys and no signing key, as it was. */
  readonly before?: RosterMember;
}

/** Wishes about a new member. */
export interface AdditionOptions {
  /** Label in the place of the one that the candidate asks for. */
  readonly label?: string | undefined;
  /** Default: launch. */
  readonly role?: Role | undefined;
}

/**
 * Adds a member.
 *
 * @throws HumanError 64 if there is no label, the label or a key is taken, or the role needs a signing key.
 */
export function addition(
  members: Members,
  candidate: Candidate,
  options: AdditionOptions,
  { by, at }: Stamp,
): Addition {
  const before = holderOf(members, candidate);
  const isRequestOf = before?.signingKey === null && candidate.signingKey !== null && !isRobot(before.label);
  if (before !== undefined && !isRequestOf) throw keyTaken(before);
  const label = options.label ?? candidate.label ?? before?.label;
  if (label === undefined) {
    throw new HumanError(
      ExitCode.usage,
      phrase`The key needs a label, such as alice/laptop: a key alone does not tell who has it.`,
      { do: 'name-label' },
    );
  }
  assertLabel(label);
  const others = members.filter((member) => member !== before);
  assertFree(others, label);
  const role = options.role ?? before?.role ?? 'launch';
  assertCanSign(label, role, candidate.signingKey);
  const { recipients, signingKey } = candidate;
  const added: RosterMember = { label, role, recipients, signingKey, since: before?.since ?? at, by };
  if (before === undefined) return { members: [...members, added], added };
  return { members: members.map((member) => (member === before ? added : member)), added, before };
}

/** Finds the member that has one of the keys. */
function holderOf(members: Members, { recipients, signingKey }: Candidate): RosterMember | undefined {
  return members.find(
    (member) =>
      member.recipients.some((recipient) => recipients.includes(recipient)) ||
      (signingKey !== null && member.signingKey === signingKey),
  );
}

function keyTaken({ label, role }: RosterMember): HumanError {
  return new HumanError(
    ExitCode.usage,
    phrase`One of these keys is that of a member already: ${label}, with the role ${role}.`,
    [
      { do: 'change-role', label, lead: phrase`To change the role` },
      { do: 'remove-member', label, lead: phrase`For other keys, remove the member first` },
    ],
  );
}

/** @throws HumanError 64 */
export function assertLabel(label: string): void {
  const problem = labelProblem(label);
  if (problem === undefined) return;
  throw new HumanError(
    ExitCode.usage,
    phrase`${JSON.stringify(printable(label).slice(0, 80))} cannot be a label: ${problem}.`,
    phrase`A label is a person and a machine, such as alice/laptop, or a name such as alice.`,
  );
}

function assertFree(members: Members, label: string): void {
  const taken = members.find((member) => member.label.toLowerCase() === label.toLowerCase());
  if (taken === undefined) return;
  throw new HumanError(
    ExitCode.usage,
    taken.label === label
      ? phrase`There is a member ${label} already.`
      : phrase`There is a member ${taken.label} already, and ${label} differs from it only by capital letters.`,
    [
      isRobot(label)
        ? phrase`Give the new robot another name.`
        : { do: 'name-label', lead: phrase`Give the new one another label` },
      { do: 'remove-member', label: taken.label, lead: phrase`If the old keys are lost, remove them first` },
    ],
  );
}

function assertCanSign(label: string, role: Role, signingKey: string | null): void {
  if (role === 'launch' || signingKey !== null) return;
  throw new HumanError(
    ExitCode.usage,
    phrase`${label} has no signing key, and all roles but launch need one.`,
    { do: 'request-membership', lead: phrase`A request has one. Ask for it` },
  );
}

const ROBOT = 'robot/';

const isRobot = (label: string): boolean => label.toLowerCase().startsWith(ROBOT);

/** Returns the label of a robot: its name may have `robot/` before it. */
export const robotLabel = (name: string): string => (isRobot(name) ? name : `${ROBOT}${name}`);

/** @returns undefined if the member has that role. @throws HumanError 64 if there is no such member. */
export function withRole(members: Members, label: string, role: Role): Members | undefined {
  const member = memberCalled(members, label);
  if (member.role === role) return undefined;
  assertCanSign(member.label, role, member.signingKey);
  if (member.role === 'owner') assertOwnerLeft(members, [member], phrase`${member.label} is the only owner.`);
  return members.map((each) => (each === member ? { ...each, role } : each));
}

/** @throws HumanError 64 with a near miss. */
export function memberCalled(members: Members, label: string): RosterMember {
  const found = members.find((member) => member.label.toLowerCase() === label.toLowerCase());
  if (found !== undefined) return found;
  const ofPerson = machinesOf(members, label);
  if (ofPerson.length === 1 && ofPerson[0] !== undefined) return ofPerson[0];
  if (ofPerson.length > 1) {
    throw new HumanError(
      ExitCode.usage,
      phrase`${label} has several machines: ${labelsOf(ofPerson).join(', ')}. Name one.`,
    );
  }
  throw noSuchMember(members, label);
}

/** Finds the machines of a person by the half of their labels before the slash. */
const machinesOf = (members: Members, person: string): RosterMember[] =>
  members.filter(({ label }) => label.toLowerCase().startsWith(`${person.toLowerCase()}/`));

function noSuchMember(members: Members, label: string): HumanError {
  const people = members.flatMap((member) => member.label.split('/').slice(0, 1));
  const near = didYouMean(label, new Set([...labelsOf(members), ...people]));
  return new HumanError(ExitCode.usage, phrase`There is no member ${printable(label).slice(0, 80)}.${near}`, {
    do: 'list-members',
  });
}

/** The list without those who go. */
export interface Removal {
  readonly members: Members;
  readonly removed: readonly [RosterMember, ...RosterMember[]];
}

/**
 * Takes a member out, or all machines of a person.
 *
 * @param label - `alice/laptop`, or `alice` for all of hers.
 * @throws HumanError 64 if there is none, or no owner would be left.
 */
export function removal(members: Members, label: string): Removal {
  const wanted = label.toLowerCase();
  const [first, ...others] = members.filter(
    (member) => member.label.toLowerCase() === wanted || machinesOf([member], label).length > 0,
  );
  // All robots at once is no person's wish.
  if (first === undefined || wanted === ROBOT.slice(0, -1)) throw noSuchMember(members, label);
  const removed = [first, ...others] as const;
  assertOwnerLeft(
    members,
    removed,
    phrase`${labelsOf(removed).join(', ')} cannot be removed: no owner would be left.`,
  );
  return { members: members.filter((member) => !removed.includes(member)), removed };
}

function assertOwnerLeft(members: Members, without: Members, sentence: Phrase): void {
  if (members.some((member) => member.role === 'owner' && !without.includes(member))) return;
  const [heir] = members.filter((member) => !without.includes(member) && member.signingKey !== null);
  throw new HumanError(
    ExitCode.usage,
    sentence,
    heir === undefined
      ? phrase`Add another owner first.`
      : {
          do: 'change-role',
          label: heir.label,
          role: 'owner',
          lead: phrase`Make another member the owner first`,
        },
  );
}

/** The person who makes a roster. */
export interface Founder {
  readonly label: string;
  readonly recipients: readonly string[];
  readonly signingKey: string;
}

/**
 * Makes the first members of a workspace that had none: its author is the owner, and others who can read the vault may
 * launch, until a request of theirs gives them a signing key.
 *
 * @param readers - members that the vault has by itself.
 */
export function founding(
  readers: readonly Member[],
  founder: Founder,
  at: string,
): [RosterMember, ...RosterMember[]] {
  const own: RosterMember = { ...founder, role: 'owner', since: at, by: founder.label };
  const members: [RosterMember, ...RosterMember[]] = [own];
  for (const { recipient, label, since } of readers) {
    if (founder.recipients.includes(recipient)) continue;
    members.push({
      label: freeLabel(members, label),
      role: 'launch',
      recipients: [recipient],
      signingKey: null,
      // What the vault claims can be any text.
      since: isTime(since) ? since : at,
      by: founder.label,
    });
  }
  return members;
}

/** Makes a label of a text that the vault claims, with a number if it is taken. */
function freeLabel(members: Members, text: string): string {
  const cleaned = text.replace(/[^A-Za-z0-9._+@-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  const label = cleaned.slice(0, 60) || 'member';
  const taken = new Set(members.map((member) => member.label.toLowerCase()));
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? label : `${label}-${number}`;
    if (!taken.has(candidate.toLowerCase())) return candidate;
  }
}

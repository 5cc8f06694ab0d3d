import { type Phrase, phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import { isAtLeast, type Role } from './role.ts';
import { isSameMember, type RosterMember } from './roster.ts';
import { keysOf, labelKey } from './roster-rules.ts';

type Members = readonly RosterMember[];

/** Members of two sides, merged by label. */
export interface MergedMembers {
  readonly members: Members;
  /** Members that a removal on the other side has taken out though a side had added or changed them. */
  readonly dropped: Members;
  /** Clauses without a full stop. */
  readonly conflicts: readonly Phrase[];
}

/** Merges two lists of members that come from a common one. */
export function mergeMembers(base: Members, ours: Members, theirs: Members): MergedMembers {
  const [inBase, inOurs, inTheirs] = [byLabel(base), byLabel(ours), byLabel(theirs)];
  const goneFrom = { ours: goneOf(base, ours), theirs: goneOf(base, theirs) };
  const members: RosterMember[] = [];
  const dropped: RosterMember[] = [];
  const conflicts: Phrase[] = [];
  for (const label of new Set([...inOurs.keys(), ...inTheirs.keys()])) {
    const [before, our, their] = [inBase.get(label), inOurs.get(label), inTheirs.get(label)];
    if (our !== undefined && their !== undefined) {
      const merged = mergeMember(before, our, their);
      if (merged === undefined) conflicts.push(keysDiffer(our));
      else members.push(merged);
      continue;
    }
    const one = our ?? their;
    if (one === undefined) continue;
    const isGone = before !== undefined || (our === undefined ? goneFrom.ours : goneFrom.theirs)(one);
    if (!isGone) members.push(one);
    else if (before === undefined || !isSameMember(before, one)) dropped.push(one);
  }
  return { members: withLesserRoles(members, dropped, inBase), dropped, conflicts };
}

const byLabel = (members: Members): Map<string, RosterMember> =>
  new Map(members.map((member) => [labelKey(member.label), member]));

/** Makes the function that tells whether a side has removed the person, or a key, of somebody whom the other one adds. */
function goneOf(base: Members, side: Members): (added: RosterMember) => boolean {
  const stayed = new Set(side.map(personOf));
  const persons = new Set(base.map(personOf).filter((person) => !stayed.has(person)));
  const kept = new Set(side.flatMap(keysOf));
  const keys = new Set(base.flatMap(keysOf).filter((key) => !kept.has(key)));
  return (added) => persons.has(personOf(added)) || keysOf(added).some((key) => keys.has(key));
}

/** The person that several machines belong to; robots are each by itself. */
function personOf({ label }: RosterMember): string {
  const [person = '', machine] = labelKey(label).split('/');
  return person === 'robot' && machine !== undefined ? labelKey(label) : person;
}

/** @returns undefined if both sides have given the member other keys. */
function mergeMember(
  before: RosterMember | undefined,
  ours: RosterMember,
  theirs: RosterMember,
): RosterMember | undefined {
  if (isSameMember(ours, theirs)) return ours;
  const isOf = (side: RosterMember): boolean => before !== undefined && isSameMember(before, side);
  if (isOf(ours)) return theirs;
  if (isOf(theirs)) return ours;
  const text = ({ label, recipients, signingKey }: RosterMember): string =>
    JSON.stringify([label, recipients, signingKey]);
  const isUnchanged = (side: RosterMember): boolean => before !== undefined && text(before) === text(side);
  if (text(ours) !== text(theirs) && !isUnchanged(ours) && !isUnchanged(theirs)) return undefined;
  const keys = isUnchanged(ours) ? theirs : ours;
  return { ...keys, role: roleOf(before?.role, ours.role, theirs.role) };
}

/** Role after the changes of both sides: that of the side that changed it, the lesser one if both did. */
function roleOf(before: Role | undefined, ours: Role, theirs: Role): Role {
  if (ours === before) return theirs;
  if (theirs === before) return ours;
  return isAtLeast(ours, theirs) ? theirs : ours;
}

const keysDiffer = ({ label }: RosterMember): Phrase =>
  phrase`both sides have given ${printable(label)} keys, and not the same`;

/** A member that one side has given another label keeps the lesser role that the other side gave the old label. */
function withLesserRoles(
  members: Members,
  dropped: Members,
  base: ReadonlyMap<string, RosterMember>,
): RosterMember[] {
  return members.map((member) => {
    const keys = new Set(keysOf(member));
    const former = dropped.find(
      (one) => base.has(labelKey(one.label)) && keysOf(one).some((key) => keys.has(key)),
    );
    return former === undefined || isAtLeast(former.role, member.role)
      ? member
      : { ...member, role: former.role };
  });
}

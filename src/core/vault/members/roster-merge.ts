import { type Phrase, phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import { mergeMembers } from './member-merge.ts';
import { isAtLeast, mayChangeMembers } from './role.ts';
import {
  changeOf,
  continues,
  hashOfVersion,
  membersOfVersion,
  type Roster,
  type RosterMember,
} from './roster.ts';
import { RosterState } from './roster-rules.ts';

/** Outcome of a merge of two rosters. */
export type RosterMerge =
  /** One side has all that the other one has: nothing is to be signed. */
  | { readonly kind: 'taken'; readonly side: 'ours' | 'theirs'; readonly roster: Roster | undefined }
  /** Changes of theirs on top of ours: a version that the merger has to sign, see `appendVersion`. */
  | {
      readonly kind: 'replay';
      readonly onto: Roster;
      readonly members: readonly RosterMember[];
      /** Members that a removal on the other side has taken out, as they were. */
      readonly dropped: readonly RosterMember[];
      /** Role that the merger needs at least. */
      readonly needs: 'admin' | 'owner';
    }
  /** Clauses without a full stop. */
  | { readonly kind: 'conflict'; readonly reasons: readonly Phrase[] };

/**
 * Merges two rosters whose chains hold. A removal wins over everything that the other side did with that member, person
 * or key meanwhile; of two new roles the lesser one. Changes by somebody who has lost the right to them on the other side
 * are a conflict.
 *
 * @param base - the version that both sides come from; undefined if there was none.
 */
export function mergeRosters(
  base: Roster | undefined,
  ours: Roster | undefined,
  theirs: Roster | undefined,
): RosterMerge {
  // A roster that one side has removed stays: without it, all recipients could write.
  if (theirs === undefined) return { kind: 'taken', side: 'ours', roster: ours };
  if (ours === undefined) return { kind: 'taken', side: 'theirs', roster: theirs };
  if (ours.root !== theirs.root) return begunTwice(ours, theirs);
  if (continues(ours, theirs)) return { kind: 'taken', side: 'ours', roster: ours };
  if (continues(theirs, ours)) return { kind: 'taken', side: 'theirs', roster: theirs };
  const number = commonVersion(ours, theirs);
  const lost = [...authorsLost(ours, theirs, number), ...authorsLost(theirs, ours, number)];
  if (lost.length > 0) return { kind: 'conflict', reasons: lost };
  const common = base?.root === ours.root ? base.members : (membersOfVersion(ours, number) ?? []);
  const { members, dropped, conflicts } = mergeMembers(common, ours.members, theirs.members);
  if (conflicts.length > 0) return { kind: 'conflict', reasons: conflicts };
  if (isSame(ours.members, members)) return { kind: 'taken', side: 'ours', roster: ours };
  if (isSame(theirs.members, members)) return { kind: 'taken', side: 'theirs', roster: theirs };
  return replayed(ours, members, dropped);
}

function begunTwice(ours: Roster, theirs: Roster): RosterMerge {
  const author = ({ versions }: Roster): string => printable(versions[0]?.by ?? '');
  return {
    kind: 'conflict',
    reasons: [
      phrase`both sides have begun a list of members by themselves, one by ${author(ours)} and one by
        ${author(theirs)}: take one, and add the members of the other one to it`,
    ],
  };
}

/** Number of the newest version that both have. */
function commonVersion(ours: Roster, theirs: Roster): number {
  let number = Math.min(ours.number, theirs.number);
  while (hashOfVersion(ours, number) !== hashOfVersion(theirs, number)) number -= 1;
  return number;
}

/**
 * Finds the authors of one side's changes whom the other side has removed, or given a lesser role or another key
 * meanwhile. A removed admin could else come back with a branch that was begun before, under another label.
 */
function authorsLost(side: Roster, other: Roster, number: number): Phrase[] {
  const common = membersOfVersion(side, number) ?? [];
  const authors = new Set(side.versions.slice(number + 1).map(({ by }) => by));
  // Who has joined later on that side was added by one of these.
  return common.flatMap(({ label, role, signingKey }) => {
    const now = other.members.find((member) => member.signingKey === signingKey);
    if (!authors.has(label) || (now !== undefined && isAtLeast(now.role, role))) return [];
    return [
      phrase`${printable(label)} has changed members on one side, and has lost the role ${role} on the other one`,
    ];
  });
}

function isSame(before: readonly RosterMember[], after: readonly RosterMember[]): boolean {
  const { members, removed } = changeOf(before, after);
  return members.length + removed.length === 0;
}

function replayed(
  ours: Roster,
  members: readonly RosterMember[],
  dropped: readonly RosterMember[],
): RosterMerge {
  const state = new RosterState();
  state.apply({ members: ours.members, removed: [] });
  const change = changeOf(ours.members, members);
  const touched = state.touched(change);
  const broken = state.apply(change);
  if (broken !== undefined) return { kind: 'conflict', reasons: [broken] };
  const needs = touched.some(({ role }) => mayChangeMembers(role)) ? 'owner' : 'admin';
  return { kind: 'replay', onto: ours, members, dropped, needs };
}

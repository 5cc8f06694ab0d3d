import type { Phrase } from '../../system/phrase.ts';
import type { Roster, RosterMember } from './roster.ts';

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
 * or key meanwhile; of two new roles the lesser one.
 *
 * @param base - the version that both sides come from; undefined if there was none.
 */
export function mergeRosters(
  _base: Roster | undefined,
  _ours: Roster | undefined,
  _theirs: Roster | undefined,
): RosterMerge {
  throw new Error('not yet');
}

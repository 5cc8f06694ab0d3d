import { ExitCode, HumanError } from '../../system/human-error.ts';
import { phrase } from '../../system/phrase.ts';
import type { World } from '../../system/world.ts';
import { author } from '../author.ts';
import { timestamp } from '../../system/world.ts';
import type { VaultLocation } from '../vault-location.ts';
import { type ChangedMembers, changeMembers } from './change-members.ts';
import { chosenSigner } from './make-request.ts';
import type { Stamp } from './membership.ts';
import { assertMayChange, assertMayChangeMembers } from './permission.ts';
import type { RosterMember } from './roster.ts';
import { type FounderOptions, ownStanding, type Standing } from './standing.ts';

/** Edit of the list of members, see membership.ts. */
export type Edit<T extends { readonly members: readonly RosterMember[] }> = (
  members: readonly RosterMember[],
  stamp: Stamp,
) => T;

/** Change of the members as it would be now, for a person to look at. */
export interface PlannedChange<T> {
  readonly standing: Standing;
  readonly outcome: T;
  /** Makes the change, on top of what others have changed meanwhile. @throws HumanError as {@link changeMembers}. */
  readonly carryOut: () => Promise<ChangedMembers>;
}

/**
 * Tries a change of the members without making it.
 *
 * @param founder - wishes of the person who makes the first roster.
 * @throws HumanError 64 as the edit, and for wishes where there is a roster; 77 if the person's role forbids it.
 */
export async function planChange<T extends { readonly members: readonly RosterMember[] }>(
  location: VaultLocation,
  edit: Edit<T>,
  founder: FounderOptions,
  world: World,
): Promise<PlannedChange<T>> {
  const standing = await ownStanding(location, founder, world);
  const { members, me } = standing;
  // Before the edit: what is wrong with it is no matter of somebody who may not make it.
  assertMayChangeMembers(me, members);
  if (standing.roster !== undefined) refuseWishes(me, founder);
  const outcome = edit(members, { by: me.label, at: timestamp(world.now()) });
  assertMayChange(me, members, outcome.members);
  return {
    standing,
    outcome,
    carryOut: async () =>
      changeMembers(location, world, await author(world), {
        firstOwner: async () => ({
          label: me.label,
          signer: await chosenSigner(founder.ownSigningKey, world),
        }),
        change: (present, stamp) => edit(present, stamp).members,
      }),
  };
}

/** Refuses wishes that only the first roster can fulfil: the person is in this one already. */
function refuseWishes({ label }: RosterMember, { ownLabel, ownSigningKey }: FounderOptions): void {
  if (ownLabel === undefined && ownSigningKey === undefined) return;
  throw new HumanError(
    ExitCode.usage,
    ownLabel === undefined
      ? phrase`You choose your signing key with the first roster. There is one already, and you are ${label} in it.`
      : phrase`You choose your own label with the first roster. There is one already, and you are ${label} in it.`,
    [
      phrase`Leave it out.`,
      {
        do: 'request-membership',
        lead: phrase`To change it, have another member remove ${label}, and then add a new request of yours`,
      },
    ],
  );
}

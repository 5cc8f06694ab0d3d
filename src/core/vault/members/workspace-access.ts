import { HumanError, reasonOf } from '../../system/human-error.ts';
import type { Reason } from '../../system/notice.ts';
import { phrase } from '../../system/phrase.ts';
import type { World } from '../../system/world.ts';
import { type Identity, loadIdentities } from '../identity.ts';
import { recipientsOf } from '../own-vault.ts';
import type { VaultLocation } from '../vault-location.ts';
import { assertMaySign, namesOf } from './permission.ts';
import { memberOf, refusalOf } from './refusal.ts';
import { mayChangeMembers } from './role.ts';
import { type Roster, type RosterMember, rosterRecipients } from './roster.ts';
import { readVaultFiles } from './vault-files.ts';

/** Rights of this person in a workspace, as `member list`, `member verify` and the tree show them. Needs no key. */
export interface WorkspaceAccess {
  /** Undefined if the workspace has none, or it is refused. */
  readonly roster: Roster | undefined;
  /** Member that has one of this person's keys. */
  readonly me: RosterMember | undefined;
  /** Member that signed the vault as it is. */
  readonly signedBy: RosterMember | undefined;
  /** Reason that vault or roster are refused. */
  readonly refused: HumanError | undefined;
  /** Reason that this person may not change secrets: a clause. Undefined if they may. */
  readonly cannotWrite: Reason | undefined;
  /** Reason that this person may not change members: a clause. */
  readonly cannotChangeMembers: Reason | undefined;
  /** False if a key of this person cannot be used, so that `me` is not known. */
  readonly areKeysRead: boolean;
}

const NO_ROSTER: WorkspaceAccess = {
  roster: undefined,
  me: undefined,
  signedBy: undefined,
  refused: undefined,
  cannotWrite: undefined,
  cannotChangeMembers: undefined,
  areKeysRead: true,
};

/** Reads the rights of this person. Refusals are in the answer. */
export async function workspaceAccess(location: VaultLocation, world: World): Promise<WorkspaceAccess> {
  try {
    const files = await readVaultFiles(location, world);
    if (files === undefined) return NO_ROSTER;
    const { roster, signedBy, misfit } = files;
    const refused = misfit && (await refusalOf(files, world));
    if (roster === undefined) return refused === undefined ? NO_ROSTER : { ...NO_ROSTER, ...closed(refused) };
    const identities = await usableIdentities(roster, world);
    // Whoever has a key that cannot be used may well be a member.
    if (identities instanceof HumanError) {
      const { cannotWrite, cannotChangeMembers } = closed(refused ?? identities);
      return {
        ...NO_ROSTER,
        roster,
        signedBy,
        refused,
        cannotWrite,
        cannotChangeMembers,
        areKeysRead: false,
      };
    }
    const me = memberOf(roster, recipientsOf(identities));
    const access = { ...NO_ROSTER, roster, me, signedBy, refused };
    if (refused !== undefined) return { ...access, ...closed(refused) };
    return { ...access, ...rightsOf(me, roster) };
  } catch (error) {
    if (!(error instanceof HumanError)) throw error;
    return { ...NO_ROSTER, ...closed(error) };
  }
}

async function usableIdentities(roster: Roster, world: World): Promise<Identity[] | HumanError> {
  try {
    return await loadIdentities(world, rosterRecipients(roster));
  } catch (error) {
    if (error instanceof HumanError) return error;
    throw error;
  }
}

type Rights = Pick<WorkspaceAccess, 'cannotWrite' | 'cannotChangeMembers'>;

function closed(refused: HumanError): Rights & Pick<WorkspaceAccess, 'refused'> {
  const reason = reasonOf(refused);
  return { refused, cannotWrite: reason, cannotChangeMembers: reason };
}

function rightsOf(me: RosterMember | undefined, { members }: Roster): Rights {
  if (me === undefined) {
    const reason = {
      reason: phrase`none of your keys is that of a member`,
      remedies: [
        {
          do: 'request-membership',
          lead: phrase`Send a request to ${namesOf(members, 'admin')}`,
        } as const,
      ],
    };
    return { cannotWrite: reason, cannotChangeMembers: reason };
  }
  return {
    cannotWrite: refusalIn(() => {
      assertMaySign(me, members);
    }),
    cannotChangeMembers: mayChangeMembers(me.role)
      ? undefined
      : {
          reason: phrase`${me.label} has the role ${me.role}, which may not change members`,
          remedies: [phrase`Ask a member who may: ${namesOf(members, 'admin')}`],
        },
  };
}

/** Returns the reason of a check that refuses. */
function refusalIn(check: () => void): Reason | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

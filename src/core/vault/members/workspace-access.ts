import type { HumanError } from '../../system/human-error.ts';
import type { Reason } from '../../system/notice.ts';
import type { World } from '../../system/world.ts';
import type { VaultLocation } from '../vault-location.ts';
import type { Roster, RosterMember } from './roster.ts';

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
}

/** Reads the rights of this person. Refusals are in the answer. */
export function workspaceAccess(_location: VaultLocation, _world: World): Promise<WorkspaceAccess> {
  return Promise.reject(new Error('not yet'));
}

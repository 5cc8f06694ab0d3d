import type { ChangedMembers } from '../../../core/vault/members/change-members.ts';
import { type Edit, planChange } from '../../../core/vault/members/plan-change.ts';
import type { RosterMember } from '../../../core/vault/members/roster.ts';
import type { FounderOptions } from '../../../core/vault/members/standing.ts';
import { ensureAccepted } from '../../../core/vault/vault.ts';
import type { Shell } from '../../shell.ts';
import { firstRosterLines } from './first-roster.ts';
import { confirmMembers, existingVault, type MemberOptions } from './options.ts';

interface Asked<T extends { readonly members: readonly RosterMember[] }> {
  readonly edit: Edit<T>;
  /** What would change, a line each. */
  readonly lines: (outcome: T) => readonly string[];
  readonly question: (outcome: T) => string;
}

/** Shows a change of the members, asks, and makes it. */
export async function changeAsAsked<T extends { readonly members: readonly RosterMember[] }>(
  options: MemberOptions & FounderOptions,
  { edit, lines, question }: Asked<T>,
  { world }: Shell,
): Promise<{ readonly outcome: T; readonly changed: ChangedMembers }> {
  const location = await existingVault(options.workspace, world);
  // First: what the role forbids needs no question.
  const { standing, outcome, carryOut } = await planChange(location, edit, options, world);
  await ensureAccepted(location, options.acceptMembers === true, world);
  const first = standing.roster === undefined ? firstRosterLines(standing, outcome.members, location) : [];
  for (const line of [...first, ...lines(outcome)]) world.say(line);
  await confirmMembers(question(outcome), options, world);
  return { outcome, changed: await carryOut() };
}

/** Last words after a change: what others need. */
export const sayToCommit = ({ world }: Shell): void => {
  world.say('Commit .nf-secrets and push it: the change counts for others once they have it.');
};

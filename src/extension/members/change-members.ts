import { l10n, window } from 'vscode';
import type { ChangedMembers } from '../../core/vault/members/change-members.ts';
import { type Edit, planChange } from '../../core/vault/members/plan-change.ts';
import type { RosterMember } from '../../core/vault/members/roster.ts';
import type { Standing } from '../../core/vault/members/standing.ts';
import { printable } from '../../core/system/printable.ts';
import { withoutLinks } from '../plain-text.ts';
import type { Services } from '../services.ts';
import { acceptMembers, changing, type VaultAccess } from '../vault-access.ts';

/** A change of the members of a workspace, and the question before it. */
export interface AskedChange<T extends { readonly members: readonly RosterMember[] }> {
  readonly edit: Edit<T>;
  readonly question: (outcome: T) => string;
  /** Lines that the person should read before they answer. */
  readonly detail: (outcome: T) => readonly string[];
  /** Title of the button that does it. */
  readonly button: string;
}

/**
 * Shows a change of the members in a modal question, and makes it.
 *
 * @returns undefined if the person does not want it.
 * @throws HumanError as {@link planChange}.
 */
export async function changeMembersAsked<T extends { readonly members: readonly RosterMember[] }>(
  access: VaultAccess,
  { edit, question, detail, button }: AskedChange<T>,
  services: Services,
): Promise<{ readonly outcome: T; readonly changed: ChangedMembers } | undefined> {
  const { location, world } = access;
  // The plan refuses what the role forbids: nobody is asked to accept members for that.
  const { standing, outcome, carryOut } = await planChange(location, edit, {}, world);
  await acceptMembers(access);
  const lines = [...detail(outcome), ...firstRosterLines(standing, outcome.members)];
  const chosen = await window.showWarningMessage(
    withoutLinks(question(outcome)),
    { modal: true, detail: lines.join('\n\n') },
    button,
  );
  if (chosen !== button) return undefined;
  let changed: ChangedMembers | undefined;
  await changing(services, access, async () => {
    changed = await carryOut();
  });
  return changed && { outcome, changed };
}

/**
 * Consequences of the first change of members for the workspace.
 *
 * @param after - the members after the change.
 */
function firstRosterLines({ roster, members, me }: Standing, after: readonly RosterMember[]): string[] {
  if (roster !== undefined) return [];
  const others = members
    .filter((member) => member !== me && after.includes(member))
    .map(({ label }) => printable(label));
  return [
    l10n.t(
      'This is the first change of members: it makes the roster members.json, with you ({0}) as the owner.',
      printable(me.label),
    ),
    l10n.t(
      'From then on, a change of the secrets counts only if a member with the role maintain, admin or owner signs it.',
    ),
    ...(others.length === 0
      ? []
      : [
          l10n.t(
            '{0} can read the vault already and gets the role launch, until a request gives another one.',
            others.join(', '),
          ),
        ]),
    l10n.t(
      'No file can prevent this: who can launch can read the values, and what is in the history of git stays readable to a member who is removed.',
    ),
  ];
}

/** Reminds of what others need before a change counts for them. */
export const commitReminder = (): string =>
  l10n.t('Commit the folder .nf-secrets and push it: the change counts for others once they have it.');

import { l10n, type QuickPickItem, ThemeIcon, window } from 'vscode';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { printable } from '../../core/system/printable.ts';
import { labelsOf, removal, withRole } from '../../core/vault/members/membership.ts';
import { mayChangeAdmins, type Role, ROLES } from '../../core/vault/members/role.ts';
import type { Services } from '../services.ts';
import type { MemberEntry } from '../state/secret-nodes.ts';
import { alone, askPick } from '../steps.ts';
import { roleSentence } from '../role-words.ts';
import { openAccess } from '../vault-access.ts';
import { askRole } from './add-member.ts';
import { changeMembersAsked, commitReminder } from './change-members.ts';
import { workspaceNodeOf, workspaceRoots } from './workspace-argument.ts';

/** Gives a member another role. */
export async function changeMemberRole(args: readonly unknown[], services: Services): Promise<void> {
  const title = l10n.t('Change Role');
  const member = await memberFor(args, services, title);
  const offered = offeredRoles(member, services).filter((role) => role !== member.role);
  const role = await askRole(alone(`${title}: ${printable(member.label)}`), offered, member.role);
  const done = await changeMembersAsked(
    openAccess('workspace', member.workspace, services),
    {
      edit: (members) => ({ members: withRole(members, member.label, role) ?? members }),
      question: () => l10n.t('Give {0} the role {1}?', printable(member.label), role),
      detail: () => [roleSentence(role)],
      button: l10n.t('Change'),
    },
    services,
  );
  if (done === undefined) return;
  void window.showInformationMessage(
    [l10n.t('{0} has the role {1} now.', member.label, role), commitReminder()].join(' '),
  );
}

/** Removes a member: the vault gets a new data key, and what they could read is listed. */
export async function removeMember(args: readonly unknown[], services: Services): Promise<void> {
  const member = await memberFor(args, services, l10n.t('Remove Member'));
  const done = await changeMembersAsked(
    openAccess('workspace', member.workspace, services),
    {
      edit: (members) => removal(members, member.label),
      question: ({ removed }) => l10n.t('Remove {0}?', labelsOf(removed).map(printable).join(', ')),
      detail: () => [
        l10n.t('The vault gets a new data key: their keys open nothing that is written from now on.'),
        l10n.t(
          'What they could read they may keep. These values are marked as exposed until you set them anew.',
        ),
      ],
      button: l10n.t('Remove'),
    },
    services,
  );
  if (done === undefined) return;
  const { exposed, removed } = done.changed;
  const gone = labelsOf(removed).map(printable).join(', ');
  void window.showWarningMessage(
    [
      exposed.length === 0
        ? l10n.t('{0} is no member any more. There is no value that they could read.', gone)
        : l10n.t(
            '{0} is no member any more. Change these values where they are used, then set them anew: {1}.',
            gone,
            exposed.map(printable).join(', '),
          ),
      commitReminder(),
    ].join(' '),
  );
}

/** The roles that the person may give this member. */
function offeredRoles({ workspace, signingKey }: MemberEntry, services: Services): readonly Role[] {
  if (signingKey === undefined) {
    throw new HumanError(
      ExitCode.usage,
      l10n.t('This member has no key to sign with, and all roles but launch need one.'),
      { do: 'request-membership' },
    );
  }
  const own = membersOf(services).find((one) => one.isYou && one.workspace.folder === workspace.folder);
  return ROLES.filter(
    (role) => own === undefined || mayChangeAdmins(own.role) || !['admin', 'owner'].includes(role),
  );
}

const membersOf = (services: Services): MemberEntry[] =>
  workspaceRoots(services).flatMap((root) => (root.kind === 'vault' ? (root.members?.members ?? []) : []));

/** The member that a command is for: that of the tree, or one that the person picks. */
async function memberFor(args: readonly unknown[], services: Services, title: string): Promise<MemberEntry> {
  const node = workspaceNodeOf(args);
  if (node?.kind === 'member') return node;
  await services.secrets.refresh();
  const all = membersOf(services);
  if (all.length === 0) {
    throw new HumanError(ExitCode.missing, l10n.t('No workspace of this window has a roster.'), {
      do: 'add-member',
    });
  }
  const items = all.map((member): QuickPickItem & { readonly member: MemberEntry } => ({
    label: printable(member.label),
    description: member.role,
    iconPath: new ThemeIcon('person'),
    member,
  }));
  return (await askPick(alone(title), { placeholder: l10n.t('Which member?'), items })).member;
}

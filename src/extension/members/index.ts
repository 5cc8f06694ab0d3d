import { env, l10n, window } from 'vscode';
import { printable } from '../../core/system/printable.ts';
import { makeRequest } from '../../core/vault/members/make-request.ts';
import { readRoster } from '../../core/vault/members/roster-file.ts';
import { takeOver, type UnsignedChange } from '../../core/vault/members/take-over.ts';
import { ensureAccepted } from '../../core/vault/vault.ts';
import type { CommandId } from '../command-id.ts';
import type { Handler } from '../commands.ts';
import { phraseText } from '../phrase-text.ts';
import type { DisposableStore } from '../disposables.ts';
import type { Services } from '../services.ts';
import { changing, openAccess } from '../vault-access.ts';
import { withoutLinks } from '../plain-text.ts';
import { addMember, keyLines } from './add-member.ts';
import { setUpMerging } from './set-up-merging.ts';
import { noticeConflicts } from './conflict-notice.ts';
import { resolveConflict } from './resolve-conflict.ts';
import { commitReminder } from './change-members.ts';
import { changeMemberRole, removeMember } from './member-actions.ts';
import { backUpOwnIdentity, copyPublicKey } from './own-identity.ts';
import { tellingWorld } from '../telling-world.ts';
import { workspaceFor } from './workspace-argument.ts';

type MemberCommand = Extract<
  CommandId,
  | 'addMember'
  | 'backUpIdentity'
  | 'changeMemberRole'
  | 'copyMemberRequest'
  | 'copyPublicKey'
  | 'removeMember'
  | 'resolveConflict'
  | 'setUpMerging'
  | 'signChange'
>;

/** Registers the actions on the members of a workspace. */
export function registerMembers(services: Services, store: DisposableStore): Record<MemberCommand, Handler> {
  noticeConflicts(services, store);
  const act = (run: (args: readonly unknown[], services: Services) => Promise<void>): Handler => ({
    needsTrust: true,
    run: (...args) => run(args, services),
  });
  return {
    addMember: act(addMember),
    backUpIdentity: act(() => backUpOwnIdentity(services)),
    copyPublicKey: act(() => copyPublicKey(services)),
    changeMemberRole: act(changeMemberRole),
    removeMember: act(removeMember),
    copyMemberRequest: act(copyMemberRequest),
    resolveConflict: act(resolveConflict),
    setUpMerging: act(setUpMerging),
    signChange: act(signChange),
  };
}

/** Puts a request of this person into the clipboard, for a chat or a pull request. It has public keys only. */
async function copyMemberRequest(_: readonly unknown[], { openWorld }: Services): Promise<void> {
  const { world, tell } = tellingWorld(openWorld(undefined));
  const { line, request } = await makeRequest({}, world);
  await env.clipboard.writeText(line);
  void window.showInformationMessage(
    withoutLinks(
      [
        l10n.t(
          'The request of {0} is in the clipboard. Send it to an admin of the workspace; it has nothing secret.',
          printable(request.label),
        ),
        l10n.t('Compare its keys in another way than it is sent, such as a call:'),
        ...keyLines(request),
      ].join('\n'),
    ),
    { modal: true },
  );
  tell();
}

/** Takes over a change of the vault that no member with the role for it has signed. */
async function signChange(args: readonly unknown[], services: Services): Promise<void> {
  const workspace = await workspaceFor(args, services, l10n.t('Sign Change'));
  const access = openAccess('workspace', workspace, services);
  const { location, world } = access;
  // First of all: the vault of somebody who uses it for the first time here is refused until it is signed.
  if ((await readRoster(location.path)) !== undefined)
    await ensureAccepted(location, false, world, { isUnsigned: true });
  const outcome = { isAsked: false, isSigned: false };
  await changing(services, access, async (by) => {
    outcome.isSigned = await takeOver(location, world, by, async (change) => {
      outcome.isAsked = true;
      return confirmChange(change);
    });
  });
  if (outcome.isAsked && !outcome.isSigned) return;
  void window.showInformationMessage(
    outcome.isSigned
      ? [l10n.t('The vault is signed.'), commitReminder()].join(' ')
      : l10n.t('The vault is signed as it is: there is nothing to do.'),
  );
}

async function confirmChange({ refused, names, isCompared }: UnsignedChange): Promise<boolean> {
  const sign = l10n.t('Sign');
  const named = (title: string, list: readonly string[]): string[] =>
    list.length === 0 ? [] : [`${title}: ${list.map(printable).join(', ')}`];
  const detail = [
    phraseText(refused),
    ...(isCompared
      ? [
          ...named(l10n.t('Added'), names.added),
          ...named(l10n.t('Changed'), names.changed),
          ...named(l10n.t('Removed'), names.removed),
          ...named(l10n.t('Fields of the file'), names.fields),
        ]
      : named(
          l10n.t('git has no version that a member signed, to compare it with. All its names'),
          names.changed,
        )),
    l10n.t('Sign it only if you know who has made this change.'),
  ].join('\n\n');
  return (
    (await window.showWarningMessage(
      l10n.t('Sign this change of the vault?'),
      { modal: true, detail },
      sign,
    )) === sign
  );
}

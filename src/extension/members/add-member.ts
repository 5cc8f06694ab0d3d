import { env, l10n, type QuickInputButton, type QuickPickItem, ThemeIcon, window } from 'vscode';
import { readRegularFile } from '../../core/system/open-file.ts';
import { fileError, HumanError } from '../../core/system/human-error.ts';
import { printable } from '../../core/system/printable.ts';
import { type Candidate, readCandidate } from '../../core/vault/members/candidate.ts';
import { addition } from '../../core/vault/members/membership.ts';
import { mayChangeAdmins, type Role, ROLES } from '../../core/vault/members/role.ts';
import { labelProblem } from '../../core/vault/members/roster.ts';
import { keyFingerprint } from '../../core/vault/members/sshsig.ts';
import { phraseText } from '../phrase-text.ts';
import type { Services } from '../services.ts';
import { askInSteps, askPick, askText, type Frame } from '../steps.ts';
import { roleSentence } from '../role-words.ts';
import { openAccess } from '../vault-access.ts';
import { changeMembersAsked, commitReminder } from './change-members.ts';
import { workspaceFor } from './workspace-argument.ts';

/** Largest file with a request or a key, in bytes. */
const MAX_BYTES = 64 << 10;

/** Adds a member by a request or a public key: from the clipboard, a file, or typed. */
export async function addMember(args: readonly unknown[], services: Services): Promise<void> {
  const title = l10n.t('Add Member');
  const workspace = await workspaceFor(args, services, title);
  const access = openAccess('workspace', workspace, services);
  let candidate: Candidate | undefined;
  let label: string | undefined;
  let role: Role = 'launch';
  await askInSteps(title, [
    async (frame) => {
      candidate = await askCandidate(frame);
      // Those were of another candidate.
      label = undefined;
      role = 'launch';
      return undefined;
    },
    async (frame) => {
      label = await askLabel(frame, label ?? candidate?.label ?? '');
      return undefined;
    },
    async (frame) => {
      if (candidate?.signingKey === null) return 'skip';
      role = await askRole(frame, offeredRoles(services, workspace.folder), role);
      return undefined;
    },
  ]);
  if (candidate === undefined) return;
  const known = candidate;
  const done = await changeMembersAsked(
    access,
    {
      edit: (members, stamp) => addition(members, known, { label, role }, stamp),
      question: ({ added }) => l10n.t('Add {0} with the role {1}?', printable(added.label), added.role),
      detail: ({ added }) => [roleSentence(added.role), ...keyLines(added)],
      button: l10n.t('Add'),
    },
    services,
  );
  if (done === undefined) return;
  const { added } = done.outcome;
  void window.showInformationMessage(
    [l10n.t('{0} is a member now, with the role {1}.', added.label, added.role), commitReminder()].join(' '),
  );
}

/** Public keys in a form that two people can compare. */
export const keyLines = ({
  recipients,
  signingKey,
}: Pick<Candidate, 'recipients' | 'signingKey'>): string[] => [
  ...recipients.map((recipient) =>
    l10n.t('Reads with {0}', recipient.startsWith('ssh-') ? keyFingerprint(recipient) : printable(recipient)),
  ),
  signingKey === null
    ? l10n.t('Has no key to sign with, so only launches are possible.')
    : l10n.t('Signs with {0}', keyFingerprint(signingKey)),
];

interface SourceButton extends QuickInputButton {
  readonly source: 'clipboard' | 'file';
}

async function askCandidate(frame: Frame): Promise<Candidate> {
  const clipboard = (await env.clipboard.readText()).trim();
  const buttons: SourceButton[] = [
    { source: 'clipboard', iconPath: new ThemeIcon('clippy'), tooltip: l10n.t('Take the clipboard') },
    { source: 'file', iconPath: new ThemeIcon('file'), tooltip: l10n.t('Take the content of a file…') },
  ];
  for (;;) {
    const answer = await askText(frame, {
      prompt: l10n.t('The request of the new member, or their public key of age or SSH'),
      placeholder: 'nf-secrets-request.…, age1…, ssh-ed25519 …',
      // A request is often there already.
      value: problemOf(clipboard) === undefined ? clipboard : '',
      buttons,
      validate: problemOf,
    });
    const text =
      typeof answer === 'string'
        ? answer
        : answer.source === 'clipboard'
          ? await env.clipboard.readText()
          : await textOfFile();
    if (text !== undefined) return readCandidate(text);
  }
}

/** Problem of a text that is to be a request or a key; undefined if there is none. */
function problemOf(text: string): string | undefined {
  try {
    readCandidate(text);
    return undefined;
  } catch (error) {
    if (error instanceof HumanError) return phraseText(error.phrase);
    throw error;
  }
}

async function textOfFile(): Promise<string | undefined> {
  const [file] = (await window.showOpenDialog({ title: l10n.t('A request or a public key') })) ?? [];
  if (file === undefined) return undefined;
  try {
    return (await readRegularFile(file.fsPath, { limit: MAX_BYTES })).toString('utf8');
  } catch (error) {
    throw fileError(error, 'read', file.fsPath, false);
  }
}

const askLabel = async (frame: Frame, value: string): Promise<string> =>
  askText(frame, {
    prompt: l10n.t('The label of the member: a person and a machine'),
    placeholder: 'alice/laptop',
    value,
    validate: (text) => {
      const problem = labelProblem(text);
      return problem === undefined ? undefined : l10n.t('This cannot be a label: {0}.', phraseText(problem));
    },
  });

/** The roles that the person may give. Who makes the first roster is its owner. */
function offeredRoles({ secrets }: Services, folder: string): readonly Role[] {
  const root = secrets.snapshot.roots.find((one) => one.kind === 'vault' && one.workspace?.folder === folder);
  const own = root?.kind === 'vault' ? root.members?.members.find(({ isYou }) => isYou)?.role : undefined;
  return ROLES.filter(
    (role) => own === undefined || mayChangeAdmins(own) || !['admin', 'owner'].includes(role),
  );
}

/** Asks for a role. @throws CancellationError */
export async function askRole(frame: Frame, offered: readonly Role[], current: Role): Promise<Role> {
  const items = offered.map((role): QuickPickItem & { readonly role: Role } => ({
    label: role,
    detail: roleSentence(role),
    role,
  }));
  const active = items.find(({ role }) => role === current);
  return (await askPick(frame, { placeholder: l10n.t('Which role?'), items, active })).role;
}

import { l10n, type QuickPickItem, ThemeIcon, window, workspace, type WorkspaceFolder } from 'vscode';
import {
  contextOf,
  OWN_CONTEXT,
  type PlatformContext,
  type PlatformMembership,
  type PlatformWorkspace,
} from '../../core/platform/types.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { printable } from '../../core/system/printable.ts';
import { withoutLinks } from '../plain-text.ts';
import { alone, askPick } from '../steps.ts';
import type { ChosenWorkspace } from './platform-choice.ts';
import type { ContextNode } from './platform-nodes.ts';
import { ensureSignedIn, type PlatformRoom } from './platform-room.ts';
import { contextTitle } from './platform-words.ts';

interface WorkspaceItem extends QuickPickItem {
  /** Undefined for none. */
  readonly workspace: PlatformWorkspace | undefined;
}

/** Asks which workspaces the view shows. The person's own secrets are always there. */
export async function chooseShown(room: PlatformRoom): Promise<void> {
  const { login } = ensureSignedIn(room);
  const { workspaces } = await membershipOf(room);
  if (workspaces.length === 0) {
    void window.showInformationMessage(
      withoutLinks(l10n.t('You are in no workspace of {0}.', printable(login.endpoint.host))),
    );
    return;
  }
  const before = room.choice.shown(login);
  const picked = await window.showQuickPick(
    workspaces.map((one) => ({ ...itemOf(one), picked: before.some(({ id }) => id === one.id) })),
    {
      title: l10n.t('Seqera Platform'),
      placeHolder: l10n.t('Which workspaces do you want to see? Your own secrets are always there.'),
      canPickMany: true,
      ignoreFocusOut: true,
    },
  );
  if (picked === undefined) return;
  await room.choice.show(
    picked.flatMap((item) => (item.workspace === undefined ? [] : [chosenOf(item.workspace)])),
    login,
  );
  await room.model.ask();
}

/** Asks in which workspace the pipelines of a folder run, so that it can be said what they lack there. */
export async function chooseForFolder([node]: readonly unknown[], room: PlatformRoom): Promise<void> {
  const { login } = ensureSignedIn(room);
  const title = l10n.t('Seqera Platform');
  const folder = await askFolder(title);
  const key = folder.uri.toString();
  const given = contextGiven(node);
  if (given?.workspaceId !== undefined) {
    await room.choice.choose(key, { id: given.workspaceId, title: given.title }, login);
  } else {
    const { workspaces } = await membershipOf(room);
    const items: WorkspaceItem[] = [
      ...workspaces.map(itemOf),
      { label: l10n.t('None'), iconPath: new ThemeIcon('circle-slash'), workspace: undefined },
    ];
    const now = room.choice.of(key, login)?.id;
    const { workspace: chosen } = await askPick(alone(title), {
      placeholder: withoutLinks(l10n.t('In which workspace does {0} run?', printable(folder.name))),
      items,
      active: items.find((item) => item.workspace?.id === now),
    });
    await room.choice.choose(key, chosen && chosenOf(chosen), login);
  }
  await room.model.ask();
}

/** The context of a row of the view, or of what stands below it. */
export function contextGiven(node: unknown): PlatformContext | undefined {
  if (typeof node !== 'object' || node === null || !('kind' in node)) return undefined;
  const { kind, context } = node as Partial<ContextNode>;
  return String(kind).startsWith('platform') ? context : undefined;
}

/**
 * Asks for one of the contexts that the person may write to.
 *
 * @throws HumanError 66 if there is none.
 */
export async function askContext(
  title: string,
  placeholder: string,
  { model }: PlatformRoom,
): Promise<PlatformContext> {
  const contexts = model.contexts.filter(
    ({ isReadable, problem }) => !isReadable && problem?.failure.code !== 'personal-off',
  );
  const [only, ...others] = contexts;
  if (only === undefined)
    throw new HumanError(ExitCode.missing, l10n.t('There is no workspace in the view that you may change.'), {
      do: 'list-platform-workspaces',
    });
  if (others.length === 0) return only.context;
  const items = contexts.map((node): QuickPickItem & { readonly context: PlatformContext } => ({
    label: withoutLinks(contextTitle(node.context)),
    description: withoutLinks(
      node.context.workspaceId === OWN_CONTEXT.workspaceId
        ? l10n.t('your runs get these rather than those of a workspace')
        : node.roles.map(printable).join(', '),
    ),
    iconPath: new ThemeIcon(node.context.workspaceId === undefined ? 'account' : 'organization'),
    context: node.context,
  }));
  return (await askPick(alone(title), { placeholder, items })).context;
}

async function membershipOf({ model }: PlatformRoom): Promise<PlatformMembership> {
  const { client, login } = ensureSignedIn({ model });
  return client.membership(login.userId);
}

const itemOf = (workspace: PlatformWorkspace): WorkspaceItem => ({
  label: withoutLinks(printable(contextOf(workspace).title)),
  description: withoutLinks(workspace.roles.map(printable).join(', ')),
  workspace,
});

const chosenOf = (workspace: PlatformWorkspace): ChosenWorkspace => ({
  id: workspace.id,
  title: contextOf(workspace).title,
});

async function askFolder(title: string): Promise<WorkspaceFolder> {
  const folders = workspace.workspaceFolders ?? [];
  const [only, ...others] = folders;
  if (only === undefined) throw new HumanError(ExitCode.missing, l10n.t('This window has no folder.'));
  if (others.length === 0) return only;
  const items = folders.map((folder): QuickPickItem & { readonly folder: WorkspaceFolder } => ({
    label: withoutLinks(printable(folder.name)),
    description: withoutLinks(printable(folder.uri.fsPath)),
    iconPath: new ThemeIcon('root-folder'),
    folder,
  }));
  return (await askPick(alone(title), { placeholder: l10n.t('Which folder?'), items })).folder;
}

import { l10n, type QuickPickItem, ThemeIcon } from 'vscode';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { printable } from '../../core/system/printable.ts';
import { withoutLinks } from '../plain-text.ts';
import type { Services } from '../services.ts';
import type {
  FolderWorkspace,
  MemberEntry,
  MembersNode,
  SecretNode,
  VaultRoot,
} from '../state/secret-nodes.ts';
import { alone, askPick } from '../steps.ts';

// Commands come from the tree (a node), from a notification (the URI of a folder) and from the palette (nothing).

type WorkspaceNode = (VaultRoot & { readonly workspace: FolderWorkspace }) | MembersNode | MemberEntry;

/** The node of the tree that a command was called on, if it is one of a workspace. */
export function workspaceNodeOf([node]: readonly unknown[]): WorkspaceNode | undefined {
  if (typeof node !== 'object' || node === null || !('kind' in node)) return undefined;
  const known = node as SecretNode;
  if (known.kind === 'members' || known.kind === 'member') return known;
  return known.kind === 'vault' && known.workspace !== undefined
    ? { ...known, workspace: known.workspace }
    : undefined;
}

/** The workspaces of the window, as the tree shows them. */
export const workspaceRoots = ({ secrets }: Pick<Services, 'secrets'>): WorkspaceNode[] =>
  secrets.snapshot.roots.flatMap((root) => workspaceNodeOf([root]) ?? []);

/**
 * The workspace that a command is for: that of the node or folder, the only one of the window, or one that the person
 * picks.
 *
 * @throws HumanError 66 if the window has none; CancellationError.
 */
export async function workspaceFor(
  args: readonly unknown[],
  services: Services,
  title: string,
): Promise<FolderWorkspace> {
  const node = workspaceNodeOf(args);
  return inVault(node === undefined ? await pickWorkspace(args, services, title) : node.workspace, services);
}

/** @throws HumanError 64 for a workspace in a service, which has members of its own. */
function inVault(workspace: FolderWorkspace, { secrets }: Services): FolderWorkspace {
  for (const root of secrets.snapshot.roots) {
    if (root.kind !== 'vault' || root.workspace?.folder !== workspace.folder) continue;
    if (root.service === undefined) continue;
    throw new HumanError(
      ExitCode.usage,
      l10n.t(
        'The secrets of this workspace are in {0}: who may do what is decided there.',
        printable(root.service.title),
      ),
    );
  }
  return workspace;
}

async function pickWorkspace(
  args: readonly unknown[],
  services: Services,
  title: string,
): Promise<FolderWorkspace> {
  await services.secrets.refresh();
  const all = services.secrets.snapshot.folders.flatMap(({ of }) => of ?? []);
  const named = all.find(({ folder }) => folder === args[0]);
  const [only, ...others] = named === undefined ? all : [named];
  if (only === undefined)
    throw new HumanError(ExitCode.missing, l10n.t('This window has no folder with a workspace.'));
  if (others.length === 0) return only;
  const items = all.map((workspace): QuickPickItem & { readonly workspace: FolderWorkspace } => ({
    label: withoutLinks(printable(workspace.title)),
    description: withoutLinks(printable(workspace.directory)),
    iconPath: new ThemeIcon('root-folder'),
    workspace,
  }));
  return (await askPick(alone(title), { placeholder: l10n.t('Which workspace?'), items })).workspace;
}

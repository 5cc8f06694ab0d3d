import { commands, l10n, window, workspace } from 'vscode';
import { printable } from '../../core/system/printable.ts';
import { commandId } from '../command-id.ts';
import type { DisposableStore } from '../disposables.ts';
import { withoutLinks } from '../plain-text.ts';
import type { Services } from '../services.ts';

/** Reports each vault that git could not merge, once, with a button that merges it. Folders may share a vault. */
export function noticeConflicts({ secrets }: Services, store: DisposableStore): void {
  const reported = new Set<string>();
  const look = (): void => {
    // There nothing can be done about it.
    if (!workspace.isTrusted) return;
    const unmerged = new Map(
      secrets.snapshot.roots.flatMap((root) =>
        root.kind === 'vault' && root.workspace !== undefined && root.repair?.kind === 'resolve'
          ? [[root.workspace.directory, root.workspace] as const]
          : [],
      ),
    );
    for (const directory of reported) if (!unmerged.has(directory)) reported.delete(directory);
    for (const [directory, { folder, title }] of unmerged) {
      if (reported.has(directory)) continue;
      reported.add(directory);
      void offerToResolve(folder, title);
    }
  };
  store.add(secrets.onDidChange(look));
  store.add(workspace.onDidGrantWorkspaceTrust(look));
}

async function offerToResolve(folder: string, title: string): Promise<void> {
  const resolve = l10n.t('Resolve…');
  const chosen = await window.showWarningMessage(
    withoutLinks(
      l10n.t('Two branches have changed the secrets of {0}, and git could not merge them.', printable(title)),
    ),
    resolve,
  );
  if (chosen === resolve) await commands.executeCommand(commandId('resolveConflict'), folder);
}

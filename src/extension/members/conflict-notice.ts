import { commands, l10n, window } from 'vscode';
import { printable } from '../../core/system/printable.ts';
import { commandId } from '../command-id.ts';
import type { Disposable } from 'vscode';
import { withoutLinks } from '../plain-text.ts';
import type { Services } from '../services.ts';

/** Reports each vault that git could not merge, once, with a button that merges it. */
export function noticeConflicts({ secrets }: Services): Disposable {
  const reported = new Set<string>();
  return secrets.onDidChange(() => {
    for (const root of secrets.snapshot.roots) {
      if (root.kind !== 'vault' || root.workspace === undefined) continue;
      const { folder, title } = root.workspace;
      if (root.repair !== 'resolve') reported.delete(folder);
      else if (!reported.has(folder)) {
        reported.add(folder);
        void offerToResolve(folder, title);
      }
    }
  });
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

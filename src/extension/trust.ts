import { commands, l10n, workspace } from 'vscode';
import { RemediedError } from './error-boundary.ts';

/** False on native Windows: Nextflow does not run there. */
export const isSupported = process.platform !== 'win32';

/** @throws RemediedError if nothing may be decrypted, changed or started. */
export function assertMayAct(): void {
  if (!isSupported) {
    throw new RemediedError(l10n.t('Nextflow Secrets does not run on native Windows.'), {
      title: l10n.t('Reopen Folder in WSL'),
      run: () => commands.executeCommand('remote-wsl.reopenInWSL'),
    });
  }
  if (workspace.isTrusted) return;
  throw new RemediedError(
    l10n.t('In Restricted Mode no secret is decrypted or changed, and nothing is started.'),
    {
      title: l10n.t('Manage Workspace Trust'),
      run: () => commands.executeCommand('workbench.trust.manage'),
    },
  );
}

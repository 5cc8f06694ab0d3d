import { execFile } from 'node:child_process';
import { l10n, window } from 'vscode';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { printable } from '../../core/system/printable.ts';
import { hasDriver } from '../../core/vault/merge/install.ts';
import type { Services } from '../services.ts';
import type { FolderWorkspace } from '../state/secret-nodes.ts';
import { workspaceFor } from './workspace-argument.ts';

/** Milliseconds after which a set-up that hangs is ended. */
const PATIENCE = 60_000;

/** Has git merge the vault by names in this clone, after a question. */
export async function setUpMerging(args: readonly unknown[], services: Services): Promise<void> {
  const workspace = await workspaceFor(args, services, l10n.t('Set Up Merging'));
  const { directory } = workspace;
  const setUp = l10n.t('Set Up');
  const chosen = await window.showInformationMessage(
    l10n.t('Let git merge the secrets of {0} by their names?', printable(workspace.title)),
    {
      modal: true,
      detail: l10n.t(
        'This writes the program that merges into git’s configuration of this clone, and the names of the files into its info/attributes. Each clone needs it once.',
      ),
    },
    setUp,
  );
  if (chosen !== setUp) return;
  await runInstall(directory, services);
  void window.showInformationMessage(l10n.t('Git merges the secrets by their names in this clone now.'));
}

/** Tells whether the clone of a workspace has no set-up for merging. */
export const lacksMerging = async (
  { directory }: FolderWorkspace,
  { openWorld }: Services,
): Promise<boolean> => (await hasDriver(directory, openWorld(undefined))) === false;

/** Runs the built command, which knows how git can start it. */
async function runInstall(directory: string, { cli, log }: Services): Promise<void> {
  const args = [cli, 'merge', 'install', '--yes', '--workspace', directory];
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  const failure = await new Promise<string | undefined>((resolve) => {
    execFile(
      process.execPath,
      args,
      { env, timeout: PATIENCE, killSignal: 'SIGKILL' },
      (error, _, stderr) => {
        resolve(error === null ? undefined : stderr || error.message);
      },
    );
  });
  if (failure === undefined) return;
  const lines = failure.trim().split('\n').map(printable);
  for (const line of lines) log.warn(line);
  throw new HumanError(ExitCode.unavailable, lines[0] ?? '');
}

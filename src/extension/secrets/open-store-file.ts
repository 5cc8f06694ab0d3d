import { commands, Uri } from 'vscode';
import { rootOf } from './secret-argument.ts';

/** Opens the file because of which a vault is damaged. It is called on a row of the view alone. */
export async function openStoreFile(args: readonly unknown[]): Promise<void> {
  const root = rootOf(args);
  if (root?.repair?.kind === 'open') await commands.executeCommand('vscode.open', Uri.file(root.repair.file));
}

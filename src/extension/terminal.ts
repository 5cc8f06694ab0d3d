import { chmod, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type ExtensionContext, l10n, MarkdownString } from 'vscode';
import { shellWord } from '../core/system/printable.ts';
import { makeDirectories } from '../core/system/make-directories.ts';
import { readRegularFile } from '../core/system/open-file.ts';
import type { Services } from './services.ts';
import { isSupported } from './trust.ts';

/**
 * Lets terminals of the window find `nf-secrets`. It is the last directory on their PATH: an `nf-secrets` that a
 * person has installed comes first.
 */
export async function offerCommandInTerminals(
  { globalStorageUri, environmentVariableCollection }: ExtensionContext,
  { cli, log }: Services,
): Promise<void> {
  if (!isSupported) return;
  // The same directory for all versions: terminals outlive an update.
  const directory = join(globalStorageUri.fsPath, 'bin');
  try {
    await writeLauncher(directory, cli);
  } catch (error) {
    log.warn(`nf-secrets in terminals: ${error instanceof Error ? error.message : String(error)}`);
    return;
  }
  environmentVariableCollection.description = new MarkdownString(l10n.t('Adds the command `nf-secrets`.'));
  environmentVariableCollection.append('PATH', `${delimiter}${directory}`, {
    applyAtProcessCreation: true,
    // Start-up files of shells often set the PATH anew.
    applyAtShellIntegration: true,
  });
}

/** Writes a script that runs the built command with the Node.js of the extension, which may be VS Code itself. */
async function writeLauncher(directory: string, cli: string): Promise<void> {
  const path = join(directory, 'nf-secrets');
  const text = `#!/bin/sh\nELECTRON_RUN_AS_NODE=1 exec ${shellWord(process.execPath)} ${shellWord(cli)} "$@"\n`;
  if ((await readRegularFile(path, { limit: 64 << 10 }).then(String, () => undefined)) === text) return;
  await makeDirectories(directory);
  await writeFile(path, text);
  await chmod(path, 0o755);
}

import { window, workspace } from 'vscode';
import { printable } from '../../core/system/printable.ts';
import type { Services } from '../services.ts';
import { allSecrets } from '../state/secret-nodes.ts';

/** Opens the names of all secrets as a text, one per line, as `nf-secrets export --names` prints them. */
export async function exportNames(services: Services): Promise<void> {
  await services.secrets.refresh();
  const names = [...new Set(allSecrets(services.secrets).map(({ name }) => printable(name)))].sort();
  const content = names.map((name) => `${name}\n`).join('');
  await window.showTextDocument(await workspace.openTextDocument({ content, language: 'plaintext' }));
}

import type { ExtensionContext } from 'vscode';

/** Called by VS Code when the extension is first needed. It contributes nothing yet. */
export function activate(_context: ExtensionContext): void {
  // Views, commands and editor features register here.
}

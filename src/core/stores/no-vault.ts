import { lstatIfThere } from '../system/durable-file.ts';
import { ExitCode, HumanError } from '../system/human-error.ts';
import { workspaceVaultPath } from '../system/paths.ts';
import { phrase } from '../system/phrase.ts';
import { printable } from '../system/printable.ts';

/** Refuses a workspace that has a vault: its secrets would be in two stores. @throws HumanError 64 */
export async function assertNoVault(workspace: string): Promise<void> {
  const vault = workspaceVaultPath(workspace);
  if ((await lstatIfThere(vault)) === undefined) return;
  throw new HumanError(
    ExitCode.usage,
    phrase`This workspace has a vault already: ${printable(vault)}. Nothing was changed.`,
    phrase`To take its secrets to AWS: export them, move the vault away, make the store, and import them.`,
  );
}

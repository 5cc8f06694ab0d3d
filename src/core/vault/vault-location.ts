import type { VaultScope } from '../secrets/scope.ts';
import { lstatIfThere } from '../system/durable-file.ts';
import { realpath } from '../system/file-calls.ts';
import { ExitCode, HumanError, systemErrorCode } from '../system/human-error.ts';
import { userVaultPath, workspaceVaultPath } from '../system/paths.ts';
import { printable } from '../system/printable.ts';
import type { World } from '../system/world.ts';
import { phrase } from '../system/phrase.ts';

/** Largest vault, in bytes. A larger one is refused. */
export const MAX_VAULT_BYTES = 64 << 20;

/** Location of a vault: its scope and its file. */
export interface VaultLocation {
  readonly scope: VaultScope;
  readonly path: string;
}

/** Follows a vault that is a link, as managers of dotfiles make them: its target is read, locked and replaced. */
export async function realVault(location: VaultLocation): Promise<VaultLocation> {
  try {
    return { ...location, path: await realpath(location.path) };
  } catch (error) {
    if ((await lstatIfThere(location.path))?.isSymbolicLink() !== true) return location;
    throw new HumanError(
      ExitCode.io,
      phrase`${printable(location.path)} is a link that leads nowhere (${systemErrorCode(error) ?? ''}).`,
      phrase`Make its target available, or remove the link.`,
    );
  }
}

export const userVault = (world: World): VaultLocation => ({ scope: 'user', path: userVaultPath(world) });

export const workspaceVault = (directory: string): VaultLocation => ({
  scope: 'workspace',
  path: workspaceVaultPath(directory),
});

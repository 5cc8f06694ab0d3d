import { dirname, join } from 'node:path';
import {
  lstatIfThere,
  PRIVATE_FILE,
  removeAbandoned,
  renameDurably,
  writeBeside,
} from '../system/durable-file.ts';
import { fileError } from '../system/human-error.ts';
import type { VaultScope } from '../secrets/scope.ts';
import { makeDirectories } from '../system/make-directories.ts';
import { ensureHomeDirectory } from '../system/tool-home.ts';
import type { World } from '../system/world.ts';
import type { VaultLocation } from './vault-location.ts';

/** Makes the directory of a vault. @throws HumanError 73 */
export async function ensureVaultDirectory({ scope, path }: VaultLocation, world: World): Promise<void> {
  const directory = dirname(path);
  if (scope === 'user') {
    await ensureHomeDirectory(directory, world);
    return;
  }
  try {
    await makeDirectories(directory);
  } catch (error) {
    throw fileError(error, 'create', directory);
  }
}

/**
 * Makes the files that tell git about the vault, where they are missing: which of our files it ignores, and that it
 * merges and compares vaults by our programs, byte for byte. Called under the lock of the vault.
 */
export async function ensureGitFiles({ scope, path }: VaultLocation): Promise<void> {
  if (scope === 'user') return;
  for (const [name, text] of GIT_FILES) {
    const file = join(dirname(path), name);
    await removeAbandoned(file);
    if ((await lstatIfThere(file)) === undefined)
      await renameDurably(await writeBeside(file, Buffer.from(text), newFileMode(scope)), file);
  }
}

const GIT_FILES: ReadonlyMap<string, string> = new Map([
  [
    '.gitignore',
    `# Locks and unfinished files of nf-secrets. The vault itself is safe to commit.
*.lock*
.*.tmp
*.next
`,
  ],
  [
    '.gitattributes',
    `# nf-secrets merges these and compares the vault; git keeps each byte of them.
workspace.sops.json -text merge=nf-secrets diff=nf-secrets
workspace.sops.json.sig -text merge=nf-secrets -diff
members.json -text merge=nf-secrets
`,
  ],
]);

/** Mode of a scope's files: a workspace's are shared as the person shares all files; the user's are private. */
export function newFileMode(scope: VaultScope): number | 'by-umask' {
  return scope === 'user' ? PRIVATE_FILE : 'by-umask';
}

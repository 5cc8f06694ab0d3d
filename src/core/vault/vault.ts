import { mkdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  assertWritable,
  ensurePrivateDirectory,
  lstatIfThere,
  PRIVATE_FILE,
  readFileIfThere,
  removeAbandonedTemporaries,
  renameDurably,
  statIfThere,
  writeBeside,
} from '../durable-file.ts';
import { withLock } from '../file-lock.ts';
import { ExitCode, fileError, HumanError } from '../human-error.ts';
import { ensureIdentities, loadIdentities } from '../identity.ts';
import { userVaultPath, workspaceVaultPath } from '../places.ts';
import { printable } from '../printable.ts';
import type { VaultScope } from '../scope.ts';
import { SecretValue } from '../secret-value.ts';
import { timestamp, type World } from '../world.ts';
import { damaged, SopsDocument, type UnlockedDocument } from './sops-document.ts';
import { leafText } from './sops-leaf.ts';
import {
  encryptedSecrets,
  newVaultTree,
  putSecret,
  removeSecret,
  secretInfo,
  type SecretInfo,
  secretPath,
} from './vault-shape.ts';

/** A larger vault is refused. In bytes. */
const MAX_VAULT_BYTES = 64 << 20;

/** Which vault: its scope and its file. */
export interface VaultLocation {
  readonly scope: VaultScope;
  readonly path: string;
}

export const userVault = (world: World): VaultLocation => ({ scope: 'user', path: userVaultPath(world) });

export const workspaceVault = (directory: string): VaultLocation => ({
  scope: 'workspace',
  path: workspaceVaultPath(directory),
});

/**
 * Names and what stands in clear text about them. Decrypts nothing; an absent vault is an empty one.
 *
 * @throws HumanError 65 if the file is damaged or refused, 74 if it cannot be read.
 */
export async function listVault({ path }: VaultLocation): Promise<Map<string, SecretInfo>> {
  const bytes = await readFileIfThere(path, MAX_VAULT_BYTES);
  if (bytes === undefined) return new Map();
  const document = SopsDocument.parse(bytes, path);
  return new Map(Array.from(encryptedSecrets(document).keys(), (name) => [name, secretInfo(document, name)]));
}

/**
 * All values of a vault by name, with the MAC checked. An absent or empty vault needs no identity.
 *
 * @throws HumanError 65 if the file is damaged or refused, 74 if it cannot be read, 77 if it does not open for us.
 */
export async function openVault({ path }: VaultLocation, world: World): Promise<Map<string, SecretValue>> {
  const bytes = await readFileIfThere(path, MAX_VAULT_BYTES);
  if (bytes === undefined) return new Map();
  const document = SopsDocument.parse(bytes, path);
  const leaves = encryptedSecrets(document);
  if (leaves.size === 0) return new Map();
  return decryptAll(await document.unlock(await loadIdentities(world)), leaves);
}

function decryptAll(vault: UnlockedDocument, leaves: ReadonlyMap<string, string>): Map<string, SecretValue> {
  const values = new Map<string, SecretValue>();
  for (const [name, leaf] of leaves) {
    const text = leafText(vault.decrypt(leaf, secretPath(name)));
    if (text === undefined) throw damaged(vault.document.shown, `the value of ${name} in it is not text`);
    values.set(name, new SecretValue(text));
  }
  return values;
}

/** A vault while it is being changed. */
export interface VaultDraft {
  readonly names: ReadonlySet<string>;
  set(name: string, value: SecretValue, description?: string): void;
  /** @throws HumanError 66 if there is no such secret. */
  delete(name: string): void;
}

/** Who changes a vault, for `updatedBy` and the members: git's user.email or the user name. */
export type Author = string;

/**
 * Changes a vault, all or nothing, while no other program of ours writes it. What a program without our lock
 * (sops, git) wrote meanwhile is seen before the file is replaced, and the change is made again on top of it.
 *
 * @param change - called once or, on such a collision, again with a fresh draft; what it throws changes nothing.
 * @throws HumanError 65, 77 as {@link openVault}; 73, 74 if the file cannot be written.
 */
export async function updateVault(
  location: VaultLocation,
  world: World,
  author: Author,
  change: (draft: VaultDraft) => void,
): Promise<void> {
  const { path } = location;
  await ensureVaultDirectory(location);
  await withLock(path, world, async (lock) => {
    await removeAbandonedTemporaries(path);
    for (let tries = 0; tries < 10; tries++) {
      const before = await readFileIfThere(path, MAX_VAULT_BYTES);
      const status = await statIfThere(path);
      if (before !== undefined && status !== undefined) await assertWritable(path, status);
      const vault = await unlockOrCreate(before, path, world, author);
      change(draftOf(vault, world, author));
      const content = vault.serialize(timestamp(world.now()));
      const mode = status === undefined ? newFileMode(location.scope) : status.mode & 0o777;
      const temporary = await writeBeside(path, content, mode, status);
      const now = await readFileIfThere(path, MAX_VAULT_BYTES);
      if (!sameBytes(before, now)) {
        await unlink(temporary);
        continue;
      }
      try {
        await lock.assertHeld();
      } catch (error) {
        await unlink(temporary).catch(() => undefined);
        throw error;
      }
      await renameDurably(temporary, path).catch(async (error: unknown) => {
        // The next holder of a lock that we lost just now has swept our file away.
        if ((await statIfThere(temporary)) === undefined) await lock.assertHeld();
        throw error;
      });
      return;
    }
    throw new HumanError(
      ExitCode.io,
      `${printable(path)} is being changed by another program all the time; it was not changed by this one.`,
      'Try again when that program is done.',
    );
  }).catch((error: unknown) => {
    throw fileError(error, 'write', path);
  });
}

async function unlockOrCreate(
  bytes: Buffer | undefined,
  path: string,
  world: World,
  author: Author,
): Promise<UnlockedDocument> {
  if (bytes === undefined) {
    const [{ recipient }] = await ensureIdentities(world);
    const member = { recipient, label: author, since: timestamp(world.now()), by: author };
    return SopsDocument.create(newVaultTree([member]), [recipient], path);
  }
  const document = SopsDocument.parse(bytes, path);
  encryptedSecrets(document);
  return document.unlock(await loadIdentities(world));
}

function draftOf(vault: UnlockedDocument, world: World, author: Author): VaultDraft {
  const { document } = vault;
  return {
    get names() {
      return new Set(encryptedSecrets(document).keys());
    },
    set: (name, value, description) => {
      value.assertDeliverable(name);
      const leaf = vault.encrypt(value.reveal(), secretPath(name));
      putSecret(document, name, leaf, { at: timestamp(world.now()), by: author, description });
    },
    delete: (name) => {
      if (!encryptedSecrets(document).has(name)) {
        throw new HumanError(ExitCode.missing, `${document.shown} has no secret ${printable(name)}.`);
      }
      removeSecret(document, name);
    },
  };
}

async function ensureVaultDirectory({ scope, path }: VaultLocation): Promise<void> {
  const directory = dirname(path);
  if (scope === 'user') {
    await ensurePrivateDirectory(directory);
    return;
  }
  try {
    await mkdir(directory, { recursive: true });
  } catch (error) {
    throw fileError(error, 'create', directory);
  }
  const ignore = join(directory, '.gitignore');
  if ((await lstatIfThere(ignore)) !== undefined) return;
  await renameDurably(await writeBeside(ignore, Buffer.from(GITIGNORE), newFileMode(scope)), ignore);
}

const GITIGNORE = `# Locks and unfinished files of nf-secrets. The vault itself is safe to commit.
*.lock*
.*.tmp
`;

/** A workspace's files are shared as the person shares all files; the user's are private. */
function newFileMode(scope: VaultScope): number | 'by-umask' {
  return scope === 'user' ? PRIVATE_FILE : 'by-umask';
}

function sameBytes(a: Buffer | undefined, b: Buffer | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.equals(b);
}

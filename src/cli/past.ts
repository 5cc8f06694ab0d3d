import { ExitCode, HumanError } from '../core/system/human-error.ts';
import { printable } from '../core/system/printable.ts';
import { InvalidArgumentError } from 'commander';
import { listIfHere } from '../core/secrets/resolve.ts';
import { assertSecretName } from '../core/secrets/secret-name.ts';
import type { VaultScope } from '../core/secrets/scope.ts';
import type { KeptPast, VersionChoice, WritableStore } from '../core/secrets/writable-store.ts';
import { isInVault, storeOf, writableStore } from '../core/stores/stores.ts';
import type { World } from '../core/system/world.ts';

// The common part of history, undo and forget.

/** A store that keeps the past of its secrets. */
export interface StoreWithPast {
  readonly store: WritableStore;
  readonly past: KeptPast;
}

/**
 * Finds the store that has the past of a secret, also of one that is deleted.
 *
 * @throws HumanError 64 if both scopes have it, or may have it.
 */
export async function keptPast(
  name: string,
  scope: VaultScope | undefined,
  workspace: string,
  world: World,
): Promise<StoreWithPast> {
  assertSecretName(name);
  if (scope !== undefined) return open(scope, workspace, world);
  const user = await open('user', workspace, world);
  const isUsers =
    (await listIfHere(storeOf('user', workspace, world))).has(name) || (await user.past.deleted()).has(name);
  if (!isUsers) return open('workspace', workspace, world);
  if (!(await isInVault('workspace', workspace))) {
    // AWS is not asked for a name that may be meant for the user vault.
    throw new HumanError(
      ExitCode.usage,
      `Your user vault has ${printable(name)}, and this workspace may have it too.`,
      'Name one: --scope user or --scope workspace',
    );
  }
  if ((await listIfHere(storeOf('workspace', workspace, world))).has(name)) {
    throw new HumanError(
      ExitCode.usage,
      `Both user and workspace have ${printable(name)}.`,
      'Name one: --scope user or --scope workspace',
    );
  }
  return user;
}

async function open(scope: VaultScope, workspace: string, world: World): Promise<StoreWithPast> {
  const store = await writableStore(scope, workspace, world);
  return { store, past: store.past };
}

/** Reads `--to`: the number of a version, or the beginning of its id. */
export function parseVersion(text: string): VersionChoice {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  if (/^[0-9a-f-]{7,64}$/.test(text)) return text;
  throw new InvalidArgumentError(
    'Expected the number of a version, or the beginning of its id; nf-secrets history NAME shows them.',
  );
}

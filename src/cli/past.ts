import { ExitCode, HumanError } from '../core/system/human-error.ts';
import { workspaceVaultPath } from '../core/system/paths.ts';
import { printable, shellWord } from '../core/system/printable.ts';
import { listIfHere } from '../core/secrets/resolve.ts';
import { assertSecretName } from '../core/secrets/secret-name.ts';
import type { VaultScope } from '../core/secrets/scope.ts';
import type { KeptPast, WritableStore } from '../core/secrets/writable-store.ts';
import { storeOf, writableStore } from '../core/stores/stores.ts';
import type { World } from '../core/system/world.ts';

// The common part of history and undo.

/** A store that keeps the past of its secrets. */
export interface StoreWithPast {
  readonly store: WritableStore;
  readonly past: KeptPast;
}

/**
 * Finds the store that keeps the past of a secret. A deleted one is in no list, so the name tells nothing if no vault has it.
 *
 * @throws HumanError 64 if a vault has it, or several scopes do.
 */
export async function keptPast(
  name: string,
  scope: VaultScope | undefined,
  workspace: string,
  world: World,
): Promise<StoreWithPast> {
  assertSecretName(name);
  const store = await writableStore(scope ?? 'workspace', workspace, world);
  const isUsers = (await listIfHere(storeOf('user', workspace, world))).has(name);
  if (scope === undefined && isUsers) {
    if (store.past === undefined) throw inVault(name, 'user', workspace);
    throw new HumanError(
      ExitCode.usage,
      `${printable(name)} is set in user, and this workspace may have it too.`,
      'Name one: --scope user or --scope workspace',
    );
  }
  if (store.past === undefined) throw inVault(name, store.scope, workspace);
  return { store, past: store.past };
}

function inVault(name: string, scope: VaultScope, workspace: string): HumanError {
  const shown = printable(name);
  return scope === 'user'
    ? new HumanError(
        ExitCode.usage,
        `Your user vault keeps no earlier values of ${shown}.`,
        'Only a workspace in AWS Secrets Manager has them for now.',
      )
    : new HumanError(
        ExitCode.usage,
        `The secrets of this workspace are in a vault, and its history is in git.`,
        `See when it was changed: git log -p -- ${shellWord(workspaceVaultPath(workspace))}`,
      );
}

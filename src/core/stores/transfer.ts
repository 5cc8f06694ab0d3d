import type { Seen, WritableStore } from '../secrets/writable-store.ts';
import type { VaultScope } from '../secrets/scope.ts';
import { phrase } from '../system/phrase.ts';
import type { World } from '../system/world.ts';
import { author } from '../vault/author.ts';
import { transferSecret } from '../vault/change-secrets.ts';
import { vaultOf } from '../vault/vault-store.ts';
import { isInVault, writableStore } from './stores.ts';

/** A scope, and the workspace that it is of. */
export interface ScopeOf {
  readonly scope: VaultScope;
  /** Absolute path; only of the scope `workspace`. */
  readonly workspace: string;
}

/** Transfer of a secret from one scope to another. */
export interface ScopeTransfer {
  readonly from: ScopeOf;
  readonly to: ScopeOf;
  /** `copy` leaves it in the source, `move` deletes it there. */
  readonly verb: 'copy' | 'move';
  /** The secret that had the same name in the target. */
  readonly replaces: Seen;
}

/**
 * Gives a secret to another scope. From vault to vault all data beside it goes along, else its value and description.
 *
 * @throws HumanError 64 if the name has been set in the target meanwhile, 66 if there is no such secret.
 */
export async function transferBetween(name: string, transfer: ScopeTransfer, world: World): Promise<void> {
  const { from, to, verb, replaces } = transfer;
  if ((await isInVault(from.scope, from.workspace)) && (await isInVault(to.scope, to.workspace))) {
    const source = vaultOf(from.scope, from.workspace, world);
    const target = vaultOf(to.scope, to.workspace, world);
    await transferSecret(name, { source, target, verb, replaces }, await author(world), world);
    return;
  }
  const source = await writableStore(from.scope, from.workspace, world);
  const target = await writableStore(to.scope, to.workspace, world);
  const isLost = source.keepsExpiry && !target.keepsExpiry;
  const expires = isLost ? ((await source.list({ asked: [name] })).get(name)?.expires ?? null) : null;
  let value = await give(name, source, target, { replaces });
  // Deleted only now, so that it is in one of them at any time. A newer value is given first in the same way.
  while (verb === 'move' && !(await source.deleteIfStill(name, value)))
    value = await give(name, source, target, {});
  if (expires !== null)
    world.notice(
      phrase`${name} expires on ${expires}, which AWS Secrets Manager is not told: note the day, for example in its description.`,
    );
}

async function give(
  name: string,
  source: WritableStore,
  target: WritableStore,
  options: { readonly replaces?: Seen },
): Promise<Awaited<ReturnType<WritableStore['fetch']>>['value']> {
  const { value, description } = await source.fetch(name);
  await target.set(name, value, { ...options, description: description ?? '' });
  return value;
}

import { nextflowStore } from '../nextflow/nextflow-store.ts';
import { type Scope, SCOPES } from '../secrets/scope.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import type { World } from '../system/world.ts';
import { vaultStore } from '../vault/vault-store.ts';

/** Opens the store of each scope. */
const STORES: Readonly<Record<Scope, (workspace: string, world: World) => SecretStore>> = {
  user: (workspace, world) => vaultStore('user', workspace, world),
  workspace: (workspace, world) => vaultStore('workspace', workspace, world),
  nextflow: (_, world) => nextflowStore(world),
};

/** Opens the store of a scope. @param workspace - absolute path; only of the scope `workspace`. */
export const storeOf = (scope: Scope, workspace: string, world: World): SecretStore =>
  STORES[scope](workspace, world);

/** Opens all stores, from the one that wins down. */
export const storesOf = (workspace: string, world: World): SecretStore[] =>
  SCOPES.map((scope) => storeOf(scope, workspace, world));

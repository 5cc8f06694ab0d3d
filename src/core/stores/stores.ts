import { nextflowStore } from '../nextflow/nextflow-store.ts';
import { type Scope, SCOPES, type VaultScope } from '../secrets/scope.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import type { WritableStore } from '../secrets/writable-store.ts';
import { phrase, type Phrase } from '../system/phrase.ts';
import type { World } from '../system/world.ts';
import { vaultStore } from '../vault/vault-store.ts';
import { readWorkspaceFile, type WorkspaceFile } from './workspace-file.ts';

/** A service that workspaces can have their secrets in. */
interface Service {
  open(file: WorkspaceFile, world: World): Promise<WritableStore>;
  /** Tells whether the person has accepted the file as it is now. Sends nothing. */
  isAccepted(file: WorkspaceFile, world: World): Promise<boolean>;
  /** Files of this tool on this machine that change with what is accepted, and with what was changed in the service. */
  notes(world: World): Promise<readonly string[]>;
  title(file: WorkspaceFile): Phrase;
}

/** All services, by the `store` of a workspace's file. What they need is loaded when it is used. */
const SERVICES: Readonly<Record<WorkspaceFile['store'], Service>> = {
  aws: {
    open: async (file, world) => (await import('./aws/aws-store.ts')).awsStore(file, world),
    isAccepted: async (file, world) =>
      (await import('./aws/place-acceptance.ts')).isPlaceAccepted(file, world),
    notes: async (world) => [
      (await import('./aws/place-acceptance.ts')).acceptedPath(world),
      (await import('./aws/recent.ts')).recentPath(world),
    ],
    title: ({ account, region, prefix }) =>
      phrase`AWS Secrets Manager, account ${account}, ${region}, ${prefix}/NAME`,
  },
};

/** Opens the store of each scope. */
const STORES: Readonly<Record<Scope, (workspace: string, world: World) => SecretStore>> = {
  user: (workspace, world) => vaultStore('user', workspace, world),
  workspace: (workspace, world) => workspaceStore(workspace, world),
  nextflow: (_, world) => nextflowStore(world),
};

/** Opens the store that a workspace has, which its files tell when it is used. */
const workspaceStore = (workspace: string, world: World): SecretStore => {
  const open = async (): Promise<SecretStore> =>
    (await serviceOf(workspace, world)) ?? vaultStore('workspace', workspace, world);
  return {
    scope: 'workspace',
    list: async (options) => (await open()).list(options),
    read: async (options) => (await open()).read(options),
  };
};

async function serviceOf(workspace: string, world: World): Promise<WritableStore | undefined> {
  const file = await readWorkspaceFile(workspace);
  return file && SERVICES[file.store].open(file, world);
}

/** Opens the store of a scope. @param workspace - absolute path; only of the scope `workspace`. */
export const storeOf = (scope: Scope, workspace: string, world: World): SecretStore =>
  STORES[scope](workspace, world);

/** Opens all stores, from the one that wins down. */
export const storesOf = (workspace: string, world: World): SecretStore[] =>
  SCOPES.map((scope) => storeOf(scope, workspace, world));

/** Opens the stores whose lists may be late: a name that is not in them may be there all the same. */
export async function lateStores(workspace: string, world: World): Promise<SecretStore[]> {
  const service = await serviceOf(workspace, world);
  return service === undefined ? [] : [service];
}

/** Opens the store of a scope to change it. @throws HumanError 65 if the workspace's file is damaged. */
export async function writableStore(
  scope: VaultScope,
  workspace: string,
  world: World,
): Promise<WritableStore> {
  const service = scope === 'workspace' ? await serviceOf(workspace, world) : undefined;
  return service ?? (await import('./writable-vault.ts')).writableVault(scope, workspace, world);
}

/** Says where the secrets of a workspace are; undefined if they are in a vault. */
export async function serviceTitle(workspace: string): Promise<Phrase | undefined> {
  const file = await readWorkspaceFile(workspace);
  return file && SERVICES[file.store].title(file);
}

/** Tells whether the secrets of a scope are in a vault. */
export const isInVault = async (scope: VaultScope, workspace: string): Promise<boolean> =>
  scope === 'user' || (await readWorkspaceFile(workspace)) === undefined;

/** The store of a workspace in a service, before anything is asked of that. */
export interface StoreInService {
  /** File that names it. Absolute path. */
  readonly path: string;
  /** The file's content: another one is another store. */
  readonly content: string;
  readonly title: Phrase;
  /** True if the person has accepted the file as it is now. */
  readonly isAccepted: boolean;
  readonly store: WritableStore;
}

/**
 * Looks whether a workspace has its secrets in a service. Sends nothing.
 *
 * @returns undefined if they are in a vault.
 * @throws HumanError 65 if the workspace's file is damaged; 74.
 */
export async function storeInService(workspace: string, world: World): Promise<StoreInService | undefined> {
  const file = await readWorkspaceFile(workspace);
  if (file === undefined) return undefined;
  const service = SERVICES[file.store];
  return {
    ...{ path: file.path, content: file.canonical, title: service.title(file) },
    isAccepted: await service.isAccepted(file, world),
    store: await service.open(file, world),
  };
}

/** Files that change when a person accepts a store of a service, or this tool changes secrets there. */
export const serviceNotes = async (world: World): Promise<string[]> =>
  (await Promise.all(Object.values(SERVICES).map((service) => service.notes(world)))).flat();

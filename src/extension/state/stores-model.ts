import { join } from 'node:path';
import { EventEmitter, type LogOutputChannel, Uri, window, workspace } from 'vscode';
import { vaultKeys } from '../../core/diagnostics/diagnostics.ts';
import { readSourceFile } from '../../core/pipeline/source-file.ts';
import type { SourceSpan } from '../../core/references/scan.ts';
import { nearEnd } from '../../core/secrets/expiry.ts';
import { layered } from '../../core/secrets/resolve.ts';
import { isVaultScope, type Scope, SCOPES, type VaultScope } from '../../core/secrets/scope.ts';
import type { SecretInfo } from '../../core/secrets/secret-store.ts';
import { lastUsed, readUsage, type Usage } from '../../core/secrets/usage.ts';
import { storeOf } from '../../core/stores/stores.ts';
import { HumanError } from '../../core/system/human-error.ts';
import {
  findWorkspace,
  nextflowStorePath,
  usagePath,
  userVaultPath,
  workspaceFilePath,
  workspaceVaultPath,
} from '../../core/system/paths.ts';
import { checkoutOf } from '../../core/system/git-index.ts';
import type { World } from '../../core/system/world.ts';
import { DisposableStore } from '../disposables.ts';
import { FileWatch } from '../file-watch.ts';
import { rosterPath } from '../../core/vault/members/roster-file.ts';
import { signaturePath } from '../../core/vault/members/vault-signature.ts';
import { vaultOf } from '../../core/vault/vault-store.ts';
import { factWithRemedies } from '../remedies.ts';
import { NewDays } from './new-days.ts';
import { readRights, repairOf } from './read-rights.ts';
import type { FolderWorkspace } from './secret-nodes.ts';
import type { Repair } from './repair.ts';
import type { ServiceState } from './service-state.ts';
import type { ServiceStores } from './service-stores.ts';
import type { FolderStores } from './store-states.ts';
import type { WorkspaceRights } from './workspace-rights.ts';

/**
 * Content of the stores for all folders of the window: names only, nothing is decrypted, and what services have answered.
 * They are read again when one of their files changes, when the window gets the focus, and when a command asks for it;
 * never for a change of code. That asks no service.
 */
export class StoresModel {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<void>());
  readonly onDidChange = this.#changed.event;
  readonly #watch: FileWatch;
  #stores: readonly FolderStores[] = [];
  #seen = '';
  #hadFocus = window.state.focused;
  #reading: Promise<void> | undefined;
  #stale = true;

  constructor(
    private readonly openWorld: (folder: Uri | undefined) => World,
    private readonly log: LogOutputChannel,
    /** The answers of services about workspaces that have their secrets there. */
    readonly services: ServiceStores,
  ) {
    const refresh = (): void => void this.refresh();
    this.#watch = this.#store.add(new FileWatch(refresh));
    this.#store.add(services.onDidChange(refresh));
    this.#store.add(new NewDays(() => openWorld(undefined).now(), refresh));
    this.#store.add(workspace.onDidChangeWorkspaceFolders(refresh));
    this.#store.add(workspace.onDidGrantWorkspaceTrust(refresh));
    this.#store.add(
      window.onDidChangeWindowState(({ focused }) => {
        // Fires when a person is active or idle as well.
        const hadFocus = this.#hadFocus;
        this.#hadFocus = focused;
        if (focused && !hadFocus) refresh();
      }),
    );
  }

  /** The last content for each folder. The first reading may not be finished yet, see {@link refresh}. */
  get stores(): readonly FolderStores[] {
    return this.#stores;
  }

  /** Reads everything again. Calls that come meanwhile share one more reading. */
  async refresh(): Promise<void> {
    this.#stale = true;
    this.#reading ??= this.#readUntilFresh().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  dispose(): void {
    this.#store.dispose();
  }

  async #readUntilFresh(): Promise<void> {
    while (this.#stale) {
      this.#stale = false;
      const stores = await this.#read();
      const seen = JSON.stringify(stores, (_, value: unknown) => (value instanceof Map ? [...value] : value));
      // Equal content keeps the same objects, so that data made from them stays valid.
      if (seen === this.#seen) continue;
      this.#seen = seen;
      this.#stores = stores;
      this.#changed.fire();
    }
  }

  async #read(): Promise<FolderStores[]> {
    const world = this.openWorld(undefined);
    const workspaces = await this.#workspaces();
    this.services.keepOnly(workspaces.map(({ folder }) => folder));
    this.#watch.watch([
      userVaultPath(world),
      nextflowStorePath(world),
      usagePath(world),
      ...(
        await Promise.all(workspaces.map(async ({ directory }) => filesOf(workspaceVaultPath(directory))))
      ).flat(),
      ...workspaces.map(({ directory }) => workspaceFilePath(directory)),
    ]);
    const usage = await readUsage(world);
    const stores: FolderStores[] = [];
    for (const of of workspaces.length > 0 ? workspaces : [undefined])
      stores.push(await this.#storesOf(of, usage, world));
    return stores;
  }

  /** The folders that are on a disk, each with its workspace. */
  async #workspaces(): Promise<FolderWorkspace[]> {
    const found: FolderWorkspace[] = [];
    for (const { uri, name } of workspace.workspaceFolders ?? []) {
      if (uri.scheme !== 'file') continue;
      try {
        const { directory } = await findWorkspace(this.openWorld(uri), undefined);
        found.push({ folder: uri.toString(), title: name, directory });
      } catch (error) {
        this.log.warn(
          error instanceof HumanError ? factWithRemedies(error.phrase, error.remedies) : String(error),
        );
      }
    }
    return found;
  }

  async #rightsIn(directory: string, world: World): Promise<WorkspaceRights | undefined> {
    try {
      return await readRights(vaultOf('workspace', directory, world), world);
    } catch (error) {
      this.log.warn(
        error instanceof HumanError ? factWithRemedies(error.phrase, error.remedies) : String(error),
      );
      return undefined;
    }
  }

  async #storesOf(of: FolderWorkspace | undefined, usage: Usage, world: World): Promise<FolderStores> {
    const directory = of?.directory ?? '';
    const read = await this.#readAll(of, world);
    const { infos, problems, repairs, service } = read;
    const rows = layered(infos).map((row) => ({
      ...row,
      lastUsed: lastUsed(usage, row.name, row.scope, directory),
      end: nearEnd(row.expires, world.now()),
    }));
    const user = userVaultPath(world);
    if (of === undefined) return { of, rows, problems, repairs, vaults: { user }, keys: new Map() };
    if (service !== undefined) {
      const { path, title, asOf, notes, hasPast, absent, isAsked } = service;
      return {
        ...{ of, rows, problems, repairs, vaults: { user, workspace: path }, keys: new Map() },
        ...{ service: { title, asOf, notes, hasPast, isAsked }, absent },
      };
    }
    const vault = workspaceVaultPath(directory);
    const hasKeys = (infos.get('workspace')?.size ?? 0) > 0;
    const rights = await this.#rightsIn(directory, this.openWorld(Uri.parse(of.folder)));
    const vaults = { user, workspace: vault };
    return { of, rows, problems, repairs, rights, vaults, keys: hasKeys ? keysIn(vault) : new Map() };
  }

  /** Reads the names of all scopes. */
  async #readAll(of: FolderWorkspace | undefined, world: World): Promise<ReadStores> {
    const read: ReadStores = { infos: new Map(), problems: {}, repairs: {}, service: undefined };
    for (const scope of SCOPES) {
      if (scope === 'workspace' && of === undefined) continue;
      try {
        const service = scope === 'workspace' && of !== undefined ? await this.services.look(of) : undefined;
        if (service !== undefined) takeService(read, service);
        else read.infos.set(scope, await storeOf(scope, of?.directory ?? '', world).list({ isLocal: true }));
      } catch (error) {
        const words =
          error instanceof HumanError ? factWithRemedies(error.phrase, error.remedies) : String(error);
        read.problems[scope] = words;
        const repair = repairOf(error);
        // Nextflow's own store has values in clear text: nobody should open it.
        if (repair !== undefined && isVaultScope(scope)) read.repairs[scope] = repair;
        this.log.warn(words);
      }
    }
    return read;
  }
}

/** Content of the stores of one folder. */
interface ReadStores {
  readonly infos: Map<Scope, ReadonlyMap<string, SecretInfo>>;
  readonly problems: Partial<Record<Scope, string>>;
  readonly repairs: Partial<Record<VaultScope, Repair>>;
  service: ServiceState | undefined;
}

function takeService(read: ReadStores, service: ServiceState): void {
  const { infos, problem, repair } = service;
  read.service = service;
  read.infos.set('workspace', infos);
  if (problem !== undefined) read.problems.workspace = problem;
  if (repair !== undefined) read.repairs.workspace = repair;
}

/**
 * The files that a vault depends on: itself, the signature, the roster, and git's index, which alone changes where a driver
 * stops at a conflict, and where a conflict ends.
 */
async function filesOf(vault: string): Promise<string[]> {
  const checkout = await checkoutOf(vault);
  return [
    ...[vault, signaturePath(vault), rosterPath(vault)],
    ...(checkout === undefined ? [] : [join(checkout.gitDirectory, 'index')]),
  ];
}

function keysIn(vault: string): ReadonlyMap<string, SourceSpan> {
  const source = readSourceFile(vault);
  return 'bytes' in source ? vaultKeys(source.bytes.toString('utf8')) : new Map();
}

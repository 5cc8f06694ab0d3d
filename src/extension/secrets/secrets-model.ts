import { EventEmitter, type LogOutputChannel, Uri, workspace } from 'vscode';
import { HumanError } from '../../core/system/human-error.ts';
import {
  findWorkspace,
  nextflowStorePath,
  usagePath,
  userVaultPath,
  workspaceVaultPath,
} from '../../core/system/paths.ts';
import { isNeeded } from '../../core/launch/plan.ts';
import { layered, type ListedSecret } from '../../core/secrets/resolve.ts';
import { storeOf } from '../../core/stores/stores.ts';
import { type Scope, SCOPES } from '../../core/secrets/scope.ts';
import { lastUsed, readUsage, type Usage } from '../../core/secrets/usage.ts';
import type { SecretInfo } from '../../core/secrets/secret-store.ts';
import type { World } from '../../core/system/world.ts';
import { DisposableStore } from '../disposables.ts';
import type { ReferenceIndex, Use } from '../code/reference-index.ts';
import { FileWatch } from '../file-watch.ts';
import type { FolderWorkspace, MissingEntry, Root, SecretEntry } from './secret-state.ts';

/** What a scope is called where it is set beside others. */
type Problems = Partial<Record<Scope, string>>;

/** A secret of one scope, for one folder. */
export interface KnownSecret extends ListedSecret {
  /** On this machine; ISO 8601 in UTC. */
  readonly lastUsed: string | null;
}

/** The names of the scopes that count for one folder. */
interface Layers {
  readonly of: FolderWorkspace | undefined;
  readonly rows: readonly KnownSecret[];
  readonly problems: Problems;
}

export interface SecretsSnapshot {
  readonly roots: readonly Root[];
  /** Everything that is set for a folder, from the scope that wins down. */
  readonly layers: readonly Layers[];
}

const EMPTY: SecretsSnapshot = { roots: [], layers: [] };

/**
 * What is set, what is referred to and what is missing, for all folders of the window. It reads names only, again
 * whenever a vault or the code changes, and tells when that gives another picture.
 */
export class SecretsModel {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<void>());
  readonly onDidChange = this.#changed.event;
  readonly #watch: FileWatch;
  #snapshot = EMPTY;
  #shown = '';
  #reading: Promise<void> | undefined;
  #stale = true;

  constructor(
    private readonly references: ReferenceIndex,
    private readonly openWorld: (folder: Uri | undefined) => World,
    private readonly log: LogOutputChannel,
  ) {
    this.#watch = this.#store.add(
      new FileWatch(() => {
        void this.refresh();
      }),
    );
    const refresh = (): void => void this.refresh();
    this.#store.add(references.onDidChange(refresh));
    this.#store.add(workspace.onDidChangeWorkspaceFolders(refresh));
    this.#store.add(workspace.onDidGrantWorkspaceTrust(refresh));
  }

  /** The last picture; the first one may still be on its way, see {@link refresh}. */
  get snapshot(): SecretsSnapshot {
    return this.#snapshot;
  }

  /** Reads everything again. Requests that come meanwhile are answered together, by one more reading. */
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
      const snapshot = await this.#read();
      // Not the same picture again: that would make the view flicker.
      const shown = JSON.stringify(snapshot);
      if (shown === this.#shown) continue;
      this.#snapshot = snapshot;
      this.#shown = shown;
      this.#changed.fire();
    }
  }

  async #read(): Promise<SecretsSnapshot> {
    const world = this.openWorld(undefined);
    const places = await this.#workspaces();
    this.#watch.watch([
      userVaultPath(world),
      nextflowStorePath(world),
      usagePath(world),
      ...places.map(({ directory }) => workspaceVaultPath(directory)),
    ]);
    const usage = await readUsage(world);
    const layers: Layers[] = [];
    for (const of of places.length > 0 ? places : [undefined])
      layers.push(await this.#layersOf(of, usage, world));
    return { roots: rootsOf(layers, this.references), layers };
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
        this.log.warn(error instanceof Error ? error.message : String(error));
      }
    }
    return found;
  }

  async #layersOf(of: FolderWorkspace | undefined, usage: Usage, world: World): Promise<Layers> {
    const infos = new Map<Scope, ReadonlyMap<string, SecretInfo>>();
    const problems: Problems = {};
    for (const scope of SCOPES) {
      if (scope === 'workspace' && of === undefined) continue;
      try {
        infos.set(scope, await storeOf(scope, of?.directory ?? '', world).list());
      } catch (error) {
        problems[scope] = error instanceof HumanError ? error.message : String(error);
        this.log.warn(problems[scope]);
      }
    }
    const rows = layered(infos).map((row) => ({
      ...row,
      lastUsed: lastUsed(usage, row.name, row.scope, of?.directory ?? ''),
    }));
    return { of, rows, problems };
  }
}

/** Exported for tests: the picture, from what was read. */
export function rootsOf(
  layers: readonly Layers[],
  references: Pick<ReferenceIndex, 'usesIn' | 'isComplete'>,
): Root[] {
  const usesOf = (name: string, folder: string | undefined): readonly Use[] =>
    references.usesIn(folder).get(name) ?? [];
  const entries = (
    scope: Scope,
    of: FolderWorkspace | undefined,
    among: readonly Layers[],
  ): SecretEntry[] => {
    const names = [
      ...new Set(
        among.flatMap(({ rows }) => rows.filter((row) => row.scope === scope).map((row) => row.name)),
      ),
    ].sort();
    return names.flatMap((name) => {
      const same = among.map((layer) => ({
        layer,
        row: layer.rows.find((row) => row.scope === scope && row.name === name),
      }));
      const row = same.find((one) => one.row !== undefined)?.row;
      if (row === undefined) return [];
      const overrides = [
        ...new Set(
          same.flatMap(({ layer, row: own }) =>
            own?.overrides == null ? [] : [overridden(own.overrides, layer.of, among.length > 1)],
          ),
        ),
      ];
      const uses = usesOf(name, of?.folder);
      return [
        {
          kind: 'secret' as const,
          name,
          scope,
          workspace: of,
          info: {
            version: row.version,
            created: row.created,
            updated: row.updated,
            updatedBy: row.updatedBy,
            description: row.description,
          },
          overrides,
          // A name is overridden for all folders only if it is for each of them.
          overriddenBy: same.every((one) => one.row?.overriddenBy != null)
            ? (row.overriddenBy ?? undefined)
            : undefined,
          lastUsed: row.lastUsed,
          uses,
          unused: scope === 'workspace' && uses.length === 0 && references.isComplete(of?.folder),
        },
      ];
    });
  };

  const roots: Root[] = [];
  const problem = (scope: Scope): string | undefined =>
    layers.find((layer) => layer.problems[scope] !== undefined)?.problems[scope];
  const user = entries('user', undefined, layers);
  roots.push({ kind: 'vault', scope: 'user', workspace: undefined, secrets: user, problem: problem('user') });
  for (const layer of layers) {
    if (layer.of === undefined) continue;
    const secrets = entries('workspace', layer.of, [layer]);
    roots.push({
      kind: 'vault',
      scope: 'workspace',
      workspace: layer.of,
      secrets,
      problem: layer.problems.workspace,
    });
  }
  const missing = missingOf(layers, references);
  if (missing.length > 0) roots.push({ kind: 'missingRoot', missing });
  const nextflow = entries('nextflow', undefined, layers);
  if (nextflow.length > 0 || problem('nextflow') !== undefined)
    roots.push({ kind: 'nextflowRoot', secrets: nextflow, problem: problem('nextflow') });

  const filled = roots.some((root) =>
    root.kind === 'missingRoot' ? true : root.secrets.length > 0 || root.problem !== undefined,
  );
  return filled ? roots : [];
}

function overridden(scope: Scope, of: FolderWorkspace | undefined, several: boolean): string {
  return scope === 'workspace' && several && of !== undefined ? `${scope} ${of.title}` : scope;
}

/** Names that code of a folder refers to and that no scope has for it. Where a vault is unreadable, nothing is. */
function missingOf(layers: readonly Layers[], references: Pick<ReferenceIndex, 'usesIn'>): MissingEntry[] {
  const missing = new Map<string, { uses: Use[]; isNeeded: boolean }>();
  for (const { of, rows, problems } of layers) {
    if (Object.keys(problems).length > 0) continue;
    const known = new Set(rows.map(({ name }) => name));
    // Without a folder on a disk: of all code that there is.
    for (const [name, uses] of references.usesIn(of?.folder)) {
      if (known.has(name)) continue;
      const entry = missing.get(name) ?? { uses: [], isNeeded: false };
      for (const use of uses) entry.uses.push(use);
      entry.isNeeded ||= uses.some((use) => isNeeded(use, known));
      missing.set(name, entry);
    }
  }
  const sorted = [...missing].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([name, entry]) => ({
    kind: 'missing',
    name,
    uses: entry.uses,
    optional: !entry.isNeeded,
  }));
}

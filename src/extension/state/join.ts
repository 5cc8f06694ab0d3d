import { isNeeded } from '../../core/launch/plan.ts';
import type { SourceSpan } from '../../core/references/scan.ts';
import type { Scope } from '../../core/secrets/scope.ts';
import { mayChangeAdmins, mayChangeMembers } from '../../core/vault/members/role.ts';
import { byName } from '../../core/system/natural-order.ts';
import type { References, Use } from '../code/uses.ts';
import type {
  FolderWorkspace,
  MembersNode,
  MissingEntry,
  OverriddenScope,
  Root,
  SecretEntry,
  VaultRoot,
} from './secret-nodes.ts';
import { type FolderSecrets, folderSecrets } from './secret-states.ts';
import type { WorkspaceRights } from './workspace-rights.ts';
import { firstProblem, type FolderStores, type KnownSecret, type StoreProblem } from './store-states.ts';

// Joins the content of the stores with the references in code. The tree, lenses, hints, hovers, completions and
// diagnostics show only data from here. Reads nothing and imports no VS Code.

/** The names of a workspace's vault that no code uses. */
export interface UnusedNames {
  /** Absolute path of the vault. */
  readonly vault: string;
  readonly names: readonly string[];
  /** Ranges of the names in its text. */
  readonly keys: ReadonlyMap<string, SourceSpan>;
}

/** The one use in a folder's code that reports that not all secrets are known. */
export interface UncertainUse {
  readonly use: Use;
  readonly problem: StoreProblem;
}

/** All that is shown of secrets. */
export interface SecretsSnapshot {
  readonly roots: readonly Root[];
  readonly folders: readonly FolderSecrets[];
  readonly unused: readonly UnusedNames[];
  /** Uncertain uses, by the URI of the file. */
  readonly uncertain: ReadonlyMap<string, UncertainUse>;
}

export const NOTHING_SHOWN: SecretsSnapshot = { roots: [], folders: [], unused: [], uncertain: new Map() };

/** Joins the content of the stores for each folder of the window with the references in its code. */
export function joinSecrets(stores: readonly FolderStores[], references: References): SecretsSnapshot {
  const roots = rootsOf(stores, references);
  return {
    roots,
    folders: stores.map(folderSecrets),
    unused: unusedIn(roots, stores),
    uncertain: uncertainIn(stores, references),
  };
}

function rootsOf(stores: readonly FolderStores[], references: References): Root[] {
  const problemOf = (scope: Scope): string | undefined =>
    stores.find(({ problems }) => problems[scope] !== undefined)?.problems[scope];
  const entries = (scope: Scope): SecretEntry[] =>
    entriesOf({ scope, workspace: undefined }, stores, references);
  const missing = missingOf(stores, references);
  const nextflow = entries('nextflow');
  const nextflowProblem = problemOf('nextflow');
  const roots: Root[] = [
    ...(missing.length > 0 ? [{ kind: 'missingRoot' as const, missing }] : []),
    {
      ...{ kind: 'vault', scope: 'user', workspace: undefined },
      ...{ secrets: entries('user'), problem: problemOf('user') },
      ...{
        repair: stores.find(({ repairs }) => repairs?.user !== undefined)?.repairs?.user,
        cannotWrite: undefined,
        members: undefined,
        isStranger: false,
      },
    },
    ...stores.flatMap((one) => workspaceRoot(one, references)),
    ...(nextflow.length > 0 || nextflowProblem !== undefined
      ? [{ kind: 'nextflowRoot' as const, secrets: nextflow, problem: nextflowProblem }]
      : []),
  ];
  return roots.some(isFilled) ? roots : [];
}

function workspaceRoot(stores: FolderStores, references: References): VaultRoot[] {
  const { of: workspace, problems, repairs, rights, service } = stores;
  if (workspace === undefined) return [];
  const secrets = entriesOf({ scope: 'workspace', workspace }, [stores], references);
  return [
    {
      ...{ kind: 'vault', scope: 'workspace', workspace, secrets, problem: problems.workspace },
      ...{ repair: repairs?.workspace, cannotWrite: rights?.cannotWrite },
      members: rights && membersNode(rights, workspace),
      isStranger: rights?.isStranger === true,
      service,
    },
  ];
}

function membersNode(
  { members, role, cannotChangeMembers: cannotChange }: WorkspaceRights,
  workspace: FolderWorkspace,
): MembersNode | undefined {
  if (members === undefined) return undefined;
  return {
    ...{ kind: 'members', workspace, cannotChange },
    members: members.map((member) => ({
      ...{ kind: 'member', ...member, workspace, cannotChange },
      isAbove: mayChangeMembers(member.role) && role !== undefined && !mayChangeAdmins(role),
    })),
  };
}

const isFilled = (root: Root): boolean =>
  root.kind === 'missingRoot' ||
  root.secrets.length > 0 ||
  root.problem !== undefined ||
  (root.kind === 'vault' && (root.members !== undefined || root.service !== undefined));

/** The secrets of one scope, by name. @param among - the folders that the scope counts for. */
function entriesOf(
  { scope, workspace }: Pick<SecretEntry, 'scope' | 'workspace'>,
  among: readonly FolderStores[],
  references: References,
): SecretEntry[] {
  const folders = among.map(({ of, rows }) => ({
    of,
    rows: new Map(rows.filter((row) => row.scope === scope).map((row) => [row.name, row])),
  }));
  const names = new Set(folders.flatMap(({ rows }) => [...rows.keys()]));
  const usesIn = references.usesIn(workspace?.folder);
  const isComplete = scope === 'workspace' && references.isComplete(workspace?.folder);
  return [...names].sort(byName).flatMap((name): SecretEntry[] => {
    const same = folders.map(({ of, rows }) => ({ of, row: rows.get(name) }));
    const row = same.find((one) => one.row !== undefined)?.row;
    if (row === undefined) return [];
    const uses = usesIn.get(name) ?? [];
    // A name is overridden for all folders only if it is for each of them.
    const isOverridden = same.every((one) => one.row?.overriddenBy != null);
    return [
      {
        ...{ kind: 'secret', name, scope, workspace, info: infoOf(row), end: row.end },
        overrides: overriddenIn(same),
        overriddenBy: isOverridden ? (row.overriddenBy ?? undefined) : undefined,
        ...{ lastUsed: row.lastUsed, uses, unused: isComplete && uses.length === 0 },
        cannotWrite: scope === 'workspace' ? among[0]?.rights?.cannotWrite : undefined,
        hasPast: scope === 'workspace' && among[0]?.service?.hasPast === true,
      },
    ];
  });
}

const infoOf = (row: KnownSecret): SecretEntry['info'] => {
  const { version, created, updated, updatedBy, description, exposed, expires } = row;
  return { version, created, updated, updatedBy, description, exposed, expires };
};

/** The scopes that a name wins over in some folder; a workspace with its folder, if there are several. */
function overriddenIn(
  folders: readonly { readonly of: FolderWorkspace | undefined; readonly row: KnownSecret | undefined }[],
): OverriddenScope[] {
  const several = folders.length > 1;
  const found = new Map<string, OverriddenScope>();
  for (const { of, row } of folders) {
    if (row?.overrides == null) continue;
    const scope = row.overrides;
    const folder = scope === 'workspace' && several ? of?.title : undefined;
    found.set(`${scope} ${folder ?? ''}`, { scope, folder });
  }
  return [...found.values()];
}

/** Names that code of a folder refers to and that no scope has for it. None if a store cannot be read. */
function missingOf(stores: readonly FolderStores[], references: References): MissingEntry[] {
  const missing = new Map<string, { uses: Use[]; isNeeded: boolean }>();
  for (const one of stores) {
    const { of, names, certain, problem } = folderSecrets(one);
    if (problem !== undefined) continue;
    // Without a folder on a disk, all code counts.
    for (const [name, uses] of references.usesIn(of?.folder)) {
      if (certain.has(name)) continue;
      const entry = missing.get(name) ?? { uses: [], isNeeded: false };
      for (const use of uses) entry.uses.push(use);
      entry.isNeeded ||= uses.some((use) => isNeeded(use, names));
      missing.set(name, entry);
    }
  }
  // What stops a launch comes before what works without.
  const sorted = [...missing].sort(
    ([a, one], [b, other]) => Number(other.isNeeded) - Number(one.isNeeded) || byName(a, b),
  );
  return sorted.map(([name, entry]) => ({
    ...{ kind: 'missing', name, uses: entry.uses, optional: !entry.isNeeded },
  }));
}

/** Unused names of each vault. Folders may share one: a name is used if the code of one of them uses it. */
function unusedIn(roots: readonly Root[], stores: readonly FolderStores[]): UnusedNames[] {
  const found = new Map<string, UnusedNames>();
  for (const root of roots) {
    if (root.kind !== 'vault' || root.workspace === undefined) continue;
    const { folder } = root.workspace;
    const { vaults, keys } = stores.find(({ of }) => of?.folder === folder) ?? {};
    const vault = vaults?.workspace;
    if (vault === undefined || keys === undefined) continue;
    const others = found.get(vault);
    const names = root.secrets
      .filter(({ name, unused }) => unused && others?.names.includes(name) !== false)
      .map(({ name }) => name);
    found.set(vault, { vault, names, keys });
  }
  return [...found.values()];
}

/** The first use in each folder that may have unknown secrets, from the file nearest to the folder. */
function uncertainIn(stores: readonly FolderStores[], references: References): Map<string, UncertainUse> {
  const found = new Map<string, UncertainUse>();
  for (const one of stores) {
    const problem = firstProblem(one);
    if (one.of === undefined || problem === undefined) continue;
    let first: Use | undefined;
    for (const use of [...references.usesIn(one.of.folder).values()].flat())
      if (first === undefined || isBefore(use, first)) first = use;
    if (first !== undefined) found.set(first.uri, { use: first, problem });
  }
  return found;
}

function isBefore(a: Use, b: Use): boolean {
  if (a.uri !== b.uri) return nearness(a.uri) < nearness(b.uri);
  return a.line === b.line ? a.column < b.column : a.line < b.line;
}

/** Key that sorts files nearest to their folder first, `main.nf` before others. @param uri - or its path. */
export function nearness(uri: string): string {
  const depth = String(uri.split('/').length).padStart(4, '0');
  return `${depth} ${uri.endsWith('/main.nf') ? '0' : '1'} ${uri}`;
}

/**
 * The names to offer while one is typed: those that are set, then those that other code refers to.
 *
 * @param typed - location of the name that is being typed, which is no name yet. From 1, as in a {@link Use}.
 */
export function namesToOffer(
  { names, of }: FolderSecrets,
  references: References,
  typed: Pick<Use, 'uri' | 'line' | 'column'>,
): { readonly set: readonly string[]; readonly others: readonly string[] } {
  const isTyped = ({ uri, line, column }: Use): boolean =>
    uri === typed.uri && line === typed.line && column === typed.column;
  const others = [...references.usesIn(of?.folder)]
    .filter(([name, uses]) => !names.has(name) && !uses.every(isTyped))
    .map(([name]) => name);
  return { set: [...names], others };
}

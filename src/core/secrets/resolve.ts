import { ExitCode, HumanError } from '../system/human-error.ts';
import { didYouMean } from '../system/near-miss.ts';
import { readNextflowStore } from '../nextflow/nextflow-store.ts';
import { printable } from '../system/printable.ts';
import { type Scope, SCOPES } from './scope.ts';
import type { SecretValue } from './secret-value.ts';
import {
  assertOwnVault,
  listVault,
  NO_VAULT,
  openVault,
  openVaultForRun,
  userVault,
  type VaultLocation,
  workspaceVault,
} from '../vault/vault.ts';
import type { SecretInfo } from '../vault/vault-shape.ts';
import type { World } from '../system/world.ts';

/** A name's winning value and what it overrides, from higher to lower scope. */
export interface ResolvedSecret {
  readonly name: string;
  readonly value: SecretValue;
  readonly from: Scope;
  readonly overrides: readonly Scope[];
}

export interface ResolveOptions {
  /** Leaves the user scope out. */
  readonly withoutUser?: boolean | undefined;
  /** Only these names; all must be set. */
  readonly only?: readonly string[] | undefined;
  /**
   * The workspace's vault must be accepted if any of its secrets is sent; `true` accepts it. Undefined only for a plan,
   * which says it.
   */
  readonly acceptMembers?: boolean | undefined;
  /** These names must be set. */
  readonly required?: readonly string[] | undefined;
}

/**
 * For every name the value that wins: user over workspace over the person's own Nextflow store.
 *
 * @throws HumanError 66 if a name of `only` or `required` is not set; 65, 74, 77 if a vault cannot be read; 77 if
 *   the workspace's members are not accepted.
 */
export async function resolveSecrets(
  workspace: string,
  world: World,
  options: ResolveOptions = {},
): Promise<ResolvedSecret[]> {
  const shared = await openVaultForRun(workspaceVault(workspace), world).catch(async (error: unknown) => {
    // Who may not open the workspace's vault can still run with what is not in it.
    const closed = error instanceof HumanError && error.exitCode === ExitCode.notPermitted;
    const names =
      closed && options.only !== undefined ? await listVault(workspaceVault(workspace)) : undefined;
    const elsewhere = names !== undefined && options.only?.every((name) => !names.has(name)) === true;
    if (elsewhere) return NO_VAULT;
    throw error;
  });
  const values: Record<Scope, ReadonlyMap<string, SecretValue>> = {
    user: options.withoutUser === true ? new Map() : await openVault(userVault(world), world),
    workspace: shared.values,
    nextflow: await readNextflowStore(world),
  };
  const names = new Set(SCOPES.flatMap((scope) => [...values[scope].keys()]));
  for (const name of [...(options.only ?? []), ...(options.required ?? [])]) {
    assertSet(name, names);
  }
  const chosen = options.only === undefined ? names : new Set([...options.only, ...(options.required ?? [])]);
  const resolved = [...chosen].sort().flatMap((name) => {
    const [from, ...overrides] = SCOPES.filter((scope) => values[scope].has(name));
    const value = from === undefined ? undefined : values[from].get(name);
    return from === undefined || value === undefined ? [] : [{ name, value, from, overrides }];
  });
  // That a vault in the place of the accepted one does not have a name proves nothing.
  const passedOver = shared.standing === 'data-key' && resolved.some(({ from }) => from === 'nextflow');
  if (!passedOver && !resolved.some(({ from }) => from === 'workspace')) return resolved;
  if (options.acceptMembers !== undefined) await shared.ensureAccepted(options.acceptMembers);
  else if (shared.standing !== 'accepted') {
    const { path } = workspaceVault(workspace);
    world.say(`You have not accepted ${printable(path)} as it is now: a launch asks first.`);
  }
  return resolved;
}

/** @throws HumanError 66 with a near miss if a name is not among those that are set. */
export function assertSet(name: string, names: ReadonlySet<string>): void {
  if (names.has(name)) return;
  throw new HumanError(
    ExitCode.missing,
    `Secret ${printable(name)} is not set.${didYouMean(name, names)}`,
    `Set it: nf-secrets set ${printable(name)}`,
  ).about({ kind: 'secret', name });
}

/** A secret of one scope as `list` shows it. */
export interface ListedSecret extends SecretInfo {
  readonly name: string;
  readonly scope: Scope;
  /** The next lower scope that has the name too. */
  readonly overrides: Scope | null;
  /** The scope that wins over this one. */
  readonly overriddenBy: Scope | null;
}

const NO_INFO: SecretInfo = { version: '', created: null, updated: null, updatedBy: null, description: null };

/**
 * All secrets of all scopes by name, then from the scope that wins down. Decrypts nothing.
 *
 * @param scope - the one that matters; a vault of another scope that cannot be read counts as empty then.
 * @throws HumanError 65, 74 if a vault that matters cannot be read.
 */
export async function listSecrets(workspace: string, world: World, scope?: Scope): Promise<ListedSecret[]> {
  const infos = new Map<Scope, ReadonlyMap<string, SecretInfo>>();
  for (const of of SCOPES) {
    const matters = scope === undefined || scope === of;
    const reading = namesOf(of, workspace, world);
    infos.set(of, await (matters ? reading : reading.catch(() => new Map<string, SecretInfo>())));
  }
  return layered(infos);
}

/**
 * The names of one scope with what stands in clear text about them. Decrypts nothing.
 *
 * @throws HumanError 65, 74 if they cannot be read, 77 if the vault is not the person's own.
 */
export async function namesOf(
  scope: Scope,
  workspace: string,
  world: World,
): Promise<ReadonlyMap<string, SecretInfo>> {
  if (scope !== 'nextflow') {
    const location = vaultOf(scope, workspace, world);
    await assertOwnVault(location, world);
    return listVault(location);
  }
  const names = (await readNextflowStore(world)).keys();
  return new Map(Array.from(names, (name) => [name, NO_INFO]));
}

/** What overrides what: all names in order, for each from the scope that wins down. */
export function layered(infos: ReadonlyMap<Scope, ReadonlyMap<string, SecretInfo>>): ListedSecret[] {
  const names = new Set([...infos.values()].flatMap((info) => [...info.keys()]));
  return [...names].sort().flatMap((name) => {
    const having = SCOPES.filter((of) => infos.get(of)?.has(name) === true);
    return having.map((of, index) => ({
      name,
      scope: of,
      ...(infos.get(of)?.get(name) ?? NO_INFO),
      overrides: having[index + 1] ?? null,
      overriddenBy: index === 0 ? null : (having[0] ?? null),
    }));
  });
}

/** The file of a scope that we can write. */
export function vaultOf(scope: 'user' | 'workspace', workspace: string, world: World): VaultLocation {
  return scope === 'user' ? userVault(world) : workspaceVault(workspace);
}

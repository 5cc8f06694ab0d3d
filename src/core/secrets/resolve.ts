import { ExitCode, HumanError } from '../system/human-error.ts';
import { didYouMean } from '../system/near-miss.ts';
import { printable } from '../system/printable.ts';
import { type Scope, SCOPES, traitsOf } from './scope.ts';
import type { SecretValue } from './secret-value.ts';
import {
  type ListOptions,
  NO_INFO,
  type ReadOptions,
  type ReadSecrets,
  RefusedStore,
  type SecretInfo,
  type SecretReference,
  type SecretStore,
  type Withheld,
} from './secret-store.ts';
import type { World } from '../system/world.ts';
import { phrase } from '../system/phrase.ts';

/** A name's winning value and what it overrides, from higher to lower scope. */
export interface ResolvedSecret {
  readonly name: string;
  readonly value: SecretValue;
  readonly from: Scope;
  readonly overrides: readonly Scope[];
  /** The secret in a service, if it is there. */
  readonly reference?: SecretReference | undefined;
}

/** A name that wins, of which the person may not read the value. */
export interface WithheldSecret extends Omit<ResolvedSecret, 'value'>, Withheld {
  readonly reference: SecretReference;
}

/** Secrets of a run. */
export interface ResolvedSecrets {
  readonly secrets: readonly ResolvedSecret[];
  /** Those that only tasks in a service get. Empty unless the options allow it. */
  readonly withheld: readonly WithheldSecret[];
}

export interface ResolveOptions {
  /** Leaves the user scope out. */
  readonly withoutUser?: boolean | undefined;
  /** Gives only these names; all must be set. */
  readonly only?: readonly string[] | undefined;
  /**
   * The workspace's vault must be accepted if any of its secrets is sent; `true` accepts it. Undefined only for a plan,
   * which tells that it is not accepted.
   */
  readonly acceptMembers?: boolean | undefined;
  /** Names that must be set. */
  readonly required?: readonly string[] | undefined;
  /** See {@link ReadOptions.mayWithhold}. */
  readonly mayWithhold?: ReadOptions['mayWithhold'];
}

/**
 * Finds the value that wins for every name: user over workspace over the person's own Nextflow store.
 *
 * @throws HumanError 66 if a name of `only` or `required` is not set; 65, 74, 77 if a store cannot be read; 77 if
 *   a store that others can change is not accepted.
 */
export async function resolveSecrets(
  stores: readonly SecretStore[],
  world: World,
  options: Omit<ResolveOptions, 'mayWithhold'> = {},
): Promise<readonly ResolvedSecret[]> {
  return (await resolveForService(stores, world, options)).secrets;
}

/** Does the same for a run whose tasks in a service need no values from us. @throws HumanError as {@link resolveSecrets}. */
export async function resolveForService(
  stores: readonly SecretStore[],
  world: World,
  options: ResolveOptions,
): Promise<ResolvedSecrets> {
  const read: (ReadSecrets & { readonly scope: Scope })[] = [];
  for (const store of stores) {
    if (store.scope === 'user' && options.withoutUser === true) continue;
    const isFound = (name: string): boolean => read.some((one) => has(one, name));
    const wanted = options.only && [...options.only, ...(options.required ?? [])];
    const names = wanted?.filter((name) => !isFound(name));
    read.push({ scope: store.scope, ...(await readIfNeeded(store, names, options)) });
  }
  const names = new Set(
    read.flatMap(({ values, withheld }) => [...values.keys(), ...(withheld?.keys() ?? [])]),
  );
  for (const name of [...(options.only ?? []), ...(options.required ?? [])]) {
    assertSet(name, names);
  }
  const chosen = options.only === undefined ? names : new Set([...options.only, ...(options.required ?? [])]);
  const secrets: ResolvedSecret[] = [];
  const withheld: WithheldSecret[] = [];
  for (const name of [...chosen].sort()) {
    const [first, ...rest] = read.filter((one) => has(one, name));
    if (first === undefined) continue;
    const secret = { name, from: first.scope, overrides: rest.map(({ scope }) => scope) };
    const value = first.values.get(name);
    const held = first.withheld?.get(name);
    const reference = first.references?.get(name);
    if (value !== undefined) secrets.push({ ...secret, value, ...(reference && { reference }) });
    else if (held !== undefined) withheld.push({ ...secret, ...held });
  }
  await acceptUsed(read, [...secrets, ...withheld], options, world);
  return { secrets, withheld };
}

const has = ({ values, withheld }: ReadSecrets, name: string): boolean =>
  values.has(name) || withheld?.has(name) === true;

/** Makes sure that the person accepts the stores whose secrets are sent. */
async function acceptUsed(
  read: readonly (ReadSecrets & { readonly scope: Scope })[],
  resolved: readonly Pick<ResolvedSecret, 'from'>[],
  options: ResolveOptions,
  world: World,
): Promise<void> {
  for (const [index, { scope, acceptance }] of read.entries()) {
    if (acceptance === undefined) continue;
    const lower = read.slice(index + 1).map((one) => one.scope);
    const matters = resolved.some(
      ({ from }) => from === scope || (acceptance.mayBeAnother && lower.includes(from)),
    );
    if (!matters) continue;
    if (options.acceptMembers !== undefined) await acceptance.ensure(options.acceptMembers);
    else if (!acceptance.isAccepted)
      world.notice(
        phrase`You have not accepted ${printable(acceptance.path)} as it is now: a launch asks first.`,
      );
  }
}

/** A person who may not open a store of others can still run with secrets that are not in it. */
async function readIfNeeded(
  store: SecretStore,
  names: readonly string[] | undefined,
  { only, acceptMembers, mayWithhold }: ResolveOptions,
): Promise<ReadSecrets> {
  try {
    return await store.read({ names, accept: acceptMembers, mayWithhold });
  } catch (error) {
    const isClosed =
      error instanceof HumanError &&
      error.exitCode === ExitCode.notPermitted &&
      !(error instanceof RefusedStore);
    if (!isClosed || only === undefined || !traitsOf(store.scope).isShared) throw error;
    const there = await store.list({ asked: only });
    if (only.some((name) => there.has(name))) throw error;
    return { values: new Map() };
  }
}

/** @throws HumanError 66 with a near miss if a name is not among those that are set. */
export function assertSet(name: string, names: ReadonlySet<string>): void {
  if (names.has(name)) return;
  throw new HumanError(
    ExitCode.missing,
    phrase`Secret ${printable(name)} is not set.${didYouMean(name, names)}`,
    { do: 'set-secret', name },
  );
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

/**
 * Lists all secrets of all scopes by name, then from the scope that wins down. Decrypts nothing.
 *
 * @param scope - the one that matters; a store of another scope that is elsewhere, or cannot be read, counts as empty then.
 * @throws HumanError 65, 69, 74, 77 if a store that matters cannot be read.
 */
export async function listSecrets(
  stores: readonly SecretStore[],
  scope?: Scope,
  options: ListOptions = {},
): Promise<ListedSecret[]> {
  const infos = new Map<Scope, ReadonlyMap<string, SecretInfo>>();
  for (const store of stores) {
    const matters = scope === undefined || scope === store.scope;
    infos.set(store.scope, await (matters ? store.list(options) : listIfHere(store)));
  }
  return layered(infos);
}

/** Lists a store that only matters for a remark. */
export const listIfHere = async (store: SecretStore): Promise<ReadonlyMap<string, SecretInfo>> =>
  store.list({ isLocal: true }).catch(() => new Map<string, SecretInfo>());

/** Lists the secrets that override each other: all names in order, for each from the scope that wins down. */
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

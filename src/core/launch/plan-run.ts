import { ExitCode, HumanError } from '../system/human-error.ts';
import { phrase } from '../system/phrase.ts';
import type { Notice } from '../system/notice.ts';
import { readNextflowStore } from '../nextflow/nextflow-store.ts';
import {
  assertSet,
  layered,
  type ListedSecret,
  listIfHere,
  listSecrets,
  resolveForService,
  type ResolvedSecrets,
  resolveSecrets,
  type WithheldSecret,
} from '../secrets/resolve.ts';
import { isVaultScope, type Scope } from '../secrets/scope.ts';
import type { SecretInfo, SecretStore } from '../secrets/secret-store.ts';
import type { SecretValue } from '../secrets/secret-value.ts';
import { lateStores, storesOf } from '../stores/stores.ts';
import { findWorkspace } from '../system/paths.ts';
import type { World } from '../system/world.ts';
import { type LeasedSecret, planDelivery } from '../targets/plan-delivery.ts';
import { ensureGranted } from './grants.ts';
import type { LeaseOptions } from './lease-options.ts';
import { assertNothingMissing } from './missing-secrets.ts';
import { type AvailableSecrets, expiryByName, type LaunchPlan, planLaunch, scopesByName } from './plan.ts';
import { expiryNotes, planNotes } from './plan-notes.ts';
import { commandPlan, inService, planValues, valueNotes, withDelivery } from './plan-values.ts';
import { directoryOf, type PipelineProgram, type Program } from './program.ts';
import { refuseShellsOwn } from './variable-names.ts';

/** The secrets of a run, before anything is made for it. */
export interface PlannedRun {
  /** Absolute path. */
  readonly workspace: string;
  /** `--run-root`. */
  readonly runRoot: string | undefined;
  /** The names that are sent. */
  readonly plan: LaunchPlan;
  /** Notes for a person on the plan. */
  readonly notes: readonly Notice[];
  /** The secrets that are sent: those of the plan, with their values. */
  readonly secrets: readonly LeasedSecret[];
  /** Secrets of the plan that only tasks in a service get, from where they are. */
  readonly withheld: readonly WithheldSecret[];
  readonly ownStore: OwnStore;
}

/** Secrets of the person's own Nextflow store that the code does not name, byte for byte. */
export type OwnStore = ReadonlyMap<string, SecretValue>;

/**
 * Chooses the secrets of a run and decrypts them.
 *
 * @throws HumanError 66 if one is missing; 65, 74, 77 of vaults and grants.
 */
export async function planRun(program: Program, options: LeaseOptions, world: World): Promise<PlannedRun> {
  const { directory: workspace } = await findWorkspace(world, options.workspace, directoryOf(program));
  const withAcceptance = { ...options, acceptMembers: options.acceptMembers === true };
  const { runRoot } = options;
  if (program.kind === 'command') {
    const secrets = planDelivery(await resolveSecrets(storesOf(workspace, world), world, withAcceptance));
    const plan = commandPlan(secrets);
    const expiry = await knownExpiry(storesOf(workspace, world));
    const dated = plan.secrets.map((one) => ({ ...one, expires: expiry.get(one.from)?.get(one.name) }));
    const notes = [...expiryNotes(dated, world), ...valueNotes(program, secrets)];
    return { workspace, runRoot, plan, notes, secrets, withheld: [], ownStore: new Map() };
  }
  const { available, names } = await planHere(program, workspace, options, world);
  assertNothingMissing(names, available, options);
  refuseShellsOwn(names);
  const read = await readValues(program, names, { ...withAcceptance, workspace }, world);
  const { withheld } = read;
  const secrets = planValues(program, names, read.secrets);
  const plan = withDelivery(names, [...secrets, ...inService(program, withheld)].sort(byName));
  const { code, origin } = program;
  if (origin.kind === 'remote')
    await ensureGranted(origin.grantKey, plan.secrets, options.grant ?? [], world);
  const notes = [
    ...planNotes({ code, destination: undefined }, plan, options, world),
    ...valueNotes(program, secrets),
  ];
  return { workspace, runRoot, plan, notes, secrets, withheld, ownStore: await readOwnStore(plan, world) };
}

/** The days that values expire, as the stores on this machine tell them: no service is asked again for a remark. */
async function knownExpiry(stores: readonly SecretStore[]): Promise<ReturnType<typeof expiryByName>> {
  const infos = new Map<Scope, ReadonlyMap<string, SecretInfo>>();
  for (const store of stores) infos.set(store.scope, await listIfHere(store));
  return expiryByName(layered(infos));
}

/**
 * Plans with the secrets that are set. Decrypts nothing. A list may be late: names that seem to be missing are asked for by
 * themselves before anybody is told so.
 *
 * @throws HumanError 66 if a name that the person typed is not set.
 */
export async function planHere(
  program: PipelineProgram,
  workspace: string,
  options: LeaseOptions,
  world: World,
): Promise<{ readonly available: AvailableSecrets; readonly names: LaunchPlan }> {
  const typed = [...(options.only ?? []), ...(options.required ?? [])];
  const stores = storesOf(workspace, world);
  const asked = options.all === true ? undefined : await namesThatMatter(program, typed, stores);
  const matters = { asked, withoutUser: options.withoutUser };
  const secrets = await listForRun(program, workspace, matters, world);
  const listed = scopesOf(secrets, options);
  const lacking = typed.filter((name) => !listed.has(name));
  let available = await withLate(
    { scopesOf: listed, expiry: expiryByName(secrets) },
    lacking,
    workspace,
    world,
  );
  const set = new Set(available.scopesOf.keys());
  for (const name of typed) assertSet(name, set);
  const names = planLaunch(program, available, options);
  // A second look also finds what was misspelled. It is worth its time if the launch may stop.
  const lookedFor = asked === undefined ? [...names.missing, ...names.optionalMissing] : names.missing;
  const missing = lookedFor.map(({ name }) => name);
  if (missing.length === 0) return { available, names };
  available = await withLate(available, missing, workspace, world);
  return { available, names: planLaunch(program, available, options) };
}

/**
 * Lists the names for a run. A service that cannot be reached decides nothing where the user has every name: those
 * secrets override its own.
 */
async function listForRun(
  { code }: PipelineProgram,
  workspace: string,
  { asked, withoutUser }: { readonly asked: string[] | undefined } & Pick<LeaseOptions, 'withoutUser'>,
  world: World,
): Promise<ListedSecret[]> {
  const stores = storesOf(workspace, world);
  try {
    return await listSecrets(stores, undefined, { asked, onlyAsked: true });
  } catch (error) {
    const isUnreachable = error instanceof HumanError && error.exitCode === ExitCode.unavailable;
    if (!isUnreachable || asked === undefined || withoutUser === true || code.dynamic.length > 0) throw error;
    // A vault that cannot be used is no service.
    if ((await lateStores(workspace, world)).length === 0) throw error;
    const others = stores.filter(({ scope }) => scope !== 'workspace');
    const listed = await listSecrets(others, undefined, { asked, onlyAsked: true });
    const ofUser = new Set(listed.flatMap(({ name, scope }) => (scope === 'user' ? [name] : [])));
    if (asked.some((name) => !ofUser.has(name))) throw error;
    world.notice(
      phrase`This workspace was not asked: ${error.phrase} The launch starts: each secret of the code is set for the user.`,
    );
    return listed;
  }
}

/**
 * The names that a launch asks stores for: those that its code or the person names, and those of the person's own Nextflow
 * store, which are passed on unless a vault has them too.
 *
 * @returns undefined if all names matter, or are sooner listed.
 */
async function namesThatMatter(
  { code }: PipelineProgram,
  typed: readonly string[],
  stores: readonly SecretStore[],
): Promise<string[] | undefined> {
  const own = await listSecrets(stores.filter(({ scope }) => !isVaultScope(scope)));
  const names = new Set([...typed, ...[...code.references, ...own].map(({ name }) => name)]);
  return names.size > MOST_ASKED ? undefined : [...names];
}

/** Most names that a store is asked for one by one: a list has them sooner. */
const MOST_ASKED = 200;

const scopesOf = (
  listed: readonly ListedSecret[],
  { withoutUser }: LeaseOptions,
): AvailableSecrets['scopesOf'] =>
  scopesByName(listed.filter(({ scope }) => withoutUser !== true || scope !== 'user'));

/** Adds those of the names that a store has after all. */
async function withLate(
  available: AvailableSecrets,
  names: readonly string[],
  workspace: string,
  world: World,
): Promise<AvailableSecrets> {
  const late = names.length === 0 ? [] : await lateStores(workspace, world);
  if (late.length === 0) return available;
  const others = scopesByName(await listSecrets(late, undefined, { asked: names }));
  return { ...available, scopesOf: new Map([...others, ...available.scopesOf]) };
}

/**
 * The values of a plan's secrets. Of those that only tasks in a service ask for, the person need not be able to read them.
 *
 * @throws HumanError as `resolveSecrets`.
 */
export async function readValues(
  { code, destination }: PipelineProgram,
  { secrets }: LaunchPlan,
  { workspace, ...options }: Omit<LeaseOptions, 'workspace'> & { readonly workspace: string },
  world: World,
): Promise<ResolvedSecrets> {
  const only = secrets.map(({ name }) => name);
  const readHere = new Set(code.references.flatMap(({ kind, name }) => (kind === 'property' ? [name] : [])));
  const mayWithhold =
    destination?.service.takesReferences === true && code.dynamic.length === 0
      ? (name: string) => !readHere.has(name)
      : undefined;
  const stores = storesOf(workspace, world);
  return resolveForService(stores, world, { ...options, only, required: undefined, mayWithhold });
}

const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? -1 : 1;

async function readOwnStore({ passedOn }: LaunchPlan, world: World): Promise<OwnStore> {
  if (passedOn.length === 0) return new Map();
  return new Map([...(await readNextflowStore(world))].filter(([name]) => passedOn.includes(name)));
}

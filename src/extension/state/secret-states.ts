import { isNeeded } from '../../core/launch/plan.ts';
import type { EndingSecret } from '../../core/secrets/expiry.ts';
import type { FolderWorkspace } from './secret-nodes.ts';
import type { StoreService } from './service-state.ts';
import {
  firstProblem,
  type FolderStores,
  type KnownSecret,
  mayBeLate,
  type StoreProblem,
} from './store-states.ts';

/** State of a name, for the code of one folder. */
export type SecretState =
  | {
      readonly kind: 'set';
      readonly name: string;
      /** Rows in the order of the scopes, the winner first. */
      readonly rows: readonly [KnownSecret, ...KnownSecret[]];
    }
  /** The name is in no store that could be read. */
  | { readonly kind: 'unknown'; readonly name: string; readonly problem: StoreProblem }
  /** The name is in no list, and lists may be late; or the store is being asked. */
  | { readonly kind: 'asked'; readonly name: string }
  | { readonly kind: 'missing'; readonly name: string }
  /** The name is not set, and the use works without it. */
  | { readonly kind: 'optional'; readonly name: string };

/** The parts of a use that the state of its name depends on. */
export type StatedUse = Parameters<typeof isNeeded>[0] & { readonly name: string };

/** Secrets that are set for the code of one folder. */
export interface FolderSecrets {
  readonly of: FolderWorkspace | undefined;
  readonly rows: readonly KnownSecret[];
  /** All names that are set; the same object until the stores change. */
  readonly names: ReadonlySet<string>;
  /** Undefined if all stores could be read. */
  readonly problem: StoreProblem | undefined;
  /** The names that are set, and has all others that may be: a name that it has not is certainly not set. */
  readonly certain: ReadonlySet<string>;
  /** The secrets that win and have expired, or do soon; undefined if not all secrets are known. */
  readonly ending: ReadonlyMap<string, EndingSecret> | undefined;
  /** The service that the workspace's secrets are in; undefined for a vault. */
  readonly service: StoreService | undefined;
  /** The state of a name that something needs. */
  readonly stateOf: (name: string) => SecretState;
  /** The state of a name for one use of it. */
  readonly stateAt: (use: StatedUse) => SecretState;
  /** The state of a name for all of its uses. */
  readonly stateFor: (name: string, uses: readonly StatedUse[]) => SecretState;
}

const known = new WeakMap<FolderStores, FolderSecrets>();

/** Content of a folder's stores, by name. Made once each time that the stores are read. */
export function folderSecrets(stores: FolderStores): FolderSecrets {
  const before = known.get(stores);
  if (before !== undefined) return before;
  const { of, rows } = stores;
  const byName = new Map<string, [KnownSecret, ...KnownSecret[]]>();
  for (const row of rows) {
    const others = byName.get(row.name);
    if (others === undefined) byName.set(row.name, [row]);
    else others.push(row);
  }
  const names = new Set(byName.keys());
  const problem = firstProblem(stores);
  const stateOf = (name: string, isWanted: boolean): SecretState => {
    const own = byName.get(name);
    if (own !== undefined) return { kind: 'set', name, rows: own };
    if (problem !== undefined) return { kind: 'unknown', name, problem };
    if (mayBeLate(stores, name)) return { kind: 'asked', name };
    return { kind: isWanted ? 'missing' : 'optional', name };
  };
  const made: FolderSecrets = {
    ...{ of, rows, names, problem, service: stores.service },
    ending: problem === undefined ? endingIn(byName) : undefined,
    certain: stores.absent === undefined ? names : new CertainNames(names, stores),
    stateOf: (name) => stateOf(name, true),
    stateAt: (use) => stateOf(use.name, isNeeded(use, names)),
    stateFor: (name, uses) =>
      stateOf(
        name,
        uses.some((use) => isNeeded(use, names)),
      ),
  };
  known.set(stores, made);
  return made;
}

function endingIn(
  byName: ReadonlyMap<string, readonly [KnownSecret, ...KnownSecret[]]>,
): Map<string, EndingSecret> {
  const ending = new Map<string, EndingSecret>();
  for (const [name, [{ scope, end }]] of byName) if (end !== undefined) ending.set(name, { scope, ...end });
  return ending;
}

/** The names that are set. It has those, too, that may be set. */
class CertainNames extends Set<string> {
  readonly #stores: FolderStores;

  constructor(names: ReadonlySet<string>, stores: FolderStores) {
    super(names);
    this.#stores = stores;
  }

  override has(name: string): boolean {
    return super.has(name) || mayBeLate(this.#stores, name);
  }
}

/** The names for diagnostics: undefined if some may not be known, since then none can be called missing. */
export const certainNames = (
  secrets: Pick<FolderSecrets, 'certain' | 'problem'> | undefined,
): ReadonlySet<string> | undefined => (secrets?.problem === undefined ? secrets?.certain : undefined);

/** Number of names in each state. */
export interface StateSum {
  readonly names: number;
  readonly missing: number;
  readonly optional: number;
  readonly unknown: number;
  /** Number of names that several scopes have. */
  readonly overriding: number;
}

/** Counts names by the states of their uses: one that is missing for any use is missing. */
export function sumOf(states: readonly SecretState[]): StateSum {
  const byName = new Map<string, SecretState>();
  for (const state of states)
    if (!byName.has(state.name) || state.kind === 'missing') byName.set(state.name, state);
  const count = (isCounted: (state: SecretState) => boolean): number =>
    [...byName.values()].filter(isCounted).length;
  return {
    names: byName.size,
    missing: count(({ kind }) => kind === 'missing'),
    optional: count(({ kind }) => kind === 'optional'),
    unknown: count(({ kind }) => kind === 'unknown' || kind === 'asked'),
    overriding: count((state) => state.kind === 'set' && state.rows.length > 1),
  };
}

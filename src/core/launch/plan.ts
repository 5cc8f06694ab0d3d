import type { PipelineReference } from '../pipeline/pipeline.ts';
import type { SourceReference } from '../references/scan.ts';
import { isVaultScope, type Scope } from '../secrets/scope.ts';
import type { PlanOptions } from './lease-options.ts';
import type { PipelineProgram } from './program.ts';

/** A reference to a secret in the code of a launch. */
export type Use = PipelineReference;

/** A secret that a launch sends. Its value is not here. */
export interface PlannedSecret {
  readonly name: string;
  readonly from: Scope;
  /** The scopes that have the name too, from higher to lower. */
  readonly overrides: readonly Scope[];
  readonly uses: readonly Use[];
  /** Kind of delivery to its uses; undefined as long as that depends on the value, which was not read. */
  readonly delivery: string | undefined;
  /** The day that its value expires, see `expiry.ts`; undefined if none is known. */
  readonly expires?: string | undefined;
}

/** A name that the code uses and that is not sent. */
export interface UnsentSecret {
  readonly name: string;
  readonly uses: readonly Use[];
  /** True if it is set, and `--only` leaves it out. */
  readonly isSet: boolean;
}

/** The secrets that a launch sends, and those that its code lacks. All lists are sorted by name. */
export interface LaunchPlan {
  readonly secrets: readonly PlannedSecret[];
  /** Names that the code cannot do without. */
  readonly missing: readonly UnsentSecret[];
  /** Names that the code can do without. */
  readonly optionalMissing: readonly UnsentSecret[];
  /**
   * The names of the person's own Nextflow store that are sent although the code that was read does not name them. So
   * uses that cannot be seen in code (a library, a plugin, a name that is computed) work as without a launch. A remote
   * pipeline gets them only by name, and with a grant.
   */
  readonly passedOn: readonly string[];
}

/** The days that values expire, by scope and name. */
export type Expiry = ReadonlyMap<Scope, ReadonlyMap<string, string>>;

/** The secrets that a launch can choose from. */
export interface AvailableSecrets {
  /** The scopes that have each name, from the one that wins down. */
  readonly scopesOf: ReadonlyMap<string, readonly Scope[]>;
  /** The days that values expire, of those that have one. By scope, then name. */
  readonly expiry?: Expiry;
  /** The run that this one is inside of, if the secrets are those of its lease. */
  readonly outerRun?: string;
}

/**
 * Plans a launch from names alone, for the launch itself, its dry run and the editor: the secrets that are set and that
 * the code names. Options add secrets and restrict them.
 */
export function planLaunch(
  { code, destination, origin }: Pick<PipelineProgram, 'code' | 'destination' | 'origin'>,
  { scopesOf, expiry, outerRun }: AvailableSecrets,
  { only, all, required = [] }: PlanOptions,
): LaunchPlan {
  const usesOf = usesByName(code.references);
  const named = only ?? (all === true ? scopesOf.keys() : usesOf.keys());
  const sent = new Set([...named, ...required].filter((name) => scopesOf.has(name)));
  const unsent = [...usesOf.keys()]
    .filter((name) => !sent.has(name))
    .sort()
    .map((name) => ({ name, uses: usesOf.get(name) ?? [], isSet: scopesOf.has(name) }));
  const isRequired = ({ uses }: UnsentSecret): boolean => uses.some((use) => isNeeded(use, sent));
  const passesOn = origin.kind === 'local' && only === undefined && outerRun === undefined;
  return {
    secrets: [...sent].sort().flatMap((name): PlannedSecret[] => {
      const [from, ...overrides] = scopesOf.get(name) ?? [];
      const uses = usesOf.get(name) ?? [];
      // `secrets.X` is read by Nextflow itself, wherever the tasks run.
      const isAsked = uses.some(({ kind }) => kind === 'directive');
      const delivery = destination?.isCertain === true && isAsked ? destination.service.delivery : undefined;
      if (from === undefined) return [];
      return [{ name, from, overrides, uses, delivery, expires: expiry?.get(from)?.get(name) }];
    }),
    missing: unsent.filter(isRequired),
    optionalMissing: unsent.filter((one) => !isRequired(one)),
    passedOn: passesOn
      ? [...scopesOf.keys()]
          .filter((name) => scopesOf.get(name)?.some(isVaultScope) === false && !sent.has(name))
          .sort()
      : [],
  };
}

function usesByName(references: readonly Use[]): ReadonlyMap<string, readonly Use[]> {
  const usesOf = new Map<string, Use[]>();
  for (const use of references) {
    const uses = usesOf.get(use.name);
    if (uses === undefined) usesOf.set(use.name, [use]);
    else uses.push(use);
  }
  return usesOf;
}

/**
 * The scopes that have each name.
 *
 * @param listed - from the scope that wins down, as `listSecrets` has them.
 */
export function scopesByName(
  listed: Iterable<{ readonly name: string; readonly scope: Scope }>,
): ReadonlyMap<string, readonly Scope[]> {
  const scopesOf = new Map<string, Scope[]>();
  for (const { name, scope } of listed) {
    const scopes = scopesOf.get(name);
    if (scopes === undefined) scopesOf.set(name, [scope]);
    else scopes.push(scope);
  }
  return scopesOf;
}

/** The days that values expire. @param listed - as `listSecrets` has them. */
export function expiryByName(
  listed: Iterable<{ readonly name: string; readonly scope: Scope; readonly expires: string | null }>,
): Expiry {
  const found = new Map<Scope, Map<string, string>>();
  for (const { name, scope, expires } of listed) {
    if (expires === null) continue;
    const ofScope = found.get(scope) ?? new Map<string, string>();
    found.set(scope, ofScope.set(name, expires));
  }
  return found;
}

/**
 * Tells whether a use goes wrong without its secret, given which secrets there are: `secret secrets.A ? 'A' : 'B'` needs
 * B if there is no A.
 */
export function isNeeded(
  {
    optional,
    kind,
    guards,
    ignored,
    reached = true,
  }: Pick<SourceReference, 'optional' | 'kind' | 'guards' | 'ignored'> & { readonly reached?: boolean },
  sent: ReadonlySet<string>,
): boolean {
  const isReached = reached && guards.every((guard) => sent.has(guard.name) === guard.set);
  return isReached && !ignored && (!optional || kind === 'directive');
}

/** Tells whether a launch goes on without a name that its code needs: `--allow-missing`. */
export const isAllowedMissing = (
  name: string,
  { allowMissing }: Pick<PlanOptions, 'allowMissing'>,
): boolean => allowMissing === true || allowMissing?.includes(name) === true;

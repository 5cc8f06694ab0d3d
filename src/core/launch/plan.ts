import { ExitCode, HumanError } from '../system/human-error.ts';
import { candidatesFor, didYouMean } from '../system/near-miss.ts';
import { printable } from '../system/printable.ts';
import type { PipelineCode, PipelineReference } from '../pipeline/pipeline.ts';
import type { SourceReference } from '../references/scan.ts';

export type Use = PipelineReference;

/** A name and the places that use it. */
export interface UsedName {
  readonly name: string;
  readonly uses: readonly Use[];
}

/** What of the code's needs a launch meets. */
export interface Needs {
  /** The names to send, sorted. All of them are set. */
  readonly names: readonly string[];
  readonly usesOf: ReadonlyMap<string, readonly Use[]>;
  /** Names that the code cannot do without, and that it does not get. */
  readonly missing: readonly UsedName[];
  /** Names that the code can do without. */
  readonly optionalMissing: readonly UsedName[];
}

export interface PlanOptions {
  /** `--all`: every secret, not only those that the code names. */
  readonly all?: boolean | undefined;
  /** `--only`: these, whatever the code names. */
  readonly only?: readonly string[] | undefined;
  /** `--secret`: these too. */
  readonly required?: readonly string[] | undefined;
  /** `--allow-missing`: all, or these, may be missing. */
  readonly allowMissing?: true | readonly string[] | undefined;
}

/**
 * Chooses what a launch sends: what the code names and is set, with what the options add and restrict.
 *
 * @param set - the names that are set, in any scope that the launch may use.
 */
export function chooseSecrets(code: PipelineCode, set: ReadonlySet<string>, options: PlanOptions): Needs {
  const usesOf = new Map<string, Use[]>();
  for (const use of code.references) {
    const uses = usesOf.get(use.name);
    if (uses === undefined) usesOf.set(use.name, [use]);
    else uses.push(use);
  }
  const named = options.only ?? (options.all === true ? set : usesOf.keys());
  const wanted = new Set([...named, ...(options.required ?? [])]);
  const sent = new Set([...wanted].filter((name) => set.has(name)));
  const missing: UsedName[] = [];
  const optionalMissing: UsedName[] = [];
  for (const [name, uses] of usesOf) {
    if (sent.has(name)) continue;
    const isRequired = uses.some((use) => isNeeded(use, sent));
    (isRequired ? missing : optionalMissing).push({ name, uses });
  }
  const byName = (a: UsedName, b: UsedName): number => (a.name < b.name ? -1 : 1);
  return {
    names: [...sent].sort(),
    usesOf,
    missing: missing.sort(byName),
    optionalMissing: optionalMissing.sort(byName),
  };
}

/**
 * Whether a use goes wrong without its secret, given which secrets there are: `secret secrets.A ? 'A' : 'B'` needs
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

/** Whether a launch goes on without a name that its code needs: `--allow-missing`. */
export const isAllowedMissing = (
  name: string,
  { allowMissing }: Pick<PlanOptions, 'allowMissing'>,
): boolean => allowMissing === true || allowMissing?.includes(name) === true;

/** What to do inside a run that does not have these names. */
export function remedyInside(names: readonly string[]): string {
  const options = names.map((name) => `--secret ${printable(name)}`).join(' ');
  return `Start the outer launch or exec with ${options}, or leave that run: env -u NF_SECRETS_RUN nf-secrets …`;
}

/**
 * @param set - the names that are set, for near misses.
 * @param outerRun - the id of the run that this is inside of, whose lease has those names.
 * @throws HumanError 66 with each name, its first place, and what to do, if anything is missing that may not be.
 */
export function assertNothingMissing(
  { missing }: Needs,
  set: ReadonlySet<string>,
  options: Pick<PlanOptions, 'allowMissing'>,
  outerRun?: string,
): void {
  const stops = missing.filter(({ name }) => !isAllowedMissing(name, options));
  const [first] = stops;
  if (first === undefined) return;
  const lines = stops.map(({ name, uses: all }, index) => {
    const uses = all.filter(({ reached }) => reached);
    const isSet = set.has(name);
    const notHeld =
      outerRun === undefined
        ? 'is not set'
        : `run ${printable(outerRun)}, which this is inside of, does not have it`;
    const problem = isSet ? 'is left out by --only' : notHeld;
    return `Secret ${printable(name)} is used in ${places(uses)} but ${problem}.${isSet ? '' : didYouMean(name, candidatesFor(index, set))}`;
  });
  const unset = stops.map(({ name }) => name).filter((name) => !set.has(name));
  const remedies =
    outerRun === undefined
      ? unset.map((name) => `Set it: nf-secrets set ${printable(name)}`)
      : unset.length > 0
        ? [remedyInside(unset)]
        : [];
  throw new HumanError(
    ExitCode.missing,
    `${lines.join('\n')}\nNextflow was not started.`,
    [
      ...remedies,
      `If this run does not reach that code: --allow-missing${stops.length === 1 ? `=${printable(first.name)}` : ''}`,
    ].join('\n'),
  );
}

/** `main.nf:12 (process ALIGN)`, and how many more there are. */
export function places(uses: readonly Use[]): string {
  const [first] = uses;
  if (first === undefined) return '';
  const { file, line, process } = first;
  const where = process === null ? '' : ` (${process.includes(':') ? '' : 'process '}${printable(process)})`;
  const more = uses.length === 1 ? '' : ` and ${uses.length - 1} more`;
  return `${printable(file)}:${line}${where}${more}`;
}

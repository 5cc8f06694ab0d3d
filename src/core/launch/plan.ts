import { assignedName, deliver, type Delivered, isHazardous } from '../nextflow/delivery.ts';
import { ExitCode, HumanError } from '../system/human-error.ts';
import { candidatesFor, didYouMean } from '../system/near-miss.ts';
import { printable } from '../system/printable.ts';
import type { PipelineCode, PipelineReference } from '../pipeline/pipeline.ts';
import type { SourceReference } from '../references/scan-source.ts';
import type { ResolvedSecret } from '../secrets/resolve.ts';

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

/** A secret with what is stored for it. */
export interface LeasedSecret extends ResolvedSecret, Delivered {}

/**
 * Chooses how each value is delivered, by its uses. Values of the person's own Nextflow store go as they are, as
 * Nextflow itself would send them.
 *
 * @param others - names that are in the run's store beside these.
 * @throws HumanError 65 if a value cannot be delivered to all its uses.
 */
export function planDelivery(
  secrets: readonly ResolvedSecret[],
  code?: Pick<PipelineCode, 'references' | 'dynamic'>,
  others: readonly string[] = [],
): LeasedSecret[] {
  const names = new Set([...secrets.map(({ name }) => name), ...others]);
  const references = code?.references ?? [];
  const asked = new Set(references.flatMap(({ name, kind }) => (kind === 'directive' ? [name] : [])));
  // A test alone is as true of an encoded value.
  const read = new Map(
    references.flatMap((use) => (use.kind === 'property' && !use.tested ? [[use.name, use] as const] : [])),
  );
  // Where a name is computed, any may be asked for.
  const askable = code === undefined || code.dynamic.length > 0 ? names : asked;
  return secrets.map((secret): LeasedSecret => {
    const { name, value, from } = secret;
    const plain = { ...secret, delivery: 'plain' as const, stored: value };
    if (from === 'nextflow') return plain;
    value.assertDeliverable(name);
    const reader = read.get(name);
    if (reader === undefined) return { ...secret, ...deliver(name, value, names) };
    const place = `${printable(reader.file)}:${reader.line}`;
    if (asked.has(name) && isHazardous(name, value, names)) {
      throw new HumanError(
        ExitCode.data,
        `The value of ${printable(name)} cannot be delivered: it has characters that have to be encoded for the directive ` +
          `secret '${printable(name)}', but ${place} reads secrets.${printable(name)}, which would be the encoded text.`,
        'Use it in one of the two ways only, or set it to a value of plain letters, digits and signs.',
      );
    }
    const other = assignedName(name, value, askable);
    if (other !== undefined) {
      throw new HumanError(
        ExitCode.data,
        `The value of ${printable(name)} cannot be delivered: it has "${printable(other)}=" in it, so tasks that ask for ` +
          `${printable(other)} would get a part of it, and it cannot be encoded, because ${place} reads secrets.${printable(name)}.`,
        `Use ${printable(name)} by the directive secret '${printable(name)}' only, or change its value.`,
      );
    }
    return plain;
  });
}

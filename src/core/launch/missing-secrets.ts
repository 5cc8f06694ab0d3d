import { ExitCode, HumanError } from '../system/human-error.ts';
import { candidatesFor, didYouMean } from '../system/near-miss.ts';
import { printable } from '../system/printable.ts';
import type { PlanOptions } from './lease-options.ts';
import { type AvailableSecrets, isAllowedMissing, type LaunchPlan } from './plan.ts';
import { usedIn } from './used-in.ts';

/** The remedy inside a run that does not have these names. */
export function remedyInside(names: readonly string[]): string {
  const options = names.map((name) => `--secret ${printable(name)}`).join(' ');
  return `Start the outer launch or exec with ${options}, or leave that run: env -u NF_SECRETS_RUN nf-secrets …`;
}

/** @throws HumanError 66, see {@link missingError}. */
export function assertNothingMissing(
  plan: Pick<LaunchPlan, 'missing'>,
  available: AvailableSecrets,
  options: Pick<PlanOptions, 'allowMissing'>,
): void {
  const error = missingError(plan, available, options);
  if (error !== undefined) throw error;
}

/**
 * The error that stops a launch if anything is missing that may not be: each name, its first reference, and what to do.
 *
 * @param available - for near misses.
 * @returns HumanError 66.
 */
export function missingError(
  { missing }: Pick<LaunchPlan, 'missing'>,
  { scopesOf, outerRun }: AvailableSecrets,
  options: Pick<PlanOptions, 'allowMissing'>,
): HumanError | undefined {
  const stops = missing.filter(({ name }) => !isAllowedMissing(name, options));
  const [first] = stops;
  if (first === undefined) return undefined;
  const lines = stops.map(({ name, uses: all, isSet }, index) => {
    const uses = all.filter(({ reached }) => reached);
    const notHeld =
      outerRun === undefined
        ? 'is not set'
        : `run ${printable(outerRun)}, which this is inside of, does not have it`;
    const problem = isSet ? 'is left out by --only' : notHeld;
    return `Secret ${printable(name)} is used in ${usedIn(uses)} but ${problem}.${isSet ? '' : didYouMean(name, candidatesFor(index, scopesOf).keys())}`;
  });
  const unset = stops.flatMap(({ name, isSet }) => (isSet ? [] : [name]));
  const remedies =
    outerRun === undefined
      ? unset.map((name) => `Set it: nf-secrets set ${printable(name)}`)
      : unset.length > 0
        ? [remedyInside(unset)]
        : [];
  return new HumanError(
    ExitCode.missing,
    `${lines.join('\n')}\nNextflow was not started.`,
    [
      ...remedies,
      `If this run does not reach that code: --allow-missing${stops.length === 1 ? `=${printable(first.name)}` : ''}`,
    ].join('\n'),
  );
}

import { ExitCode, HumanError } from '../system/human-error.ts';
import { candidatesFor, didYouMean } from '../system/near-miss.ts';
import { joined, phrase } from '../system/phrase.ts';
import type { Remedy } from '../system/remedy.ts';
import { printable } from '../system/printable.ts';
import type { PlanOptions } from './lease-options.ts';
import { type AvailableSecrets, isAllowedMissing, type LaunchPlan } from './plan.ts';
import { usedIn } from './used-in.ts';

/** The remedy inside a run that does not have these names. */
export const remedyInside = (names: readonly string[]): Remedy => ({ do: 'send-to-outer-run', names });

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
 * The error that stops a launch if a secret is missing that may not be: each name, its first reference, the remedy.
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
    const shown = printable(name);
    const where = usedIn(uses);
    if (isSet) return phrase`Secret ${shown} is used in ${where} but is left out of this launch.`;
    const near = didYouMean(name, candidatesFor(index, scopesOf).keys());
    return outerRun === undefined
      ? phrase`Secret ${shown} is used in ${where} but is not set.${near}`
      : phrase`Secret ${shown} is used in ${where} but run ${printable(outerRun)}, which this is inside of, does not have it.${near}`;
  });
  const unset = stops.flatMap(({ name, isSet }) => (isSet ? [] : [name]));
  const leftOut = stops.flatMap(({ name, isSet }) => (isSet ? [name] : []));
  const remedies: Remedy[] =
    outerRun === undefined
      ? unset.map((name) => ({ do: 'set-secret', name }))
      : unset.length > 0
        ? [remedyInside(unset)]
        : [];
  return new HumanError(ExitCode.missing, joined([...lines, phrase`Nextflow was not started.`], '\n'), [
    ...remedies,
    ...leftOut.map((name): Remedy => ({ do: 'send-secret', name })),
    { do: 'allow-missing', ...(stops.length === 1 && { name: first.name }) },
  ]);
}

import { ExitCode, HumanError } from '../../system/human-error.ts';
import { didYouMean } from '../../system/near-miss.ts';
import type { Notice } from '../../system/notice.ts';
import { phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import type { ComputeEnv, PlatformContext } from '../types.ts';

/** What is known of secrets on platforms of compute environments (docs.seqera.io, Secrets: AWS, Google Cloud, HPC). */
const GIVES_SECRETS: Readonly<Record<string, boolean>> = {
  'aws-batch': true,
  'aws-cloud': true,
  'google-batch': true,
  'google-cloud': true,
  'google-lifesciences': true,
  'altair-platform': true,
  'lsf-platform': true,
  'moab-platform': true,
  'slurm-platform': true,
  'uge-platform': true,
  'azure-batch': false,
  'azure-cloud': false,
  'eks-platform': false,
  'gke-platform': false,
  'k8s-platform': false,
};

/** Tells whether runs in a compute environment get secrets; undefined if that is not known of its kind. */
export const givesSecrets = ({ platform }: Pick<ComputeEnv, 'platform'>): boolean | undefined =>
  Object.hasOwn(GIVES_SECRETS, platform) ? GIVES_SECRETS[platform] : undefined;

const AVAILABLE = 'AVAILABLE';

/**
 * Chooses a compute environment: the named one, else the primary one, else the only one that takes runs.
 *
 * @param wanted - its name or id.
 * @throws HumanError 64 for a name that there is none of, or if it has to be named; 69 if it takes no runs.
 */
export function chooseComputeEnv(
  all: readonly ComputeEnv[],
  wanted: string | undefined,
  { title }: PlatformContext,
): ComputeEnv {
  const shown = printable(title);
  if (wanted !== undefined) {
    const found = all.find(({ id, name }) => name === wanted || id === wanted);
    if (found === undefined) {
      const near = didYouMean(
        wanted,
        all.map(({ name }) => name),
      );
      throw new HumanError(
        ExitCode.usage,
        phrase`${shown} has no compute environment ${printable(wanted)}.${near}`,
        listOf(all),
      );
    }
    return usable(found);
  }
  const ready = all.filter(({ status }) => status === AVAILABLE);
  const [only] = ready;
  const primary = all.find(({ isPrimary }) => isPrimary);
  if (primary !== undefined) return usable(primary);
  if (only === undefined) {
    throw new HumanError(
      ExitCode.unavailable,
      phrase`${shown} has no compute environment that takes runs.`,
      all.length === 0 ? phrase`Add one there.` : listOf(all),
    );
  }
  if (ready.length === 1) return only;
  throw new HumanError(
    ExitCode.usage,
    phrase`${shown} has several compute environments, and none is the primary one: name one.`,
    listOf(all),
  );
}

const listOf = (all: readonly ComputeEnv[]): ReturnType<typeof phrase> =>
  all.length === 0
    ? phrase`It has none.`
    : phrase`It has: ${all
        .slice(0, 20)
        .map(({ name, platform, status }) => printable(`${name} (${platform}, ${status})`))
        .join(', ')}.`;

function usable(found: ComputeEnv): ComputeEnv {
  const { name, status } = found;
  if (status === AVAILABLE) return found;
  throw new HumanError(
    ExitCode.unavailable,
    phrase`The compute environment ${printable(name)} takes no runs: it is ${printable(status)}.`,
    phrase`Name another one.`,
  );
}

/** @throws HumanError 69 if the code needs secrets, and runs in this compute environment get none. */
export function assertGivesSecrets(computeEnv: ComputeEnv, names: readonly string[]): void {
  if (names.length === 0 || givesSecrets(computeEnv) !== false) return;
  throw new HumanError(
    ExitCode.unavailable,
    phrase`Runs in the compute environment ${printable(computeEnv.name)} (${computeEnv.platform}) get no secrets: Seqera Platform gives them on AWS, Google Cloud and HPC. The code needs ${names.map(printable).join(', ')}.`,
    phrase`Name a compute environment of another kind.`,
  );
}

/** A note if it is not known whether runs there get secrets. */
export function secretsNotes(computeEnv: ComputeEnv, names: readonly string[]): Notice[] {
  if (names.length === 0 || givesSecrets(computeEnv) !== undefined) return [];
  return [
    {
      fact: phrase`Seqera Platform gives secrets on AWS, Google Cloud and HPC; it is not known whether it does on ${printable(computeEnv.platform)} (${printable(computeEnv.name)}).`,
    },
  ];
}

import type { PipelineCode } from '../pipeline/pipeline.ts';
import type { ResolvedSecret, WithheldSecret } from '../secrets/resolve.ts';
import { traitsOf } from '../secrets/scope.ts';
import type { Notice } from '../system/notice.ts';
import { phrase } from '../system/phrase.ts';
import { printable } from '../system/printable.ts';
import type { ServiceTarget } from '../targets/target.ts';
import { type LeasedSecret, planDelivery } from '../targets/plan-delivery.ts';
import type { LaunchPlan } from './plan.ts';
import type { PipelineProgram, Program } from './program.ts';

// Consequences of the values of a plan: how each is stored, and the notes for a person.

/** Chooses how each value of a plan is stored. @throws HumanError 65 if one cannot be delivered. */
export function planValues(
  program: PipelineProgram,
  { passedOn }: LaunchPlan,
  values: readonly ResolvedSecret[],
): LeasedSecret[] {
  return planDelivery(values, usesOfPrivateStore(program), passedOn);
}

/**
 * The uses that the private store alone has to serve. Tasks in a service do not read it. Nextflow tells later whether
 * there are other tasks too, and what they ask for.
 */
const usesOfPrivateStore = ({
  code,
  destination,
}: PipelineProgram): Pick<PipelineCode, 'references' | 'dynamic'> =>
  destination === undefined
    ? code
    : { references: code.references.filter(({ kind }) => kind === 'property'), dynamic: [] };

/**
 * A plan after its values were read.
 *
 * @param sent - the names that tasks in a service get.
 */
export function withDelivery(
  plan: LaunchPlan,
  values: readonly PlannedValue[],
  sent?: { readonly names: ReadonlySet<string>; readonly by: ServiceTarget },
): LaunchPlan {
  const planned = new Map(plan.secrets.map((secret) => [secret.name, secret]));
  const secrets = values.map(({ name, from, overrides, delivery }) => ({
    // A store that need not be read tells by its list alone what is overridden there.
    ...{
      name,
      from,
      overrides: planned.get(name)?.overrides ?? overrides,
      uses: planned.get(name)?.uses ?? [],
    },
    delivery: sent?.names.has(name) === true ? sent.by.delivery : delivery,
    expires: planned.get(name)?.expires,
  }));
  return { ...plan, secrets };
}

/** A secret whose delivery is known. */
type PlannedValue = Pick<LaunchPlan['secrets'][number], 'name' | 'from' | 'overrides' | 'delivery'>;

/** Secrets that only tasks in a service get. */
export const inService = (
  { destination }: PipelineProgram,
  withheld: readonly WithheldSecret[],
): PlannedValue[] =>
  destination === undefined
    ? []
    : withheld.map(({ name, from, overrides }) => ({
        ...{ name, from, overrides },
        delivery: destination.service.delivery,
      }));

/** The plan of a command, which gets all secrets, or those that the person names. */
export const commandPlan = (values: readonly LeasedSecret[]): LaunchPlan =>
  withDelivery({ secrets: [], missing: [], optionalMissing: [], passedOn: [] }, values);

/** Notes for a person on the values that a program gets. */
export function valueNotes({ kind }: Program, secrets: readonly LeasedSecret[]): Notice[] {
  const notes: Notice[] = [];
  // A launch knows from the code that nothing reads them; any other command may.
  if (kind === 'command' && secrets.some(({ delivery }) => delivery === 'encoded')) {
    notes.push({
      fact: phrase`Encoded ones reach tasks exactly through the directive secret 'NAME'; secrets.NAME in a config or
        script would read the encoded text.`,
    });
  }
  const risky = secrets.filter(
    ({ from, value }) => traitsOf(from).isSentAsItIs && /[\n\r\0]/.test(value.reveal()),
  );
  if (risky.length > 0) {
    const names = risky.map(({ name }) => printable(name)).join(', ');
    notes.push({
      fact: phrase`As they are in your own Nextflow store, ${names} may spoil other secrets of a task: values of several
        lines are not safe there.`,
      remedy: { do: 'import-nextflow' },
    });
  }
  return notes;
}

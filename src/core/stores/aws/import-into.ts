import { inParallel } from '../../aws/in-parallel.ts';
import { type ImportPlan, planImport } from '../../secrets/exchange.ts';
import { SecretValue } from '../../secrets/secret-value.ts';
import type { Given, IfDifferent, Seen } from '../../secrets/writable-store.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { joined, phrase } from '../../system/phrase.ts';
import { setUnnoted } from './changes.ts';
import { describe } from './listing.ts';
import type { Place } from './place.ts';
import { noteChanges } from './recent.ts';
import { readValues } from './values.ts';

/** A value that no given one equals. */
const UNKNOWN = new SecretValue('');

/** Secrets that are set at the same time. */
const WRITES = 10;

/**
 * Tells what an import would do now. Who may not read values can import all the same: then each name that is set counts
 * as one with another value.
 *
 * @throws HumanError 64 as `planImport`; 69, 77.
 */
export async function previewInAws(
  place: Place,
  given: Given,
  ifDifferent: IfDifferent,
): Promise<ImportPlan> {
  const names = [...given].filter(([, { value }]) => value.reveal() !== '').map(([name]) => name);
  const looked = await inParallel(names, async (name) => [name, await describe(place, name)] as const);
  const isThere = ([, secret]: (typeof looked)[number]): boolean =>
    secret !== undefined && secret.deleted === undefined;
  const there = new Set(looked.filter(isThere).map(([name]) => name));
  const known = names.filter((name) => there.has(name));
  const values = await readValues(place, known).catch((error: unknown) => {
    if (!(error instanceof HumanError) || error.exitCode !== ExitCode.notPermitted) throw error;
    place.world.notice(
      phrase`You may not read the values that are in AWS, so all names that are set there count as set to other values.`,
    );
    return undefined;
  });
  const existing = (name: string): SecretValue | undefined =>
    there.has(name) ? (values?.get(name)?.value ?? UNKNOWN) : undefined;
  return planImport(given, existing, ifDifferent);
}

/** Secrets to import, and those that may be lost for it. */
interface AgreedImport {
  readonly given: Given;
  readonly ifDifferent: IfDifferent;
  readonly agreed: ReadonlyMap<string, Seen> | undefined;
}

/**
 * Sets secrets, one by one: AWS has no change of several. If one fails, those that were set are named, and the same import
 * can be done again.
 */
export async function importIntoAws(
  place: Place,
  { given, ifDifferent, agreed }: AgreedImport,
): Promise<ImportPlan> {
  const plan = await previewInAws(place, given, ifDifferent);
  const isSeen = (name: string): { readonly replaces?: Seen } =>
    agreed === undefined ? {} : { replaces: agreed.get(name) ?? null };
  const done: string[] = [];
  try {
    await inParallel(
      [...plan.created, ...plan.changed],
      async (name) => {
        const { value = UNKNOWN, description } = given.get(name) ?? {};
        await setUnnoted(place, name, { value, description, ...isSeen(name) });
        done.push(name);
      },
      { concurrency: WRITES },
    );
  } catch (error) {
    if (done.length > 0)
      place.world.notice(
        phrase`Set in AWS already: ${joined(done.sort())}. Import the same again: these have their values then.`,
      );
    throw error;
  } finally {
    sayLostDays(place, given, done);
    const changes = done.map((name) => ({ did: 'set' as const, name }));
    if (changes.length > 0) await noteChanges(place.file, changes, place.world);
  }
  return plan;
}

/** Names the days of expiry that AWS does not keep. */
function sayLostDays({ world }: Place, given: Given, names: readonly string[]): void {
  const days = [...names].sort().flatMap((name) => {
    const expires = given.get(name)?.expires;
    return expires === undefined ? [] : [`${name} (${expires})`];
  });
  if (days.length > 0)
    world.notice(
      phrase`AWS Secrets Manager is not told when these expire: ${joined(days)}. Note the days, for example in their descriptions.`,
    );
}

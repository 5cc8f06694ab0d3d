import { inParallel } from '../../aws/in-parallel.ts';
import type { ReadSecrets, SecretReference, Withheld } from '../../secrets/secret-store.ts';
import type { HumanError } from '../../system/human-error.ts';
import { concurrency, describe } from './listing.ts';
import { mappedTo, type Place } from './place.ts';
import { readValues } from './values.ts';

/**
 * Reads secrets for a run: each with the secret and version that it is, so that tasks in AWS can get it from there.
 *
 * @param mayWithhold - tells of which names the value is not needed, if the person may not read it.
 * @throws HumanError as {@link readValues}.
 */
export async function readForRun(
  place: Place,
  names: readonly string[],
  mayWithhold: (name: string) => boolean = () => false,
): Promise<ReadSecrets> {
  const refused = new Map<string, HumanError>();
  const read = await readValues(place, names, (name, reason) => {
    if (!mayWithhold(name)) return false;
    refused.set(name, reason);
    return true;
  });
  const references = new Map<string, SecretReference>();
  for (const [name, { arn, version }] of read) {
    const reference = referenceTo(place, name, arn, version);
    if (reference !== undefined) references.set(name, reference);
  }
  const withheld = await inParallel(
    refused,
    async ([name, reason]): Promise<[string, Withheld][]> => {
      const { arn = '', current = '', deleted } = (await describe(place, name)) ?? {};
      const reference = deleted === undefined ? referenceTo(place, name, arn, current) : undefined;
      if (reference === undefined) throw reason;
      return [[name, { reference, reason }]];
    },
    concurrency,
  );
  return {
    values: new Map([...read].map(([name, { value }]) => [name, value])),
    references,
    withheld: new Map(withheld.flat()),
  };
}

/** @returns undefined if AWS did not tell which secret and version it is. */
function referenceTo(place: Place, name: string, arn: string, version: string): SecretReference | undefined {
  const jsonKey = mappedTo(place, name)?.jsonKey;
  if (arn === '' || version === '') return undefined;
  return { arn, version, ...(jsonKey !== undefined && { jsonKey }) };
}

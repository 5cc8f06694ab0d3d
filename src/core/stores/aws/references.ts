import type { ReadSecrets, SecretReference, Withheld } from '../../secrets/secret-store.ts';
import { mappedTo, type Place } from './place.ts';
import { type MayWithhold, readOrHold } from './values.ts';

/**
 * Reads secrets for a run: each with the secret and version that it is, so that tasks in AWS can get it from there.
 *
 * @param mayWithhold - tells of which names the value is not needed, if the person may not read it.
 * @throws HumanError as `readValues`.
 */
export async function readForRun(
  place: Place,
  names: readonly string[],
  mayWithhold: MayWithhold = () => false,
): Promise<ReadSecrets> {
  const { read, held } = await readOrHold(place, names, mayWithhold);
  const references = new Map<string, SecretReference>();
  for (const [name, { arn, version }] of read) {
    const reference = referenceTo(place, name, arn, version);
    if (reference !== undefined) references.set(name, reference);
  }
  const withheld = new Map<string, Withheld>();
  for (const [name, { reason, secret }] of held) {
    const { arn = '', current = '', deleted } = secret ?? {};
    const reference = deleted === undefined ? referenceTo(place, name, arn, current) : undefined;
    if (reference === undefined) throw reason;
    withheld.set(name, { reference, reason });
  }
  return {
    values: new Map([...read].map(([name, { value }]) => [name, value])),
    references,
    withheld,
  };
}

/** @returns undefined if AWS did not tell which secret and version it is. */
function referenceTo(place: Place, name: string, arn: string, version: string): SecretReference | undefined {
  const jsonKey = mappedTo(place, name)?.jsonKey;
  if (arn === '' || version === '') return undefined;
  return { arn, version, ...(jsonKey !== undefined && { jsonKey }) };
}

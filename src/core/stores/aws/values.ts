import {
  BatchGetSecretValueCommand,
  GetSecretValueCommand,
  type SecretValueEntry,
} from '@aws-sdk/client-secrets-manager';
import { answered, isDenied, isMissing, isScheduledForDeletion } from '../../aws/aws-error.ts';
import { inParallel } from '../../aws/in-parallel.ts';
import { secretNameProblem } from '../../secrets/secret-name.ts';
import { SecretValue } from '../../secrets/secret-value.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import { lookedAt, type PlacedSecret, tellDeleted } from './listing.ts';
import { asked, mappedTo, type Place, secretArn, secretId, stepOnId } from './place.ts';

/** Most secrets that AWS gives in one answer. */
const BATCH = 20;

/** An answer with a value. */
type Answer = Pick<SecretValueEntry, 'ARN' | 'Name' | 'VersionId' | 'SecretString' | 'SecretBinary'>;

/** A value, and the secret and version that it is of. */
export interface ReadValue {
  readonly value: SecretValue;
  readonly version: string;
  readonly arn: string;
}

/** A value that the person may not read, and a look at its secret. */
export interface HeldValue {
  readonly reason: HumanError;
  readonly secret: PlacedSecret | undefined;
}

/** Tells of a name whether it may be left unread if AWS denies it. Without it, a denial is an error. */
export type MayWithhold = (name: string) => boolean;

/**
 * Reads the current values of secrets. A name that is not there, or is deleted, is left out.
 *
 * @throws HumanError 65 if a value is no text; 69, 77 if one cannot be read.
 */
export async function readValues(
  place: Place,
  wanted: readonly string[],
): Promise<ReadonlyMap<string, ReadValue>> {
  return (await readOrHold(place, wanted, () => false)).read;
}

/** Does the same, and goes on where a value may be left unread. @throws HumanError as {@link readValues}. */
export async function readOrHold(
  place: Place,
  wanted: readonly string[],
  mayWithhold: MayWithhold,
): Promise<{ readonly read: ReadonlyMap<string, ReadValue>; readonly held: ReadonlyMap<string, HeldValue> }> {
  // A name that is none may be in other stores, and AWS would refuse it.
  const names = wanted.filter((name) => secretNameProblem(name) === undefined);
  // Several names may be of one secret.
  const namesOf = new Map<string, string[]>();
  for (const name of names) {
    const id = secretId(place, name);
    namesOf.set(id, [...(namesOf.get(id) ?? []), name]);
  }
  const holdable = [...namesOf].filter(([, of]) => of.every((name) => mayWithhold(name))).map(([id]) => id);
  const answers = await readAnswers(place, [...namesOf.keys()], new Set(holdable));
  const read = new Map<string, ReadValue>();
  const held = new Map<string, HeldValue>();
  for (const name of names) {
    const answer = answers.get(secretId(place, name));
    if (answer === undefined) continue;
    if ('reason' in answer) held.set(name, answer);
    else {
      const { VersionId: version = '', ARN: arn = '' } = answer;
      read.set(name, { value: valueIn(answer, place, name), version, arn });
    }
  }
  return { read, held };
}

async function readAnswers(
  place: Place,
  ids: readonly string[],
  holdable: ReadonlySet<string>,
): Promise<Map<string, Answer | HeldValue>> {
  const answers = new Map<string, Answer | HeldValue>();
  if (ids.length > 1) {
    const groups = Array.from({ length: Math.ceil(ids.length / BATCH) }, (_, index) =>
      ids.slice(index * BATCH, (index + 1) * BATCH),
    );
    const given = await inParallel(groups, (group) => readBatch(place, group));
    for (const [id, answer] of given.flat()) answers.set(id, answer);
  }
  // One by one what is left: AWS tells the reason for each only so.
  const left = ids.filter((id) => !answers.has(id));
  const readAlone = async (id: string): Promise<readonly [string, Answer | HeldValue | undefined]> => [
    id,
    await (holdable.has(id) ? readOrLook(place, id) : readOne(place, id)),
  ];
  for (const [id, answer] of await inParallel(left, readAlone))
    if (answer !== undefined) answers.set(id, answer);
  return answers;
}

/** Reads a value, or, if AWS denies that, tells which secret and version it is. */
async function readOrLook(place: Place, id: string): Promise<Answer | HeldValue | undefined> {
  try {
    return await readOne(place, id);
  } catch (error) {
    if (!(error instanceof HumanError) || error.exitCode !== ExitCode.notPermitted) throw error;
    return { reason: error, secret: await lookedAt(place, id) };
  }
}

/** @returns the values that AWS gives; none if it does not allow this request, which needs a permission of its own. */
async function readBatch(place: Place, ids: readonly string[]): Promise<[string, Answer][]> {
  const step = { action: 'secretsmanager:BatchGetSecretValue', resource: '*', hasValue: true } as const;
  return asked(step, async () => {
    const given: [string, Answer][] = [];
    let token: string | undefined;
    do {
      try {
        const page = await place.client.send(
          new BatchGetSecretValueCommand({
            SecretIdList: [...ids],
            ...(token !== undefined && { NextToken: token }),
          }),
        );
        for (const entry of answered(page.SecretValues)) {
          const id = ids.find((one) => one === entry.ARN || one === entry.Name);
          if (id !== undefined) given.push([id, entry]);
        }
        token = page.NextToken;
      } catch (error) {
        if (isDenied(error)) return given;
        throw error;
      }
    } while (token !== undefined);
    return given;
  });
}

async function readOne(place: Place, id: string): Promise<Answer | undefined> {
  const step = stepOnId(place, 'GetSecretValue', id, { hasValue: true });
  return asked(step, async () => {
    try {
      return await place.client.send(new GetSecretValueCommand({ SecretId: id }));
    } catch (error) {
      if (isScheduledForDeletion(error)) tellDeleted(place, id.slice(id.lastIndexOf('/') + 1));
      else if (!isMissing(error)) throw error;
      return undefined;
    }
  });
}

/** @throws HumanError 65 if it is no text, or no object with the key. */
function valueIn({ SecretString: text }: Answer, place: Place, name: string): SecretValue {
  const shown = printable(secretArn(place, name));
  if (text === undefined) {
    throw new HumanError(
      ExitCode.data,
      phrase`${name} has a binary value in AWS (${shown}), which no task can get.`,
      phrase`Set it again from text, for example from base64.`,
    );
  }
  const key = mappedTo(place, name)?.jsonKey;
  if (key === undefined) return new SecretValue(text);
  const member = memberOf(text, key);
  if (member !== undefined) return new SecretValue(member);
  throw new HumanError(
    ExitCode.data,
    phrase`${name} is the key ${printable(key)} of ${shown}, and the value there is no JSON object with a text or a number for
      it.`,
    { do: 'open-file', path: place.file.path },
  );
}

function memberOf(text: string, key: string): string | undefined {
  let object: unknown;
  try {
    object = JSON.parse(text);
  } catch {
    // The message of JSON.parse may quote a value.
    return undefined;
  }
  if (typeof object !== 'object' || object === null || !Object.hasOwn(object, key)) return undefined;
  const member = (object as Record<string, unknown>)[key];
  return ['string', 'number', 'boolean'].includes(typeof member) ? String(member) : undefined;
}

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
import { concurrency, tellDeleted } from './listing.ts';
import { asked, mappedTo, type Place, secretArn, secretId, stepOn } from './place.ts';

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

/** Gets the names that the person may not read, with the refusal. Without it, that is an error. */
export type OnRefused = (name: string, reason: HumanError) => boolean;

/**
 * Reads the current values of secrets. A name that is not there, or is deleted, is left out.
 *
 * @throws HumanError 65 if a value is no text; 69, 77 if one cannot be read.
 */
export async function readValues(
  place: Place,
  wanted: readonly string[],
  isWithheld?: OnRefused,
): Promise<Map<string, ReadValue>> {
  // A name that is none may be in other stores, and AWS would refuse it.
  const names = wanted.filter((name) => secretNameProblem(name) === undefined);
  const ids = [...new Set(names.map((name) => secretId(place, name)))];
  // Several names may be of one secret.
  const isHeld = (id: string, reason: HumanError): boolean =>
    isWithheld !== undefined &&
    names.filter((name) => secretId(place, name) === id).every((name) => isWithheld(name, reason));
  const answers = await readAnswers(place, ids, isHeld);
  return new Map(
    names.flatMap((name) => {
      const answer = answers.get(secretId(place, name));
      return answer === undefined
        ? []
        : [
            [
              name,
              { value: valueIn(answer, place, name), version: answer.VersionId ?? '', arn: answer.ARN ?? '' },
            ] as const,
          ];
    }),
  );
}

async function readAnswers(
  place: Place,
  ids: readonly string[],
  isHeld: OnRefused,
): Promise<Map<string, Answer>> {
  const answers = new Map<string, Answer>();
  if (ids.length > 1) {
    const groups = Array.from({ length: Math.ceil(ids.length / BATCH) }, (_, index) =>
      ids.slice(index * BATCH, (index + 1) * BATCH),
    );
    const given = await inParallel(groups, (group) => readBatch(place, group), concurrency);
    for (const [id, answer] of given.flat()) answers.set(id, answer);
  }
  // One by one what is left: AWS tells the reason for each only so.
  const left = ids.filter((id) => !answers.has(id));
  for (const [id, answer] of await inParallel(
    left,
    async (id) =>
      [
        id,
        await readOne(place, id).catch((error: unknown) => {
          unlessHeld(id, error, isHeld);
          return undefined;
        }),
      ] as const,
    concurrency,
  ))
    if (answer !== undefined) answers.set(id, answer);
  return answers;
}

function unlessHeld(id: string, error: unknown, isHeld: OnRefused): void {
  const isRefusal = error instanceof HumanError && error.exitCode === ExitCode.notPermitted;
  if (!isRefusal || !isHeld(id, error)) throw error;
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
  const start = `${place.file.prefix}/`;
  const step = id.startsWith(start)
    ? stepOn(place, 'GetSecretValue', id.slice(start.length), { hasValue: true })
    : ({ action: 'secretsmanager:GetSecretValue', resource: id, hasValue: true } as const);
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

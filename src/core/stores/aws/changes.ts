import { randomUUID } from 'node:crypto';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager';
import {
  awsError,
  awsErrorCode,
  isMissing,
  isScheduledForDeletion,
  isThrottled,
} from '../../aws/aws-error.ts';
import type { Seen } from '../../secrets/writable-store.ts';
import type { SecretValue } from '../../secrets/secret-value.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { joined, type Phrase, phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import { timestamp } from '../../system/world.ts';
import { describe, present, untilText } from './listing.ts';
import { asked, mappedTo, notThere, type Place, secretArn, secretId, stepOn } from './place.ts';
import { forgetRenames, noteChanges } from './recent.ts';
import { readValues } from './values.ts';

/** Days for which a deleted secret can be put back: the most that AWS takes. */
const RECOVERY_DAYS = 30;
/** Times that a secret is tried to be changed while others do. */
export const TRIES = 4;

/** A value to be set. */
interface NewValue {
  readonly value: SecretValue;
  /** New description; an empty text removes it; undefined keeps it. */
  readonly description?: string | undefined;
  /** The secret that the person saw under the name; undefined if any may be replaced. */
  readonly replaces?: Seen | undefined;
}

/**
 * Creates or updates a secret, without reading its value.
 *
 * @throws HumanError 64 if another one is there than the person saw, or the name is the key of another secret; 69, 73, 77.
 */
export async function setSecret(place: Place, name: string, given: NewValue): Promise<'created' | 'updated'> {
  const done = await setUnnoted(place, name, given);
  await noteChanges(place.file, [{ did: 'set', name }], place.world);
  return done;
}

/** Does the same for a caller that notes several names at once. */
export async function setUnnoted(
  place: Place,
  name: string,
  given: NewValue,
): Promise<'created' | 'updated'> {
  const { value, description, replaces } = given;
  value.assertDeliverable(name);
  refuseKey(place, name, phrase`not set`);
  if (description !== undefined || replaces !== undefined) {
    const now = await describe(place, name);
    if (now !== undefined && now.deleted === undefined) {
      if (replaces !== undefined && now.info.version !== replaces?.version) throw setMeanwhile(name);
      // Before the value: if that is not allowed, nothing has changed.
      if (description !== undefined && description !== (now.info.description ?? ''))
        return withDescription(place, name, description, () => putOrCreate(place, name, given));
    }
  }
  return putOrCreate(place, name, given);
}

/** Changes the description, then does the rest. */
async function withDescription<Done>(
  place: Place,
  name: string,
  description: string,
  rest: () => Promise<Done>,
): Promise<Done> {
  await changeDescription(place, name, description);
  try {
    return await rest();
  } catch (error) {
    place.world.notice(phrase`The description of ${name} in AWS was changed already, and its value was not.`);
    throw error;
  }
}

const setMeanwhile = (name: string): HumanError =>
  new HumanError(
    ExitCode.usage,
    phrase`${name} was set in AWS meanwhile. Nothing was changed.`,
    phrase`Try again.`,
  );

async function changeDescription(place: Place, name: string, Description: string): Promise<void> {
  await asked(stepOn(place, 'UpdateSecret', name), () =>
    place.client.send(new UpdateSecretCommand({ SecretId: secretId(place, name), Description })),
  );
}

async function putOrCreate(place: Place, name: string, given: NewValue): Promise<'created' | 'updated'> {
  // AWS does a request with the same token once, however often it is sent.
  const token = randomUUID();
  for (let tries = 1; tries <= TRIES; tries++) {
    const put = await attempt(place, name, putting(place, name, given, token));
    if (put === 'done') return 'updated';
    if (put === 'deleted') await putBack(place, name);
    if (put !== 'missing') continue;
    if (mappedTo(place, name) !== undefined) throw notThere(place, name);
    const made = await attempt(place, name, creating(place, name, given, token));
    if (made === 'done') return 'created';
    if (made === 'deleted') await putBack(place, name);
  }
  throw new HumanError(
    ExitCode.unavailable,
    phrase`${secretArn(place, name)} is made and deleted by others all the time. It was not set.`,
    phrase`Try again.`,
  );
}

/** A request that depends on whether the secret is there. */
interface Attempt {
  readonly action: string;
  readonly send: () => Promise<unknown>;
}

const putting = ({ client, ...place }: Place, name: string, { value }: NewValue, token: string): Attempt => ({
  action: 'PutSecretValue',
  send: () =>
    client.send(
      new PutSecretValueCommand({
        SecretId: secretId({ client, ...place }, name),
        SecretString: value.reveal(),
        ClientRequestToken: token,
      }),
    ),
});

const creating = (
  { client, ...place }: Place,
  name: string,
  { value, description = '' }: NewValue,
  token: string,
): Attempt => ({
  action: 'CreateSecret',
  send: () =>
    client.send(
      new CreateSecretCommand({
        Name: secretId({ client, ...place }, name),
        SecretString: value.reveal(),
        ...(description !== '' && { Description: description }),
        ClientRequestToken: token,
      }),
    ),
});

type Outcome = 'done' | 'missing' | 'taken' | 'deleted';

async function attempt(place: Place, name: string, { action, send }: Attempt): Promise<Outcome> {
  try {
    await send();
    return 'done';
  } catch (error) {
    if (isMissing(error)) return 'missing';
    if (awsErrorCode(error) === 'ResourceExistsException') return 'taken';
    if (isScheduledForDeletion(error)) return 'deleted';
    const shown = awsError(error, stepOn(place, action, name, { hasValue: true }));
    if (!(shown instanceof HumanError) || shown.exitCode !== ExitCode.unavailable || isThrottled(error))
      throw shown;
    // The answer may have been lost, and the request done.
    throw new HumanError(shown.exitCode, shown.phrase, [
      phrase`It is not known whether ${name} was set. Set it again when AWS answers.`,
      ...shown.remedies,
    ]);
  }
}

/** Puts a deleted secret back, after a question: its name is taken until AWS removes it. */
async function putBack(place: Place, name: string): Promise<void> {
  const { world } = place;
  const deleted = (await describe(place, name))?.deleted;
  if (deleted === undefined) return;
  const until = untilText(deleted, world);
  const answer = await world.ask(
    phrase`${name} was deleted, and can be put back${until}. Put it back, and give it this value?`,
  );
  if (answer !== true) {
    throw new HumanError(
      ExitCode.cannotCreate,
      phrase`${name} of this workspace was deleted, and its name in AWS is taken${until}. Nothing was set.`,
      { do: 'undo-change', name, lead: phrase`Put it back first, then set it` },
    );
  }
  await restore(place, name);
}

/** Undoes a deletion. */
export async function restore(place: Place, name: string): Promise<void> {
  await asked(stepOn(place, 'RestoreSecret', name), () =>
    place.client.send(new RestoreSecretCommand({ SecretId: secretId(place, name) })),
  );
  await noteChanges(place.file, [{ did: 'set', name }], place.world);
}

/** Refuses a change of a secret that is the key of a JSON object: all other keys would be lost. */
export function refuseKey(place: Place, name: string, outcome: Phrase): void {
  const mapped = mappedTo(place, name);
  if (mapped?.jsonKey === undefined) return;
  throw new HumanError(
    ExitCode.usage,
    phrase`${name} was ${outcome}: it is the key ${printable(mapped.jsonKey)} of the JSON object in
      ${printable(mapped.arn)}, which nf-secrets only reads.`,
    phrase`Change that secret where it comes from.`,
  );
}

/** Refuses to delete or rename a secret that others use under its own name. */
export function refuseMapped({ file, ...place }: Place, name: string, outcome: Phrase): void {
  const mapped = mappedTo({ file, ...place }, name);
  if (mapped === undefined) return;
  throw new HumanError(
    ExitCode.usage,
    phrase`${name} was ${outcome}: ${printable(file.path)} says that it is ${printable(mapped.arn)}, which others may use
      under its own name.`,
    [
      phrase`Change its line in that file, or delete the secret in AWS.`,
      { do: 'open-file', path: file.path },
    ],
  );
}

/**
 * Deletes secrets, so that they can be put back for {@link RECOVERY_DAYS} days.
 *
 * @returns the time until which that is so: ISO 8601.
 * @throws HumanError 64 if a name is that of another secret, 66 if one is not there; 69, 77.
 */
export async function deleteAll(place: Place, names: readonly string[]): Promise<string> {
  for (const name of names) refuseMapped(place, name, phrase`not deleted`);
  for (const name of names) await present(place, name);
  const done: string[] = [];
  let until = new Date(place.world.now().getTime() + RECOVERY_DAYS * 86_400_000);
  try {
    for (const name of names) {
      until = (await deleteOne(place, name)) ?? until;
      done.push(name);
      await noteChanges(place.file, [{ did: 'delete', name }], place.world);
    }
  } catch (error) {
    if (done.length > 0) {
      place.world.notice(
        phrase`Deleted already: ${joined(done)}. They can be put back until ${timestamp(until)}.`,
        done.map((name) => ({ do: 'undo-change' as const, name })),
      );
    }
    throw error;
  }
  await forgetRenames(place.file, names, place.world);
  return timestamp(until);
}

async function deleteOne(place: Place, name: string): Promise<Date | undefined> {
  return asked(stepOn(place, 'DeleteSecret', name), async () => {
    try {
      const input = { SecretId: secretId(place, name), RecoveryWindowInDays: RECOVERY_DAYS };
      return (await place.client.send(new DeleteSecretCommand(input))).DeletionDate;
    } catch (error) {
      // An earlier try, whose answer was lost, or somebody else.
      if (isScheduledForDeletion(error) || isMissing(error)) return undefined;
      throw error;
    }
  });
}

/** Deletes a secret unless it has another value now. @returns false if so, with nothing changed. */
export async function deleteIfValue(place: Place, name: string, value: SecretValue): Promise<boolean> {
  const now = (await readValues(place, [name])).get(name);
  if (now === undefined) return true;
  if (now.value.reveal() !== value.reveal()) return false;
  await deleteAll(place, [name]);
  return true;
}

/** Changes the description of a secret alone. @throws HumanError 66 if there is no such secret; 69, 77. */
export async function describeSecret(place: Place, name: string, description: string): Promise<void> {
  refuseKey(place, name, phrase`not changed`);
  await present(place, name);
  await changeDescription(place, name, description);
  await noteChanges(place.file, [{ did: 'set', name }], place.world);
}

/** Undoes a deletion of secrets. One that is there again already is left as it is. */
export async function putAllBack(place: Place, names: readonly string[]): Promise<void> {
  for (const name of names) await restore(place, name);
}

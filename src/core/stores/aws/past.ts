import {
  paginateListSecretVersionIds,
  type SecretVersionsListEntry,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { answered, awsError, awsErrorCode, isScheduledForDeletion } from '../../aws/aws-error.ts';
import type { SecretHistory, SecretVersion, Undone, VersionChoice } from '../../secrets/writable-store.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { joined, phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import { timestamp } from '../../system/world.ts';
import { refuseKey, restore } from './changes.ts';
import { describe, type PlacedSecret } from './listing.ts';
import { asked, notThere, type Place, secretId, stepOn } from './place.ts';

/** The label that AWS gives the version which is read. */
const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';

/** Looks at the versions of a secret. Reads no value. @throws HumanError 66 if there is no such secret; 69, 77. */
export async function historyOf(place: Place, name: string): Promise<SecretHistory> {
  const secret = await known(place, name);
  return {
    versions: await versionsOf(place, name),
    deletedUntil: secret.deleted === undefined ? null : timestamp(secret.deleted),
    isDeleted: secret.deleted !== undefined,
  };
}

async function known(place: Place, name: string): Promise<PlacedSecret> {
  const secret = await describe(place, name);
  if (secret === undefined) throw notThere(place, name);
  return secret;
}

async function versionsOf(place: Place, name: string): Promise<SecretVersion[]> {
  const { client } = place;
  const entries: SecretVersionsListEntry[] = [];
  // Those without a label too: AWS keeps them for a day at least.
  const input = { SecretId: secretId(place, name), IncludeDeprecated: true };
  await asked(stepOn(place, 'ListSecretVersionIds', name), async () => {
    try {
      for await (const page of paginateListSecretVersionIds({ client, pageSize: 100 }, input))
        entries.push(...answered(page.Versions));
    } catch (error) {
      // AWS does not tell the versions of a secret that is deleted.
      if (!isScheduledForDeletion(error)) throw error;
    }
  });
  const rank = ({ VersionStages = [] }: SecretVersionsListEntry): number =>
    [CURRENT, PREVIOUS].findIndex((label) => VersionStages.includes(label)) >>> 0;
  const time = ({ CreatedDate }: SecretVersionsListEntry): number => CreatedDate?.getTime() ?? 0;
  return entries
    .sort((a, b) => time(b) - time(a) || rank(a) - rank(b))
    .map(({ VersionId = '', VersionStages = [], CreatedDate, LastAccessedDate }, index) => ({
      number: index + 1,
      version: VersionId,
      created: CreatedDate === undefined ? null : timestamp(CreatedDate),
      // AWS tells neither, and its versions are listed without a look at a value.
      ...{ by: null, ended: null, bytes: null, expires: null, doubt: null },
      lastUsed: LastAccessedDate === undefined ? null : timestamp(LastAccessedDate).slice(0, 10),
      isCurrent: VersionStages.includes(CURRENT),
      isPrevious: VersionStages.includes(PREVIOUS),
    }));
}

/**
 * Puts a deleted secret back; else makes an earlier version the current one. Reads no value.
 *
 * @param to - the version; else the one that was current before.
 * @throws HumanError 64 if there is nothing to undo, 66 if there is no such secret; 69, 77.
 */
export async function undoLast(place: Place, name: string, to: VersionChoice | undefined): Promise<Undone> {
  refuseKey(place, name, phrase`not changed`);
  const secret = await known(place, name);
  if (secret.deleted !== undefined) {
    if (to !== undefined) {
      throw new HumanError(ExitCode.usage, phrase`${name} is deleted. Nothing was changed.`, {
        do: 'undo-change',
        name,
        lead: phrase`Put it back first`,
      });
    }
    await restore(place, name);
    return { what: 'deletion' };
  }
  const versions = await versionsOf(place, name);
  const current = versions.find(({ isCurrent }) => isCurrent);
  const target = versions.find(({ number, version, isPrevious }) => {
    if (typeof to === 'string') return version.startsWith(to);
    return to === undefined ? isPrevious : number === to;
  });
  if (target === undefined) throw nothingToUndo(name, to);
  if (target === current) {
    throw new HumanError(
      ExitCode.usage,
      phrase`Version ${target.number} of ${name} is the current one already.`,
      { do: 'show-history', name },
    );
  }
  await moveCurrent(place, name, { from: current?.version, to: target.version });
  return { what: 'value', created: target.created };
}

const nothingToUndo = (name: string, to: VersionChoice | undefined): HumanError =>
  new HumanError(
    ExitCode.usage,
    to === undefined
      ? phrase`AWS has no earlier value of ${name}, so there is nothing to undo.`
      : phrase`AWS has no version ${printable(String(to))} of ${name}.`,
    { do: 'show-history', name },
  );

async function moveCurrent(
  place: Place,
  name: string,
  { from, to }: { readonly from: string | undefined; readonly to: string },
): Promise<void> {
  try {
    await place.client.send(
      new UpdateSecretVersionStageCommand({
        SecretId: secretId(place, name),
        VersionStage: CURRENT,
        MoveToVersionId: to,
        // AWS refuses if another one is current by now.
        ...(from !== undefined && { RemoveFromVersionId: from }),
      }),
    );
  } catch (error) {
    // An earlier try, whose answer was lost, may have done it.
    if (awsErrorCode(error) === 'InvalidParameterException') {
      if ((await describe(place, name))?.current === to) return;
      throw new HumanError(
        ExitCode.usage,
        phrase`${printable(name)} was set in AWS meanwhile. Nothing was undone.`,
        { do: 'show-history', name },
      );
    }
    throw awsError(error, stepOn(place, 'UpdateSecretVersionStage', name));
  }
}

/** Refuses to remove earlier versions: AWS alone does that. @throws HumanError 64 */
export function refuseToForget(names: readonly string[]): never {
  throw new HumanError(
    ExitCode.usage,
    phrase`AWS Secrets Manager decides how long it keeps earlier versions: the previous one until the next is set, others for a
      day at least. Nothing of ${joined(names.map(printable))} was removed.`,
    phrase`If an earlier value must not be used any more, renew it at the service that it is for.`,
  );
}

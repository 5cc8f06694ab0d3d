import {
  DescribeSecretCommand,
  type DescribeSecretCommandOutput,
  paginateListSecrets,
  type SecretListEntry,
} from '@aws-sdk/client-secrets-manager';
import { answered, isMissing } from '../../aws/aws-error.ts';
import { inParallel } from '../../aws/in-parallel.ts';
import { secretNameProblem } from '../../secrets/secret-name.ts';
import { type ListOptions, NO_INFO, type SecretInfo } from '../../secrets/secret-store.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { phrase, type Phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import { timestamp, type World } from '../../system/world.ts';
import { asked, notThere, type Place, secretId, stepOnId } from './place.ts';
import { recentChanges } from './recent.ts';

/** A secret of the store, without its value. */
export interface PlacedSecret {
  readonly info: SecretInfo;
  /** Id of the version that is current; undefined if it has none. */
  readonly current: string | undefined;
  /** Its ARN, whole; undefined if AWS did not tell. */
  readonly arn: string | undefined;
  /** Date with which its deletion is scheduled; undefined if it is not. */
  readonly deleted: Date | undefined;
}

/** Looks at one secret: the proof that it is there, or not. @returns undefined if it is not. */
export const describe = async (place: Place, name: string): Promise<PlacedSecret | undefined> =>
  describeId(place, secretId(place, name));

/** Secrets that a command has looked at. A launch plans with their names, and later names their versions. */
const looks = new WeakMap<Place['client'], Map<string, PlacedSecret>>();

/** What the command saw of a secret, or else what it sees now. */
export const lookedAt = async (place: Place, id: string): Promise<PlacedSecret | undefined> =>
  looks.get(place.client)?.get(id) ?? describeId(place, id);

async function describeId(place: Place, id: string): Promise<PlacedSecret | undefined> {
  const secret = await request(place, id);
  const known = looks.get(place.client) ?? new Map<string, PlacedSecret>();
  looks.set(place.client, known);
  if (secret === undefined) known.delete(id);
  else known.set(id, secret);
  return secret;
}

async function request(place: Place, id: string): Promise<PlacedSecret | undefined> {
  return asked(stepOnId(place, 'DescribeSecret', id), async () => {
    try {
      const answer = await place.client.send(new DescribeSecretCommand({ SecretId: id }));
      answered(answer.ARN);
      return placed(answer, answer.VersionIdsToStages);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  });
}

function placed(
  {
    CreatedDate,
    LastChangedDate,
    Description = '',
    DeletedDate,
    ARN,
  }: DescribeSecretCommandOutput | SecretListEntry,
  stages: Readonly<Record<string, string[]>> | undefined,
): PlacedSecret {
  const current = Object.entries(stages ?? {}).find(([, labels]) => labels.includes('AWSCURRENT'))?.[0];
  return {
    info: {
      ...NO_INFO,
      version: current ?? '',
      created: dateText(CreatedDate),
      updated: dateText(LastChangedDate ?? CreatedDate),
      description: Description === '' ? null : Description,
    },
    current,
    arn: ARN,
    deleted: DeletedDate,
  };
}

const dateText = (date: Date | undefined): string | null => (date === undefined ? null : timestamp(date));

/**
 * Lists the names of the store, without those that are deleted.
 *
 * @throws HumanError 69 if AWS cannot be reached, 77 if it is not permitted.
 */
export async function listPlace(
  place: Place,
  { asked: names, onlyAsked }: ListOptions = {},
): Promise<Map<string, SecretInfo>> {
  const found = names === undefined ? await listAll(place) : await lookAt(place, names, onlyAsked);
  await tellRenames(place, found);
  return new Map(
    [...found].flatMap(([name, { info, deleted }]) => (deleted === undefined ? [[name, info]] : [])),
  );
}

/** Looks at each of these names; if one is missing, lists others too, if that is permitted: perhaps one was misspelled. */
async function lookAt(
  place: Place,
  names: readonly string[],
  onlyAsked = false,
): Promise<Map<string, PlacedSecret>> {
  const found = await describeAll(place, names.filter(isName)).catch(async (error: unknown) => {
    // Where policies are about single names, a launch asks for more than its person may look at.
    if (!onlyAsked || !(error instanceof HumanError) || error.exitCode !== ExitCode.notPermitted) throw error;
    return listAll(place).catch(() => {
      throw error;
    });
  });
  for (const [name, { deleted }] of found) {
    if (deleted !== undefined) tellDeleted(place, name, deleted);
  }
  const isThere = (name: string): boolean => found.has(name) && found.get(name)?.deleted === undefined;
  if (onlyAsked || names.every(isThere)) return found;
  const others = await listAll(place).catch(() => new Map<string, PlacedSecret>());
  return new Map([...[...others].filter(([name]) => !names.includes(name)), ...found]);
}

/** Secrets that a person was told of, once in each command. */
const told = new WeakMap<World, Set<string>>();

/** Tells that a secret which is asked for was deleted. */
export function tellDeleted({ world }: Place, name: string, deleted?: Date): void {
  const before = told.get(world) ?? new Set();
  told.set(world, before);
  if (before.has(name)) return;
  before.add(name);
  const until = deleted === undefined ? phrase` for some days` : untilText(deleted, world);
  world.notice(phrase`${name} of this workspace was deleted, and can be put back${until}.`, {
    do: 'undo-change',
    name,
  });
}

const isName = (name: string): boolean => secretNameProblem(name) === undefined;

async function describeAll(place: Place, names: readonly string[]): Promise<Map<string, PlacedSecret>> {
  const looked = await inParallel(
    new Set(names),
    async (name) => [name, await describeOrTrust(place, name)] as const,
  );
  return new Map(looked.flatMap(([name, secret]) => (secret === undefined ? [] : [[name, secret]])));
}

/** Takes AWS's list, and puts right what this machine knows better. */
async function listAll(place: Place): Promise<Map<string, PlacedSecret>> {
  const { file, world } = place;
  const listed = await requestList(place);
  const recent = await recentChanges(file, world);
  const doubtful = recent.filter(({ did, name }) => {
    const isLive = listed.has(name) && listed.get(name)?.deleted === undefined;
    return did !== 'rename' && isLive !== (did === 'set');
  });
  const names = [...new Set(doubtful.map(({ name }) => name))].filter((name) => !file.names.has(name));
  const known = [...(await describeAll(place, names)), ...(await describeMapped(place))];
  for (const name of [...names, ...file.names.keys()]) listed.delete(name);
  return new Map([...listed, ...known].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Looks at the secrets with names of their own. One that the person may not look at is there all the same. */
async function describeMapped(place: Place): Promise<[string, PlacedSecret][]> {
  return [...(await describeAll(place, [...place.file.names.keys()]))];
}

async function describeOrTrust(place: Place, name: string): Promise<PlacedSecret | undefined> {
  try {
    return await describe(place, name);
  } catch (error) {
    const isRefusal = error instanceof HumanError && error.exitCode === ExitCode.notPermitted;
    if (!isRefusal || !place.file.names.has(name)) throw error;
    return { info: NO_INFO, current: undefined, arn: undefined, deleted: undefined };
  }
}

/** Lists the secrets that are deleted and can be put back, with the date of each. */
export async function listDeleted(place: Place): Promise<Map<string, string>> {
  return new Map(
    [...(await listAll(place))].flatMap(([name, { deleted }]) =>
      deleted === undefined ? [] : [[name, timestamp(deleted)] as const],
    ),
  );
}

async function requestList(place: Place): Promise<Map<string, PlacedSecret>> {
  const { client, file } = place;
  const start = `${file.prefix}/`;
  const listed = new Map<string, PlacedSecret>();
  const input = { Filters: [{ Key: 'name' as const, Values: [start] }], IncludePlannedDeletion: true };
  await asked({ action: 'secretsmanager:ListSecrets', resource: '*' }, async () => {
    for await (const page of paginateListSecrets({ client, pageSize: 100 }, input)) {
      for (const entry of answered(page.SecretList)) {
        const name = entry.Name?.startsWith(start) === true ? entry.Name.slice(start.length) : '';
        if (isName(name)) listed.set(name, placed(entry, entry.SecretVersionsToStages));
      }
    }
  });
  return listed;
}

/** Tells of renames that were interrupted. */
async function tellRenames(place: Place, found: ReadonlyMap<string, PlacedSecret>): Promise<void> {
  const { file, world } = place;
  const isThere = (name: string | undefined): boolean => {
    const secret = found.get(name ?? '');
    return secret !== undefined && secret.deleted === undefined;
  };
  for (const { did, name, to = '' } of await recentChanges(file, world)) {
    if (did !== 'rename' || !isThere(name)) continue;
    if (!isThere(to)) continue;
    world.notice(
      phrase`A rename of ${printable(name)} to ${printable(to)} was interrupted, so both are there.`,
      phrase`Rename it again, which replaces ${printable(to)} by it, or delete one of them.`,
    );
  }
}

/** Words ` until DATE`, if the date is one to come: AWS's descriptions do not say which of the two it is. */
export const untilText = (date: Date, world: Pick<World, 'now'>): Phrase =>
  date > world.now() ? phrase` until ${timestamp(date)}` : phrase` for some days`;

/** Refuses a name of the store that is deleted or not there. */
export async function present(place: Place, name: string): Promise<PlacedSecret> {
  const secret = await describe(place, name);
  if (secret !== undefined && secret.deleted === undefined) return secret;
  throw secret?.deleted === undefined
    ? notThere(place, name)
    : new HumanError(
        ExitCode.missing,
        phrase`${printable(name)} of this workspace was deleted, and can be put back${untilText(secret.deleted, place.world)}.`,
        { do: 'undo-change', name },
      );
}

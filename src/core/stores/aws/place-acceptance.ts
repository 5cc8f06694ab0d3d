import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { lstatIfThere } from '../../system/durable-file.ts';
import { realpath } from '../../system/file-calls.ts';
import { ExitCode, HumanError, phraseOf } from '../../system/human-error.ts';
import { toolHome } from '../../system/paths.ts';
import { detail, phrase, type Phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import { isRecord, readState, type StateFile, updateState } from '../../system/state-file.ts';
import type { World } from '../../system/world.ts';
import type { MappedSecret, WorkspaceFile } from '../workspace-file.ts';

/** Record of a person's acceptance of the store that a workspace names. */
interface AcceptedPlace {
  readonly region: string;
  readonly account: string;
  readonly prefix: string;
  /** The ARN of each name that has one of its own, with the key of its JSON object. */
  readonly names: Readonly<Record<string, string>>;
  /** Hash of all of the file's content. */
  readonly content: string;
  /** Numeric id of the user that `.nf-secrets` belongs to. */
  readonly owner: number;
}

/** Path of the notes of what was accepted. */
export const acceptedPath = (world: World): string => join(toolHome(world), 'aws-workspaces.json');

const stateFile = (world: World): StateFile<AcceptedPlace> => ({
  path: acceptedPath(world),
  isEntry: (value): value is AcceptedPlace =>
    isRecord(value) &&
    ['region', 'account', 'prefix', 'content'].every((key) => typeof value[key] === 'string') &&
    typeof value['owner'] === 'number' &&
    isRecord(value['names']) &&
    Object.values(value['names']).every((arn) => typeof arn === 'string'),
  ifRemoved: phrase`the store of each workspace in AWS is shown to you again`,
});

const shownArn = ({ arn, jsonKey }: MappedSecret): string =>
  jsonKey === undefined ? arn : `${arn}:${jsonKey}::`;

/** Makes the record of a file as it is now. */
async function placeNow(file: WorkspaceFile, world: World): Promise<AcceptedPlace> {
  const { region, account, prefix, names, canonical } = file;
  return {
    ...{ region, account, prefix },
    names: Object.fromEntries([...names].map(([name, mapped]) => [name, shownArn(mapped)])),
    content: createHash('sha256').update(canonical).digest('hex'),
    owner: (await lstatIfThere(dirname(file.path)))?.uid ?? world.uid,
  };
}

const keyOf = async ({ path }: WorkspaceFile): Promise<string> => realpath(path).catch(() => path);

async function known(file: WorkspaceFile, world: World): Promise<AcceptedPlace | undefined> {
  return (await readState(stateFile(world), world)).get(await keyOf(file));
}

const isSame = (a: AcceptedPlace, b: AcceptedPlace): boolean =>
  a.content === b.content && a.owner === b.owner;

/** Files that were accepted in this command: a home that cannot be written to keeps no record. */
const acceptedNow = new WeakMap<World, Set<string>>();

const keyNow = ({ path }: WorkspaceFile, { content, owner }: AcceptedPlace): string =>
  [owner, content, path].join(' ');

/** Tells whether the person has accepted a file as it is now. */
export async function isPlaceAccepted(file: WorkspaceFile, world: World): Promise<boolean> {
  const now = await placeNow(file, world);
  if (acceptedNow.get(world)?.has(keyNow(file, now)) === true) return true;
  const before = await known(file, world);
  return before !== undefined && isSame(before, now);
}

/**
 * Makes sure that the person has accepted the store that a file names, and asks if need be. Whoever writes the file could
 * name somebody's production: then the person's own rights there would be used.
 *
 * @param accept - `--accept-members`.
 * @throws HumanError 77 if it is not accepted.
 */
export async function ensurePlaceAccepted(file: WorkspaceFile, accept: boolean, world: World): Promise<void> {
  if (await isPlaceAccepted(file, world)) return;
  const before = await known(file, world);
  const now = await placeNow(file, world);
  const shown = printable(file.path);
  world.notice(
    before === undefined
      ? phrase`You use ${shown} for the first time.`
      : phrase`${shown} has changed since you accepted it.`,
  );
  for (const line of before === undefined ? description(now) : differences(before, now))
    world.notice(detail(line));
  if (now.owner !== world.uid)
    world.notice(detail(phrase`Its directory belongs to another user (uid ${now.owner}).`));
  world.notice(
    phrase`The secrets of this workspace are read and written there, with your own AWS credentials, and reach your pipelines.`,
  );
  if (!accept) {
    const answer = await world.ask(phrase`Accept this store?`);
    if (answer !== true) throw notAccepted(shown, answer);
  }
  await noteAccepted(file, world);
}

/** Notes a file as accepted. A home that cannot be written to, as in a container, is no reason not to go on. */
export async function noteAccepted(file: WorkspaceFile, world: World): Promise<void> {
  await acceptPlace(file, world).catch((error: unknown) => {
    world.notice(phrase`That you accept ${printable(file.path)} could not be noted: ${phraseOf(error)}`);
  });
}

async function acceptPlace(file: WorkspaceFile, world: World): Promise<void> {
  const key = await keyOf(file);
  const now = await placeNow(file, world);
  acceptedNow.set(world, new Set([...(acceptedNow.get(world) ?? []), keyNow(file, now)]));
  await updateState(stateFile(world), world, (entries) => entries.set(key, now));
}

const notAccepted = (shown: string, answer: boolean | undefined): HumanError =>
  answer === false
    ? new HumanError(
        ExitCode.notPermitted,
        phrase`The store that ${shown} names was not accepted; nothing was done.`,
      )
    : new HumanError(
        ExitCode.notPermitted,
        phrase`The store that ${shown} names has to be accepted first, and there is no terminal to ask on.`,
        { do: 'accept-members', changed: 'store' },
      );

/**
 * Refuses a file that the person has not accepted as it is now. Asks nothing. Such a store is closed for them, as a vault
 * that does not open.
 *
 * @throws HumanError 77
 */
export async function assertPlaceAccepted(file: WorkspaceFile, world: World): Promise<void> {
  if (await isPlaceAccepted(file, world)) return;
  throw new HumanError(
    ExitCode.notPermitted,
    phrase`You have not accepted the store that ${printable(file.path)} names as it is now, so nothing is read or written
      there.`,
    { do: 'accept-members', changed: 'store' },
  );
}

const description = ({ account, region, prefix, names }: AcceptedPlace): Phrase[] => [
  phrase`account ${account}, region ${region}`,
  phrase`secrets ${prefix}/NAME`,
  ...Object.entries(names).map(([name, arn]) => phrase`${name} is ${printable(arn)}`),
];

function differences(before: AcceptedPlace, now: AcceptedPlace): Phrase[] {
  const lines: Phrase[] = [];
  for (const key of ['account', 'region', 'prefix'] as const) {
    if (before[key] !== now[key])
      lines.push(phrase`${key}: ${printable(now[key])}, was ${printable(before[key])}`);
  }
  // Maps: constructor is a name as any other.
  const [had, has] = [before, now].map(({ names }) => new Map(Object.entries(names)));
  for (const name of new Set([...(had?.keys() ?? []), ...(has?.keys() ?? [])])) {
    const was = had?.get(name);
    const is = has?.get(name);
    if (was === is) continue;
    const shown = printable(name);
    if (is === undefined)
      lines.push(phrase`${shown} has no ARN of its own any more, was ${printable(was ?? '')}`);
    else if (was === undefined) lines.push(phrase`${shown} is ${printable(is)} now, a new line`);
    else lines.push(phrase`${shown} is ${printable(is)}, was ${printable(was)}`);
  }
  if (lines.length === 0 && before.content !== now.content)
    lines.push(phrase`fields that this version does not know; the store is the same: account ${now.account},
      ${now.region}, ${now.prefix}/NAME`);
  return lines;
}

import { ExitCode, HumanError } from '../../system/human-error.ts';
import { joined, type Phrase, phrase } from '../../system/phrase.ts';
import type { Remedy } from '../../system/remedy.ts';
import type { World } from '../../system/world.ts';
import { DATA_KEY_BYTES, type DataKey } from '../data-key.ts';
import type { Identity } from '../identity.ts';
import type { SopsDocument } from '../sops-document.ts';
import { UnlockedDocument } from '../unlocked-document.ts';
import { damaged } from '../vault-error.ts';
import { acceptedKeys, askForKeys } from './accept-keys.ts';
import { holderOf, type KmsEntry, type UnfitEntry } from './kms-entry.ts';

/** Place of a vault, and the answer to the question about its KMS keys. */
export interface OpenVia {
  /** Real path: what was accepted of it counts. */
  readonly path: string;
  readonly world: World;
  /** `--accept-members`: true accepts the KMS keys, false asks; undefined asks nothing, and uses accepted ones only. */
  readonly accept?: boolean | undefined;
}

/**
 * Opens a file with an age or SSH key; where none fits, with a KMS key. No network is used where a key of the person's own
 * does it.
 *
 * @returns undefined if none of the identities is a recipient, and it has no KMS keys.
 * @throws HumanError 65 if anything was changed without the key; 69, 77 if no KMS key opens it, or they are not accepted.
 */
export async function openDocument(
  document: SopsDocument,
  identities: readonly Identity[],
  via: OpenVia,
): Promise<UnlockedDocument | undefined> {
  const unlocked = await UnlockedDocument.unlock(document, identities);
  if (unlocked !== undefined) return unlocked;
  const entries = document.kmsEntries;
  if (entries.length === 0) return undefined;
  const fit = entries.filter((entry) => 'key' in entry);
  const [unfit] = entries.filter((entry): entry is UnfitEntry => 'problem' in entry);
  if (fit.length === 0 && unfit !== undefined)
    throw damaged(document.path, phrase`an entry for KMS in it cannot be one: ${unfit.problem}`);
  return UnlockedDocument.unlockWith(document, await dataKeyOf(document, fit, via));
}

/** Asks AWS for the data key: first with keys that are accepted, then with others if the person says so. */
async function dataKeyOf(
  document: SopsDocument,
  entries: readonly KmsEntry[],
  via: OpenVia,
): Promise<DataKey> {
  const { path, world, accept } = via;
  assertMayAsk(document, world);
  const isAccepted = await acceptedKeys(path, world);
  const failures: Failure[] = [];
  const known = await firstKey(entries.filter(isAccepted), failures, world);
  if (known !== undefined) return known;
  const others = entries.filter((entry) => !isAccepted(entry));
  // What failed tells more than a question that nobody can answer.
  if (others.length > 0 && !(accept === undefined && failures.length > 0)) {
    await askForKeys(path, others, accept, world);
    const found = await firstKey(others, failures, world);
    if (found !== undefined) return found;
  }
  throw notOpened(document, failures);
}

/** @throws HumanError 69 in Restricted Mode: the profiles of a person can name programs that give credentials. */
export function assertMayAsk({ shown }: SopsDocument, world: World): void {
  if (world.startsNothing !== true) return;
  throw new HumanError(
    ExitCode.unavailable,
    phrase`${shown} needs AWS KMS, which is not asked in Restricted Mode.`,
  );
}

/** An entry that did not open the file. */
interface Failure {
  readonly entry: KmsEntry;
  readonly error: HumanError;
}

async function firstKey(
  entries: readonly KmsEntry[],
  failures: Failure[],
  world: World,
): Promise<DataKey | undefined> {
  for (const entry of entries) {
    try {
      return await unwrapped(entry, world);
    } catch (error) {
      if (!(error instanceof HumanError)) throw error;
      failures.push({ entry, error });
    }
  }
  return undefined;
}

/** Data keys of a command, which opens a vault more than once. */
const opened = new WeakMap<World, Map<string, DataKey>>();

async function unwrapped(entry: KmsEntry, world: World): Promise<DataKey> {
  const ofWorld = opened.get(world) ?? new Map<string, DataKey>();
  opened.set(world, ofWorld);
  const id = `${holderOf(entry)}\n${entry.enc}`;
  const before = ofWorld.get(id);
  if (before !== undefined) return before;
  // Loaded when it is needed: the SDK is large.
  const { decryptWithKms } = await import('../../aws/kms.ts');
  const key = await decryptWithKms(entry.key, Buffer.from(entry.enc, 'base64'), world);
  if (key.length !== DATA_KEY_BYTES)
    throw new HumanError(
      ExitCode.data,
      phrase`What the KMS key ${entry.key.arn} decrypts is no data key.`,
      phrase`Somebody has changed the file: put it back from git.`,
    );
  ofWorld.set(id, key);
  return key;
}

/** Makes the error for a file that no KMS key opens. What could not be seen counts for more than a refusal. */
function notOpened({ shown }: SopsDocument, failures: readonly Failure[]): HumanError {
  const codes = [ExitCode.unavailable, ExitCode.notPermitted, ExitCode.data] as const;
  const code = codes.find((one) => failures.some(({ error }) => error.exitCode === one));
  const reasons = failures.map(({ entry, error }) => reasonOf(entry, error));
  return new HumanError(
    code ?? ExitCode.unavailable,
    phrase`${shown} was not opened: no age key of yours fits, and AWS KMS did not open it. ${joined(reasons, ' ')}`,
    failures.flatMap(({ error }): readonly Remedy[] => error.remedies).filter(isFirst),
  );
}

/** Names the key where the error does not, and the person's profile or the role that was used. */
function reasonOf({ key }: KmsEntry, { phrase: reason }: HumanError): Phrase {
  const named = String(reason).includes(key.arn) ? reason : phrase`For ${key.arn}: ${reason}`;
  if (key.profile !== undefined) return phrase`${named} (Your AWS profile ${key.profile} was used.)`;
  return named;
}

const isFirst = (remedy: Remedy, at: number, all: readonly Remedy[]): boolean =>
  all.findIndex((other) => JSON.stringify(other) === JSON.stringify(remedy)) === at;

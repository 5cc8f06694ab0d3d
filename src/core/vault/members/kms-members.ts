import { type KmsKey, parseKmsArn } from '../../aws/kms-key.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import type { JsonTree } from '../../system/json-tree.ts';
import { phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import { timestamp, type World } from '../../system/world.ts';
import type { DataKey } from '../data-key.ts';
import { type KmsEntry, labelOfKms, MAX_KMS_ENTRIES } from '../kms/kms-entry.ts';
import type { OpenToWrite } from '../open-to-write.ts';
import type { SopsDocument } from '../sops-document.ts';
import { renewKey, writeVault } from '../update-vault.ts';
import { cannotRotate } from '../vault-draft.ts';
import type { VaultLocation } from '../vault-location.ts';
import { encryptedSecrets, markExposed } from '../vault-shape.ts';
import { readVaultFiles } from './vault-files.ts';

// Keys of AWS KMS are roles of an account and no people, so a roster has none: a vault without a roster has.

/** Tells whether a text names a key of KMS: by its ARN, or by its alias. */
export const isKmsName = (text: string): boolean => /^(arn:[^:]*:kms:|alias\/)/.test(text);

/** A key that a person has named. */
export interface NamedKey {
  readonly text: string;
  /** Undefined for an alias without account: that of the person's own credentials. */
  readonly arn: string | undefined;
}

/** @throws HumanError 64 for a text that names no key. */
export function readKmsName(text: string): NamedKey {
  if (parseKmsArn(text) !== undefined) return { text, arn: text };
  if (/^alias\/[A-Za-z0-9/_-]{1,250}$/.test(text)) return { text, arn: undefined };
  throw new HumanError(
    ExitCode.usage,
    phrase`${printable(text).slice(0, 200)} names no key of AWS KMS.`,
    phrase`It is the ARN of a key or an alias, such as arn:aws:kms:eu-west-1:111122223333:alias/lab, or alias/lab alone.`,
  );
}

/**
 * Gives the data key of a vault to a key of KMS: whoever may use that key can then read the vault.
 *
 * @returns the key's name in the vault.
 * @throws HumanError 64 if it is there already; 69 if the vault has a roster; 69, 77 if KMS does not take it.
 */
export async function addKmsKey(
  location: VaultLocation,
  named: NamedKey,
  author: string,
  world: World,
): Promise<string> {
  let added = '';
  await writeVault(location, world, {
    author,
    revise: async (open) => {
      assertNoRoster(open);
      const { document } = open.vault;
      if (named.arn !== undefined) assertNew(document, named.arn);
      await open.vault.addHolder('kms', async (key) => {
        const { arn, enc } = await wrapped(named, key, world);
        assertNew(document, arn);
        added = arn;
        return entryOf(arn, enc, world);
      });
      return undefined;
    },
  });
  return added;
}

/** Makes an entry with the fields that sops writes, in its order. */
const entryOf = (arn: string, enc: string, world: World): JsonTree =>
  new Map([
    ['arn', arn],
    ['created_at', timestamp(world.now())],
    ['enc', enc],
    ['aws_profile', ''],
  ]);

async function wrapped(
  { text, arn }: NamedKey,
  key: DataKey,
  world: World,
): Promise<{ readonly arn: string; readonly enc: string }> {
  const { encryptWithKms, ownRegion } = await import('../../aws/kms.ts');
  const parsed = arn === undefined ? undefined : parseKmsArn(arn);
  const kms: KmsKey = {
    arn: arn ?? text,
    region: parsed?.region ?? (await ownRegion(world)),
    account: parsed?.account ?? '',
    name: parsed?.name ?? text,
    ...{ context: new Map(), profile: undefined, role: undefined },
  };
  const { cipherText, keyArn } = await encryptWithKms(kms, key, world);
  const enc = cipherText.toString('base64');
  if (arn !== undefined) return { arn, enc };
  // The alias stays the name: the answer has the key's ARN, and so its account.
  return { arn: `${keyArn.split(':').slice(0, 5).join(':')}:${text}`, enc };
}

function assertNew(document: SopsDocument, arn: string): void {
  if (keysOf(document).some(({ key }) => key.arn === arn))
    throw new HumanError(ExitCode.usage, phrase`${document.shown} is encrypted to ${arn} already.`);
  if (document.kmsEntries.length < MAX_KMS_ENTRIES) return;
  throw new HumanError(
    ExitCode.usage,
    phrase`${document.shown} is encrypted to ${MAX_KMS_ENTRIES} keys of KMS, which is the most.`,
    { do: 'list-members' },
  );
}

const keysOf = ({ kmsEntries }: SopsDocument): KmsEntry[] => kmsEntries.filter((entry) => 'key' in entry);

function assertNoRoster({ files }: OpenToWrite): void {
  if (files?.roster !== undefined) throw keyInRoster(files.document);
}

const keyInRoster = ({ shown }: SopsDocument): HumanError =>
  new HumanError(
    ExitCode.unavailable,
    phrase`${shown} has a roster. Its members are people who sign what they change, with keys of age or ssh-ed25519 alone, so it
      takes no key of KMS.`,
    { do: 'request-membership', lead: phrase`Ask for a request of each person` },
  );

/**
 * Refuses a key of KMS for a vault with a roster, before anything is asked.
 *
 * @throws HumanError 69
 */
export async function assertTakesKms(location: VaultLocation, world: World): Promise<void> {
  const files = await readVaultFiles(location, world);
  if (files?.roster !== undefined) throw keyInRoster(files.document);
}

/** Finds the ARNs of the KMS keys of a vault that a person names, by alias or ARN. None if it has a roster. */
export async function kmsKeysCalled(
  location: VaultLocation,
  name: string,
  world: World,
): Promise<readonly string[]> {
  const files = await readVaultFiles(location, world);
  if (files === undefined || files.roster !== undefined) return [];
  return [...new Set(called(files.document, name).map(({ key }) => key.arn))];
}

const called = (document: SopsDocument, name: string): KmsEntry[] =>
  keysOf(document).filter(({ key }) => [key.arn, key.name, labelOfKms(key)].includes(name));

/**
 * Takes a key of KMS out of a vault: it gets a new data key, and each value is marked as known to those who may use the key.
 *
 * @returns the names that are marked.
 * @throws HumanError 64 if it is not there, or nobody could read the vault then; 69, 77 as `renewKey`.
 */
export async function removeKmsKey(
  location: VaultLocation,
  arn: string,
  author: string,
  world: World,
): Promise<readonly string[]> {
  let exposed: readonly string[] = [];
  await writeVault(location, world, {
    author,
    revise: async (open) => {
      assertNoRoster(open);
      exposed = await takeOut(open, arn, world);
      return undefined;
    },
  });
  return exposed;
}

async function takeOut(open: OpenToWrite, arn: string, world: World): Promise<readonly string[]> {
  const { document } = open.vault;
  const gone = keysOf(document).filter(({ key }) => key.arn === arn);
  const [first] = gone;
  if (first === undefined)
    throw new HumanError(ExitCode.usage, phrase`${document.shown} is not encrypted to ${arn}.`, {
      do: 'list-members',
    });
  if (document.recipients.length + document.otherHolders.length <= gone.length)
    throw new HumanError(
      ExitCode.usage,
      phrase`${document.shown} is encrypted to this key alone: nobody could read it then.`,
      phrase`Add another key first.`,
    );
  const nodes = new Set<JsonTree>(gone.map(({ node }) => node));
  const list = document.metadata.get('kms');
  document.metadata.set(
    'kms',
    (Array.isArray(list) ? list : []).filter((node) => !nodes.has(node)),
  );
  if (!document.canRenewKey) throw cannotRotate(document);
  const names = [...encryptedSecrets(document).keys()];
  const mark = { label: labelOfKms(first.key), since: timestamp(world.now()) };
  for (const name of names) markExposed(document, name, [mark]);
  await renewKey(open, world);
  return names;
}

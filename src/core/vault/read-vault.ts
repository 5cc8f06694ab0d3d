import { ExitCode, HumanError } from '../system/human-error.ts';
import { type Identity, identityMissing, identityRemedies, putBackIdentity } from './identity.ts';
import { printable } from '../system/printable.ts';
import { SecretValue } from '../secrets/secret-value.ts';
import { assertOwnEntry } from '../system/tool-home.ts';
import type { World } from '../system/world.ts';
import { recipientsOf } from './own-vault.ts';
import type { VaultNow } from './acceptance-state.ts';
import type { Beside } from './beside.ts';
import type { KeptValue } from './history/kept-values.ts';
import type { JsonObject } from '../system/json-tree.ts';
import type { SopsDocument } from './sops-document.ts';
import { leafText } from './sops-leaf.ts';
import { holderOf, labelOfKms } from './kms/kms-entry.ts';
import { openDocument } from './kms/open-with-kms.ts';
import type { UnlockedDocument } from './unlocked-document.ts';
import { assertFit } from './members/refusal.ts';
import { namesOf } from './members/permission.ts';
import { removalOf } from './members/past-members.ts';
import type { Roster } from './members/roster.ts';
import { readVaultFiles, type VaultFiles } from './members/vault-files.ts';
import { damaged } from './vault-error.ts';
import { agreedMembers, lastChange, type Member, secretPath } from './vault-shape.ts';
import type { SecretInfo } from '../secrets/secret-store.ts';
import type { VaultLocation } from './vault-location.ts';
import { type Phrase, phrase } from '../system/phrase.ts';
import type { Remedy } from '../system/remedy.ts';

/**
 * Refuses a user's vault that others can change. The owner of a workspace's vault is a matter of acceptance.
 *
 * @throws HumanError 77
 */
export async function assertOwnVault({ scope, path }: VaultLocation, world: World): Promise<void> {
  if (scope === 'user') await assertOwnEntry(path, world);
}

/**
 * Opens a vault, see {@link openDocument}.
 *
 * @throws HumanError 65 if the file was changed without the key; 77 if it does not open for this person, with what
 *   this person loses by that and what not; 69, 77 if it has KMS keys, and none of them opens it.
 */
export async function unlock(
  { document, roster, real: { scope, path } }: OpenFiles,
  identities: readonly Identity[],
  world: World,
  accept?: boolean,
): Promise<UnlockedDocument> {
  const vault = await openDocument(document, identities, { path, world, accept });
  if (vault !== undefined) return vault;
  const { shown, recipients } = document;
  const own = identities[0]?.recipient;
  if (scope === 'user') {
    if (own === undefined) throw identityMissing(world);
    throw new HumanError(
      ExitCode.notPermitted,
      phrase`${shown} does not open with your identity ${own}: it is encrypted to
        ${recipients.map(printable).join(', ')}.`,
      identityRemedies(world),
    );
  }
  throw new HumanError(
    ExitCode.notPermitted,
    own === undefined
      ? phrase`There is no identity (age key) to open ${shown} with.`
      : noRecipient(shown, roster && removalOf(roster, recipientsOf(identities))),
    roster === undefined ? askMembers(document, own, world) : sendRequest(roster, own, world),
  );
}

const noRecipient = (shown: string, removal: Phrase | undefined): Phrase =>
  removal === undefined
    ? phrase`You are not a recipient of ${shown}, so it does not open for you.`
    : phrase`You are not a recipient of ${shown} any more, so it does not open for you: ${removal}.`;

/** Remedies where each member can add another one. */
function askMembers(document: SopsDocument, own: string | undefined, world: World): readonly Remedy[] {
  const members = agreedMembers(document)
    .map(({ label }) => printable(label).slice(0, 80))
    .join(', ');
  if (own !== undefined) {
    return [
      { do: 'request-membership', lead: phrase`Send a request to ${members}` },
      phrase`Or ask them to add your public key: ${own}`,
    ];
  }
  return [
    ...putBackIdentity(world),
    { do: 'request-membership', lead: phrase`Or send a request with new keys to ${members}` },
  ];
}

/** Remedies where the members of a roster decide. */
function sendRequest({ members }: Roster, own: string | undefined, world: World): readonly Remedy[] {
  const whom = namesOf(members, 'admin');
  if (own !== undefined) return [{ do: 'request-membership', lead: phrase`Send a request to ${whom}` }];
  return [
    ...putBackIdentity(world),
    { do: 'request-membership', lead: phrase`Or send a request with new keys to ${whom}` },
  ];
}

/**
 * Reads a vault with its roster and its signature, which fit each other.
 *
 * @returns undefined if there is no file.
 * @throws HumanError 65, 74, 77 as {@link readVaultFiles}; 77 if they do not fit.
 */
export async function readVault(location: VaultLocation, world: World): Promise<VaultFiles | undefined> {
  const files = await readVaultFiles(location, world);
  return files && assertFit(files, world);
}

/**
 * Lists everybody who can read a vault: its members, and holders of keys that are not of age. A user's vault need not
 * list its members; there sops's own list counts.
 */
export function readersOf({ document, roster, real: { scope } }: OpenFiles): Member[] {
  const unlabelled = (recipient: string, label: string): Member => ({ recipient, label, since: '', by: '' });
  const ofKms = new Map(
    document.kmsEntries.flatMap((entry) =>
      'key' in entry ? [[holderOf(entry), labelOfKms(entry.key)] as const] : [],
    ),
  );
  const others = document.otherHolders.map((holder) =>
    unlabelled(holder, ofKms.get(holder) ?? '(not an age key)'),
  );
  const members =
    roster !== undefined
      ? membersOf(roster)
      : scope === 'workspace'
        ? agreedMembers(document)
        : document.recipients.map((recipient) => unlabelled(recipient, ''));
  return [...members, ...others];
}

type OpenFiles = Pick<VaultFiles, 'document' | 'roster' | 'real'> & Partial<Pick<VaultFiles, 'location'>>;

/** Lists the members of a roster as those of a vault: one for each recipient. */
export const membersOf = ({ members }: Pick<Roster, 'members'>): Member[] =>
  members.flatMap(({ recipients, label, role, since, by }) =>
    recipients.map((recipient) => ({ recipient, label, role, since, by })),
  );

/** Describes a vault that is open, for its acceptance. */
export function vaultNow(
  vault: UnlockedDocument,
  files: OpenFiles,
  identities: readonly Identity[],
): VaultNow {
  const { document, keyId, binding } = vault;
  const { real, location, roster } = files;
  return {
    path: real.path,
    entry: location?.path ?? real.path,
    roster,
    members: readersOf(files),
    keyId,
    isOwnKey: vault.isMadeBy(identities),
    canRenewKey: document.canRenewKey,
    binding,
    lastModified: document.lastModified,
    envelope: document.envelope,
    lastChange: lastChange(document),
  };
}

/** Decrypts all values. */
export function decryptAll(
  vault: UnlockedDocument,
  leaves: ReadonlyMap<string, string>,
): Map<string, SecretValue> {
  return new Map(Array.from(leaves, ([name, leaf]) => [name, decryptSecret(vault, name, leaf)]));
}

/** @throws HumanError 65 if a value is not text. */
export function decryptSecret(vault: UnlockedDocument, name: string, leaf: string): SecretValue {
  const text = leafText(vault.decrypt(leaf, secretPath(name)));
  if (text === undefined) throw damaged(vault.document.path, phrase`the value of ${name} in it is not text`);
  return new SecretValue(text);
}

/** A secret with the data that is kept beside it. */
export interface StoredSecret {
  readonly value: SecretValue;
  readonly info: SecretInfo;
  /** All data beside it in clear text, also data that this version does not know. */
  readonly fields: JsonObject | undefined;
  /** Content of other trees of the vault under its name. */
  readonly beside: readonly Beside[];
  /** Its earlier values, from the newest to the oldest, in a vault that keeps them. */
  readonly kept: readonly KeptValue[];
}

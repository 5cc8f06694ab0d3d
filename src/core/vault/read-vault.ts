import { readFileIfThere, readOwnFileIfThere } from '../system/durable-file.ts';
import { ExitCode, HumanError } from '../system/human-error.ts';
import { type Identity, identityMissing, identityRemedies, putBackIdentity } from './identity.ts';
import { printable } from '../system/printable.ts';
import type { VaultScope } from '../secrets/scope.ts';
import { SecretValue } from '../secrets/secret-value.ts';
import { assertOwnEntry } from '../system/tool-home.ts';
import type { World } from '../system/world.ts';
import type { VaultNow } from './acceptance-state.ts';
import type { Beside } from './beside.ts';
import type { JsonObject } from '../system/json-tree.ts';
import { assertMerged } from './merge/unmerged.ts';
import { SopsDocument } from './sops-document.ts';
import { leafText } from './sops-leaf.ts';
import { UnlockedDocument } from './unlocked-document.ts';
import { damaged } from './vault-error.ts';
import { agreedMembers, lastChange, type Member, secretPath } from './vault-shape.ts';
import type { SecretInfo } from '../secrets/secret-store.ts';
import { realVault, type VaultLocation } from './vault-location.ts';
import { phrase } from '../system/phrase.ts';

/** Largest vault, in bytes. A larger one is refused. */
export const MAX_VAULT_BYTES = 64 << 20;

/**
 * Refuses a user's vault that others can change. The owner of a workspace's vault is a matter of acceptance.
 *
 * @throws HumanError 77
 */
export async function assertOwnVault({ scope, path }: VaultLocation, world: World): Promise<void> {
  if (scope === 'user') await assertOwnEntry(path, world);
}

/**
 * @throws HumanError 65 if the file was changed without the key; 77 if it does not open for this person, with what
 *   this person loses by that and what not.
 */
export async function unlock(
  document: SopsDocument,
  scope: VaultScope,
  identities: readonly Identity[],
  world: World,
): Promise<UnlockedDocument> {
  const vault = await UnlockedDocument.unlock(document, identities);
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
  const members = agreedMembers(document).map(({ label }) => printable(label).slice(0, 80));
  throw new HumanError(
    ExitCode.notPermitted,
    own === undefined
      ? phrase`There is no identity (age key) to open ${shown} with.`
      : phrase`You are not a recipient of ${shown}, so it does not open for you.`,
    own === undefined
      ? [
          ...putBackIdentity(world),
          { do: 'show-identity', lead: phrase`Or make one` },
          phrase`Then ask a member to add it: ${members.join(', ')}`,
        ]
      : phrase`Ask a member (${members.join(', ')}) to add your public key: ${own}`,
  );
}

/** @returns undefined if there is no file. */
export async function readDocument(location: VaultLocation): Promise<SopsDocument | undefined> {
  const real = await realVault(location);
  const { path, scope } = real;
  await assertMerged(real);
  const read = scope === 'user' ? readOwnFileIfThere : readFileIfThere;
  const bytes = await read(path, MAX_VAULT_BYTES);
  return bytes === undefined ? undefined : SopsDocument.parse(bytes, path);
}

/**
 * Lists everybody who can read a vault: its members, and holders of keys that are not of age. A user's vault need not
 * list its members; there sops's own list counts.
 */
export function readersOf(document: SopsDocument, scope: VaultScope): Member[] {
  const unlabelled = (recipient: string, label: string): Member => ({ recipient, label, since: '', by: '' });
  const others = document.otherHolders.map((holder) => unlabelled(holder, '(not an age key)'));
  const members =
    scope === 'workspace'
      ? agreedMembers(document)
      : document.recipients.map((recipient) => unlabelled(recipient, ''));
  return [...members, ...others];
}

/** Describes a vault that is open, for its acceptance. */
export function vaultNow(
  vault: UnlockedDocument,
  { path, scope }: VaultLocation,
  identities: readonly Identity[],
): VaultNow {
  const { document, keyId, binding } = vault;
  return {
    path,
    members: readersOf(document, scope),
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
}

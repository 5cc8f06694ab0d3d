import { readFileIfThere, readOwnFileIfThere } from '../system/durable-file.ts';
import { ExitCode, HumanError } from '../system/human-error.ts';
import {
  type Identity,
  identityMissing,
  identityRemedies,
  loadIdentities,
  putBackIdentity,
} from './identity.ts';
import { printable } from '../system/printable.ts';
import type { VaultScope } from '../secrets/scope.ts';
import { SecretValue } from '../secrets/secret-value.ts';
import { assertOwnEntry } from '../system/tool-home.ts';
import type { World } from '../system/world.ts';
import {
  acceptanceOf,
  askForAcceptance,
  recordAcceptance,
  acceptanceState,
  vaultOwner,
  vaultToBe,
} from './acceptance.ts';
import type { AcceptanceState, VaultNow } from './acceptance-state.ts';
import { sayNotNoted } from './acceptance-words.ts';
import type { Beside } from './beside.ts';
import type { JsonObject } from '../system/json-tree.ts';
import { isOwnAlone, noticeUse, recipientsOf } from './own-vault.ts';
import { SopsDocument } from './sops-document.ts';
import { leafText } from './sops-leaf.ts';
import { UnlockedDocument } from './unlocked-document.ts';
import { damaged } from './vault-error.ts';
import {
  agreedMembers,
  encryptedSecrets,
  lastChange,
  type Member,
  secretFields,
  secretInfo,
  secretPath,
} from './vault-shape.ts';
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
 * Lists names and their data in clear text. Decrypts nothing; an absent vault is an empty one.
 *
 * @throws HumanError 65 if the file is damaged or refused, 74 if it cannot be read.
 */
export async function listVault(location: VaultLocation): Promise<Map<string, SecretInfo>> {
  const document = await readDocument(location);
  if (document === undefined) return new Map();
  return new Map(Array.from(encryptedSecrets(document).keys(), (name) => [name, secretInfo(document, name)]));
}

/** Content of a vault, and its standing. */
export interface OpenedVault {
  readonly values: Map<string, SecretValue>;
  /** Difference from what was accepted, at the time of reading. */
  readonly acceptance: AcceptanceState;
  /**
   * Makes sure that the person has accepted the members and the data key of exactly the version that was read; see
   * {@link ensureAccepted}.
   *
   * @throws HumanError 77 if they are not accepted.
   */
  ensureAccepted(accept: boolean): Promise<void>;
}

/** An absent vault is an empty one, and nobody else can read it. */
export const NO_VAULT: OpenedVault = {
  values: new Map(),
  acceptance: 'accepted',
  ensureAccepted: () => Promise.resolve(),
};

export interface OpenOptions {
  /** `--accept-members`. */
  readonly accept?: boolean | undefined;
}

/**
 * Reads all values of a vault by name and checks the MAC. An absent vault is an empty one. That of a workspace is read
 * only if the person has accepted it, or does so now.
 *
 * @throws HumanError 65 if the file is damaged or refused, 74 if it cannot be read, 77 if it does not open for us or is
 *   not accepted.
 */
export async function openVault(
  location: VaultLocation,
  world: World,
  options: OpenOptions = {},
): Promise<Map<string, SecretValue>> {
  const opened = await openVaultForRun(location, world);
  if (location.scope === 'workspace') await opened.ensureAccepted(options.accept === true);
  return opened.values;
}

/** Does the same as {@link openVault}, but asks nothing: the caller does, about exactly the version that was read. */
export async function openVaultForRun(location: VaultLocation, world: World): Promise<OpenedVault> {
  await assertOwnVault(location, world);
  const real = await realVault(location);
  const document = await readDocument(location);
  if (document === undefined) return NO_VAULT;
  const leaves = encryptedSecrets(document);
  const identities = await loadIdentities(world, document.recipients);
  // Also for an empty one: somebody may have emptied it.
  const vault = await unlock(document, location.scope, identities, world);
  const now = vaultNow(vault, real, identities);
  const acceptance = await noticeUse(now, real, identities, world);
  return {
    values: decryptAll(vault, leaves),
    acceptance,
    ensureAccepted: async (accept) => {
      if (acceptance === 'accepted') return;
      const accepted = await askForAcceptance(now, recipientsOf(identities), accept, world);
      if (accepted === undefined) return;
      // A home that cannot be written to, as in a container, is no reason not to read.
      await recordAcceptance(now.path, accepted, world).catch((error: unknown) => {
        sayNotNoted(now.path, error, world);
      });
    },
  };
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
  const { path, scope } = await realVault(location);
  const read = scope === 'user' ? readOwnFileIfThere : readFileIfThere;
  const bytes = await read(path, MAX_VAULT_BYTES);
  return bytes === undefined ? undefined : SopsDocument.parse(bytes, path);
}

/**
 * Makes sure that the person has accepted the readers of a vault, and asks if need be. A vault that is not accepted is
 * not written, nor sent to a run. A user's vault that only the person can open needs no acceptance.
 *
 * @param accept - `--accept-members`.
 * @throws HumanError 65, 77 as {@link openVault}; 77 if it is not accepted.
 */
export async function ensureAccepted(location: VaultLocation, accept: boolean, world: World): Promise<void> {
  await assertOwnVault(location, world);
  const real = await realVault(location);
  const { path, scope } = real;
  const document = await readDocument(location);
  if (document === undefined) {
    // Nothing to read yet; but if the directory belongs to somebody else, they can swap it at any time.
    if (scope === 'user' || (await vaultOwner(path, world)) === world.uid) return;
    const accepted = await askForAcceptance(vaultToBe(path), [], accept, world);
    if (accepted !== undefined) await recordAcceptance(path, accepted, world);
    return;
  }
  encryptedSecrets(document);
  const identities = await loadIdentities(world, document.recipients);
  const isOwn = isOwnAlone(
    real,
    { canRenewKey: document.canRenewKey, members: readersOf(document, scope) },
    identities,
  );
  if (isOwn) return;
  const vault = await unlock(document, scope, identities, world);
  const now = vaultNow(vault, real, identities);
  const accepted = await askForAcceptance(now, recipientsOf(identities), accept, world);
  if (accepted !== undefined) await recordAcceptance(path, accepted, world);
}

/**
 * Lists the members of a vault, for people.
 *
 * @returns `checked`: true if their list could be checked by its MAC, which needs an identity that opens the vault.
 */
export async function listMembers(
  location: VaultLocation,
  world: World,
): Promise<{
  readonly members: readonly Member[];
  readonly checked: boolean;
  readonly acceptance?: AcceptanceState;
}> {
  const document = await readDocument(location);
  if (document === undefined) return { members: [], checked: true };
  const identities = await loadIdentities(world, document.recipients);
  const vault = await UnlockedDocument.unlock(document, identities);
  const members = readersOf(document, location.scope);
  if (vault === undefined) return { members, checked: false };
  const now = vaultNow(vault, await realVault(location), identities);
  return {
    members,
    checked: true,
    acceptance: await acceptanceState(now, await acceptanceOf(now.path, world), world),
  };
}

/**
 * Lists everybody who can read a vault: its members, and holders of keys that are not of age. A user's vault need not
 * list its members; there sops's own list counts.
 */
function readersOf(document: SopsDocument, scope: VaultScope): Member[] {
  const unlabelled = (recipient: string, label: string): Member => ({ recipient, label, since: '', by: '' });
  const others = document.otherHolders.map((holder) => unlabelled(holder, '(not an age key)'));
  const members =
    scope === 'workspace'
      ? agreedMembers(document)
      : document.recipients.map((recipient) => unlabelled(recipient, ''));
  return [...members, ...others];
}

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

function decryptAll(vault: UnlockedDocument, leaves: ReadonlyMap<string, string>): Map<string, SecretValue> {
  return new Map(Array.from(leaves, ([name, leaf]) => [name, decryptSecret(vault, name, leaf)]));
}

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

/**
 * Reads a secret for another vault, without the content of other trees under its name, which may be older values.
 *
 * @throws HumanError 66 if there is no such secret, else as {@link openVault}.
 */
export async function readSecret(location: VaultLocation, name: string, world: World): Promise<StoredSecret> {
  const value = (await openVault(location, world)).get(name);
  const document = await readDocument(location);
  if (value !== undefined && document !== undefined) {
    return { value, info: secretInfo(document, name), fields: secretFields(document, name), beside: [] };
  }
  throw new HumanError(
    ExitCode.missing,
    phrase`${printable(location.path)} has no secret ${printable(name)}.`,
  );
}

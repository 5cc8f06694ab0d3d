import { ExitCode, HumanError } from '../system/human-error.ts';
import { loadIdentities } from './identity.ts';
import { printable } from '../system/printable.ts';
import type { SecretValue } from '../secrets/secret-value.ts';
import type { World } from '../system/world.ts';
import {
  acceptanceOf,
  askForAcceptance,
  recordAcceptance,
  acceptanceState,
  vaultOwner,
  vaultToBe,
} from './acceptance.ts';
import { checkAge } from './acceptance-age.ts';
import type { AcceptanceState } from './acceptance-state.ts';
import { sayNotNoted } from './acceptance-words.ts';
import { isOwnAlone, noticeUse, recipientsOf } from './own-vault.ts';
import {
  assertOwnVault,
  decryptAll,
  readersOf,
  readVault,
  type StoredSecret,
  unlock,
  vaultNow,
} from './read-vault.ts';
import { assertFit } from './members/refusal.ts';
import { readVaultFiles, type VaultFiles } from './members/vault-files.ts';
import { openDocument } from './kms/open-with-kms.ts';
import { encryptedSecrets, type Member, secretFields, secretInfo } from './vault-shape.ts';
import type { SecretInfo } from '../secrets/secret-store.ts';
import { realVault, type VaultLocation } from './vault-location.ts';
import { phrase } from '../system/phrase.ts';

/**
 * Lists names and their data in clear text. Decrypts nothing; an absent vault is an empty one.
 *
 * @throws HumanError 65 if the file is damaged or refused, 74 if it cannot be read.
 */
export async function listVault(location: VaultLocation, world: World): Promise<Map<string, SecretInfo>> {
  const files = await readVault(location, world);
  if (files === undefined) return new Map();
  const { document, roster, real } = files;
  if (roster !== undefined) {
    const { path } = real;
    const now = { entry: location.path, path, roster, lastModified: document.lastModified };
    await checkAge(now, await acceptanceOf(path, world), world);
  }
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
  const opened = await openVaultForRun(location, world, options);
  if (location.scope === 'workspace') await opened.ensureAccepted(options.accept === true);
  return opened.values;
}

/**
 * Does the same as {@link openVault}, but asks nothing about members: the caller does, about exactly the version that was
 * read. Keys of AWS KMS have to be accepted before that; without `accept` nothing is asked about them.
 */
export async function openVaultForRun(
  location: VaultLocation,
  world: World,
  { accept: acceptKeys }: OpenOptions = {},
): Promise<OpenedVault> {
  await assertOwnVault(location, world);
  const files = await readVault(location, world);
  if (files === undefined) return NO_VAULT;
  const { document, real } = files;
  const leaves = encryptedSecrets(document);
  const identities = await loadIdentities(world, document.recipients);
  // Also for an empty one: somebody may have emptied it.
  const vault = await unlock(files, identities, world, acceptKeys);
  const now = vaultNow(vault, files, identities);
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
 * Makes sure that the person has accepted the readers of a vault, and asks if need be. A vault that is not accepted is
 * not written, nor sent to a run. A user's vault that only the person can open needs no acceptance.
 *
 * @param accept - `--accept-members`.
 * @param options - `isUnsigned`: true for a vault that is to be taken over, though no member has signed it as it is.
 * @throws HumanError 65, 77 as {@link openVault}; 77 if it is not accepted.
 */
export async function ensureAccepted(
  location: VaultLocation,
  accept: boolean,
  world: World,
  { isUnsigned }: { readonly isUnsigned?: boolean } = {},
): Promise<void> {
  await assertOwnVault(location, world);
  const files = await (isUnsigned === true ? readVaultFiles : readVault)(location, world);
  if (files === undefined) {
    const { path, scope } = await realVault(location);
    // Nothing to read yet; but if the directory belongs to somebody else, they can swap it at any time.
    if (scope === 'user' || (await vaultOwner(path, world)) === world.uid) return;
    const accepted = await askForAcceptance(vaultToBe(path), [], accept, world);
    if (accepted !== undefined) await recordAcceptance(path, accepted, world);
    return;
  }
  const { document, real } = files;
  encryptedSecrets(document);
  const identities = await loadIdentities(world, document.recipients);
  const readers = { canRenewKey: document.canRenewKey, members: readersOf(files) };
  if (isOwnAlone(real, readers, identities)) return;
  const vault = await unlock(files, identities, world, accept);
  const now = vaultNow(vault, files, identities);
  const accepted = await askForAcceptance(now, recipientsOf(identities), accept, world);
  if (accepted !== undefined) await recordAcceptance(real.path, accepted, world);
}

/**
 * Lists the members of a vault, for people.
 *
 * @param read - the vault's files, if they were read already.
 * @returns `checked`: true if their list could be checked by its MAC, which needs a key that opens the vault; `notOpened`:
 *   reason that no KMS key has opened it.
 */
export async function listMembers(
  location: VaultLocation,
  world: World,
  read?: VaultFiles,
): Promise<{
  readonly members: readonly Member[];
  readonly checked: boolean;
  readonly notOpened?: HumanError;
  readonly acceptance?: AcceptanceState;
}> {
  const files = await (read === undefined ? readVault(location, world) : assertFit(read, world));
  if (files === undefined) return { members: [], checked: true };
  const { document } = files;
  const identities = await loadIdentities(world, document.recipients);
  const members = readersOf(files);
  const via = { path: files.real.path, world };
  // Only names are wanted, so nothing is asked, and a network that fails is no error.
  const vault = await openDocument(document, identities, via).catch((error: unknown) => {
    if (error instanceof HumanError && error.exitCode !== ExitCode.data) return error;
    throw error;
  });
  if (vault instanceof HumanError) return { members, checked: false, notOpened: vault };
  // A roster is checked by its signatures.
  if (vault === undefined) return { members, checked: files.roster !== undefined };
  const now = vaultNow(vault, files, identities);
  return {
    members,
    checked: true,
    acceptance: await acceptanceState(now, await acceptanceOf(now.path, world), world),
  };
}

/**
 * Reads a secret for another vault, without the content of other trees under its name, which may be older values.
 *
 * @throws HumanError 66 if there is no such secret, else as {@link openVault}.
 */
export async function readSecret(location: VaultLocation, name: string, world: World): Promise<StoredSecret> {
  const value = (await openVault(location, world)).get(name);
  const document = (await readVault(location, world))?.document;
  if (value !== undefined && document !== undefined) {
    return {
      value,
      info: secretInfo(document, name),
      fields: secretFields(document, name),
      beside: [],
      kept: [],
    };
  }
  throw new HumanError(
    ExitCode.missing,
    phrase`${printable(location.path)} has no secret ${printable(name)}.`,
  );
}

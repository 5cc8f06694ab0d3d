import { setTimeout as sleep } from 'node:timers/promises';
import { readFileIfThere, readOwnFileIfThere } from '../../system/durable-file.ts';
import { type Phrase, phrase } from '../../system/phrase.ts';
import { RefusedStore } from '../../secrets/secret-store.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { run } from '../../system/remedy.ts';
import { printable, shellWord } from '../../system/printable.ts';
import type { World } from '../../system/world.ts';
import { acceptanceOf } from '../acceptance.ts';
import { assertMerged } from '../merge/unmerged.ts';
import { SopsDocument } from '../sops-document.ts';
import { rosterRoot } from '../vault-shape.ts';
import { MAX_VAULT_BYTES, realVault, type VaultLocation } from '../vault-location.ts';
import { type KnownVersion, type Roster, type RosterMember, rosterRecipients } from './roster.ts';
import { readRoster } from './roster-file.ts';
import { readStagedRoster } from './staged-roster.ts';
import { checkSignature, readSignatures } from './vault-signature.ts';

/** Reason that a vault, its roster and its signature do not fit each other. */
export interface Misfit {
  /**
   * - `roster`: the vault has a roster, and its file is missing.
   * - `recipients`: the vault is not encrypted to the members, or not to them alone.
   * - `workspace`: the vault has another roster.
   * - `signature`: no member who may change secrets has signed the vault.
   */
  readonly kind: 'roster' | 'recipients' | 'workspace' | 'signature';
  /** A clause without a full stop, about the vault. */
  readonly reason: Phrase;
}

/** A vault and the files beside it, of one moment. Nothing is decrypted. */
export interface VaultFiles {
  /** The vault in `.nf-secrets`, beside the roster and the signature; it can be a link. */
  readonly location: VaultLocation;
  /** The vault's own file: the target of a link. */
  readonly real: VaultLocation;
  readonly bytes: Buffer;
  readonly document: SopsDocument;
  /** Its chain holds. Undefined for a vault without a roster. */
  readonly roster: Roster | undefined;
  /** Member that signed the vault; undefined without a roster, and if it does not fit. */
  readonly signedBy: RosterMember | undefined;
  /** Undefined if all is well. */
  readonly misfit: Misfit | undefined;
}

/** Readings until files that do not fit are taken as they are: a write or a checkout may be under way. */
const MOST_READINGS = 4;
/** Time between two readings, in milliseconds. */
const PAUSE = 40;

/**
 * Reads a vault with its roster and signature.
 *
 * @returns undefined if there is no vault.
 * @throws HumanError 65 if the vault or the roster is damaged, 74 if one cannot be read, 77 if the roster's chain does not hold.
 */
export async function readVaultFiles(location: VaultLocation, world: World): Promise<VaultFiles | undefined> {
  for (let reading = 1; ; reading++) {
    const files = await readOnce(location, world);
    const isLast = reading === MOST_READINGS;
    if (files === 'no-vault' && isLast) throw vaultGone(location);
    if (files !== 'no-vault' && (files?.misfit === undefined || isLast)) return files;
    await sleep(PAUSE);
  }
}

/**
 * Reads the roster that counts for a vault, also if the vault does not fit it: that of a change of members that was killed
 * before its last step, if the vault is of that change.
 *
 * @throws HumanError 65, 74, 77 as {@link readVaultFiles}.
 */
export const rosterInForce = async (location: VaultLocation, world: World): Promise<Roster | undefined> =>
  (await readVaultFiles(location, world))?.roster;

async function readOnce(location: VaultLocation, world: World): Promise<VaultFiles | 'no-vault' | undefined> {
  const real = await realVault(location);
  if (real.scope === 'user') {
    const bytes = await readOwnFileIfThere(real.path, MAX_VAULT_BYTES);
    if (bytes === undefined) return undefined;
    const document = SopsDocument.parse(bytes, real.path);
    return { location, real, bytes, document, roster: undefined, signedBy: undefined, misfit: undefined };
  }
  await assertMerged(real);
  if (location.path !== real.path) await assertMerged(location);
  // The signatures of versions that the person has accepted are not verified again.
  const known = (await acceptanceOf(real.path, world).catch(() => undefined))?.roster;
  // The roster first: a writer publishes it after the vault.
  const published = await verifiedRoster(location, known);
  const bytes = await readFileIfThere(real.path, MAX_VAULT_BYTES);
  if (bytes === undefined) return published === undefined ? undefined : 'no-vault';
  const roster = (await readStagedRoster(location.path, bytes, published, known)) ?? published;
  const document = SopsDocument.parse(bytes, real.path);
  const signatures = roster === undefined ? [] : await readSignatures(location.path);
  return { location, real, bytes, document, roster, ...fit({ bytes, document, roster, signatures }) };
}

async function verifiedRoster(
  { path }: VaultLocation,
  known: KnownVersion | undefined,
): Promise<Roster | undefined> {
  try {
    return await readRoster(path, known);
  } catch (error) {
    if (!(error instanceof HumanError) || error.exitCode !== ExitCode.notPermitted) throw error;
    throw new RefusedStore(error.phrase, error.remedies);
  }
}

const vaultGone = ({ path }: VaultLocation): HumanError =>
  new RefusedStore(
    phrase`${printable(path)} is missing, and its roster of members is there.`,
    run(phrase`Put it back from git`, `git checkout HEAD -- ${shellWord(path)} ${shellWord(`${path}.sig`)}`),
  );

/** A vault and what has to fit it. */
interface Parts {
  readonly bytes: Uint8Array;
  readonly document: SopsDocument;
  readonly roster: Roster | undefined;
  readonly signatures: readonly string[];
}

/** Tells whether a vault, its roster and its signatures fit each other. The roster's chain has to hold. */
export function fit({ bytes, document, roster, signatures }: Parts): Pick<VaultFiles, 'signedBy' | 'misfit'> {
  const root = rosterRoot(document);
  if (roster === undefined) {
    const isGone = root !== undefined;
    const reason = phrase`it has a roster of members, and the file members.json is missing`;
    return { signedBy: undefined, misfit: isGone ? { kind: 'roster', reason } : undefined };
  }
  const reason = wrongRecipient(document, roster);
  if (reason !== undefined) return { signedBy: undefined, misfit: { kind: 'recipients', reason } };
  if (root !== roster.root) {
    return {
      signedBy: undefined,
      misfit: {
        kind: 'workspace',
        reason:
          root === undefined
            ? phrase`it names no roster of members, and members.json is there`
            : phrase`it belongs to another workspace: members.json is not the roster that it names`,
      },
    };
  }
  const checked = checkSignature(bytes, signatures, roster);
  if ('signedBy' in checked) return { signedBy: checked.signedBy, misfit: undefined };
  return { signedBy: undefined, misfit: { kind: 'signature', reason: checked.reason } };
}

/** Returns the reason that recipients are not those of the members, if they are not. */
function wrongRecipient({ recipients, otherHolders }: SopsDocument, roster: Roster): Phrase | undefined {
  const members = new Set(rosterRecipients(roster));
  const stranger = recipients.find((recipient) => !members.has(recipient));
  if (stranger !== undefined) return phrase`it is encrypted to ${printable(stranger)}, who is no member`;
  const [other] = otherHolders;
  if (other !== undefined) return phrase`it is also encrypted to ${printable(other)}, which no member has`;
  const encryptedTo = new Set(recipients);
  const absent = roster.members.find(({ recipients: keys }) => keys.some((key) => !encryptedTo.has(key)));
  if (absent !== undefined) return phrase`it is not encrypted to its member ${absent.label}`;
  return encryptedTo.size < recipients.length ? phrase`one of its recipients is listed twice` : undefined;
}

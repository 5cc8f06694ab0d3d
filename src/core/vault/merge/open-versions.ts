import { ExitCode, HumanError } from '../../system/human-error.ts';
import { type Phrase, phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import type { World } from '../../system/world.ts';
import { type Identity, loadIdentities } from '../identity.ts';
import { SopsDocument } from '../sops-document.ts';
import { openDocument } from '../kms/open-with-kms.ts';
import { UnlockedDocument } from '../unlocked-document.ts';
import { agreedMembers, encryptedSecrets } from '../vault-shape.ts';
import type { MergeInput } from './plan-merge.ts';
import type { SideName } from './three-way.ts';

/** The files that are to be merged. */
export interface VersionBytes {
  /** Undefined if both sides have made the vault. */
  readonly base: Buffer | undefined;
  readonly ours: Buffer;
  readonly theirs: Buffer;
}

/** A side that cannot be read; the other one may be. */
export class SideError extends HumanError {
  readonly side: SideName;

  constructor(side: SideName, error: HumanError) {
    super(error.exitCode, error.phrase, error.remedies, error);
    this.side = side;
  }
}

export interface OpenedVersions extends MergeInput {
  /** True if there is a base, and it is damaged. */
  readonly isBaseLost: boolean;
  readonly identities: readonly Identity[];
}

/**
 * Opens the versions of a vault. A version that this person is no recipient of opens if it has the data key of another.
 *
 * @param path - the vault's path, for messages.
 * @throws SideError 65 if a side is damaged, 77 if it does not open for this person; HumanError as
 *   {@link loadIdentities}.
 */
export async function openVersions(bytes: VersionBytes, path: string, world: World): Promise<OpenedVersions> {
  const documents = {
    ours: readSide('ours', bytes.ours, path),
    theirs: readSide('theirs', bytes.theirs, path),
  };
  const recipients = [...documents.ours.recipients, ...documents.theirs.recipients];
  const identities = await loadIdentities(world, recipients);
  const unlock = async (side: SideName): Promise<UnlockedDocument | undefined> =>
    ofSide(side, path, async () => openDocument(documents[side], identities, { path, world }));
  const first = { ours: await unlock('ours'), theirs: await unlock('theirs') };
  const ours = first.ours ?? first.theirs?.openWithSameKey(documents.ours);
  const theirs = first.theirs ?? first.ours?.openWithSameKey(documents.theirs);
  if (ours === undefined) throw notForUs('ours', documents.ours, identities);
  if (theirs === undefined) throw notForUs('theirs', documents.theirs, identities);
  const base = await openBase(bytes.base, path, { ours, theirs, identities });
  return { base: base ?? undefined, isBaseLost: base === null, ours, theirs, identities };
}

/** Opens one side alone, to take it as it is. @throws SideError as {@link openVersions}. */
export async function openSide(
  side: SideName,
  bytes: Buffer,
  path: string,
  world: World,
): Promise<{ readonly vault: UnlockedDocument; readonly identities: readonly Identity[] }> {
  const document = readSide(side, bytes, path);
  const identities = await loadIdentities(world, document.recipients);
  const vault = await ofSide(side, path, async () => openDocument(document, identities, { path, world }));
  if (vault === undefined) throw notForUs(side, document, identities);
  return { vault, identities };
}

function readSide(side: SideName, bytes: Buffer, path: string): SopsDocument {
  try {
    const document = SopsDocument.parse(bytes, path);
    encryptedSecrets(document);
    agreedMembers(document);
    return document;
  } catch (error) {
    throw sideError(side, path, error);
  }
}

export async function ofSide<T>(side: SideName, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw sideError(side, path, error);
  }
}

function sideError(side: SideName, path: string, error: unknown): unknown {
  if (!(error instanceof HumanError)) return error;
  return new SideError(
    side,
    new HumanError(
      error.exitCode,
      phrase`The version of ${printable(path)} on ${sideWords(side)} cannot be merged. ${error.phrase}`,
      [{ do: 'resolve', side: otherSide(side), lead: phrase`To do without it, take only the other side` }],
      error,
    ),
  );
}

const otherSide = (side: SideName): SideName => (side === 'ours' ? 'theirs' : 'ours');

/** The name of a side for a person, with git's word. */
export const sideWords = (side: SideName): Phrase =>
  side === 'ours' ? phrase`our side (ours)` : phrase`the other side (theirs)`;

function notForUs(side: SideName, document: SopsDocument, identities: readonly Identity[]): SideError {
  const members = agreedMembers(document).map(({ label }) => printable(label).slice(0, 80));
  const own = identities[0]?.recipient;
  return new SideError(
    side,
    new HumanError(
      ExitCode.notPermitted,
      phrase`The version of ${document.shown} on ${sideWords(side)} does not open for you: you are not one of its
        members.`,
      [
        phrase`Ask one of them to merge: ${members.join(', ')}`,
        ...(own === undefined
          ? []
          : [{ do: 'request-membership', lead: phrase`Or to add you there. Send them a request` } as const]),
        { do: 'resolve', side: otherSide(side), lead: phrase`To do without it, take only the other side` },
      ],
    ),
  );
}

/** Opens the base, or reads it if it does not open. @returns undefined if there is none, null if it is damaged. */
async function openBase(
  bytes: Buffer | undefined,
  path: string,
  { ours, theirs, identities }: Omit<OpenedVersions, 'base' | 'isBaseLost'>,
): Promise<UnlockedDocument | SopsDocument | null | undefined> {
  if (bytes === undefined || bytes.length === 0) return undefined;
  try {
    const document = SopsDocument.parse(bytes, path);
    encryptedSecrets(document);
    const opened = ours.openWithSameKey(document) ?? theirs.openWithSameKey(document);
    return opened ?? (await UnlockedDocument.unlock(document, identities)) ?? document;
  } catch (error) {
    if (error instanceof HumanError) return null;
    throw error;
  }
}

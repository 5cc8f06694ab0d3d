import { join } from 'node:path';
import { toolHome } from '../../system/paths.ts';
import { HumanError } from '../../system/human-error.ts';
import { phrase } from '../../system/phrase.ts';
import { isRecord, readState, type StateFile, updateState } from '../../system/state-file.ts';
import type { World } from '../../system/world.ts';
import { acceptanceOf } from '../acceptance.ts';
import { rosterBytes } from '../members/roster-file.ts';
import { blobId, checkSignature, parseVaultSignature } from '../members/vault-signature.ts';
import { storeBlob } from './git-stages.ts';
import type { Conflict } from './merge-secrets.ts';
import { mergeVersions } from './merge-versions.ts';
import { openVersions } from './open-versions.ts';
import { type BesideFiles, teamOf } from './team.ts';
import type { Versions } from './three-way.ts';
import { readObject, type VaultInGit, versionOfCommit } from './version-of-commit.ts';

// A signed vault, its signature and its roster have to fit each other, but git merges file by file, in an order of its
// own. So the first file that git asks for merges all three; the others are then there when git asks for them.

/** A file of a signed vault. */
export type SignedFile = 'vault' | 'signature' | 'roster';
const SIGNED_FILES: readonly SignedFile[] = ['vault', 'signature', 'roster'];

/** Versions of one file; an empty one is not there. */
export type FileVersions = Versions<Buffer>;

/** A vault that git merges. */
export interface VaultToMerge extends VaultInGit {
  /** Its real path. */
  readonly path: string;
}

/** Result of a merge of a signed vault. */
export type SignedMerge =
  | { readonly kind: 'merged'; readonly content: Buffer }
  | { readonly kind: 'conflict'; readonly conflicts: readonly Conflict[] }
  /** The commits of the sides are not found, or git takes files that do not fit each other. */
  | { readonly kind: 'unknown' }
  /** Another file of the vault could not be merged, and that has said why. */
  | { readonly kind: 'refused' };

const UNKNOWN = { kind: 'unknown' } as const;

/** A file that is merged, and that git has not asked for yet. Its content is in git's object store. */
interface WaitingFile {
  /** Object ids of the versions. */
  readonly versions: string;
  /** Object id of the result; null if the vault could not be merged. */
  readonly merged: string | null;
}

type Waiting = Readonly<Partial<Record<SignedFile, WaitingFile>>>;

const waitingFiles = (world: World): StateFile<Waiting> => ({
  path: join(toolHome(world), 'signed-merges.json'),
  isEntry: (value): value is Waiting => isRecord(value) && Object.values(value).every(isWaitingFile),
  ifRemoved: phrase`merge again`,
});

const isWaitingFile = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value['versions'] === 'string' &&
  (value['merged'] === null || typeof value['merged'] === 'string');

/**
 * Merges one file of a signed vault, and with the first one all of them.
 *
 * @throws HumanError 65, 77 as `openVersions`, `teamOf` and `mergeVersions`.
 */
export async function mergeSigned(
  file: SignedFile,
  versions: FileVersions,
  vault: VaultToMerge,
  world: World,
): Promise<SignedMerge> {
  const waiting = await takeWaiting(file, versions, vault, world);
  if (waiting !== undefined) return waiting;
  const ids = vaultsOf(file, versions);
  if (ids === undefined) return UNKNOWN;
  const sides = {
    base: ids.base === undefined ? undefined : await versionOfCommit(ids.base, vault, world),
    ours: await versionOfCommit(ids.ours, vault, world),
    theirs: await versionOfCommit(ids.theirs, vault, world),
  };
  const { base, ours, theirs } = sides;
  if (ours === undefined || theirs === undefined || (base === undefined && ids.base !== undefined))
    return UNKNOWN;
  // Another commit may have the same vault.
  if (idsOf(contentsOf(file, { base, ours, theirs })) !== idsOf(versions)) return UNKNOWN;
  return mergeAll(file, { base, ours, theirs }, vault, world);
}

/** Object ids of a vault's versions. */
interface VaultIds {
  readonly base: string | undefined;
  readonly ours: string;
  readonly theirs: string;
}

/** Finds the vaults that versions of a file belong to. @returns undefined if these do not name them. */
function vaultsOf(file: SignedFile, { base, ours, theirs }: FileVersions): VaultIds | undefined {
  if (file === 'roster') return undefined;
  const idOf = (content: Buffer): string | undefined =>
    file === 'vault' ? blobId(content) : parseVaultSignature(content.toString('latin1'))?.blob;
  const ids = { base: base.length === 0 ? undefined : idOf(base), ours: idOf(ours), theirs: idOf(theirs) };
  if (ids.ours === undefined || ids.theirs === undefined) return undefined;
  if (ids.base === undefined && base.length > 0) return undefined;
  return { ...ids, ours: ids.ours, theirs: ids.theirs };
}

type Sides = Versions<BesideFiles> | (Omit<Versions<BesideFiles>, 'base'> & { readonly base: undefined });

/** Merges all files of a vault, and keeps the others, or that they are not merged, for git's next questions. */
async function mergeAll(
  file: SignedFile,
  sides: Sides,
  { path, root }: VaultToMerge,
  world: World,
): Promise<SignedMerge> {
  const others = SIGNED_FILES.filter(
    (one) => one !== file && takenByGit(contentsOf(one, sides)) === undefined,
  );
  const keep = async (merged: (one: SignedFile) => string | null): Promise<void> => {
    const waiting = others.map((one) => [
      one,
      { versions: idsOf(contentsOf(one, sides)), merged: merged(one) },
    ]);
    await updateState(waitingFiles(world), world, (entries) => {
      if (waiting.length === 0) entries.delete(path);
      else entries.set(path, Object.fromEntries(waiting) as Waiting);
    });
  };
  try {
    const result = await mergeContents(sides, path, world);
    if (result.kind !== 'merged') {
      await keep(() => null);
      return result;
    }
    const ids = new Map<SignedFile, string | undefined>();
    for (const one of others) ids.set(one, await storeBlob(result.contents[one], root, world));
    if ([...ids.values()].includes(undefined)) return UNKNOWN;
    await keep((one) => ids.get(one) ?? null);
    return { kind: 'merged', content: result.contents[file] };
  } catch (error) {
    if (error instanceof HumanError) await keep(() => null);
    throw error;
  }
}

async function mergeContents(
  sides: Sides,
  path: string,
  world: World,
): Promise<
  | Exclude<SignedMerge, { readonly kind: 'merged' }>
  | { readonly kind: 'merged'; readonly contents: Readonly<Record<SignedFile, Buffer>> }
> {
  const { base, ours, theirs } = sides;
  const bytes = { base: base?.vault, ours: ours.vault, theirs: theirs.vault };
  const versions = await openVersions(bytes, path, world);
  const known = await acceptanceOf(path, world);
  const team = await teamOf(sides, { path, identities: versions.identities, known }, world);
  if (team === undefined) return UNKNOWN;
  const roster = rosterBytes(team.roster);
  // git does not ask for what only one side has changed.
  const takenRoster = takenByGit(contentsOf('roster', sides));
  if (takenRoster !== undefined && !takenRoster.equals(roster)) return UNKNOWN;
  const vault = takenByGit(contentsOf('vault', sides));
  if (vault !== undefined) {
    if (!team.isAccepted) return UNKNOWN;
    const fits = (one: Buffer | undefined): one is Buffer =>
      one !== undefined && 'signedBy' in checkSignature(vault, [one.toString('latin1')], team.roster);
    const signature = [ours.signature, theirs.signature].find(fits);
    return signature === undefined ? UNKNOWN : { kind: 'merged', contents: { vault, signature, roster } };
  }
  const merged = await mergeVersions(versions, { path, choices: new Map(), accept: 'never', team }, world);
  if (merged.bytes === undefined) return { kind: 'conflict', conflicts: merged.conflicts };
  if (merged.signed === undefined) return UNKNOWN;
  const signature = Buffer.from(merged.signed.signature);
  return { kind: 'merged', contents: { vault: merged.bytes, signature, roster } };
}

/** Takes a file that was merged with another one. @returns undefined if these versions of it were not. */
async function takeWaiting(
  file: SignedFile,
  versions: FileVersions,
  { path, root }: VaultToMerge,
  world: World,
): Promise<SignedMerge | undefined> {
  const state = waitingFiles(world);
  const waiting = (await readState(state, world)).get(path)?.[file];
  if (waiting?.versions !== idsOf(versions)) return undefined;
  const content = waiting.merged === null ? undefined : await readObject(waiting.merged, root, world);
  if (content !== undefined && blobId(content) !== waiting.merged) return undefined;
  await updateState(state, world, (entries) => {
    const others = Object.entries(entries.get(path) ?? {}).filter(([one]) => one !== file);
    if (others.length === 0) entries.delete(path);
    else entries.set(path, Object.fromEntries(others));
  });
  if (waiting.merged === null) return { kind: 'refused' };
  return content && { kind: 'merged', content };
}

const contentsOf = (file: SignedFile, { base, ours, theirs }: Sides): Versions<Buffer | undefined> => ({
  base: base?.[file],
  ours: ours[file],
  theirs: theirs[file],
});

const idsOf = ({ base, ours, theirs }: Versions<Buffer | undefined>): string =>
  [base, ours, theirs]
    .map((content) => (content === undefined || content.length === 0 ? '-' : blobId(content)))
    .join(' ');

/** Finds the version that git takes because at most one side has changed the file; undefined if both have. */
function takenByGit(versions: Versions<Buffer | undefined>): Buffer | undefined {
  const [base, ours, theirs] = idsOf(versions).split(' ');
  if (ours === theirs || base === theirs) return versions.ours;
  return base === ours ? versions.theirs : undefined;
}

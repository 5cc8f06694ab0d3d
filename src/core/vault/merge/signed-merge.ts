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

/** A file of the last merge of a vault. Its content is in git's object store. */
interface MergedFile {
  /** Object ids of the versions. */
  readonly versions: string;
  /** Object id of the result; null if the vault could not be merged, and git has not asked for this file yet. */
  readonly merged: string | null;
}

type LastMerge = Readonly<Partial<Record<SignedFile, MergedFile>>>;

const lastMerges = (world: World): StateFile<LastMerge> => ({
  path: join(toolHome(world), 'signed-merges.json'),
  isEntry: (value): value is LastMerge => isRecord(value) && Object.values(value).every(isMergedFile),
  ifRemoved: phrase`merge again`,
});

const isMergedFile = (value: unknown): boolean =>
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
  const last = await takeOfLast(file, versions, vault, world);
  if (last !== undefined) return last;
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

/** Merges all files of a vault, and keeps them, or that they are not merged, for git's next questions. */
async function mergeAll(
  file: SignedFile,
  sides: Sides,
  { path, root }: VaultToMerge,
  world: World,
): Promise<SignedMerge> {
  const asked = SIGNED_FILES.filter((one) => takenByGit(contentsOf(one, sides)) === undefined);
  const keep = async (
    files: readonly SignedFile[],
    merged: (one: SignedFile) => string | null,
  ): Promise<void> => {
    const kept = files.map((one) => [
      one,
      { versions: idsOf(contentsOf(one, sides)), merged: merged(one) } satisfies MergedFile,
    ]);
    await updateState(lastMerges(world), world, (entries) => {
      if (kept.length === 0) entries.delete(path);
      else entries.set(path, Object.fromEntries(kept) as LastMerge);
    });
  };
  // Why is said for this file.
  const others = asked.filter((one) => one !== file);
  try {
    const result = await mergeContents(sides, path, world);
    if (result.kind !== 'merged') {
      await keep(others, () => null);
      return result;
    }
    const ids = new Map<SignedFile, string | undefined>();
    for (const one of asked) ids.set(one, await storeBlob(result.contents[one], root, world));
    if ([...ids.values()].includes(undefined)) return UNKNOWN;
    await keep(asked, (one) => ids.get(one) ?? null);
    return { kind: 'merged', content: result.contents[file] };
  } catch (error) {
    if (error instanceof HumanError) await keep(others, () => null);
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

/**
 * Takes a file of the last merge, if that was of the same versions. What was merged stays kept: git may be killed between
 * two files, and files of two merges do not fit each other.
 *
 * @returns undefined if these versions are to be merged.
 */
async function takeOfLast(
  file: SignedFile,
  versions: FileVersions,
  { path, root }: VaultToMerge,
  world: World,
): Promise<SignedMerge | undefined> {
  const state = lastMerges(world);
  const last = (await readState(state, world)).get(path) ?? {};
  const { [file]: own, ...others } = last;
  if (own?.versions !== idsOf(versions)) return undefined;
  if (own.merged === null) {
    await updateState(state, world, (entries) => {
      if (Object.keys(others).length === 0) entries.delete(path);
      else entries.set(path, others);
    });
    return { kind: 'refused' };
  }
  const content = await readMerged(own, root, world);
  // All or none: git removes objects that nothing needs.
  for (const other of Object.values<MergedFile>(others))
    if ((await readMerged(other, root, world)) === undefined) return undefined;
  return content && { kind: 'merged', content };
}

async function readMerged({ merged }: MergedFile, root: string, world: World): Promise<Buffer | undefined> {
  const content = merged === null ? undefined : await readObject(merged, root, world);
  return content !== undefined && blobId(content) === merged ? content : undefined;
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

import { basename, dirname, join } from 'node:path';
import { lstatIfThere } from '../../system/durable-file.ts';
import { realpath } from '../../system/file-calls.ts';
import { type Checkout, checkoutOf } from '../../system/git-index.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { phrase } from '../../system/phrase.ts';
import { printable, shellWord } from '../../system/printable.ts';
import { run } from '../../system/remedy.ts';
import { timestamp, type World } from '../../system/world.ts';
import { acceptanceOf, acceptanceState, askForAcceptance, recordAcceptance } from '../acceptance.ts';
import { rosterBytes, rosterPath } from '../members/roster-file.ts';
import { fit, type Misfit } from '../members/vault-files.ts';
import { signaturePath } from '../members/vault-signature.ts';
import { recipientsOf } from '../own-vault.ts';
import { realVault, type VaultLocation } from '../vault-location.ts';
import { readChoices, writeChoices } from './choices-file.ts';
import { indexedFiles, NO_STAGES, type Operation, operationOf, readBlob, type Stages } from './git-stages.ts';
import type { Choices, Conflict, SideInfo } from './merge-secrets.ts';
import { wholeSides } from './half-merged.ts';
import { mergeVersions, nowOf } from './merge-versions.ts';
import { type OpenedVersions, openSide, openVersions, SideError, sideWords } from './open-versions.ts';
import { planMerge } from './plan-merge.ts';
import { assertMayMerge, type BesideFiles, RosterConflict, rosterOf, type Team, teamOf } from './team.ts';
import type { SideName, Versions } from './three-way.ts';
import { filesOf } from './unmerged.ts';
import { idOfMerge, type VaultIndex, writeMerge } from './write-merge.ts';

/** A vault that git could not merge. */
export interface UnmergedVault {
  /** Real path of the vault. */
  readonly path: string;
  /** Its path in `.nf-secrets`, where roster and signature are: a link, if it is not the real one. */
  readonly entry: string;
  readonly checkout: Checkout;
  /** The vault, its signature and the roster. */
  readonly files: VaultIndex;
  readonly operation: Operation;
  /** Decisions that were made before. */
  readonly choices: Choices;
}

/** Name of the conflict of a vault that one side has deleted. */
export const WHOLE_VAULT = '/';

/**
 * Finds the versions of a vault that git could not merge.
 *
 * @returns undefined if there is nothing to merge.
 * @throws HumanError 69 if git does not answer.
 */
export async function unmergedVault(
  location: VaultLocation,
  world: World,
): Promise<UnmergedVault | undefined> {
  const { path } = await realVault(location);
  const isLink = (await lstatIfThere(location.path))?.isSymbolicLink() === true;
  const entry = isLink ? join(await realpath(dirname(location.path)), basename(location.path)) : path;
  const checkout = await checkoutOf(entry);
  if (checkout === undefined) return undefined;
  // The target of a link can be outside of the checkout.
  const inside = filesOf(path, entry).filter((file) => file.startsWith(join(checkout.root, '/')));
  const files = await indexedFiles(checkout, inside, world);
  if (![...files.values()].some(({ isUnmerged }) => isUnmerged)) return undefined;
  const choices = await readChoices(path, idOfMerge(files), world);
  return { path, entry, checkout, files, operation: await operationOf(checkout), choices };
}

/**
 * Lists all conflicts of a merge, also those that are decided.
 *
 * @throws HumanError 65, 77 as {@link openVersions}.
 */
export async function conflictsOf(vault: UnmergedVault, world: World): Promise<readonly Conflict[]> {
  if (isDeleted(vault)) {
    const { ours, theirs } = stagesOf(vault, vault.path);
    return [{ name: WHOLE_VAULT, parts: [], ours: infoOf(ours), theirs: infoOf(theirs) }];
  }
  const { versions } = await open(vault, world);
  return planMerge(versions, new Map(), timestamp(world.now())).conflicts;
}

/** Info of a whole vault: nothing is read of the side that has it. */
const infoOf = (stage: unknown): SideInfo | null =>
  stage === undefined ? null : { updated: null, updatedBy: null };

const stagesOf = ({ files }: UnmergedVault, path: string): Stages => files.get(path)?.stages ?? NO_STAGES;

/** Tells whether one side has deleted the vault. A vault that git does not have at all is not deleted. */
function isDeleted(vault: UnmergedVault): boolean {
  const { stages, isUnmerged = false } = vault.files.get(vault.path) ?? {};
  if (stages === undefined || !isUnmerged) return false;
  return stages.ours === undefined || stages.theirs === undefined;
}

/** Reads one side of a file; undefined if it does not have it. */
async function readStage(
  vault: UnmergedVault,
  path: string,
  side: keyof Stages,
  world: World,
): Promise<Buffer | undefined> {
  const stage = stagesOf(vault, path)[side];
  if (stage === undefined) return undefined;
  if (stage.mode.startsWith('100')) return readBlob(vault.checkout, stage.object, world);
  throw new HumanError(
    ExitCode.data,
    phrase`${printable(path)} is a link on one of the sides, so it cannot be merged here.`,
    phrase`Merge it with git alone: git checkout --ours, or --theirs, and git add.`,
  );
}

async function readSide(vault: UnmergedVault, side: keyof Stages, world: World): Promise<BesideFiles> {
  const { path, entry } = vault;
  return {
    vault: (await readStage(vault, path, side, world)) ?? Buffer.alloc(0),
    signature: await readStage(vault, signaturePath(entry), side, world),
    roster: await readStage(vault, rosterPath(entry), side, world),
  };
}

interface OpenMerge {
  readonly sides: Versions<BesideFiles>;
  readonly versions: OpenedVersions;
}

async function open(vault: UnmergedVault, world: World): Promise<OpenMerge> {
  if (!vault.files.has(vault.path)) {
    throw new HumanError(
      ExitCode.data,
      phrase`git does not have ${printable(vault.path)} itself, so what is beside it cannot be merged with it.`,
      phrase`Take one side of what is beside it: git checkout --ours, or --theirs, and git add.`,
    );
  }
  const sides = {
    base: await readSide(vault, 'base', world),
    ours: await readSide(vault, 'ours', world),
    theirs: await readSide(vault, 'theirs', world),
  };
  const whole = await wholeSides(sides, vault, world);
  const bytes = { base: whole.base.vault, ours: whole.ours.vault, theirs: whole.theirs.vault };
  return { sides: whole, versions: await openVersions(bytes, vault.path, world) };
}

/**
 * Refuses a merge that the person may not make, before they are asked about each conflict.
 *
 * @throws HumanError 65, 77 as {@link resolveVault}.
 */
export async function assertMayResolve(vault: UnmergedVault, world: World): Promise<void> {
  if (isDeleted(vault)) return;
  const { sides, versions } = await open(vault, world);
  await assertMayMerge(sides, { path: vault.entry, identities: versions.identities }, world);
}

/** Keeps decisions for the next time: what follows may be refused. */
export async function keepChoices(
  vault: UnmergedVault,
  choices: Choices,
  world: World,
): Promise<UnmergedVault> {
  await writeChoices(vault.path, idOfMerge(vault.files), choices, world);
  return { ...vault, choices };
}

/** Names the side that has deleted the whole vault, if one has. */
export function deletedBy(vault: UnmergedVault): SideName | undefined {
  if (!isDeleted(vault)) return undefined;
  return stagesOf(vault, vault.path).ours === undefined ? 'ours' : 'theirs';
}

/**
 * Merges a vault, writes it, and puts it into git's index. Decisions of a merge that is not finished are kept.
 *
 * @param accept - `--accept-members`.
 * @returns the conflicts that are left to decide; none if it is merged.
 * @throws HumanError 65, 77 as {@link mergeVersions}; 69, 73, 74 if it cannot be written.
 */
export async function resolveVault(
  vault: UnmergedVault,
  choices: Choices,
  accept: boolean,
  world: World,
): Promise<readonly Conflict[]> {
  if (isDeleted(vault)) {
    const side = choices.get(WHOLE_VAULT);
    if (side === undefined) return conflictsOf(vault, world);
    await takeSide(vault, side, accept, world);
    return [];
  }
  const { path, entry, files } = vault;
  const { sides, versions } = await open(vault, world);
  const known = await acceptanceOf(path, world);
  const team: Team | undefined = await teamOf(
    sides,
    { path: entry, identities: versions.identities, known },
    world,
  );
  const merged = await mergeVersions(versions, { path, choices, accept, team }, world);
  if (merged.bytes === undefined) {
    await writeChoices(path, idOfMerge(files), choices, world);
    return merged.conflicts;
  }
  const contents = new Map<string, Buffer | undefined>();
  if (merged.signed !== undefined) {
    contents.set(rosterPath(entry), rosterBytes(merged.signed.roster));
    contents.set(signaturePath(entry), Buffer.from(merged.signed.signature));
  }
  await write(vault, contents.set(path, merged.bytes), world);
  return [];
}

/**
 * Takes one side of a merge as a whole.
 *
 * @throws HumanError 65, 77 if it cannot be read, does not fit its signature and roster, or is not accepted.
 */
export async function takeSide(
  vault: UnmergedVault,
  side: SideName,
  accept: boolean,
  world: World,
): Promise<void> {
  const { path, entry } = vault;
  const files = await readSide(vault, side, world);
  const isThere = stagesOf(vault, path)[side] !== undefined;
  if (isThere) {
    const opened = await openSide(side, files.vault, path, world);
    const roster = await rosterOf(files, entry);
    const { document } = opened.vault;
    const signatures = files.signature === undefined ? [] : [files.signature.toString('latin1')];
    const { misfit } = fit({ bytes: files.vault, document, roster, signatures });
    if (misfit !== undefined) throw doesNotFit(vault, side, misfit);
    const now = nowOf(opened.vault, { path, identities: opened.identities, roster });
    const known = await acceptanceOf(path, world);
    if ((await acceptanceState(now, known, world)) !== 'accepted') {
      const accepted = await askForAcceptance(now, recipientsOf(opened.identities), accept, world);
      if (accepted !== undefined) await recordAcceptance(path, accepted, world);
    }
  }
  const contents = new Map<string, Buffer | undefined>();
  const beside = [
    [rosterPath(entry), files.roster],
    [signaturePath(entry), files.signature],
  ] as const;
  for (const [file, content] of beside)
    if (vault.files.get(file)?.isUnmerged === true) contents.set(file, content);
  if (vault.files.has(path)) contents.set(path, isThere ? files.vault : undefined);
  await write(vault, contents, world);
}

const COMMITS: Readonly<Partial<Record<Operation, string>>> = {
  merge: 'MERGE_HEAD',
  rebase: 'REBASE_HEAD',
  'cherry-pick': 'CHERRY_PICK_HEAD',
  revert: 'REVERT_HEAD~1',
};

/** git keeps files that only one side has changed or removed as that side has them: the three can be of two sides. */
function doesNotFit(
  { path, entry, operation }: UnmergedVault,
  side: SideName,
  { reason }: Misfit,
): HumanError {
  const commit = side === 'ours' ? 'HEAD' : (COMMITS[operation] ?? 'COMMIT');
  const files = filesOf(path, entry).map(shellWord).join(' ');
  return new HumanError(
    ExitCode.notPermitted,
    phrase`The version of ${printable(path)} on ${sideWords(side)} is not taken: ${reason}.`,
    run(phrase`Take all three files as one commit has them`, `git checkout ${commit} -- ${files}`),
  );
}

/** Tells whether a side can be taken as a whole, after the two could not be merged. */
export const canTake = (side: SideName, error: unknown): boolean =>
  error instanceof RosterConflict || (error instanceof SideError && error.side !== side);

async function write(
  { path, entry, checkout, files, choices }: UnmergedVault,
  contents: ReadonlyMap<string, Buffer | undefined>,
  world: World,
): Promise<void> {
  await writeMerge({ path, entry, checkout, files, contents }, world);
  if (choices.size > 0) await writeChoices(path, idOfMerge(files), new Map(), world);
}

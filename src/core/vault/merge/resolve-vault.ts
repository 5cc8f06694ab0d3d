import {
  removeAbandoned,
  renameDurably,
  statIfThere,
  syncDirectory,
  writeBeside,
} from '../../system/durable-file.ts';
import { unlink } from '../../system/file-calls.ts';
import { withLock } from '../../system/file-lock.ts';
import { type Checkout, checkoutOf } from '../../system/git-index.ts';
import { ExitCode, fileError, HumanError, systemErrorCode } from '../../system/human-error.ts';
import { phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import { timestamp, type World } from '../../system/world.ts';
import { dirname } from 'node:path';
import { acceptanceOf, acceptanceState, askForAcceptance, recordAcceptance } from '../acceptance.ts';
import { recipientsOf } from '../own-vault.ts';
import { vaultNow } from '../read-vault.ts';
import { realVault, type VaultLocation } from '../vault-location.ts';
import { readChoices, writeChoices } from './choices-file.ts';
import {
  idOf,
  type Operation,
  operationOf,
  putIntoIndex,
  readBlob,
  type Stages,
  unmergedStages,
} from './git-stages.ts';
import type { Choices, Conflict } from './merge-secrets.ts';
import { mergeVersions } from './merge-versions.ts';
import { type OpenedVersions, openSide, openVersions, SideError } from './open-versions.ts';
import { planMerge } from './plan-merge.ts';
import type { SideName } from './three-way.ts';
import { filesOf } from './unmerged.ts';

/** A vault that git could not merge. */
export interface UnmergedVault {
  /** Real path of the vault. */
  readonly path: string;
  readonly checkout: Checkout;
  readonly stages: Stages;
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
  const checkout = await checkoutOf(path);
  if (checkout === undefined) return undefined;
  const stages = (await unmergedStages(checkout, filesOf(path), world)).get(path);
  if (stages === undefined) return undefined;
  const choices = await readChoices(path, idOf(stages), world);
  return { path, checkout, stages, operation: await operationOf(checkout), choices };
}

/**
 * Lists all conflicts of a merge, also those that are decided.
 *
 * @throws HumanError 65, 77 as {@link openVersions}.
 */
export async function conflictsOf(vault: UnmergedVault, world: World): Promise<readonly Conflict[]> {
  if (isDeleted(vault)) return [{ name: WHOLE_VAULT, parts: [], ours: null, theirs: null }];
  return planMerge(await open(vault, world), new Map(), timestamp(world.now())).conflicts;
}

const isDeleted = ({ stages }: UnmergedVault): boolean =>
  stages.ours === undefined || stages.theirs === undefined;

async function open({ checkout, stages, path }: UnmergedVault, world: World): Promise<OpenedVersions> {
  const read = async (side: keyof Stages): Promise<Buffer> => {
    const stage = stages[side];
    if (stage === undefined) return Buffer.alloc(0);
    if (stage.mode.startsWith('100')) return readBlob(checkout, stage.object, world);
    throw new HumanError(
      ExitCode.data,
      phrase`${printable(path)} is a link on one of the sides, so it cannot be merged here.`,
      phrase`Merge it with git alone: git checkout --ours, or --theirs, and git add.`,
    );
  };
  const bytes = { base: await read('base'), ours: await read('ours'), theirs: await read('theirs') };
  return openVersions(bytes, path, world);
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
  const { path, stages } = vault;
  const merged = await mergeVersions(await open(vault, world), { path, choices, accept }, world);
  if (merged.bytes === undefined) {
    await writeChoices(path, idOf(stages), choices, world);
    return merged.conflicts;
  }
  await replace(vault, merged.bytes, world);
  return [];
}

/**
 * Takes one side of a merge as a whole.
 *
 * @throws HumanError 65, 77 if it cannot be read or is not accepted.
 */
export async function takeSide(
  vault: UnmergedVault,
  side: SideName,
  accept: boolean,
  world: World,
): Promise<void> {
  const { checkout, stages, path } = vault;
  const stage = stages[side];
  if (stage === undefined) {
    await replace(vault, undefined, world);
    return;
  }
  const bytes = await readBlob(checkout, stage.object, world);
  const opened = await openSide(side, bytes, path, world);
  const real = { scope: 'workspace', path } as const;
  const files = { document: opened.vault.document, roster: undefined, real };
  const now = vaultNow(opened.vault, files, opened.identities);
  const known = await acceptanceOf(path, world);
  if ((await acceptanceState(now, known, world)) !== 'accepted') {
    const accepted = await askForAcceptance(now, recipientsOf(opened.identities), accept, world);
    if (accepted !== undefined) await recordAcceptance(path, accepted, world);
  }
  await replace(vault, bytes, world);
}

/** Tells whether a merge failed because of one side: the other one can be taken. */
export const sideOfError = (error: unknown): SideName | undefined =>
  error instanceof SideError ? error.side : undefined;

/**
 * Writes the merged vault, and puts it into the index. Killed in between, the vault is still unmerged for git, and the
 * same decisions merge it again.
 */
async function replace(vault: UnmergedVault, content: Buffer | undefined, world: World): Promise<void> {
  const { path, checkout, stages } = vault;
  await withLock(path, world, async (lock) => {
    await removeAbandoned(path);
    const now = (await unmergedStages(checkout, filesOf(path), world)).get(path);
    if (now === undefined || idOf(now) !== idOf(stages)) {
      throw new HumanError(
        ExitCode.io,
        phrase`${printable(path)} was merged by another program meanwhile; nothing was changed.`,
      );
    }
    const status = await statIfThere(path);
    if (content === undefined) {
      await lock.assertHeld();
      await unlink(path).catch((error: unknown) => {
        if (systemErrorCode(error) !== 'ENOENT') throw error;
      });
      await syncDirectory(dirname(path));
    } else {
      const mode = status === undefined ? 'by-umask' : status.mode & 0o777;
      const temporary = await writeBeside(path, content, mode, { like: status });
      await lock.assertHeld();
      await renameDurably(temporary, path);
    }
    await putIntoIndex(checkout, [{ path, content, stages }], world);
  }).catch((error: unknown) => {
    throw fileError(error, 'write', path);
  });
  if (vault.choices.size > 0) await writeChoices(path, idOf(stages), new Map(), world);
}

import { relative } from 'node:path';
import type { Checkout } from '../../system/git-index.ts';
import type { World } from '../../system/world.ts';
import { rosterPath } from '../members/roster-file.ts';
import { blobId, parseVaultSignature, signaturePath } from '../members/vault-signature.ts';
import type { BesideFiles } from './team.ts';
import type { Versions } from './three-way.ts';
import { versionOfCommit } from './version-of-commit.ts';
import type { VaultIndex } from './write-merge.ts';

/** A vault that git has not merged, or of which it has merged some files only. */
interface IndexedVault {
  readonly path: string;
  /** Its path in `.nf-secrets`: a link, if it is not the real one. */
  readonly entry: string;
  readonly checkout: Checkout;
  readonly files: VaultIndex;
}

/**
 * Finds what the sides of a merge were where git has merged only one of vault and signature, as after a driver that was
 * killed. The index has the result of that one, which fits no side; the commits have the files that do.
 *
 * @param sides - as the index has them.
 * @returns the same sides if nothing is known to be better.
 */
export async function wholeSides(
  sides: Versions<BesideFiles>,
  { path, entry, checkout: { root }, files }: IndexedVault,
  world: World,
): Promise<Versions<BesideFiles>> {
  const isUnmerged = (file: string): boolean => files.get(file)?.isUnmerged === true;
  const isVault = isUnmerged(path);
  if (isVault === isUnmerged(signaturePath(entry)) || entry !== path) return sides;
  const unmerged = [
    ...(isVault ? (['vault'] as const) : (['signature'] as const)),
    ...(isUnmerged(rosterPath(entry)) ? (['roster'] as const) : []),
  ];
  const find = async (side: BesideFiles): Promise<BesideFiles | undefined> => {
    const blob = isVault
      ? blobId(side.vault)
      : parseVaultSignature(side.signature?.toString('latin1') ?? '')?.blob;
    const found =
      blob === undefined
        ? undefined
        : await versionOfCommit(blob, { root, name: relative(root, path) }, world);
    return found !== undefined && unmerged.every((file) => isSame(found[file], side[file]))
      ? found
      : undefined;
  };
  const ours = await find(sides.ours);
  const theirs = await find(sides.theirs);
  if (ours === undefined || theirs === undefined) return sides;
  return { base: (await find(sides.base)) ?? sides.base, ours, theirs };
}

const isSame = (a: Buffer | undefined, b: Buffer | undefined): boolean =>
  a === undefined || b === undefined ? a === b : a.equals(b);

import { basename, dirname, join, resolve } from 'node:path';
import { readFileIfThere, renameDurably, writeBeside } from '../../system/durable-file.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { joined, phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import type { World } from '../../system/world.ts';
import { MAX_VAULT_BYTES, realVault } from '../vault-location.ts';
import { rosterRoot } from '../vault-shape.ts';
import type { Conflict } from './merge-secrets.ts';
import { mergeVersions } from './merge-versions.ts';
import { openVersions } from './open-versions.ts';
import {
  type FileVersions,
  mergeSigned,
  type SignedFile,
  type SignedMerge,
  type VaultToMerge,
} from './signed-merge.ts';

/** Files that git gives to its merge driver. */
export interface DriverFiles {
  /** Temporary files of git with the versions; the result goes into `ours`. */
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
  /** Path of the merged file, relative to the root of the checkout: the names of the others tell nothing. */
  readonly path: string;
}

/**
 * Merges one file for git. Asks nothing; `ours` is changed only if everything could be merged.
 *
 * @param world - its current directory is the root of the checkout.
 * @returns false if not, and another file of the vault has said why; git then keeps all versions.
 * @throws HumanError 65, 77 if not, and nothing was said yet.
 */
export async function mergeFiles(files: DriverFiles, world: World): Promise<boolean> {
  const file = SIGNED_FILES[basename(files.path)];
  if (file === undefined) {
    throw new HumanError(
      ExitCode.data,
      phrase`${printable(files.path)} is no file that nf-secrets merges.`,
      phrase`Look for merge=nf-secrets in .gitattributes.`,
    );
  }
  const name = join(dirname(files.path), 'workspace.sops.json');
  const { path } = await realVault({ scope: 'workspace', path: resolve(world.cwd, name) });
  const read = async (one: string): Promise<Buffer> =>
    (await readFileIfThere(resolve(world.cwd, one), MAX_VAULT_BYTES)) ?? Buffer.alloc(0);
  const versions = {
    base: await read(files.base),
    ours: await read(files.ours),
    theirs: await read(files.theirs),
  };
  const vault = { path, root: world.cwd, name };
  const merged =
    file === 'vault'
      ? await mergeVault(versions, vault, world)
      : await mergeSigned(file, versions, vault, world);
  if (merged.kind === 'refused') return false;
  if (merged.kind === 'unknown') throw signed(files.path);
  if (merged.kind === 'conflict') throw notMerged(name, merged.conflicts);
  const result = resolve(world.cwd, files.ours);
  await renameDurably(await writeBeside(result, merged.content, 'by-umask'), result);
  return true;
}

const SIGNED_FILES: Readonly<Record<string, SignedFile>> = {
  'workspace.sops.json': 'vault',
  'workspace.sops.json.sig': 'signature',
  'members.json': 'roster',
};

async function mergeVault(bytes: FileVersions, vault: VaultToMerge, world: World): Promise<SignedMerge> {
  const { path } = vault;
  const versions = await openVersions(bytes, path, world);
  const isSigned = [versions.ours, versions.theirs].some(
    ({ document }) => rosterRoot(document) !== undefined,
  );
  if (isSigned) return mergeSigned('vault', bytes, vault, world);
  const merged = await mergeVersions(versions, { path, choices: new Map(), accept: 'never' }, world);
  return merged.bytes === undefined
    ? { kind: 'conflict', conflicts: merged.conflicts }
    : { kind: 'merged', content: merged.bytes };
}

const notMerged = (shown: string, conflicts: readonly Conflict[]): HumanError =>
  new HumanError(
    ExitCode.data,
    phrase`${printable(shown)} is not merged: both sides have changed
      ${joined(conflicts.map((conflict) => printable(conflict.name)))}.`,
    { do: 'resolve', lead: phrase`To choose` },
  );

/** Refuses a file of a signed vault that cannot be merged with the others. */
const signed = (path: string): HumanError =>
  new HumanError(
    ExitCode.data,
    phrase`${printable(path)} is signed: it is merged together with its members and its signature.`,
    { do: 'resolve', lead: phrase`To merge all three` },
  );

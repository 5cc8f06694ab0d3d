import { basename, resolve } from 'node:path';
import { readFileIfThere, renameDurably, writeBeside } from '../../system/durable-file.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { joined, phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import type { World } from '../../system/world.ts';
import { MAX_VAULT_BYTES, realVault } from '../vault-location.ts';
import { rosterRoot } from '../vault-shape.ts';
import { mergeVersions } from './merge-versions.ts';
import { openVersions } from './open-versions.ts';

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
 * @throws HumanError 65, 77 if not; git then keeps all versions.
 */
export async function mergeFiles(files: DriverFiles, world: World): Promise<void> {
  const name = basename(files.path);
  if (name === 'workspace.sops.json.sig' || name === 'members.json') throw signed(files.path);
  if (name !== 'workspace.sops.json') {
    throw new HumanError(
      ExitCode.data,
      phrase`${printable(files.path)} is no file that nf-secrets merges.`,
      phrase`Look for merge=nf-secrets in .gitattributes.`,
    );
  }
  const { path } = await realVault({ scope: 'workspace', path: resolve(world.cwd, files.path) });
  const read = async (file: string): Promise<Buffer> =>
    (await readFileIfThere(resolve(world.cwd, file), MAX_VAULT_BYTES)) ?? Buffer.alloc(0);
  const versions = await openVersions(
    { base: await read(files.base), ours: await read(files.ours), theirs: await read(files.theirs) },
    path,
    world,
  );
  const isSigned = [versions.ours, versions.theirs].some(
    ({ document }) => rosterRoot(document) !== undefined,
  );
  if (isSigned) throw signed(files.path);
  const merged = await mergeVersions(versions, { path, choices: new Map(), accept: 'never' }, world);
  if (merged.bytes === undefined) {
    throw new HumanError(
      ExitCode.data,
      phrase`${printable(files.path)} is not merged: both sides have changed
        ${joined(merged.conflicts.map((conflict) => printable(conflict.name)))}.`,
      { do: 'resolve', lead: phrase`To choose` },
    );
  }
  const result = resolve(world.cwd, files.ours);
  await renameDurably(await writeBeside(result, merged.bytes, 'by-umask'), result);
}

/**
 * git merges file by file, in an order of its own, and gives a driver one of them: the vault, its signature and the
 * roster have to fit each other.
 */
const signed = (path: string): HumanError =>
  new HumanError(
    ExitCode.data,
    phrase`${printable(path)} is signed: it is merged together with its members and its signature.`,
    { do: 'resolve', lead: phrase`To merge all three` },
  );

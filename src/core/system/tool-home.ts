import { join } from 'node:path';
import { ensurePrivateDirectory, lstatIfThere, statIfThere } from './durable-file.ts';
import { readdir, stat } from './file-calls.ts';
import { ExitCode, HumanError } from './human-error.ts';
import { identityPath, ledgerDirectory, logDirectory, signingKeyPath, toolHome } from './paths.ts';
import { printable, shellWord } from './printable.ts';
import type { World } from './world.ts';
import {
  describeExposure,
  type Exposure,
  exposureOf,
  mendExposure,
  userLabel,
  writableStatus,
} from './own-path.ts';
import { type Phrase, phrase } from './phrase.ts';
import { type Remedy, run } from './remedy.ts';

// Anybody who can write in the tool's home can give us an identity, a vault, a grant or a run of theirs.

/**
 * @throws HumanError 77 if somebody else owns or can write the tool's home, a directory above it or a file in it; 64
 *   if its path is not known.
 */
export async function assertOwnHome(world: World): Promise<void> {
  const home = toolHome(world);
  await assertOwnEntry(home, world);
  for (const directory of [home, ledgerDirectory(world), logDirectory(world)]) {
    // A directory that cannot be listed is refused when it is used.
    const names = await readdir(directory).catch(() => []);
    for (const name of names) await assertOwnFile(join(directory, name), world);
  }
}

/** Gives the reason that the tool's home is not used, or undefined if it is. For callers that can do without it. */
export async function homeProblem(world: World): Promise<HumanError | undefined> {
  try {
    await assertOwnHome(world);
    return undefined;
  } catch (error) {
    if (error instanceof HumanError) return error;
    throw error;
  }
}

/**
 * Makes a directory of the tool's home, and the home itself, if need be. All writers call it first: any of them may be
 * the first.
 *
 * @throws HumanError 73 if it cannot be made, 77 as {@link assertOwnHome}; nothing is made then.
 */
export async function ensureHomeDirectory(directory: string, world: World): Promise<void> {
  await assertOwnEntry(directory, world);
  await ensurePrivateDirectory(directory);
  // Somebody else may have made it first, in a directory that all can write.
  await assertOwnEntry(directory, world);
}

/**
 * Makes sure that an entry of the tool's home is ours, and that nobody else can change it or replace it. An entry that
 * does not exist is nobody's.
 *
 * @throws HumanError 77
 */
export async function assertOwnEntry(path: string, world: World): Promise<void> {
  const exposure = await exposureOf(path, world);
  if (exposure !== undefined) throw await refused(exposure, world);
  await assertOwnFile(path, world);
}

/** Does the same as {@link assertOwnEntry} for a file in a directory that is known to be ours alone. */
async function assertOwnFile(path: string, world: World): Promise<void> {
  const link = await lstatIfThere(path);
  if (link === undefined) return;
  if (link.isSymbolicLink()) {
    const exposure = await exposureOf(path, world);
    if (exposure !== undefined) throw await refused(exposure, world);
  }
  const status = link.isSymbolicLink() ? await stat(path).catch(() => undefined) : link;
  for (const one of [link, status]) {
    if (one !== undefined && one.uid !== world.uid) {
      throw await refused({ path, uid: one.uid, gid: one.gid, writers: [] }, world);
    }
  }
  const writable = status && writableStatus(path, status);
  // Code that uses a key is stricter about its mode; other code can go on.
  if (writable !== undefined && ![identityPath(world), signingKeyPath(world)].includes(path))
    throw await refused(writable, world);
}

/**
 * Refuses a key that others can read, as ssh does: it is no secret any more.
 *
 * @param refusal - a sentence about its mode, in octal digits.
 * @throws HumanError 77
 */
export async function refuseLooseModes(path: string, refusal: (mode: string) => Phrase): Promise<void> {
  const status = await statIfThere(path);
  if (status === undefined || (status.mode & 0o077) === 0) return;
  throw new HumanError(ExitCode.notPermitted, refusal((status.mode & 0o777).toString(8)), {
    do: 'run',
    command: `chmod 600 ${shellWord(path)}`,
  });
}

async function refused(exposure: Exposure, world: World): Promise<HumanError> {
  const what = await describeExposure(exposure, world);
  const home = printable(toolHome(world));
  const { path, writers, uid } = exposure;
  if (writers.length > 0) {
    return new HumanError(
      ExitCode.notPermitted,
      phrase`${what}. Any of them could replace your key, your vaults or your runs, so ${home} is not used.`,
      mendRemedy(exposure, world) ??
        phrase`Choose a directory that only you can write: NF_SECRETS_HOME. Or ask its owner to take that
          permission back.`,
    );
  }
  if (world.uid === 0 && !path.startsWith(`${toolHome(world)}/`)) {
    return new HumanError(
      ExitCode.notPermitted,
      phrase`You are root, but ${what}. What root makes in ${home} would lock its owner out, so nothing was
        done.`,
      [await withoutRoot(uid, world), phrase`Or set NF_SECRETS_HOME to a directory of root's.`],
    );
  }
  return new HumanError(
    ExitCode.notPermitted,
    phrase`${what}, so ${home} is not used.`,
    remedyForOwner(exposure, world),
  );
}

/** Remedy for a path that the person can mend; access for reading stays as it is. */
function mendRemedy(exposure: Exposure, world: World): Remedy | undefined {
  const command = mendExposure(exposure, world);
  return command === undefined ? undefined : run(phrase`Let nobody else write there`, command);
}

/** Advice for root, whose home or run root belongs to somebody else. */
export async function withoutRoot(uid: number, world: World): Promise<Phrase> {
  return phrase`Run nf-secrets as that user (${await userLabel(uid, world)}), without sudo.`;
}

function remedyForOwner({ path, uid }: Exposure, world: World): Remedy {
  const home = toolHome(world);
  const isBelow = path.startsWith(`${home}/`);
  if (uid === 0 && (isBelow || path === home)) {
    return run(phrase`If sudo has made it, take it back`, `sudo chown -R ${world.uid} ${shellWord(path)}`);
  }
  return !isBelow
    ? phrase`Choose a directory of your own: NF_SECRETS_HOME`
    : run(phrase`If you do not know how it came there, remove it`, `rm -r ${shellWord(path)}`);
}

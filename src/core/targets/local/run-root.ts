import { constants } from 'node:fs';
import { dirname, join } from 'node:path';
import { PRIVATE_DIRECTORY } from '../../system/durable-file.ts';
import { access, mkdir, realpath, stat } from '../../system/file-calls.ts';
import { ExitCode, fileError, HumanError, systemErrorCode } from '../../system/human-error.ts';
import { namedRunRoot, spareRunRoot, usualRunRoot } from '../../system/paths.ts';
import { printable } from '../../system/printable.ts';
import type { PrivateStore } from './items.ts';
import type { RunId } from '../../system/run-id.ts';
import { makeDirectories } from '../../system/make-directories.ts';
import { describeExposure, exposureOf, mendExposure } from '../../system/own-path.ts';
import { ensureHomeDirectory, withoutRoot } from '../../system/tool-home.ts';
import type { World } from '../../system/world.ts';
import { type Remedy, run } from '../../system/remedy.ts';
import { clause, phrase } from '../../system/phrase.ts';

/** Characters of a safe path: Nextflow puts the path without quotes into each task's shell script. */
const SAFE_PATH = /^[A-Za-z0-9_./+@%,:-]+$/;

const CHOOSE: Remedy = { do: 'choose-run-root' };

/**
 * Chooses the directory of the run's private store. Makes the run root if it is missing. If nobody has named one, and
 * the usual one in Nextflow's home cannot be used, the run root is in the tool's home, and a message tells it.
 *
 * @param option - `--run-root`.
 * @throws HumanError 73 if the run root is not safe for secrets, or cannot be made; 77 as {@link assertSafeRunRoot}.
 */
export async function placeForRun(
  runId: RunId,
  option: string | undefined,
  world: World,
): Promise<PrivateStore> {
  await assertSafeRunRoot(option, world);
  const named = namedRunRoot(option, world);
  const root = named === undefined ? await unnamedRoot(world) : await madeRoot(named, world);
  return { kind: 'private-store', path: join(root, runId) };
}

/**
 * Makes sure that only we and root can put another directory at the path of the run root. Makes no directory: one that
 * root makes in somebody else's home locks them out of it.
 *
 * @throws HumanError 73 if somebody else can; 77 if we are root and the usual run root is in somebody else's home.
 */
export async function assertSafeRunRoot(option: string | undefined, world: World): Promise<void> {
  const named = namedRunRoot(option, world);
  const root = named ?? usualRunRoot(world);
  const exposure = await exposureOf(root, world).catch((error: unknown) => {
    // If the usual run root cannot be looked at, it cannot be used: there is another one.
    if (named === undefined && error instanceof HumanError) return undefined;
    throw error;
  });
  if (exposure === undefined) return;
  const what = await describeExposure(exposure, world);
  if (named === undefined && world.uid === 0 && exposure.writers.length === 0) {
    throw new HumanError(
      ExitCode.notPermitted,
      phrase`You are root, but ${what}. What root makes in ${printable(root)} would lock its owner out, so
        nothing was done.`,
      [
        await withoutRoot(exposure.uid, world),
        { do: 'choose-run-root', lead: phrase`Or choose a directory of root's` },
      ],
    );
  }
  const mend = mendExposure(exposure, world);
  throw new HumanError(
    ExitCode.cannotCreate,
    phrase`The run root ${printable(root)} is not safe:
      ${what}${exposure.writers.length === 0 ? '.' : phrase`, who could replace your secrets by their own code.`}`,
    mend === undefined
      ? CHOOSE
      : [
          run(phrase`Let nobody else write there`, mend),
          { do: 'choose-run-root', lead: phrase`Or choose a directory of your own` },
        ],
  );
}

async function unnamedRoot(world: World): Promise<string> {
  const usual = usualRunRoot(world);
  try {
    const root = await madeRoot(usual, world);
    await assertWritable(root, world);
    return root;
  } catch (error) {
    if (!(error instanceof HumanError)) throw error;
    const spare = spareRunRoot(world);
    const root = await ensureHomeDirectory(spare, world)
      .then(async () => madeRoot(spare, world))
      .catch(() => {
        throw error;
      });
    world.notice(phrase`${clause(error.phrase)}. So the secrets of this run are in ${printable(root)}.`, {
      do: 'choose-run-root',
      lead: phrase`For another directory`,
    });
    return root;
  }
}

/** Checks that we can write. Accepts our own directory even if its mode closes it: we meant that, and see it later. */
async function assertWritable(root: string, { uid }: World): Promise<void> {
  try {
    await access(root, constants.W_OK | constants.X_OK);
  } catch (error) {
    if (systemErrorCode(error) === 'EACCES' && (await stat(root)).uid === uid) return;
    throw fileError(error, 'use the run root', root);
  }
}

/** Makes the run root. @returns its real path. */
async function madeRoot(wanted: string, world: World): Promise<string> {
  assertSafePath(wanted);
  try {
    // Never open to others, whatever the umask.
    await makeDirectories(dirname(wanted), 0o755);
    await mkdir(wanted, { mode: PRIVATE_DIRECTORY }).catch((error: unknown) => {
      if (systemErrorCode(error) !== 'EEXIST') throw error;
    });
  } catch (error) {
    throw withChoice(fileError(error, 'create the run root', wanted));
  }
  try {
    const root = await realpath(wanted);
    assertSafePath(root);
    if (!(await stat(root)).isDirectory()) {
      throw new HumanError(
        ExitCode.cannotCreate,
        phrase`The run root ${printable(root)} is not a directory.`,
        CHOOSE,
      );
    }
    // Somebody may have been quicker in a directory that everybody can write to.
    const exposure = await exposureOf(root, world);
    if (exposure === undefined) return root;
    throw new HumanError(
      ExitCode.cannotCreate,
      phrase`The run root ${printable(root)} is not safe: ${await describeExposure(exposure, world)}.`,
      CHOOSE,
    );
  } catch (error) {
    throw withChoice(fileError(error, 'use the run root', wanted));
  }
}

/** Adds the remedy to the error of a failed system call. */
function withChoice(error: Error): Error {
  const code = error instanceof HumanError ? systemErrorCode(error.cause) : undefined;
  if (!(error instanceof HumanError) || code === undefined) return error;
  return new HumanError(error.exitCode, error.phrase, CHOOSE, error.cause);
}

function assertSafePath(root: string): void {
  if (SAFE_PATH.test(root)) return;
  throw new HumanError(
    ExitCode.cannotCreate,
    phrase`The run root ${printable(root)} has a character that Nextflow's task scripts do not quote: tasks
      would start without their secrets.`,
    { do: 'choose-run-root', lead: phrase`Choose a path of letters, digits and _./+@%,:- only` },
  );
}

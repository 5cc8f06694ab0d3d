import { dirname, resolve } from 'node:path';
import { lstat, mkdir, readlink, stat } from './file-calls.ts';
import { ExitCode, HumanError, systemErrorCode } from './human-error.ts';
import { printable } from './printable.ts';
import { phrase } from './phrase.ts';

/**
 * Makes a directory and the parents that it lacks, each tried once. `mkdir` with `recursive` of Node.js never
 * ends where an existing directory answers that it does not exist: below the directory of an automounter that
 * does not know the name, in /proc, or in a current directory that was removed.
 *
 * @returns true if anything was made.
 * @throws HumanError 73 if a link on the way leads nowhere, or a parent takes no directories; else the system's error.
 */
export async function makeDirectories(path: string, mode = 0o777): Promise<boolean> {
  const missing = await missingPart(resolve(path));
  let made = false;
  for (const directory of missing) made = (await makeOne(directory, mode)) || made;
  return made;
}

/** Lists the directory and its parents that do not exist, the outermost first. */
async function missingPart(path: string): Promise<string[]> {
  const missing: string[] = [];
  let at = path;
  while (!(await isDirectory(at))) {
    missing.unshift(at);
    const parent = dirname(at);
    if (parent === at) break;
    at = parent;
  }
  return missing;
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return false;
    throw error;
  }
}

async function makeOne(path: string, mode: number): Promise<boolean> {
  try {
    await mkdir(path, { mode });
    return true;
  } catch (error) {
    const code = systemErrorCode(error);
    // Somebody else made it meanwhile.
    if (code === 'EEXIST' && (await isDirectory(path))) return false;
    if (code === 'EEXIST' && (await lstat(path)).isSymbolicLink()) throw await leadsNowhere(path, error);
    if (code === 'ENOENT') throw takesNone(path, error);
    throw error;
  }
}

async function leadsNowhere(path: string, cause: unknown): Promise<HumanError> {
  return new HumanError(
    ExitCode.cannotCreate,
    phrase`${printable(path)} is a symbolic link to ${printable(await readlink(path))}, where there is no
      directory.`,
    phrase`Make that directory (a scratch file system may have removed it), or remove the link.`,
    cause,
  );
}

function takesNone(path: string, cause: unknown): HumanError {
  return new HumanError(
    ExitCode.cannotCreate,
    phrase`${printable(path)} cannot be made: ${printable(dirname(path))} takes no new directories (an
      automounter, or a directory that was removed).`,
    [
      phrase`Name a directory that is there: HOME or NF_SECRETS_HOME for your own files.`,
      { do: 'choose-run-root', lead: phrase`For the secrets of a run` },
    ],
    cause,
  );
}

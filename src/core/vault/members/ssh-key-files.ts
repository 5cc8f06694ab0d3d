import { dirname, isAbsolute, join } from 'node:path';
import { readdir } from '../../system/file-calls.ts';
import { readRegularFile } from '../../system/open-file.ts';
import { signingKeysPath } from '../../system/paths.ts';
import { phrase } from '../../system/phrase.ts';
import { isRecord, readState, type StateFile, updateState } from '../../system/state-file.ts';
import type { World } from '../../system/world.ts';
import { keyFingerprint, signingKeyOf } from './sshsig.ts';

/** Most files in `~/.ssh` that are looked at, and the largest, in bytes. */
const MOST_FILES = 200;
const MAX_PUBLIC_BYTES = 64 << 10;

/** File that the person has named for a key. */
interface KeyFile {
  /** Absolute path of the public half. */
  readonly path: string;
}

const keyFiles = (world: World): StateFile<KeyFile> => ({
  path: signingKeysPath(world),
  isEntry: (value): value is KeyFile =>
    isRecord(value) && typeof value['path'] === 'string' && isAbsolute(value['path']),
  durable: false,
  ifRemoved: phrase`add keys that are outside of ~/.ssh to an SSH agent`,
});

/** Notes where a key is that the person has named, unless it is known or in `~/.ssh`. */
export async function rememberKeyFile(publicKey: string, path: string, world: World): Promise<void> {
  if (world.homeDir !== undefined && dirname(path) === join(world.homeDir, '.ssh')) return;
  const file = keyFiles(world);
  const name = keyFingerprint(publicKey);
  if ((await readState(file, world)).get(name)?.path === path) return;
  await updateState(file, world, (entries) => entries.set(name, { path }));
}

/**
 * Finds a file that has this public key: the named one, one in `~/.ssh`, one that was named before. The private half may
 * be beside it.
 */
export async function publicKeyFile(
  publicKey: string,
  named: string | undefined,
  world: World,
): Promise<string | undefined> {
  const has = async (path: string): Promise<boolean> => {
    const bytes = await readRegularFile(path, { limit: MAX_PUBLIC_BYTES }).catch(() => undefined);
    return bytes !== undefined && signingKeyOf(bytes.toString('latin1')) === publicKey;
  };
  for (const path of [...(named === undefined ? [] : [named]), ...(await inSsh(world))])
    if (await has(path)) return path;
  const noted = (await readState(keyFiles(world), world)).get(keyFingerprint(publicKey))?.path;
  return noted !== undefined && (await has(noted)) ? noted : undefined;
}

async function inSsh({ homeDir }: World): Promise<string[]> {
  if (homeDir === undefined) return [];
  const directory = join(homeDir, '.ssh');
  const names = await readdir(directory).catch(() => []);
  const halves = names.filter((name) => name.endsWith('.pub')).sort();
  return halves.slice(0, MOST_FILES).map((name) => join(directory, name));
}

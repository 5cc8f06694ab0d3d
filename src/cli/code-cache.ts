import { createHash } from 'node:crypto';
/* eslint-disable no-restricted-imports -- our own program's files, before anything else of it is loaded */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
/* eslint-enable no-restricted-imports */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';

/** A fingerprint of the built `main.cjs`, put here by the build; none while it is rebuilt at every change. */
declare const BUILD_ID: string | undefined;

/** Commands with a cache of their own, which has the code that they ran; the others share one. */
const OWN_CACHE = ['exec', 'launch', 'get', 'list', 'set', 'scan'];
const DIGEST_BYTES = 32;
/** Age from which on a cache that is not of this build is removed. In milliseconds. */
const OLD = 30 * 24 * 60 * 60 * 1000;

/**
 * Runs a script of CommonJS, compiled before if possible.
 *
 * The cache is code: it is read only if nobody but us, or the owner of the script itself, can have written it. V8
 * trusts its content and crashes at a damaged one, so the cache has a digest.
 *
 * @param command - the command that will run.
 * @returns the exports of the script.
 */
export function loadProgram(path: string, command: string | undefined): unknown {
  const source = readFileSync(path, 'utf8');
  const wrapped = `(function (exports, require, module) {${source}\n})`;
  const caches = typeof BUILD_ID === 'string' ? cachesOf(path, BUILD_ID, command) : [];
  let cachedData: Buffer | undefined;
  for (const cache of caches) cachedData ??= readCache(cache);
  const script = new Script(wrapped, { filename: path, ...(cachedData === undefined ? {} : { cachedData }) });
  if (caches.length > 0 && (cachedData === undefined || script.cachedDataRejected === true)) {
    // At the end: the code that the command ran is compiled then.
    process.once('exit', () => {
      const data = script.createCachedData();
      caches.some((cache) => writeCache(cache, data));
    });
  }
  const module = { exports: {} };
  const run = script.runInThisContext() as (
    exports: unknown,
    require: NodeJS.Require,
    module: unknown,
  ) => void;
  run(module.exports, createRequire(path), module);
  return module.exports;
}

interface Cache {
  readonly directory: string;
  readonly file: string;
  /** Users that may own the files of the cache. */
  readonly owners: readonly number[];
}

/** Directories for the cache: the one beside the script, else the person's own directory for caches. */
function cachesOf(path: string, build: string, command: string | undefined): Cache[] {
  const uid = process.geteuid?.();
  if (uid === undefined) return [];
  const own = OWN_CACHE.find((name) => name === command) ?? 'other';
  const file = `${build}-${own}-${process.arch}-${process.versions.v8.replace(/[^\w.]/g, '')}`;
  const home = ownCaches(process.env);
  return [
    { directory: join(dirname(path), 'cache'), file, owners: [uid, statSync(path).uid] },
    ...(home === undefined ? [] : [{ directory: join(home, 'nf-secrets'), file, owners: [uid] }]),
  ];
}

/** The person's directory for caches, if the environment names it: a user may have no account, and no home. */
function ownCaches({ XDG_CACHE_HOME: named, HOME: home }: NodeJS.ProcessEnv): string | undefined {
  if (named?.startsWith('/') === true) return named;
  if (home?.startsWith('/') !== true) return undefined;
  return process.platform === 'darwin' ? join(home, 'Library', 'Caches') : join(home, '.cache');
}

function readCache({ directory, file, owners }: Cache): Buffer | undefined {
  try {
    const path = join(directory, file);
    for (const status of [lstatSync(directory), lstatSync(path)]) {
      if (status.isSymbolicLink() || (status.mode & 0o022) !== 0 || !owners.includes(status.uid))
        return undefined;
    }
    const bytes = readFileSync(path);
    const data = bytes.subarray(DIGEST_BYTES);
    return digest(data).equals(bytes.subarray(0, DIGEST_BYTES)) ? data : undefined;
  } catch {
    return undefined;
  }
}

/** @returns true if the cache exists now. Without a cache, the program only starts slower. */
function writeCache({ directory, file }: Cache, data: Buffer): boolean {
  const path = join(directory, file);
  const unfinished = `${path}.${process.pid}`;
  try {
    makeDirectory(directory);
    writeFileSync(unfinished, Buffer.concat([digest(data), data]), { flag: 'wx', mode: 0o644 });
    renameSync(unfinished, path);
    removeOld(directory, file);
    return true;
  } catch {
    return false;
  }
}

/** Makes a directory only if its parent exists: a home without one for caches gets no directories. */
function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o755 });
    // Sets the mode whatever the mask of the process is.
    chmodSync(directory, 0o755);
  } catch (error) {
    if (!lstatSync(directory).isDirectory()) throw error;
  }
}

function removeOld(directory: string, file: string): void {
  const build = file.slice(0, file.indexOf('-'));
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    if (!name.startsWith(`${build}-`) && Date.now() - lstatSync(path).mtimeMs > OLD) unlinkSync(path);
  }
}

const digest = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest();

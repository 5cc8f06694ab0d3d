import { createHash } from 'node:crypto';
/* eslint-disable no-restricted-imports -- our own program's files, before anything else of it is loaded */
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
/* eslint-enable no-restricted-imports */
import { basename, dirname, join } from 'node:path';
import { Script } from 'node:vm';

/** A fingerprint of the built `main.cjs`, put here by the build; none while it is rebuilt at every change. */
declare const BUILD_ID: string | undefined;

/** Commands with a cache of their own, which has the code that they ran; the others share one. */
const OWN_CACHE = ['exec', 'launch', 'get', 'list', 'set', 'scan'];
const DIGEST_BYTES = 32;
/** Exit codes of errors of ours: such a command ended before it ran the code that others need. */
const isOwnError = (exitCode: number): boolean => exitCode >= 64 && exitCode <= 78;
/** The end of an unfinished cache's name: the id of its process. */
const UNFINISHED = /\.\d+$/;
/** The age at which a cache of another build, or an unfinished one, is removed. In milliseconds. */
const OLD = 24 * 60 * 60 * 1000;

/**
 * Runs a script of CommonJS, compiled before if possible. The build has made a function of it, and has made it ASCII.
 *
 * The cache is code. So it is beside the script, it is made by the owner of the script alone, and it is read only if
 * nobody else can have written it. V8 trusts its content and crashes at a damaged one: a digest goes with it.
 *
 * @param command - the command that will run.
 * @param require - for the script, which is beside the caller's.
 * @returns what the script exports.
 */
export function loadProgram(path: string, command: string | undefined, require: NodeJS.Require): unknown {
  const code = readFileSync(path, 'latin1');
  const cache = typeof BUILD_ID === 'string' ? cacheOf(path, BUILD_ID, command) : undefined;
  const cachedData = cache && readCache(cache);
  const script = new Script(code, { filename: path, ...(cachedData !== undefined && { cachedData }) });
  const isMissing = cachedData === undefined || script.cachedDataRejected === true;
  // At the end: the code that the command ran is compiled then.
  if (isMissing && cache?.isOurs === true)
    process.once('exit', (exitCode) => {
      if (!isOwnError(exitCode)) writeCache(cache, script);
    });
  const module = { exports: {} };
  const run = script.runInThisContext() as (
    exports: unknown,
    require: NodeJS.Require,
    module: unknown,
  ) => void;
  run(module.exports, require, module);
  return module.exports;
}

interface Cache {
  readonly directory: string;
  readonly path: string;
  /** User id of the script's owner. */
  readonly owner: number;
  /** True if that is the user of this process. */
  readonly isOurs: boolean;
}

function cacheOf(path: string, build: string, command: string | undefined): Cache {
  const own = OWN_CACHE.find((name) => name === command) ?? 'other';
  const directory = join(dirname(path), 'cache');
  // V8 refuses a cache of another version, or of other flags. It could tell both, but the module for that takes longer
  // to load than the vault to open.
  const flags = [...process.execArgv, process.env['NODE_OPTIONS']];
  const v8 = digest(Buffer.from([process.versions.v8, ...flags].join('\0'))).toString('hex');
  const file = `${build}-${own}-${process.arch}-${v8.slice(0, 8)}`;
  const owner = statSync(path).uid;
  return { directory, path: join(directory, file), owner, isOurs: process.geteuid?.() === owner };
}

function readCache({ directory, path, owner }: Cache): Buffer | undefined {
  try {
    if (![directory, path].every((one) => isOnlyOf(one, owner))) return undefined;
    const bytes = readFileSync(path);
    const data = bytes.subarray(DIGEST_BYTES);
    return digest(data).equals(bytes.subarray(0, DIGEST_BYTES)) ? data : undefined;
  } catch {
    return undefined;
  }
}

/** Tells whether nobody but the owner can write there. */
function isOnlyOf(path: string, owner: number): boolean {
  const status = lstatSync(path);
  return !status.isSymbolicLink() && (status.mode & 0o022) === 0 && status.uid === owner;
}

/** A cache that cannot be written is only slower. */
function writeCache({ directory, path, owner }: Cache, script: Script): void {
  const unfinished = `${path}.${process.pid}`;
  try {
    makeDirectory(directory);
    if (!isOnlyOf(directory, owner)) return;
    const data = script.createCachedData();
    writeFileSync(unfinished, Buffer.concat([digest(data), data]), { flag: 'wx', mode: 0o644 });
    renameSync(unfinished, path);
    removeOld(directory, path);
  } catch {
    remove(unfinished);
  }
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o755 });
  } catch (error) {
    if (!lstatSync(directory).isDirectory()) throw error;
  }
}

/** Removes what other builds and killed processes left. */
function removeOld(directory: string, current: string): void {
  const build = basename(current).slice(0, basename(current).indexOf('-') + 1);
  for (const name of readdirSync(directory)) {
    if (name.startsWith(build) && !UNFINISHED.test(name)) continue;
    const path = join(directory, name);
    if (Date.now() - lstatSync(path).mtimeMs > OLD) remove(path);
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The next one tries again.
  }
}

const digest = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest();

#!/usr/bin/env node
// npm run executable [-- --node PATH] [--out DIRECTORY]: makes one file that has the command and Node.js in it, for the
// system that it runs on, with its SHA-256 and the notices of what is in it.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compiledForms } from './compiled.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** The word by which Node.js knows that something was put into it. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
/** Where the licences of Node.js and of what is in it are, seen from its program: as its archives and Debian have it. */
const NODE_LICENSES = ['../LICENSE', 'LICENSE', '../share/doc/nodejs/LICENSE', '../share/doc/node/LICENSE'];

/**
 * Makes the executable, and beside it the same name with `.sha256`, and the notices.
 *
 * @param {string} directory where it goes
 * @param {string} [node] the Node.js that goes into it; the one that runs this by default
 * @returns {Promise<{ executable: string, checksum: string, notices: string }>} paths
 */
export async function makeExecutable(directory, node = process.execPath) {
  const base = realpathSync(node);
  const version = assertSuitable(base);
  const work = mkdtempSync(join(realpathSync(tmpdir()), 'nf-secrets-executable-'));
  try {
    const build = join(work, 'dist');
    quietly(process.execPath, ['esbuild.config.mjs', '--production', '--executable', '--outdir', build]);
    const notices = join(build, 'THIRD-PARTY-NOTICES.txt');
    writeFileSync(notices, `${readFileSync(notices, 'utf8')}\n${nodeNotices(base, version)}`);
    const blob = makeBlob(base, work, build);
    mkdirSync(directory, { recursive: true });
    const executable = join(directory, `nf-secrets-${process.platform}-${process.arch}`);
    const unfinished = join(work, 'nf-secrets');
    inject(base, blob, unfinished);
    assertTakesCompiledForms(unfinished);
    copyFileSync(unfinished, executable);
    const checksum = `${executable}.sha256`;
    writeFileSync(checksum, `${await sha256(executable)}  ${executable.slice(directory.length + 1)}\n`);
    const beside = join(directory, 'THIRD-PARTY-NOTICES.txt');
    copyFileSync(notices, beside);
    return { executable, checksum, notices: beside };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * @param {string} node
 * @returns {string} its version
 * @throws {Error} if nothing can be put into it
 */
function assertSuitable(node) {
  const version = execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 12))
    throw new Error(`Node.js ${version} cannot hold files: 20.12 or later can.`);
  // Some distributions have all of Node.js in a library, and a small program that loads it.
  if (!readFileSync(node).includes(FUSE))
    throw new Error(
      `Nothing can be put into ${node}. Take a Node.js of https://nodejs.org, with --node PATH.`,
    );
  return version;
}

/** @param {string} node @param {string} version */
function nodeNotices(node, version) {
  const found = NODE_LICENSES.map((path) => join(dirname(node), path)).find((path) => existsSync(path));
  if (found === undefined)
    throw new Error(
      `There is no LICENSE beside ${node}: it has to be in each copy. Take a Node.js that has it, with --node PATH.`,
    );
  const rule = '-'.repeat(80);
  return `${rule}\nNode.js ${version}, and what is in it\n${rule}\n\n${readFileSync(found, 'utf8')}`;
}

/**
 * @param {string} node
 * @param {string} work
 * @param {string} build
 */
function makeBlob(node, work, build) {
  const names = ['main.cjs', 'guardian.cjs', 'local-guardian.cjs', 'THIRD-PARTY-NOTICES.txt'];
  const libraries = readdirSync(join(build, 'libraries')).map((name) => `libraries/${name}`);
  /** @type {Record<string, string>} */
  const assets = Object.fromEntries([...names, ...libraries].map((name) => [name, join(build, name)]));
  for (const [name, form] of Object.entries(compiledForms(node, build, join(work, 'home')))) {
    const path = join(work, name.replaceAll('/', '-'));
    writeFileSync(path, form);
    assets[name] = path;
  }
  const output = join(work, 'blob');
  const config = join(work, 'config.json');
  writeFileSync(
    config,
    JSON.stringify({
      main: join(build, 'start.cjs'),
      output,
      disableExperimentalSEAWarning: true,
      useCodeCache: true,
      assets,
    }),
  );
  quietly(node, ['--experimental-sea-config', config]);
  return output;
}

/**
 * @param {string} node
 * @param {string} blob
 * @param {string} executable
 */
function inject(node, blob, executable) {
  copyFileSync(node, executable);
  chmodSync(executable, 0o755);
  const isMac = process.platform === 'darwin';
  // macOS starts no program that was changed after it had been signed.
  if (isMac) quietly('codesign', ['--remove-signature', executable]);
  quietly(process.execPath, [
    join(ROOT, 'node_modules/postject/dist/cli.js'),
    executable,
    'NODE_SEA_BLOB',
    blob,
    '--sentinel-fuse',
    FUSE,
    ...(isMac ? ['--macho-segment-name', 'NODE_SEA'] : []),
  ]);
  if (isMac) quietly('codesign', ['--sign', '-', executable]);
}

/**
 * Runs a program; what it prints is shown only if it fails. postject warns of sections of Node.js that have no name.
 *
 * @param {string} program
 * @param {readonly string[]} args
 */
function quietly(program, args) {
  execFileSync(program, args, { cwd: ROOT, stdio: 'pipe' });
}

/** A form that is not taken makes each start slower without a word. @param {string} executable */
function assertTakesCompiledForms(executable) {
  /** @type {Record<string, boolean>} */
  const taken = JSON.parse(execFileSync(executable, ['__compiled'], { encoding: 'utf8', env: {} }));
  const refused = Object.keys(taken).filter((name) => !taken[name]);
  if (refused.length > 0)
    throw new Error(`Node.js does not take these compiled forms: ${refused.join(', ')}`);
}

/** @param {string} path */
async function sha256(path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { node: { type: 'string' }, out: { type: 'string', default: 'release' } },
  });
  const { executable, checksum, notices } = await makeExecutable(resolve(values.out), values.node);
  console.log([executable, checksum, notices].join('\n'));
}

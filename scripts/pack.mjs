#!/usr/bin/env node
// npm run package [-- --out DIRECTORY]: makes all that is published, with its SHA-256: the extension, the package for
// npm, the executable for this system, and the recipes that name them.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { makeExecutable } from './executable.mjs';
import { empty } from './publisher.mjs';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const execute = promisify(execFile);

/**
 * Builds for production and packs the `.vsix`. What is in `dist/` afterwards is the production build.
 *
 * @param {string} file where it goes, absolute
 * @param {string} [root] of the project
 */
export async function packExtension(file, root = ROOT) {
  const vsce = path.join(ROOT, 'node_modules', '@vscode', 'vsce', 'vsce');
  // Without a repository there is nothing that links and pictures of the README could lead to.
  const options = empty(root).length > 0 ? ['--no-rewrite-relative-links', '--allow-missing-repository'] : [];
  await execute(process.execPath, [vsce, 'package', ...options, '--out', file], { cwd: root });
}

/**
 * Builds for production and packs the package for npm.
 *
 * @param {string} directory where it goes
 * @param {string} [root] of the project
 * @returns {Promise<string>} its path
 */
export async function packCommand(directory, root = ROOT) {
  const options = ['--json', '--pack-destination', directory];
  const { stdout } = await execute('npm', ['pack', '--silent', ...options], { cwd: root });
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('[')));
  return path.join(directory, filename);
}

/**
 * Fills in the recipes of packaging/ with the package that they install.
 *
 * @param {string} directory where they go
 * @param {string} archive the package for npm
 * @param {string} [root] of the project
 * @returns {string[]} their paths
 */
export function fillRecipes(directory, archive, root = ROOT) {
  const { version, homepage, description, repository } = JSON.parse(
    readFileSync(path.join(root, 'package.json'), 'utf8'),
  );
  const page = repository.url.replace(/\.git$/, '');
  const release = page.includes('//gitlab.')
    ? `${page}/-/releases/v${version}/downloads`
    : `${page}/releases/download/v${version}`;
  /** @type {Record<string, string>} */
  const values = {
    ...{ VERSION: version, HOMEPAGE: homepage, DESCRIPTION: description, SHA256: sha256(archive) },
    // As it is attached to the release of that version.
    ARCHIVE: `${release}/${path.basename(archive)}`,
  };
  return ['conda/meta.yaml', 'conda/build.sh', 'homebrew/nextflow-secrets.rb'].map((name) => {
    const text = readFileSync(path.join(root, 'packaging', name), 'utf8');
    const file = path.join(directory, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(
      file,
      text.replaceAll(/@([A-Z0-9]+)@/g, (_, key) => {
        const value = values[key];
        if (value === undefined) throw new Error(`packaging/${name}: nothing is known for @${key}@`);
        return value;
      }),
    );
    return file;
  });
}

/** @param {string} file */
const sha256 = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** @param {string} directory */
async function packAll(directory) {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const archive = await packCommand(directory);
  await packExtension(path.join(directory, `${path.basename(archive, '.tgz')}.vsix`));
  const { checksum } = await makeExecutable(directory);
  rmSync(checksum);
  const files = readdirSync(directory).sort();
  const sums = files.map((name) => `${sha256(path.join(directory, name))}  ${name}\n`);
  writeFileSync(path.join(directory, 'SHA256SUMS'), sums.join(''));
  const left = empty(ROOT);
  if (left.length === 0) fillRecipes(directory, archive);
  for (const name of readdirSync(directory, { recursive: true }))
    console.log(path.join(directory, String(name)));
  if (left.length > 0)
    console.log(
      `They work, but are not for publication: nobody has filled in ${left.join(', ')}. So there are no recipes. See: npm run publisher`,
    );
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { out: { type: 'string', default: 'release' } } });
  await packAll(path.resolve(values.out));
}

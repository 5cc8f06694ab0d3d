#!/usr/bin/env node
// npm run publisher [-- --repository URL] [--publisher NAME]: who publishes fills in where the project is, in this one
// place; all else is made from it. Without options it tells what is still empty, and ends with 1 if anything is.
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Addresses that vsce and npm can make links to files of. */
const REPOSITORY = /^https:\/\/(github|gitlab)\.com\/[\w.-]+\/[\w.-]+?(\.git)?$/;
/** Pictures for a dark theme: vsce makes addresses of `src`, and of nothing else. */
const SRCSET = /(srcset=")(?:https:[^"]*\/)?(docs\/pictures\/[\w-]+\.png")/g;

/** @typedef {{ repository?: { type: string, url: string }, bugs?: { url: string }, homepage?: string, publisher?: string }} Manifest */

/** @param {string} root @returns {Manifest & { name: string, version: string }} */
const manifestOf = (root) => JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/**
 * Fills in package.json, and the addresses of pictures in README.md.
 *
 * @param {string} root of the project
 * @param {{ repository?: string | undefined, publisher?: string | undefined }} answers
 * @throws {Error} if the repository is not one that links can be made to
 */
export function fillIn(root, { repository, publisher }) {
  const manifest = manifestOf(root);
  if (publisher !== undefined) manifest.publisher = publisher;
  if (repository !== undefined) {
    if (!REPOSITORY.test(repository))
      throw new Error(`${repository} is not https://github.com/OWNER/NAME or https://gitlab.com/OWNER/NAME.`);
    const page = repository.replace(/\.git$/, '');
    const inPage = page.includes('//gitlab.') ? `${page}/-` : page;
    manifest.repository = { type: 'git', url: `${page}.git` };
    manifest.bugs = { url: `${inPage}/issues` };
    manifest.homepage = `${page}#readme`;
    const readme = join(root, 'README.md');
    const text = readFileSync(readme, 'utf8').replaceAll(SRCSET, `$1${inPage}/raw/HEAD/$2`);
    writeFileSync(readme, text);
  }
  writeFileSync(join(root, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/**
 * Lists what nobody has filled in.
 *
 * @param {string} root of the project
 * @returns {string[]}
 */
export function empty(root) {
  const { repository, bugs, homepage, publisher } = manifestOf(root);
  const fields = { repository: repository?.url, bugs: bugs?.url, homepage, publisher };
  const found = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined || value === '' ? [`${name} in package.json`] : [],
  );
  const relative = readFileSync(join(root, 'README.md'), 'utf8').match(/srcset="docs\/[^"]*"/g) ?? [];
  return [...found, ...relative.map((one) => `the address of ${one} in README.md`)];
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { repository: { type: 'string' }, publisher: { type: 'string' } },
  });
  if (Object.keys(values).length > 0) fillIn(ROOT, values);
  const left = empty(ROOT);
  for (const one of left) console.log(`empty: ${one}`);
  if (left.length > 0) {
    console.log('Fill in: npm run publisher -- --repository https://github.com/OWNER/NAME --publisher NAME');
    process.exitCode = 1;
  }
}

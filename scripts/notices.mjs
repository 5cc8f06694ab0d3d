/**
 * The notices of other people's packages that are in the bundles. Their licences want to be with every copy, so this
 * file is in each package that is published. It is made from what esbuild says it has put into the bundles.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Names of files with a licence or a notice, as packages have them. */
const NOTICE_FILE = /^(licen[cs]e|copying|notice|copyrightnotice)([.-].*)?$/i;

/** Licences that may be in a bundle: they want their text to be kept, and nothing of the programs beside them. */
const PERMISSIVE = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT'];

/** The words of the MIT licence, for packages that name it and have no file with it. */
const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

/** @typedef {{ readonly name: string, readonly version: string, readonly license: string, readonly texts: readonly string[] }} Notice */

/**
 * Writes the notices of all packages that have code in some bundles.
 *
 * @param {readonly import('esbuild').Metafile[]} metafiles
 * @param {string} path
 */
export async function writeNotices(metafiles, path) {
  const folders = packagesOf(metafiles);
  const notices = await Promise.all(folders.map(noticeOf));
  await writeFile(path, textOf(notices));
}

/**
 * The folders of packages whose code is in an output. What esbuild only looked at is left out.
 *
 * @param {readonly import('esbuild').Metafile[]} metafiles
 */
export function packagesOf(metafiles) {
  const inputs = metafiles
    .flatMap(({ outputs }) => Object.values(outputs))
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([input]) => input);
  const folders = inputs.flatMap(
    (input) => /^(?:[\w-]+:)?(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? [],
  );
  return [...new Set(folders)].sort();
}

/**
 * @param {string} folder of a package
 * @returns {Promise<Notice>}
 * @throws {Error} if its licence is not one of those that may be in a bundle, or has no text
 */
async function noticeOf(folder) {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const { name, version, license } = manifest;
  if (!PERMISSIVE.includes(license)) {
    throw new Error(`${name} ${version}: its licence, ${license}, is not one of ${PERMISSIVE.join(', ')}.`);
  }
  const files = (await readdir(folder)).filter((file) => NOTICE_FILE.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  if (!files.some((file) => !/^(notice|copyrightnotice)/i.test(file))) texts.push(withoutFile(manifest));
  return { name, version, license, texts: texts.map((text) => text.trim().replaceAll('\r\n', '\n')) };
}

/** @param {{ name: string, license: string, author?: string | { name: string } }} manifest */
function withoutFile({ name, license, author }) {
  const holder = typeof author === 'object' ? author.name : author;
  // The words of Apache-2.0 are in our own LICENSE.
  if (license === 'Apache-2.0') return `${holder ?? name}. Licensed under Apache-2.0: see LICENSE.`;
  if (license === 'MIT' && holder !== undefined) return `Copyright (c) ${holder}\n\n${MIT}`;
  throw new Error(`${name}: there is no file with its licence, ${license}.`);
}

/**
 * @param {readonly Notice[]} notices
 */
function textOf(notices) {
  const rule = '-'.repeat(80);
  // Many packages of one project have the same text: it is there once.
  /** @type {Map<string, Notice[]>} */
  const byText = new Map();
  for (const notice of notices) {
    const text = notice.texts.join('\n\n');
    byText.set(text, [...(byText.get(text) ?? []), notice]);
  }
  const parts = [...byText].map(
    ([text, those]) =>
      `${rule}\n${those.map(({ name, version, license }) => `${name} ${version} (${license})`).join('\n')}\n${rule}\n\n${text}\n`,
  );
  return `Nextflow Secrets has code of these packages in it. They are other people's work, under these licences.\n\n${parts.join('\n')}`;
}

/** Packs the extension as it is published. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/**
 * Builds for production and packs the `.vsix`. What is in `dist/` afterwards is the production build.
 *
 * @param {string} file where it goes, absolute
 */
export async function packExtension(file) {
  const vsce = path.join(ROOT, 'node_modules', '@vscode', 'vsce', 'vsce');
  // Everything is bundled; the links of the README lead to files of the repository.
  const options = ['--no-dependencies', '--no-rewrite-relative-links', '--allow-missing-repository'];
  await promisify(execFile)(process.execPath, [vsce, 'package', ...options, '--out', file], { cwd: ROOT });
}

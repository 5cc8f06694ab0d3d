// npm run bench [-- --quick] [NAME…]: the bundle as it is published, then each bench/NAME.bench.mjs, or all of them, and
// at the end the tables of docs/performance.md. --quick has fewer rounds and smaller sets.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureNodeModules } from '../scripts/tools.mjs';
import { pageOf } from './page.mjs';

const project = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const SUFFIX = '.bench.mjs';

const all = readdirSync(join(project, 'bench'))
  .filter((name) => name.endsWith(SUFFIX))
  .map((name) => name.slice(0, -SUFFIX.length));
const isQuick = process.argv.includes('--quick');
const wanted = process.argv.slice(2).filter((word) => word !== '--quick');
const unknown = wanted.find((name) => !all.includes(name));
if (unknown !== undefined) {
  console.error(`There is no bench "${unknown}". There are: ${all.join(', ')}; and --quick.`);
  process.exit(64);
}

await ensureNodeModules();
const folder = mkdtempSync(join(tmpdir(), 'nf-secrets-bench-page-'));
const page = join(folder, 'figures');
writeFileSync(page, '');
const env = { ...process.env, BENCH_PAGE: page, ...(isQuick && { BENCH_QUICK: '1' }) };
let failed = 0;
try {
  if (node('esbuild.config.mjs', '--production') !== 0) throw new Error('The bundle could not be built.');
  for (const name of wanted.length > 0 ? wanted : all) {
    console.log(`\n=== ${name} ===`);
    // The others are measured all the same.
    if (node(join('bench', `${name}${SUFFIX}`)) !== 0) failed += 1;
  }
  const figures = readFileSync(page, 'utf8').split('\n').filter(Boolean);
  console.log(`\n=== docs/performance.md ===\n\n${pageOf(figures.map((line) => JSON.parse(line)))}`);
} finally {
  rmSync(folder, { recursive: true });
}
if (failed > 0) {
  console.error(`\n${failed} of them failed; what is missing in the tables was to be measured there.`);
  process.exitCode = 1;
}

/**
 * @param {string[]} args
 * @returns {number}
 */
function node(...args) {
  return spawnSync(process.execPath, args, { cwd: project, env, stdio: 'inherit' }).status ?? 1;
}

// npm run bench [-- NAME…]: the bundle as it is published, then each bench/NAME.bench.mjs, or all of them.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureNodeModules } from '../scripts/tools.mjs';

const project = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const SUFFIX = '.bench.mjs';

const all = readdirSync(join(project, 'bench'))
  .filter((name) => name.endsWith(SUFFIX))
  .map((name) => name.slice(0, -SUFFIX.length));
const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !all.includes(name));
if (unknown !== undefined) {
  console.error(`There is no bench "${unknown}". There are: ${all.join(', ')}`);
  process.exit(64);
}

await ensureNodeModules();
node('esbuild.config.mjs', '--production');
for (const name of wanted.length > 0 ? wanted : all) {
  console.log(`\n=== ${name} ===`);
  node(join('bench', `${name}${SUFFIX}`));
}

/** @param {string[]} args */
function node(...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: project, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

// Scanning a large repository of pipelines against only reading it (cat) and against looking for one word in it
// (grep). 3600 files, 15 MB, of which one in forty uses secrets, as in nf-core's modules.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeModules } from './modules.mjs';
import { medians, report } from './side-by-side.mjs';

const MODULES = { files: 3600, bytes: 15e6 };
const ROUNDS = 3;
const cli = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'cli.js');

const root = mkdtempSync(join(tmpdir(), 'nf-secrets-bench-'));
try {
  const few = writeModules(join(root, 'few'), MODULES, 40);
  const all = writeModules(join(root, 'all'), MODULES, 1);
  const tenth = writeModules(
    join(root, 'tenth'),
    { files: MODULES.files / 10, bytes: MODULES.bytes / 10 },
    40,
  );
  const empty = join(root, 'empty');
  mkdirSync(empty);
  compare('3600 files, 1 in 40 uses secrets', few, empty);
  compare('3600 files, each uses secrets', all, empty);
  const memory = (/** @type {string} */ folder) => peakMemory([cli, 'scan', '--json', folder], empty);
  const [ofTenth, ofAll] = [memory(tenth), memory(few)];
  console.log('\nThe most memory that a scan takes, 1 file in 40 uses secrets');
  console.log(
    `  3600 files beside 360  ${(ofAll / ofTenth).toFixed(2).padStart(6)}  (${ofAll >> 10} MB here)`,
  );
} finally {
  rmSync(root, { recursive: true });
}

/**
 * The most memory that Node.js takes for a script, which says it itself when it ends: no other tool is the same
 * everywhere.
 *
 * @param {string[]} args
 * @param {string} cwd
 * @returns {number} in KiB
 */
function peakMemory(args, cwd) {
  const atExit = 'process.on("exit",()=>process.stderr.write(`peak ${process.resourceUsage().maxRSS}\\n`))';
  const env = { ...process.env, NF_SECRETS_HOME: join(root, 'home') };
  const { stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(atExit)}`, ...args],
    { cwd, env, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' },
  );
  const [, peak] = /^peak (\d+)$/m.exec(stderr) ?? [];
  if (peak === undefined) throw new Error(`No peak: ${stderr}`);
  return Number(peak);
}

/**
 * @param {string} title
 * @param {string} folder
 * @param {string} empty
 */
function compare(title, folder, empty) {
  const run = (/** @type {string} */ command, /** @type {string[]} */ args, cwd = folder) => {
    const env = { ...process.env, NF_SECRETS_HOME: join(root, 'home') };
    const { status } = spawnSync(command, args, { cwd, env, stdio: 'ignore' });
    if (status !== 0) throw new Error(`${command} ended with ${status}`);
  };
  const times = medians(
    {
      cat: () => run('sh', ['-c', 'find . -type f -exec cat {} + > /dev/null']),
      'grep -rn secret': () => run('grep', ['-rn', 'secret', '.']),
      scan: () => run(process.execPath, [cli, 'scan', '--json', folder], empty),
      'scan of nothing': () => run(process.execPath, [cli, 'scan', '--json', '.'], empty),
    },
    ROUNDS,
  );
  report(title, times, 'cat');
}

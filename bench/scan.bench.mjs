// Scanning a large repository of pipelines against only reading it (cat) and against looking for one word in it
// (grep). 3600 files, 15 MB, of which one in forty uses secrets, as in nf-core's modules.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeModules } from './modules.mjs';
import { figure, median, medians, QUICK, ratio, report, rounds, run } from './side-by-side.mjs';

const MODULES = QUICK ? { files: 900, bytes: 3.75e6 } : { files: 3600, bytes: 15e6 };
const SET = `${MODULES.bytes / 1e6} MB in ${MODULES.files.toLocaleString('en')} files`;
const ROUNDS = rounds(7);
const cli = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'cli.cjs');

const root = mkdtempSync(join(tmpdir(), 'nf-secrets-bench-'));
const env = { ...process.env, NF_SECRETS_HOME: join(root, 'home') };
try {
  const few = writeModules(join(root, 'few'), MODULES, 40);
  const all = writeModules(join(root, 'all'), MODULES, 1);
  const fourTimes = writeModules(
    join(root, 'four-times'),
    { files: MODULES.files * 4, bytes: MODULES.bytes * 4 },
    40,
  );
  const empty = join(root, 'empty');
  mkdirSync(empty);
  nothing(empty);
  compare(`${SET}, 1 in 40 uses secrets`, few, empty, {
    what: `\`nf-secrets scan\`, ${SET}, of which one in forty uses secrets`,
    beside: '`cat` of them',
    aim: '2',
  });
  compare(`${SET}, each uses secrets`, all, empty, {
    what: 'the same, where all use secrets',
    beside: '`cat` of them',
    aim: '6',
  });
  const memory = (/** @type {string} */ folder) =>
    median([1, 2, 3].map(() => peakMemory([cli, 'scan', '--json', folder], empty)));
  const [ofAll, ofFourTimes] = [memory(few), memory(fourTimes)];
  const growth = ratio(ofFourTimes / ofAll);
  console.log('\nThe most memory that a scan takes, 1 file in 40 uses secrets');
  console.log(`  four times ${SET} beside ${SET}  ${growth.padStart(6)}  (${ofAll >> 10} MB here)`);
  figure('Memory', {
    what: `the most that a scan of four times ${SET} takes, of which one in forty uses secrets`,
    beside: 'a scan of a quarter of them',
    ratio: growth,
    aim: '1',
  });
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
  const { stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(atExit)}`, ...args],
    { cwd, env, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' },
  );
  const [, peak] = /^peak (\d+)$/m.exec(stderr) ?? [];
  if (peak === undefined) throw new Error(`No peak: ${stderr}`);
  return Number(peak);
}

/** @param {string} empty */
function nothing(empty) {
  const taken = medians(
    {
      'node -e 0': () => run(process.execPath, ['-e', '0'], { cwd: empty, env }),
      scan: () => run(process.execPath, [cli, 'scan', '--json', '.'], { cwd: empty, env }),
    },
    ROUNDS,
  );
  report('an empty folder, beside the start of Node.js alone', taken, 'node -e 0', {
    scan: { what: '`nf-secrets scan`, an empty folder', beside: '`node -e 0`' },
  });
}

/**
 * @param {string} title
 * @param {string} folder
 * @param {string} empty
 * @param {{ what: string, beside: string, aim: string }} line
 */
function compare(title, folder, empty, line) {
  const taken = medians(
    {
      cat: () => run('sh', ['-c', 'find . -type f -exec cat {} +'], { cwd: folder, env }),
      'grep -rn secret': () => run('grep', ['-rn', 'secret', '.'], { cwd: folder, env }),
      scan: () => run(process.execPath, [cli, 'scan', '--json', folder], { cwd: empty, env }),
    },
    ROUNDS,
  );
  report(title, taken, 'cat', { scan: line });
}

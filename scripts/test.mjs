#!/usr/bin/env node
// npm test [-- SUITE… [--grep TEXT]]: sets up all that the tests need, then runs them, several files at a time. Without
// a suite: the checks (types, lint, format, unused code) and every suite.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  ensureAge,
  ensureMoto,
  ensureNextflow,
  ensureNodeModules,
  ensurePolicyReaders,
  ensureSlurm,
  ensureSops,
  ensureTmux,
  NEXTFLOW_VERSIONS,
  ToolError,
} from './tools.mjs';
import { SUITES, testFiles } from './test-files.mjs';
import { runFiles } from './test-workers.mjs';
import { ensureChromium, ensureVsCode } from './vscode.mjs';

const project = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** What not every machine has, and tools from outside that not every machine can get; tests that need one carry its mark in their title. */
const TOOLS = [
  {
    mark: '@nextflow',
    get: () => Promise.all(NEXTFLOW_VERSIONS.map(ensureNextflow)),
    suites: ['cli', 'nextflow', 'host', 'slurm', 'aws'],
  },
  { mark: '@sops', get: ensureSops, suites: ['cli'] },
  { mark: '@age', get: ensureAge, suites: ['cli'] },
  { mark: '@tmux', get: ensureTmux, suites: ['cli'] },
  { mark: '@vscode', get: () => Promise.all([ensureVsCode(), ensureChromium()]), suites: ['host'] },
  { mark: '@slurm', get: ensureSlurm, suites: ['slurm'] },
  { mark: '@aws', get: ensureMoto, suites: ['aws'] },
  { mark: '@readers', get: ensurePolicyReaders, suites: ['aws'] },
  { mark: '@root', get: needRoot, suites: ['cli'] },
  { mark: '@linux', get: needLinux, suites: ['unit', 'cli'] },
];

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    grep: { type: 'string' },
    all: { type: 'boolean' },
    jobs: { type: 'string' },
    help: { type: 'boolean' },
  },
});
const unknown = positionals.find((suite) => !SUITES.includes(suite));
// One more than there are processors: many tests wait for what others do.
const jobs = Number(options.jobs ?? availableParallelism() + 1);
const isWrong = unknown !== undefined || !Number.isInteger(jobs) || jobs < 1;
if (options.help === true || isWrong) {
  if (unknown !== undefined) console.error(`There is no suite "${unknown}".`);
  console.error(`npm test [-- SUITE… [--grep TEXT] [--all] [--jobs NUMBER]]
  SUITE   ${SUITES.join(', ')}
  --grep  only tests with this text in their title
  --all   every test with every version of Nextflow (npm run test:all)
  --jobs  so many files at a time (now ${availableParallelism() + 1})`);
  process.exit(isWrong ? 64 : 0);
}
const suites = positionals.length > 0 ? SUITES.filter((suite) => positionals.includes(suite)) : SUITES;

process.chdir(project);
await ensureNodeModules();
step('Build', 'npm', ['run', '--silent', 'build']);
if (positionals.length === 0) step('Lint, format, unused code', 'npm', ['run', '--silent', 'lint']);

/** @type {{ mark: string, why: string }[]} */
const missing = [];
for (const { mark, get, suites: needing } of TOOLS) {
  if (!needing.some((suite) => suites.includes(suite))) continue;
  try {
    await get();
  } catch (error) {
    if (!(error instanceof ToolError) || error.code !== 'ETOOLMISSING') throw error;
    missing.push({ mark, why: error.message });
  }
}

/** With CI=true a test that fails is tried once more, and told of at the end: nobody is there to look at it again. */
const RETRIES = process.env['CI'] === 'true' ? 1 : 0;

const counts = { passed: 0, failed: 0, skipped: 0, notRun: 0 };
/** What to read at the end, where a log of thousands of lines is looked at first: a title and what went wrong. */
const failures = /** @type {string[]} */ ([]);
const unsteady = /** @type {string[]} */ ([]);
const times = /** @type {{ path: string, seconds: number, processor: number }[]} */ ([]);

const files = testFiles(project, suites);
const started = performance.now();
// What takes long to make and is the same for all.
const shared = mkdtempSync(join(tmpdir(), 'nf-secrets-tests-'));
process.once('exit', () => rmSync(shared, { recursive: true, force: true }));
process.env['NF_SECRETS_TESTS_SHARED'] = shared;
if (options.all === true) process.env['NF_SECRETS_TESTS_ALL'] = 'true';
await runFiles(files, {
  jobs,
  task: ({ suite }) => ({
    ...(options.grep !== undefined && { grep: options.grep }),
    without: missing.map(({ mark }) => mark),
    retries: suite === 'unit' ? 0 : RETRIES,
    color: process.stdout.isTTY,
  }),
  onFinished: report,
  onLateDeath: (death) => reportDeath('When all was done', death),
});
if (times.length !== files.length) throw new Error(`${times.length} of ${files.length} files were run`);

if (missing.length > 0) {
  heading('Not run on this machine');
  for (const { mark, why } of missing) console.log(`Tests marked ${mark}: ${why}`);
}
if (unsteady.length > 0) {
  heading('Passed only at the second attempt');
  console.log(unsteady.join('\n'));
}
if (failures.length > 0) {
  heading('Failed');
  console.log(failures.join('\n'));
}
if (counts.skipped > 0) console.log('A skipped test counts as a failure: nothing is passed over silently.');
if (options.grep === undefined) {
  const longest = times.sort((a, b) => b.seconds - a.seconds).slice(0, 8);
  console.log(
    `\nThe longest: ${longest.map(({ path, seconds }) => `${path} ${seconds.toFixed()} s`).join(', ')}`,
  );
}
const processor = times.reduce((sum, time) => sum + time.processor, 0);
console.log(`\n${countsLine()}; ${since(started)}, ${(processor / 60).toFixed(1)} min of processors`);
const incomplete = missing.length > 0 && process.env['CI'] === 'true';
if (incomplete) console.log('With CI=true every test has to run.');
const bad = counts.failed + counts.skipped + counts.notRun > 0 || counts.passed === 0 || incomplete;
process.exit(bad ? 1 : 0);

/** @param {import('./test-workers.mjs').Finished} finished */
function report({ file: { path }, output, seconds, outcome, death }) {
  times.push({ path, seconds, processor: outcome?.processor ?? 0 });
  // None of its tests is wanted.
  if (outcome !== undefined && outcome.inFile > 0 && outcome.chosen === 0 && outcome.failed === 0) return;
  if (death !== undefined) {
    reportDeath(path, death);
  }
  if (outcome !== undefined) {
    counts.passed += outcome.passed;
    counts.failed += outcome.failed;
    counts.skipped += outcome.skipped;
    counts.notRun += outcome.chosen - outcome.ended;
    failures.push(...outcome.failures);
    unsteady.push(...outcome.unsteady);
    if (outcome.chosen > outcome.ended)
      failures.push(`${path}: ${outcome.chosen - outcome.ended} of its ${outcome.chosen} tests were not run`);
    if (outcome.inFile === 0 && outcome.failed === 0) {
      counts.failed += 1;
      failures.push(`${path}: it has no tests`);
    }
  }
  heading(`${path} (${times.length} of ${files.length}, ${since(started)}: ${countsLine()})`);
  console.log(output.replace(/^\n+|\s+$/g, ''));
}

/**
 * @param {string} when
 * @param {import('./test-workers.mjs').Death} death
 */
function reportDeath(when, { how, before }) {
  counts.failed += 1;
  const after = before === undefined ? '' : `, after ${before.path}`;
  failures.push(`${when}: the process that ran its tests${after} ended: ${how}`);
}

function countsLine() {
  const { passed, failed, skipped, notRun } = counts;
  return [
    `${passed} passed, ${failed} failed`,
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(notRun > 0 ? [`${notRun} not run`] : []),
  ].join(', ');
}

/** @param {number} start as `performance.now()` gave it */
function since(start) {
  const seconds = Math.round((performance.now() - start) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

async function needRoot() {
  if (process.getuid?.() === 0) return;
  throw new ToolError('Only root can make files of other users.', {
    code: 'ETOOLMISSING',
    remedy: 'Run the tests as root, in a container for example.',
  });
}

async function needLinux() {
  if (process.platform === 'linux') return;
  throw new ToolError('Only Linux has /proc and access lists.', {
    code: 'ETOOLMISSING',
    remedy: 'Run the tests on Linux, in a container for example.',
  });
}

/**
 * @param {string} title
 * @param {string} command
 * @param {string[]} args
 */
function step(title, command, args) {
  heading(title);
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) {
    console.log(`\n${title} failed.`);
    process.exit(1);
  }
}

/** @param {string} title */
function heading(title) {
  console.log(`\n=== ${title} ===`);
}

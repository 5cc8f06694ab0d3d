#!/usr/bin/env node
// npm test [-- SUITE… [--grep TEXT]]: sets up all that the tests need, then runs them. Without a suite: the checks
// (types, lint, format, unused code) and every suite.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
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
import { ensureChromium, ensureVsCode } from './vscode.mjs';

const project = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const SUITES = ['unit', 'cli', 'nextflow', 'host', 'slurm', 'aws'];

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
  options: { grep: { type: 'string' }, help: { type: 'boolean' } },
});
const unknown = positionals.find((suite) => !SUITES.includes(suite));
if (options.help === true || unknown !== undefined) {
  if (unknown !== undefined) console.error(`There is no suite "${unknown}".`);
  console.error(`npm test [-- SUITE… [--grep TEXT]]      suites: ${SUITES.join(', ')}`);
  process.exit(unknown === undefined ? 0 : 64);
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

let passed = 0;
let failed = 0;
let skipped = 0;
/** What to read at the end, where a log of thousands of lines is looked at first: a title and what went wrong. */
const failures = /** @type {string[]} */ ([]);
const unsteady = /** @type {string[]} */ ([]);
for (const suite of suites) {
  heading(`test/${suite}`);
  const stats = await runSuite(suite);
  passed += stats.passes;
  failed += stats.failures;
  skipped += stats.pending;
}

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
if (skipped > 0) console.log('A skipped test counts as a failure: nothing is passed over silently.');
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
const incomplete = missing.length > 0 && process.env['CI'] === 'true';
if (incomplete) console.log('With CI=true every test has to run.');
process.exit(failed > 0 || skipped > 0 || passed === 0 || incomplete ? 1 : 0);

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
 * @param {string} suite
 * @returns {Promise<{ passes: number, failures: number, pending: number }>}
 */
async function runSuite(suite) {
  const { default: Mocha } = await import('mocha');
  const { register } = await import('tsx/esm/api');
  const unregister = register();
  // No test asserts a duration; the limit only ends what hangs.
  const mocha = new Mocha({
    timeout: 240_000,
    reporter: 'spec',
    forbidOnly: true,
    retries: suite === 'unit' ? 0 : RETRIES,
  });
  const marks = missing.map(({ mark }) => mark);
  if (options.grep !== undefined) mocha.grep(options.grep);
  else if (marks.length > 0) mocha.grep(new RegExp(marks.join('|'))).invert();
  const folder = join(project, 'test', suite);
  for (const file of readdirSync(folder).sort())
    if (file.endsWith('.test.ts')) mocha.addFile(join(folder, file));
  await mocha.loadFilesAsync();
  const stats = await new Promise((done) => {
    const runner = mocha.run(() => done(runner.stats));
    const retried = new Map();
    runner.on('retry', (test, error) => retried.set(test.fullTitle(), error));
    runner.on('pass', (test) => {
      const error = retried.get(test.fullTitle());
      if (error !== undefined) unsteady.push(summary(suite, test, error));
    });
    runner.on('fail', (test, error) => {
      failures.push(summary(suite, test, error));
      const first = retried.get(test.fullTitle());
      if (first !== undefined) failures.push(`At the first attempt of it:\n${summary(suite, test, first)}`);
    });
  });
  await unregister();
  return stats;
}

/**
 * @param {string} suite
 * @param {import('mocha').Runnable} test
 * @param {Error} error
 */
function summary(suite, test, error) {
  const what = (error.stack ?? String(error)).split('\n').slice(0, 40);
  return [`test/${suite}: ${test.fullTitle()}`, ...what.map((line) => `    ${line}`)].join('\n');
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

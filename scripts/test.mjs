#!/usr/bin/env node
// npm test [-- SUITE… [--grep TEXT]]: sets up all that the tests need, then runs them, several files at a time. Without
// a suite: the checks (types, lint, format, unused code) and every suite.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  ensureAge,
  ensureDebian,
  ensureMoto,
  ensureNextflow,
  ensureNodeModules,
  ensurePolicyReaders,
  ensureShells,
  ensureSlurm,
  ensureSops,
  ensureTmux,
  NEXTFLOW_VERSIONS,
  ToolError,
} from './tools.mjs';
import { SUITES, testFiles } from './test-files.mjs';
import { Report } from './test-report.mjs';
import { runFiles } from './test-workers.mjs';
import { findDescription, PUBLISHED } from './platform-description.mjs';
import { ensureChromium, ensureVsCode } from './vscode.mjs';

const project = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** What not every machine has, and tools from outside that not every machine can get; tests that need one carry its mark in their title. */
const TOOLS = [
  {
    mark: '@nextflow',
    get: () => Promise.all(NEXTFLOW_VERSIONS.map(ensureNextflow)),
    suites: ['cli', 'nextflow', 'host', 'slurm', 'aws', 'platform'],
  },
  { mark: '@sops', get: ensureSops, suites: ['cli'] },
  { mark: '@age', get: ensureAge, suites: ['cli'] },
  { mark: '@shells', get: ensureShells, suites: ['cli'] },
  { mark: '@tmux', get: ensureTmux, suites: ['cli'] },
  { mark: '@vscode', get: () => Promise.all([ensureVsCode(), ensureChromium()]), suites: ['host'] },
  { mark: '@slurm', get: ensureSlurm, suites: ['slurm'] },
  { mark: '@debian', get: ensureDebian, suites: ['cli'] },
  { mark: '@aws', get: ensureMoto, suites: ['aws', 'cli', 'host'] },
  { mark: '@readers', get: ensurePolicyReaders, suites: ['aws'] },
  { mark: '@root', get: needRoot, suites: ['cli'] },
  { mark: '@linux', get: needLinux, suites: ['unit', 'cli'] },
  // Nobody but those who change the table of the API needs the description that it is made of.
  { mark: '@description', get: needDescription, suites: ['platform'], isOptional: true },
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
bundle();
// Beside all else: what they say comes when they have ended.
const checks = [
  check('Types', 'npx', ['--no-install', 'tsc', '--noEmit']),
  ...(positionals.length === 0
    ? [check('Lint, format, unused code', 'npm', ['run', '--silent', 'lint'])]
    : []),
];

/** @type {{ mark: string, why: string, isOptional: boolean }[]} */
const missing = [];
for (const { mark, get, suites: needing, isOptional = false } of TOOLS) {
  if (!needing.some((suite) => suites.includes(suite))) continue;
  try {
    await get();
  } catch (error) {
    if (!(error instanceof ToolError) || error.code !== 'ETOOLMISSING') throw error;
    missing.push({ mark, why: error.message, isOptional });
  }
}

/** With CI=true a test that fails is tried once more, and told of at the end: nobody is there to look at it again. */
const RETRIES = process.env['CI'] === 'true' ? 1 : 0;

const files = testFiles(project, suites);
const report = new Report(files.length);
const checked = checks.map(async ({ title, result }) => report.check(title, await result));
// What takes long to make and is the same for all files.
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
  onFinished: (finished) => report.file(finished),
  onEnded: (ended) => report.ended(ended),
});
await Promise.all(checked);
const passed = report.end(missing);
const incomplete = missing.some(({ isOptional }) => !isOptional) && process.env['CI'] === 'true';
if (incomplete) console.log('With CI=true every test has to run.');
process.exit(passed && !incomplete ? 0 : 1);

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

async function needDescription() {
  if (findDescription() !== undefined) return;
  throw new ToolError(
    `They compare test/platform/contract.json with the description of the API. Take it from ${PUBLISHED}, and name it: NF_SECRETS_PLATFORM_API=FILE.`,
    { code: 'ETOOLMISSING', remedy: 'Run npm test -- platform then.' },
  );
}

/** What the tests run: `dist/`. */
function bundle() {
  const { status } = spawnSync('npm', ['run', '--silent', 'bundle'], { stdio: 'inherit' });
  if (status === 0) return;
  console.log('\nThe build failed.');
  process.exit(1);
}

/**
 * Starts a program that looks at the code.
 *
 * @param {string} title
 * @param {string} command
 * @param {string[]} args
 * @returns {{ title: string, result: Promise<{ failed: boolean, output: string }> }}
 */
function check(title, command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (/** @type {Buffer} */ chunk) => (output += chunk.toString());
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  /** @type {Promise<{ failed: boolean, output: string }>} */
  const result = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ failed: code !== 0, output }));
  });
  return { title, result };
}

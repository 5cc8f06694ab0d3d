#!/usr/bin/env node
// npm run demo: sets up all it needs, then shows the main job on a real pipeline, in a temporary home.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureNodeModules, nextflowForDemo } from './tools.mjs';

const project = resolve(dirname(fileURLToPath(import.meta.url)), '..');

await ensureNodeModules();
run('npm', ['run', '--silent', 'bundle'], { cwd: project });
const nextflow = await nextflowForDemo();

// Obviously fake, and never shown: the pipeline proves by length and checksum that it got them.
const VALUES = {
  shared: 'fake-lab-wide-key',
  own: 'fake-key-of-my-own',
  password: 'fake "quoted" `backticks` $dollars \\ and grüße ☃',
  sshKey: '-----BEGIN FAKE KEY-----\nZmFrZSBsaW5lIDE\nZmFrZSBsaW5lIDI\n-----END FAKE KEY-----\n',
};

const root = mkdtempSync(join(realpathSync(tmpdir()), 'nf-secrets-demo-'));
const home = join(root, 'home');
const workspace = join(root, 'hello-secrets');
mkdirSync(home);
cpSync(join(project, 'examples', 'hello-secrets'), workspace, { recursive: true });
// A Nextflow of your own keeps its home, where its parts are; it sees nothing of your own secrets.
const nextflowHome = nextflow.startsWith(project)
  ? join(home, '.nextflow')
  : (process.env['NXF_HOME'] ?? join(homedir(), '.nextflow'));
const env = {
  ...process.env,
  HOME: home,
  NXF_HOME: nextflowHome,
  NF_SECRETS_HOME: join(home, 'nf-secrets'),
  NF_SECRETS_RUN_ROOT: join(home, 'runs'),
  NF_SECRETS_WORKSPACE: '',
  NXF_SECRETS_FILE: join(home, 'no-store.json'),
  NF_SECRETS_RUN: '',
  SOPS_AGE_KEY: '',
  SOPS_AGE_KEY_FILE: '',
  XDG_CONFIG_HOME: join(home, '.config'),
};

/** @type {string[]} */
const broken = [];
try {
  title('1. Secrets, set once: one of the workspace, one of yours that overrides it, one of several lines');
  await secrets(
    ['set', 'NCBI_API_KEY', '--scope', 'workspace', '--description', "the lab's key"],
    VALUES.shared,
  );
  await secrets(['set', 'NCBI_API_KEY'], VALUES.own);
  await secrets(['set', 'DB_PASSWORD', '--scope', 'workspace'], VALUES.password);
  await secrets(['set', 'SSH_KEY', '--keep-newline'], VALUES.sshKey);

  title('2. What there is, and what overrides what');
  await secrets(['list']);

  title('3. In the workspace they are encrypted: this file is safe to commit, and sops can edit it');
  const vault = readFileSync(join(workspace, '.nf-secrets', 'workspace.sops.json'), 'utf8');
  const [line = ''] = /"NCBI_API_KEY": "ENC.*/.exec(vault) ?? [];
  print(`    ${line.slice(0, 96)}…`);

  title('4. A real run: provisioned for it, used by its tasks, removed when it ends');
  const output = await secrets(['launch', '--nextflow', nextflow, 'main.nf', '-ansi-log', 'false']);

  title('5. The proof');
  proveDelivery(output, 'NCBI_API_KEY', VALUES.own, 'your value, not the workspace’s');
  proveDelivery(output, 'DB_PASSWORD', VALUES.password, 'quotes, backticks, dollars, backslash, umlauts');
  proveDelivery(output, 'SSH_KEY', VALUES.sshKey, 'every line of it');
  const left = [join(home, 'runs'), join(home, 'nf-secrets', 'runs')].flatMap((path) => list(path));
  prove(left.length === 0, 'nothing of the run is left', left.join(', '));
  const files = list(root);
  const found = files.filter((path) =>
    Object.values(VALUES).some((value) => readFileSync(path).includes(value)),
  );
  prove(
    found.length === 0,
    `no value in clear in any of the ${files.length} files it left (logs, work, vaults)`,
    found.join(', '),
  );
} finally {
  rmSync(root, { recursive: true, force: true });
}
if (broken.length > 0) {
  print(`\nThe demo failed: ${broken.join('; ')}`);
  process.exit(1);
}
print('\nYours to try:  nf-secrets set NAME      nf-secrets launch main.nf      (here: node dist/cli.js …)');

/**
 * Shows and runs one nf-secrets command, its words and its data as they come.
 * @param {string[]} args
 * @param {string} [input]
 * @returns {Promise<string>} what it printed to stdout
 */
async function secrets(args, input) {
  const shown = args.map((word) => (word === nextflow ? 'nextflow' : /[ ']/.test(word) ? `"${word}"` : word));
  print(`\n$ ${input === undefined ? '' : '… | '}nf-secrets ${shown.join(' ')}`);
  const child = spawn(process.execPath, [join(project, 'dist', 'cli.js'), ...args], { cwd: workspace, env });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
    process.stdout.write(brief(text));
  });
  child.stderr.setEncoding('utf8').on('data', (text) => process.stdout.write(brief(text)));
  child.stdin.end(input ?? '');
  const status = await new Promise((done) => child.once('close', done));
  if (status !== 0) broken.push(`nf-secrets ${args[0]} ended with ${status}`);
  return output;
}

/**
 * @param {string} output
 * @param {string} name
 * @param {string} value
 * @param {string} what
 */
function proveDelivery(output, name, value, what) {
  const [, sum] = new RegExp(`^${name}: .*sha256 ([0-9a-f]{12})`, 'm').exec(output) ?? [];
  const expected = createHash('sha256').update(value).digest('hex').slice(0, 12);
  prove(
    sum === expected,
    `${name}: the task got exactly ${what} (sha256 ${expected}…)`,
    `it got ${sum ?? 'nothing'}`,
  );
}

/**
 * @param {boolean} holds
 * @param {string} what
 * @param {string} otherwise
 */
function prove(holds, what, otherwise) {
  print(holds ? `  ✔ ${what}` : `  ✘ ${what}: ${otherwise}`);
  if (!holds) broken.push(what);
}

/**
 * All files below a folder.
 * @param {string} folder
 * @returns {string[]}
 */
function list(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? list(path) : entry.isFile() ? [path] : [];
  });
}

/** @param {string} text */
function title(text) {
  print(`\n${bold(text)}`);
}

/** @param {string} text */
function print(text) {
  process.stdout.write(`${brief(text)}\n`);
}

/**
 * Paths of the temporary home are long and say nothing.
 * @param {string} text
 */
function brief(text) {
  return text.replaceAll(root, '…');
}

/** @param {string} text */
function bold(text) {
  return process.stdout.isTTY && !process.env['NO_COLOR'] ? `\x1b[1m${text}\x1b[0m` : text;
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string }} options
 */
function run(command, args, options) {
  const { status } = spawnSync(command, args, { ...options, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
}

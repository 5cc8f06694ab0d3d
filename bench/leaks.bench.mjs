// The look for leaks against only reading the same files (cat), and its part of the time of a run.
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureNextflow } from '../scripts/tools.mjs';
import { medians, QUICK, report, rounds, run } from './side-by-side.mjs';

const CLI = fileURLToPath(new URL('../dist/cli.cjs', import.meta.url));
const NEXTFLOW = await ensureNextflow('25.04.4');
const LARGE = { files: 16, bytes: QUICK ? 256 << 20 : 2 ** 30 };
/** As of a run of 1,000 tasks. */
const SMALL = { files: QUICK ? 1_500 : 6_000, bytes: 20e6 };

const root = mkdtempSync(join(tmpdir(), 'nf-secrets-bench-'));
try {
  large();
  small();
  ofRun();
} finally {
  rmSync(root, { recursive: true, force: true });
}

/**
 * A person with ten secrets: nine tokens and a key of 27 lines.
 *
 * @param {string} name
 */
function person(name) {
  const home = join(root, name);
  const workspace = join(home, 'workspace');
  mkdirSync(workspace, { recursive: true });
  const env = {
    PATH: `${dirname(NEXTFLOW)}:${process.env['PATH'] ?? ''}`,
    HOME: home,
    NF_SECRETS_HOME: join(home, 'tool'),
    NXF_ANSI_LOG: 'false',
  };
  const key = Array.from({ length: 25 }, () => randomBytes(48).toString('base64')).join('\n');
  const secrets = {
    ...Object.fromEntries(
      Array.from({ length: 9 }, (_, i) => [`FAKE_KEY_${i}`, randomBytes(15 + 3 * i).toString('base64')]),
    ),
    FAKE_PEM: `-----BEGIN FAKE PRIVATE KEY-----\n${key}\n-----END FAKE PRIVATE KEY-----\n`,
  };
  const file = join(home, 'secrets.json');
  writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 });
  run(process.execPath, [CLI, 'import', file], { cwd: workspace, env });
  return { workspace, options: { cwd: workspace, env } };
}

/** Lines as logs and scripts have them. */
function text(/** @type {number} */ bytes) {
  const line = (/** @type {number} */ i) =>
    `Nov-29 06:17:${i % 60}.125 [Task submitter] DEBUG nextflow.Session - [${randomBytes(4).toString('hex')}] /data/sample_${i}/reads.fastq.gz "x=${i}"\n`;
  const some = Array.from({ length: 2_000 }, (_, i) => line(i)).join('');
  return some.repeat(Math.ceil(bytes / some.length)).slice(0, bytes);
}

/**
 * @param {string} folder
 * @param {{ files: number, bytes: number }} set
 */
function write(folder, { files, bytes }) {
  const content = text(Math.ceil(bytes / files));
  for (let i = 0; i < files; i++) {
    const directory = join(folder, String(i % 100).padStart(2, '0'), String(Math.floor(i / 600)));
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `.command.${i}`), content);
  }
}

/**
 * @param {string} name
 * @param {{ files: number, bytes: number }} set
 * @param {string} what
 * @param {string} aim
 * @param {number} times
 */
function beside(name, set, what, aim, times) {
  const { workspace, options } = person(name);
  write(workspace, set);
  report(
    `${what}, ten secrets, beside cat`,
    medians(
      {
        cat: () => run('sh', ['-c', 'find . -type f -exec cat {} +'], options),
        leaks: () => run(process.execPath, [CLI, 'leaks', '--fail-on-leak', '.'], options),
      },
      times,
    ),
    'cat',
    { leaks: { what: `\`nf-secrets leaks\`, ${what}, ten secrets`, beside: '`cat` of them', aim } },
  );
  rmSync(workspace, { recursive: true });
}

function large() {
  beside(
    'large',
    LARGE,
    `${(LARGE.bytes >> 20).toLocaleString('en')} MB in ${LARGE.files} files`,
    '2',
    rounds(5),
  );
}

function small() {
  const what = `${SMALL.bytes / 1e6} MB in ${SMALL.files.toLocaleString('en')} files`;
  beside('small', SMALL, what, '-', rounds(7));
}

function ofRun() {
  const { workspace, options } = person('run');
  writeFileSync(
    join(workspace, 'main.nf'),
    `process TASK {
  secret 'FAKE_KEY_1'
  input: val x
  script: 'test -n "$FAKE_KEY_1"'
}
workflow { TASK(channel.of(1..${QUICK ? 10 : 40})) }
`,
  );
  const launch = (/** @type {string[]} */ ...words) =>
    run(process.execPath, [CLI, 'launch', ...words, 'main.nf', '-with-report', '-with-trace'], options);
  report(
    'a run of short tasks with a report, with and without the look',
    medians({ without: () => launch('--no-leak-check'), with: () => launch() }, rounds(7)),
    'without',
    {
      with: {
        what: '`nf-secrets launch`, a pipeline of short tasks with its report, with the look for leaks',
        beside: 'the same with `--no-leak-check`',
        aim: '1.05',
      },
    },
  );
}

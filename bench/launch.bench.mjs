// What a launch costs beside plain Nextflow, and what small and large vaults cost beside sops.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureNextflow, ensureSops } from '../scripts/tools.mjs';
import { figure, medians, QUICK, ratio, report, rounds, run } from './side-by-side.mjs';

const CLI = fileURLToPath(new URL('../dist/cli.cjs', import.meta.url));
const NEXTFLOW = await ensureNextflow('25.04.4');
const SOPS = await ensureSops();
const ROUNDS = rounds(11);
const LARGE = QUICK ? 5_000 : 10_000;
const OF_LARGE = `a vault of ${LARGE.toLocaleString('en')}`;

const root = mkdtempSync(join(tmpdir(), 'nf-secrets-bench-'));
try {
  small();
  guardian();
  large();
  launch();
} finally {
  rmSync(root, { recursive: true, force: true });
}

/**
 * A person with a number of user secrets.
 *
 * @param {string} name
 * @param {number} count
 */
function person(name, count) {
  const home = join(root, name);
  const workspace = join(home, 'workspace');
  mkdirSync(workspace, { recursive: true });
  const env = {
    PATH: `${dirname(NEXTFLOW)}:${process.env['PATH'] ?? ''}`,
    HOME: home,
    NF_SECRETS_HOME: join(home, 'tool'),
    NXF_ANSI_LOG: 'false',
  };
  const secrets = Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`FAKE_KEY_${i}`, `fake-value-of-no-service-${i}`]),
  );
  const options = { cwd: workspace, env };
  const file = join(home, 'secrets.json');
  writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 });
  run(process.execPath, [CLI, 'import', file], options);
  const identity = readFileSync(join(home, 'tool', 'identity.txt'), 'utf8');
  const withKey = { cwd: workspace, env: { ...env, SOPS_AGE_KEY: identity } };
  return { workspace, options, withKey, vault: join(home, 'tool', 'user.sops.json'), secrets };
}

function small() {
  const { options, withKey, vault } = person('small', 10);
  report(
    'exec with 10 secrets, beside the start of Node.js alone',
    medians(
      {
        'node -e 0': () => run(process.execPath, ['-e', '0'], options),
        'nf-secrets exec -- true': () => run(process.execPath, [CLI, 'exec', '--', 'true'], options),
        'nf-secrets get': () => run(process.execPath, [CLI, 'get', 'FAKE_KEY_1'], options),
        'sops exec-file': () => run(SOPS, ['exec-file', '--no-fifo', vault, 'true {}'], withKey),
      },
      ROUNDS,
    ),
    'node -e 0',
    {
      'nf-secrets exec -- true': {
        what: '`nf-secrets exec -- true`, a vault of 10',
        beside: '`node -e 0`',
        aim: '2.5',
      },
      'nf-secrets get': { what: '`nf-secrets get`, a vault of 10', beside: 'the same', aim: '2.5' },
    },
  );
}

/** The memory of a guardian that waits, which every run has. In kB. */
function guardian() {
  const { options } = person('guardian', 10);
  // The guardian is the other process that the launcher has started.
  const list =
    "ps -A -o ppid= -o pid= -o rss= | awk -v launcher=$PPID -v own=$$ '$1 == launcher && $2 != own { print $3 }'";
  const output = execFileSync(process.execPath, [CLI, 'exec', '--', 'sh', '-c', list], {
    ...options,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const waiting = Number(output);
  const own = 'process.stdout.write(String(process.memoryUsage().rss))';
  const node = Number(execFileSync(process.execPath, ['-e', own], { encoding: 'utf8' })) / 1024;
  console.log('\nthe memory of a guardian that waits');
  console.log(`  beside that of Node.js alone  ${ratio(waiting / node)}  (${waiting} kB here)`);
  figure('Memory', {
    what: `the guardian of a run, while it waits: ${Math.round(waiting / 1024)} MB`,
    beside: '`node -e 0`',
    ratio: ratio(waiting / node),
    aim: '0.06',
  });
}

function large() {
  const { options, withKey, vault } = person('large', LARGE);
  report(
    `${OF_LARGE} secrets, beside sops`,
    medians(
      {
        'sops decrypt': () => run(SOPS, ['decrypt', vault], withKey),
        'nf-secrets get': () => run(process.execPath, [CLI, 'get', 'FAKE_KEY_1'], options),
        'nf-secrets exec -- true': () => run(process.execPath, [CLI, 'exec', '--', 'true'], options),
        'nf-secrets list': () => run(process.execPath, [CLI, 'list'], options),
      },
      ROUNDS,
    ),
    'sops decrypt',
    {
      'nf-secrets get': {
        what: `\`nf-secrets get\`, ${OF_LARGE}`,
        beside: '`sops decrypt` of it',
        aim: '0.5',
      },
      'nf-secrets exec -- true': {
        what: `\`nf-secrets exec -- true\`, ${OF_LARGE}`,
        beside: 'the same',
        aim: '0.5',
      },
      'nf-secrets list': { what: `\`nf-secrets list\`, ${OF_LARGE}`, beside: 'the same', aim: '0.2' },
    },
  );
}

function launch() {
  const { workspace, options, secrets } = person('launch', 10);
  writeFileSync(
    join(workspace, 'main.nf'),
    `process TASK {
  secret 'FAKE_KEY_1'
  input: val x
  script:
  '''
  test -n "$FAKE_KEY_1"
  '''
}
workflow { TASK(Channel.of(1, 2, 3)) }
`,
  );
  const store = join(workspace, 'store.json');
  const entries = Object.entries(secrets).map(([name, value]) => ({ name, value }));
  writeFileSync(store, JSON.stringify(entries), { mode: 0o600 });
  const plain = { ...options, env: { ...options.env, NXF_SECRETS_FILE: store } };
  report(
    'a pipeline of three tasks, beside Nextflow with a store of its own',
    medians(
      {
        'nextflow run': () => run(NEXTFLOW, ['run', 'main.nf'], plain),
        'nf-secrets launch': () => run(process.execPath, [CLI, 'launch', 'main.nf'], options),
      },
      rounds(11, 1),
    ),
    'nextflow run',
    {
      'nf-secrets launch': {
        what: '`nf-secrets launch`, a pipeline of three short tasks',
        beside: '`nextflow run` with the same secrets',
        aim: '1.02',
      },
    },
  );
}

import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LedgerEntry } from '../../src/core/targets/lease-entry.ts';
import type { AwsJob } from '../../src/core/targets/aws-batch/aws-job.ts';
import type { PrivateStore } from '../../src/core/targets/local/items.ts';
import {
  cancelJobs,
  isOnlyNode,
  jobsInNeed,
  scancelCommands,
  type SlurmJob,
  whySilent,
} from '../../src/core/targets/local/slurm.ts';
import { countedJobs, shownJobs } from '../../src/core/runs/pending-jobs.ts';
import { oneAwaits } from '../../src/core/targets/local/task-directories.ts';
import type { World } from '../../src/core/system/world.ts';
import { fakeWorld } from '../fixtures/world.ts';

// What Slurm answers where there are several clusters, other people's jobs, and tasks of other runs: its programs here
// are STAND-INS that print what the real ones print. test/slurm has the real ones.

describe('jobs of a run, as Slurm tells them', () => {
  let directory: string;
  let run: Pick<LedgerEntry, 'items' | 'slurm'>;
  let world: World;

  const program = (name: string, script: string): void => {
    writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(directory, name), 0o755);
  };
  const task = (name: string, store: string, more: Readonly<Record<string, string>> = {}): string => {
    const path = join(directory, name);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, '.command.run'), `grep -w -e 'T=.*' ${store}/.nf-1.secrets`);
    for (const [file, text] of Object.entries(more)) writeFileSync(join(path, file), text);
    return path;
  };
  const answers = (...lines: string[]): void => {
    writeFileSync(join(directory, 'answer'), `${lines.join('\n')}\n`);
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'nf-secrets-slurm-'));
    world = fakeWorld({ env: { PATH: `${directory}:${process.env['PATH'] ?? ''}` } });
    program(
      'squeue',
      `env > ${directory}/environment; echo "$@" > ${directory}/call; cat ${directory}/answer`,
    );
    const store: PrivateStore = { kind: 'private-store', path: '/runs/aaaaaaaaaaaa' };
    run = {
      items: [store],
      slurm: { conf: '/etc/its.conf', clusters: 'all' },
    };
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  for (const garbage of ['slurm_load_jobs: see the log', '<html>', '12', 'PENDING 12 /a']) {
    it(`are unknown if a line is not understood: ${garbage}`, async () => {
      answers(`12 PENDING ${task('ours', '/runs/aaaaaaaaaaaa')}`, garbage);
      assert.equal(await jobsInNeed(run, world), 'silent');
      answers(garbage);
      assert.equal(await jobsInNeed(run, world), 'silent');
    });
  }

  it('are none if nothing is answered, or only the names of clusters', async () => {
    answers('', 'CLUSTER: one', 'CLUSTER: two');
    assert.deepEqual(await jobsInNeed(run, world), []);
  });

  it('are those whose task reads the run, and that have not had their secrets', async () => {
    const ours = task('a b/ours', '/runs/aaaaaaaaaaaa');
    const begins = task('begins', '/runs/aaaaaaaaaaaa', { '.command.begin': '' });
    const has = task('has', '/runs/aaaaaaaaaaaa', { '.command.begin': '', '.command.out': '' });
    const other = task('other', '/runs/aaaaaaaaaaab');
    const longer = task('longer', '/runs/aaaaaaaaaaaa2');
    const array = join(directory, 'array');
    mkdirSync(array);
    writeFileSync(join(array, '.command.sh'), `array=( ${has} ${begins} )\n`);
    answers(
      `1 PENDING ${ours}`,
      `2 RUNNING ${has}`,
      `3 RUNNING ${begins}`,
      `4 PENDING ${has}`,
      `5 PENDING ${other}`,
      `6 PENDING ${longer}`,
      `7_0 RUNNING ${array}`,
      `7_1 PENDING ${array}`,
      `8 PENDING /nowhere`,
      '9 PENDING',
      '',
    );
    const jobs = await jobsInNeed(run, world);
    assert.ok(Array.isArray(jobs));
    assert.deepEqual(
      jobs.map(({ id }) => id),
      ['1', '3', '4', '7_0', '7_1'],
    );
    assert.match(readFileSync(join(directory, 'call'), 'utf8'), new RegExp(`-u ${world.uid} `));
    const environment = readFileSync(join(directory, 'environment'), 'utf8');
    assert.match(environment, /^SLURM_CONF=\/etc\/its\.conf$/m);
    assert.match(environment, /^SLURM_CLUSTERS=all$/m);
  });

  it('of which none awaits its secrets any more, or one does', async () => {
    const store = '/runs/aaaaaaaaaaaa';
    const had = { '.command.begin': '', '.command.out': '' };
    const done = [task('done', store, had), task('other', '/runs/aaaaaaaaaaab'), '/nowhere'];
    assert.equal(await oneAwaits(run.items, done, world), false);
    const waits = task('waits', store);
    const array = join(directory, 'array');
    mkdirSync(array);
    writeFileSync(join(array, '.command.sh'), `array=( ${done[0]} ${waits} )\n`);
    assert.equal(await oneAwaits(run.items, [...done, array], world), true);
  });

  it('of several clusters are cancelled each on its own', async () => {
    const ours = task('ours', '/runs/aaaaaaaaaaaa');
    const other = task('other', '/runs/aaaaaaaaaaab');
    answers(
      'CLUSTER: north',
      `12 PENDING ${ours}`,
      'CLUSTER: south',
      `12 PENDING ${other}`,
      `13 PENDING ${ours}`,
    );
    const jobs = await jobsInNeed(run, world);
    const expected: SlurmJob[] = [
      { id: '12', cluster: 'north' },
      { id: '13', cluster: 'south' },
    ];
    assert.deepEqual(jobs, expected);
    const ofSlurm = { target: 'local', jobs: expected };
    assert.equal(shownJobs([ofSlurm]), '12 on north, 13 on south');
    const inBatch: AwsJob = { id: 'a-b', queue: 'spot', status: 'RUNNABLE' };
    const mixed = [ofSlurm, { target: 'aws-batch', jobs: [inBatch] }];
    assert.equal(shownJobs(mixed), '12 on north, 13 on south, a-b');
    assert.equal(String(countedJobs(mixed)), '2 Slurm jobs and 1 AWS Batch job');
    program('scancel', `echo "$@ \${SLURM_CLUSTERS-}" >> ${directory}/cancelled; : > ${directory}/answer`);
    assert.deepEqual(await cancelJobs(expected, run, world), []);
    assert.equal(readFileSync(join(directory, 'cancelled'), 'utf8'), '-M north 12 \n-M south 13 \n');
  });

  it('are cancelled 500 at a time', () => {
    const jobs = Array.from({ length: 1001 }, (_, index) => ({ id: String(index), cluster: undefined }));
    const commands = scancelCommands(jobs);
    assert.deepEqual(
      commands.map(({ length }) => length),
      [501, 501, 2],
    );
    assert.deepEqual(commands[2], ['scancel', '1000']);
    assert.deepEqual(scancelCommands([]), []);
  });

  for (const [nodes, only] of [
    ['here', true],
    ['here\nhere', true],
    ['here\nthere', false],
    ['there', false],
    ['', false],
  ] as const) {
    it(`this machine is ${only ? '' : 'not '}the only node of [${nodes.replace('\n', ' ')}]`, async () => {
      program('sinfo', `printf '%s\\n' '${nodes}'`);
      assert.equal(await isOnlyNode(run, 'here.example.org', world), only);
    });
  }

  it('are none where there is no cluster', async () => {
    program('squeue', 'echo "squeue: fatal: Could not establish a configuration source" >&2; exit 1');
    assert.equal(await jobsInNeed(run, world), 'none');
    assert.equal(await jobsInNeed({ ...run, slurm: null }, world), 'none');
  });

  // Who could write a file of ours once could have named a program of theirs.
  it('are asked of the program on the PATH, never of one that a file names', async () => {
    const named = join(directory, 'theirs', 'squeue');
    mkdirSync(join(directory, 'theirs'));
    writeFileSync(named, `#!/bin/sh\ntouch ${directory}/run\n`, { mode: 0o755 });
    const slurm = { squeue: named, conf: null } as LedgerEntry['slurm'];
    answers();
    assert.deepEqual(await jobsInNeed({ ...run, slurm }, world), []);
    const without = fakeWorld({ env: { PATH: '/nowhere' } });
    assert.equal(await jobsInNeed({ ...run, slurm }, without), 'silent');
    assert.equal(String(whySilent(without)), 'Slurm’s squeue is not on the PATH here (module load slurm?)');
    assert.equal(existsSync(join(directory, 'run')), false);
  });

  it('are not known where Slurm does not answer, or its program is gone @slow', async () => {
    rmSync(join(directory, 'squeue'));
    assert.equal(await jobsInNeed(run, world), 'silent');
  });
});

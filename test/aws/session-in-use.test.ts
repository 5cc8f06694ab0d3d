import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { useAwsLab } from '../fixtures/aws-lab.ts';
import type { AwsStandIn } from '../fixtures/aws-stand-in.ts';
import type { BatchNextflow } from '../fixtures/batch-nextflow.ts';
import { CLI, finished, type Result, Sandbox } from '../fixtures/sandbox.ts';
import { leftOfRuns } from '../fixtures/stand-in.ts';
import { until } from '../fixtures/until.ts';
import { fillVault } from '../fixtures/vault-values.ts';

const SESSION = '7ff95cc5-d0a7-4c15-8b9d-09734a568df7';
const OTHER = '11111111-d0a7-4c15-8b9d-09734a568df7';
const PROCESSES = [{ name: 'MAIN:ALIGN', secrets: ['TOKEN'] }];

/** Locks a file as Java does, until it is killed. */
const LOCKER = `
import fcntl, sys, time
file = open(sys.argv[1], 'r+')
fcntl.lockf(file, fcntl.LOCK_EX)
print('locked', flush=True)
sys.stdin.read()
`;

describe('a session that is run already @aws', () => {
  let aws: AwsStandIn;
  let sandbox: Sandbox;
  let nextflow: BatchNextflow;
  const lockers: ChildProcess[] = [];
  useAwsLab(async (lab) => {
    ({ aws, sandbox, nextflow } = lab);
    nextflow.answers(PROCESSES, { session: SESSION, resumed: true });
    await fillVault('user', { TOKEN: 'fake-token-of-no-service' }, sandbox);
  });
  afterEach(() => {
    for (const locker of lockers.splice(0)) locker.kill('SIGKILL');
  });

  const launch = async (...args: string[]): Promise<Result> =>
    sandbox.nfSecrets(['launch', 'main.nf', '-resume', ...args]);

  function lockFile(directory: string, session: string): string {
    const path = join(directory, 'cache', session, 'db', 'LOCK');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
    return path;
  }
  async function hold(path: string): Promise<ChildProcess> {
    const locker = spawn('python3', ['-c', LOCKER, path], { stdio: ['pipe', 'pipe', 'inherit'] });
    lockers.push(locker);
    await once(locker.stdout, 'data');
    return locker;
  }
  function assertRefused({ exitCode, stderr }: Result, message: RegExp): void {
    assert.equal(exitCode, 69, stderr);
    assert.match(stderr, message);
    assert.deepEqual(nextflow.starts, []);
  }

  it('by a Nextflow that nobody launched here is refused before AWS is asked anything', async () => {
    const locker = await hold(lockFile(join(sandbox.workspace, '.nextflow'), SESSION));
    const message = new RegExp(`Session ${SESSION} is in use: process ${locker.pid ?? 0} runs it now`);
    for (const args of [[], [SESSION], ['last'], ['some_name']])
      assertRefused(await launch(...args), message);
    assert.deepEqual(aws.requests, []);
    assert.deepEqual(leftOfRuns(sandbox), []);
    locker.kill('SIGKILL');
    await once(locker, 'exit');
    const { exitCode, stderr } = await launch();
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(await aws.content(), []);
  });

  it('is found where NXF_CACHE_DIR has it, and there alone', async () => {
    const elsewhere = join(sandbox.root, 'cache of runs');
    await hold(lockFile(elsewhere, SESSION));
    await hold(lockFile(join(sandbox.workspace, '.nextflow'), OTHER));
    const { exitCode, stderr } = await launch();
    assert.equal(exitCode, 0, stderr);
    sandbox.env['NXF_CACHE_DIR'] = elsewhere;
    const refused = await launch();
    assert.equal(refused.exitCode, 69, refused.stderr);
    assert.equal(nextflow.starts.length, 1);
  });

  it('on another machine, which only Nextflow can tell, is refused', async () => {
    nextflow.answers(PROCESSES, { session: SESSION, resumed: true, locked: true });
    assertRefused(await launch(), /is in use: a Nextflow on another machine runs it now/);
    assert.deepEqual(aws.requests, []);
  });

  it('by a launch that has no lock yet is refused, and what that one has in AWS stays as it is', async () => {
    nextflow.hold();
    const first = finished(sandbox.spawn(process.execPath, [CLI, 'launch', 'main.nf', '-resume']));
    await nextflow.untilStarted();
    const run = nextflow.starts[0]?.env.get('NF_SECRETS_RUN') ?? '';
    const before = await aws.content();
    aws.requests = [];
    const { exitCode, stderr } = await launch();
    assert.equal(exitCode, 69, stderr);
    assert.match(stderr, new RegExp(`is in use: run ${run} runs it now.*nf-secrets stop ${run}`, 's'));
    assert.deepEqual(aws.requests, []);
    assert.deepEqual(await aws.content(), before);
    assert.equal(nextflow.starts.length, 1);
    nextflow.letGo();
    assert.equal((await first).exitCode, 0);
    assert.equal((await launch()).exitCode, 0);
    assert.deepEqual(await aws.content(), []);
  });

  it('is run by one of two that are launched at once, at most', async () => {
    nextflow.hold();
    const ends: (number | null)[] = [];
    const launches = [1, 2, 3].map(async () => ends.push((await launch()).exitCode));
    // One that comes late must find the first still running, as a second launch of the same moment does.
    await until('one runs', () => ends.length + nextflow.starts.length >= launches.length);
    nextflow.letGo();
    await Promise.all(launches);
    assert.match(ends.sort().join(), /^(0|69),69,69$/);
    assert.ok(nextflow.starts.length <= 1);
    assert.deepEqual(await aws.content(), []);
  });

  it('is not what jobs of an earlier run wait for: their definitions stay as they are', async () => {
    await aws.addQueue('queue');
    nextflow.hold();
    const first = launch();
    await nextflow.untilStarted();
    const [, definition = ''] = /job-definition:\/\/([\w-]+)/.exec(nextflow.starts[0]?.config ?? '') ?? [];
    await aws.submitJob('queue', definition);
    nextflow.letGo(1);
    assert.equal((await first).exitCode, 1);
    nextflow.letGo();
    const { exitCode, stderr } = await launch();
    assert.equal(exitCode, 0, stderr);
    assert.ok((await aws.content()).includes(`${definition}:1`), 'the waiting job’s own revision');
    await sandbox.ok(['sweep', '--cancel-jobs']);
    assert.deepEqual(await aws.content(), []);
  });
});

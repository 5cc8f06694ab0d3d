import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { seesAllLocks } from '../../src/core/nextflow/resumed-session.ts';
import { useAwsLab } from '../fixtures/aws-lab.ts';
import type { AwsStandIn } from '../fixtures/aws-stand-in.ts';
import type { AnsweredProcess, BatchNextflow } from '../fixtures/batch-nextflow.ts';
import { leftOfRuns } from '../fixtures/stand-in.ts';
import type { Sandbox } from '../fixtures/sandbox.ts';
import { fillVault } from '../fixtures/vault-values.ts';
import { fakeWorld } from '../fixtures/world.ts';

const PROCESSES: readonly AnsweredProcess[] = [{ name: 'ALIGN', secrets: ['TOKEN'] }];
const USED = /Nextflow's answer of 20\S+Z is used/;
/** Locks a file as Java does, until it is killed. */
const LOCKER = `
import fcntl, sys
file = open(sys.argv[1], 'r+')
fcntl.lockf(file, fcntl.LOCK_EX)
print('locked', flush=True)
sys.stdin.read()
`;
const VALUES = { TOKEN: 'fake-token-of-no-service', KEY: 'fake-key-of-no-service' };

describe("Nextflow's answer to an earlier launch in AWS Batch @aws", () => {
  let aws: AwsStandIn;
  let sandbox: Sandbox;
  let nextflow: BatchNextflow;
  useAwsLab(async (lab) => {
    ({ aws, sandbox, nextflow } = lab);
    nextflow.beOfficial();
    nextflow.answers(PROCESSES);
    await fillVault('user', VALUES, sandbox);
  });

  const answers = (): string => join(sandbox.toolHome, 'answers.json');

  /** @returns how often Nextflow was asked. */
  async function launch(
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<number> {
    const before = nextflow.previews;
    const { exitCode, stderr } = await sandbox.nfSecrets(['launch', ...args], { env });
    assert.equal(exitCode, 0, stderr);
    const asked = nextflow.previews - before;
    assert.equal(USED.test(stderr), asked === 0, stderr);
    assert.equal(stderr.includes('Asking Nextflow'), asked === 1, stderr);
    assert.deepEqual(await aws.content(), []);
    assert.deepEqual(leftOfRuns(sandbox), []);
    return asked;
  }

  it('is used as long as nothing changes, and each run has a session of its own', async () => {
    assert.equal(await launch(['main.nf']), 1);
    assert.equal(await launch(['main.nf']), 0);
    assert.equal(await launch(['main.nf']), 0);
    const sessions = nextflow.starts.map(({ env }) => env.get('NXF_UUID'));
    assert.equal(new Set(sessions).size, 3);
    for (const { config } of nextflow.starts)
      assert.match(config, /withName: '\(\?:ALIGN\)' \{ container = 'job-def/);
  });

  it('is not used after a change', async () => {
    const script = join(sandbox.workspace, 'main.nf');
    assert.equal(await launch(['main.nf']), 1);
    writeFileSync(script, `${readFileSync(script, 'utf8')}// more\n`);
    assert.equal(await launch(['main.nf']), 1, 'the script');
    assert.equal(await launch(['main.nf', '--x', '1']), 1, 'a parameter');
    assert.equal(await launch(['main.nf'], { REGISTRY: 'quay.io' }), 1, 'a variable');
    await fillVault('user', { ...VALUES, TOKEN: 'fake-other-token' }, sandbox);
    assert.equal(await launch(['main.nf']), 1, 'a value');
    assert.equal(await launch(['--secret', 'KEY', 'main.nf']), 1, 'another secret that the code can read');
    writeFileSync(join(sandbox.root, 'batch-nextflow', 'jars', 'plugin.jar'), '');
    assert.equal(await launch(['main.nf']), 1, 'the files of Nextflow');
    assert.equal(await launch(['main.nf']), 0);
  });

  /** Writes the history of Nextflow. @returns the file that a run of the last session locks. */
  function ran(...sessions: string[]): string {
    const directory = join(sandbox.workspace, '.nextflow');
    const lines = sessions.map(
      (id) => `2026-01-02 03:04:05\t1s\tname\tOK\tabc\t${id}\tnextflow run main.nf\n`,
    );
    const locks = sessions.map((id) => join(directory, 'cache', id, 'db', 'LOCK'));
    for (const lock of locks) {
      mkdirSync(dirname(lock), { recursive: true });
      writeFileSync(lock, '');
    }
    writeFileSync(join(directory, 'history'), lines.join(''));
    return locks.at(-1) ?? '';
  }
  /** How often Nextflow is asked for a session: in a container, other containers may have locks that nobody sees here. */
  const asked = (): number =>
    seesAllLocks(sandbox.workspace, fakeWorld({ platform: process.platform })) ? 0 : 1;
  const FIRST = '7ff95cc5-d0a7-4c15-8b9d-09734a568df7';
  const LAST = '11111111-d0a7-4c15-8b9d-09734a568df7';

  it('is used for a session that is resumed, which the history names', async () => {
    assert.equal(await launch(['main.nf']), 1);
    assert.equal(await launch(['main.nf', '-resume']), 1, 'there is no history');
    ran(FIRST, LAST);
    assert.equal(await launch(['main.nf', '-resume']), asked());
    assert.equal(await launch(['main.nf', '-resume', FIRST]), asked());
    assert.equal(
      await launch(['main.nf', '-resume', '22222222-d0a7-4c15-8b9d-09734a568df7']),
      1,
      'an unknown one',
    );
    assert.equal(await launch(['main.nf', '-resume', 'name']), 1, 'a name');
    if (asked() === 1) return;
    const [, , byHistory, byId] = nextflow.starts;
    assert.ok(byHistory?.config.includes(`job-definition://tower-nfs-${LAST}-`));
    assert.ok(byId?.config.includes(`job-definition://tower-nfs-${FIRST}-`));
    for (const start of [byHistory, byId]) assert.equal(start?.env.has('NXF_UUID'), false);
  });

  it('lets no session be resumed that a Nextflow runs', async () => {
    assert.equal(await launch(['main.nf']), 1);
    const lock = ran(LAST);
    const before = await aws.content();
    const locker = spawn('python3', ['-c', LOCKER, lock], { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      await once(locker.stdout, 'data');
      const { exitCode, stderr } = await sandbox.nfSecrets(['launch', 'main.nf', '-resume']);
      assert.equal(exitCode, 69, stderr);
      assert.equal(USED.test(stderr), asked() === 0);
      assert.match(stderr, new RegExp(`Session ${LAST} is in use: process ${locker.pid ?? 0} runs it now`));
    } finally {
      locker.kill('SIGKILL');
      await once(locker, 'exit');
    }
    assert.deepEqual(await aws.content(), before);
    assert.equal(await launch(['main.nf', '-resume']), asked());
  });

  it('is not used if a person says so, and is kept anew', async () => {
    assert.equal(await launch(['main.nf'], { NF_SECRETS_ASK_AGAIN: 'true' }), 1);
    assert.ok(!existsSync(answers()));
    assert.equal(await launch(['main.nf']), 1);
    assert.equal(await launch(['--ask-again', 'main.nf']), 1);
    assert.equal(await launch(['main.nf']), 0);
  });

  it('is in a file of the person alone, without a value; a damaged one is made anew', async () => {
    await launch(['main.nf']);
    assert.equal(statSync(answers()).mode & 0o777, 0o600);
    const text = readFileSync(answers(), 'utf8');
    for (const value of Object.values(VALUES)) assert.ok(!text.includes(value));
    assert.ok(text.includes('ALIGN'));
    for (const damaged of ['', '{', '[]', '{"x":{}}', text.slice(0, -20)]) {
      writeFileSync(answers(), damaged);
      assert.equal(await launch(['main.nf']), 1, damaged);
      assert.equal(await launch(['main.nf']), 0, damaged);
    }
  });

  it('is not kept if it has a value, of a secret or of a variable', async () => {
    const refused = { name: 'OTHER', secrets: [], options: { e: [`A=${VALUES.TOKEN}`] } };
    nextflow.answers([...PROCESSES, refused]);
    assert.equal(await launch(['main.nf']), 1);
    nextflow.answers([...PROCESSES, { name: 'OTHER', secrets: [], options: { e: ['A=fake-password'] } }]);
    assert.equal(await launch(['main.nf'], { PGPASSWORD: 'fake-password' }), 1);
    nextflow.answers([...PROCESSES, { name: 'OTHER', secrets: [], options: { e: ['A=fake"pass\\word'] } }]);
    assert.equal(await launch(['main.nf'], { PGPASSWORD: 'fake"pass\\word' }), 1);
    assert.ok(!existsSync(answers()));
  });

  it('is not kept if Nextflow does not tell what it read, or read other code', async () => {
    const jar = join(sandbox.root, 'batch-nextflow', 'jars', 'nextflow.jar');
    const other = join(sandbox.workspace, 'other.nf');
    writeFileSync(other, '');
    const main = join(sandbox.workspace, 'main.nf');
    for (const origin of [
      null,
      { parts: [jar] },
      { parts: [], sources: [main] },
      { parts: [jar, '/nowhere.jar'], sources: [main] },
      { parts: [jar], sources: [main, other] },
      { parts: [jar], sources: ['/nowhere.nf'] },
    ]) {
      nextflow.answers(PROCESSES, { origin });
      assert.equal(await launch(['main.nf']), 1);
      assert.ok(!existsSync(answers()), JSON.stringify(origin));
    }
  });
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeExecutable } from '../../scripts/executable.mjs';
import { ensureDebian } from '../../scripts/tools.mjs';
import { AwsStandIn } from '../fixtures/aws-stand-in.ts';
import { BatchNextflow } from '../fixtures/batch-nextflow.ts';
import { type Result, Sandbox } from '../fixtures/sandbox.ts';
import { guardianOf, leftOfRuns, onlyRun, StandIn } from '../fixtures/stand-in.ts';
import { until } from '../fixtures/until.ts';
import { fillVault } from '../fixtures/vault-values.ts';

/** What the executable may have beside Node.js, and what a copy of it may have in all. In bytes. */
const OWN_LIMIT = 14e6;
const WHOLE_LIMIT = 135e6;

// The single file that `npm run executable` makes: what starts processes or loads code has to work from it.
describe('the executable', () => {
  let directory: string;
  let made: Awaited<ReturnType<typeof makeExecutable>>;
  let sandbox: Sandbox;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'nf-secrets-executable-test-'));
    made = await makeExecutable(directory);
  });
  after(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => {
    sandbox.remove();
  });

  async function ok(args: readonly string[], input = ''): Promise<string> {
    const { exitCode, stdout, stderr } = await sandbox.run(made.executable, args, { input });
    assert.equal(exitCode, 0, stderr);
    return stdout.toString();
  }

  it('has its checksum and the notices of all that is in it beside it', async () => {
    execFileSync('sha256sum', ['--check', '--status', made.checksum], { cwd: directory });
    const notices = readFileSync(made.notices, 'utf8');
    for (const name of ['Node.js ', 'commander ', '@aws-sdk/client-batch ', 'OpenSSL', 'V8'])
      assert.ok(notices.includes(name), name);
    assert.equal(await ok(['licenses']), notices);
  });

  it('is not much larger than Node.js', () => {
    const { size } = statSync(made.executable);
    assert.ok(size < WHOLE_LIMIT, `${size} bytes`);
    assert.ok(size - statSync(process.execPath).size < OWN_LIMIT, `${size} bytes`);
  });

  it('has no word of the machine that it was made on', () => {
    const bytes = readFileSync(made.executable);
    assert.ok(!bytes.includes(dirname(dirname(import.meta.dirname))));
  });

  it('keeps and gives secrets, scans, and completes', async () => {
    await ok(['set', 'FAKE_TOKEN'], 'fake-value');
    assert.equal(await ok(['get', 'FAKE_TOKEN']), 'fake-value');
    assert.match(await ok(['list']), /FAKE_TOKEN/);
    assert.equal(
      await ok(['exec', '--', 'sh', '-c', 'test -s "$NXF_SECRETS_FILE" && echo there']),
      'there\n',
    );
    assert.deepEqual(leftOfRuns(sandbox), []);
    writeFileSync(
      join(sandbox.workspace, 'main.nf'),
      "process P {\n  secret 'FAKE_TOKEN'\n  script:\n  'true'\n}\n",
    );
    assert.match(await ok(['scan']), /FAKE_TOKEN/);
    assert.match(await ok(['complete', '--', 'get', 'F']), /FAKE_TOKEN/);
    assert.match(await ok(['set', '--help']), /Usage: nf-secrets set/);
    await ok(['import', '--scope', 'workspace', envFile()]);
  });

  /** A file whose values are looked at by the library that knows keys. */
  function envFile(): string {
    const path = join(sandbox.root, '.env');
    writeFileSync(path, 'FAKE_OTHER=fake-other\n');
    return path;
  }

  it('writes nothing beside itself, and runs where it may not', async () => {
    const own = join(sandbox.root, 'own');
    mkdirSync(own);
    copyFileSync(made.executable, join(own, 'nf-secrets'));
    const { exitCode } = await sandbox.run(join(own, 'nf-secrets'), ['list']);
    assert.equal(exitCode, 0);
    assert.equal(execFileSync('ls', ['-A', own], { encoding: 'utf8' }), 'nf-secrets\n');
  });

  it('has a guardian that removes all after kill -9, though the executable was replaced', async () => {
    const own = join(sandbox.root, 'nf-secrets');
    copyFileSync(made.executable, own);
    const nextflow = new StandIn(sandbox);
    await fillVault('user', { TOKEN: 'fake-token-of-no-service' }, sandbox);
    const launcher = sandbox.spawn(own, ['launch', 'main.nf'], { stdio: 'ignore' });
    await nextflow.untilStarted();
    assert.match(readFileSync(`/proc/${guardianOf(onlyRun(sandbox))}/cmdline`, 'utf8'), /^\/bin\/sh/);
    rmSync(own);
    writeFileSync(own, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    launcher.kill('SIGKILL');
    nextflow.letGo();
    await until('nothing is left', () => leftOfRuns(sandbox).length === 0);
    assert.equal(nextflow.wasRobbed, false);
    assert.ok(!existsSync(join(sandbox.toolHome, 'logs', 'problems.log')));
  });

  it('goes on in the background', async () => {
    const nextflow = new StandIn(sandbox);
    await fillVault('user', { TOKEN: 'fake-token-of-no-service' }, sandbox);
    const run = (await ok(['launch', '--background', 'main.nf'])).trim();
    await nextflow.untilStarted();
    nextflow.letGo(3);
    const waited: Result = await sandbox.run(made.executable, ['wait', run]);
    assert.equal(waited.exitCode, 3, waited.stderr);
    assert.match(await ok(['logs', run]), /it runs\n[^]*it ends/);
    await until('nothing is left', () => leftOfRuns(sandbox).length === 0);
  });

  it('is what git calls to merge and to show a vault', async () => {
    const git = async (...args: string[]): Promise<string> => {
      const { exitCode, stdout, stderr } = await sandbox.run('git', [
        ...['-c', 'user.name=t', '-c', 'user.email=t@example.org'],
        ...args,
      ]);
      assert.equal(exitCode, 0, stderr);
      return stdout.toString();
    };
    await git('init', '-q', '-b', 'main');
    await ok(['set', 'FAKE_FIRST', '--scope', 'workspace'], 'fake-1');
    await ok(['merge', 'install', '--yes']);
    await git('add', '.');
    await git('commit', '-q', '-m', 'first');
    await git('checkout', '-q', '-b', 'other');
    await ok(['set', 'FAKE_SECOND', '--scope', 'workspace'], 'fake-2');
    await git('commit', '-q', '-am', 'second');
    await git('checkout', '-q', 'main');
    await ok(['set', 'FAKE_THIRD', '--scope', 'workspace'], 'fake-3');
    assert.match(await git('diff'), /^\+.*FAKE_THIRD/m);
    await git('commit', '-q', '-am', 'third');
    await git('merge', '-q', '--no-edit', 'other');
    assert.deepEqual(
      (JSON.parse(await ok(['list', '--json'])) as { name: string }[]).map(({ name }) => name),
      ['FAKE_FIRST', 'FAKE_SECOND', 'FAKE_THIRD'],
    );
  });

  it('has a guardian for AWS Batch that removes all after kill -9 @aws', async () => {
    const aws = await AwsStandIn.start();
    try {
      await aws.reset();
      Object.assign(sandbox.env, aws.env);
      const nextflow = new BatchNextflow(sandbox);
      nextflow.answers([{ name: 'ALIGN', secrets: ['TOKEN'] }]);
      await fillVault('user', { TOKEN: 'fake-token-of-no-service' }, sandbox);
      nextflow.hold();
      const launcher = sandbox.spawn(made.executable, ['launch', 'main.nf'], { stdio: 'ignore' });
      await nextflow.untilStarted();
      assert.equal((await aws.content()).length, 2);
      launcher.kill('SIGKILL');
      nextflow.letGo();
      await nextflow.untilEnded();
      await until('nothing is left', () => leftOfRuns(sandbox).length === 0);
      assert.deepEqual(await aws.content(), []);
    } finally {
      aws.stop();
    }
  });

  it('runs in a Debian without Node.js @root @debian', async () => {
    const debian = await ensureDebian();
    // All that the test does there is in a namespace of its own: the Debian stays as it was made.
    const script = `set -eu
      mount -t tmpfs none '${debian}/mnt' && cp '${made.executable}' '${debian}/mnt/nf-secrets'
      mount -t proc none '${debian}/proc'
      exec chroot '${debian}' /usr/bin/env -i PATH=/mnt:/usr/bin:/bin HOME=/mnt/home /bin/sh -euc '
        ! command -v node
        mkdir -m 700 /mnt/home && cd /mnt/home
        printf fake-value | nf-secrets set FAKE_TOKEN
        nf-secrets list
        nf-secrets get FAKE_TOKEN
        nf-secrets exec -- sh -c "grep -c FAKE_TOKEN \\"\\$NXF_SECRETS_FILE\\""
        nf-secrets runs --json
      '`;
    const { exitCode, stdout, stderr } = await sandbox.run('unshare', ['--mount', 'sh', '-c', script]);
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout.toString(), /FAKE_TOKEN +user[^]*fake-value1\n\[\]\n$/);
  });

  it('takes its first word for a command, and no option of Node.js', async () => {
    for (const words of [['-e', 'process.exit(0)'], ['--inspect', 'list'], ['main.js']])
      assert.equal((await sandbox.run(made.executable, words)).exitCode, 64, words.join(' '));
  });
});

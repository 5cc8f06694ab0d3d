import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ledgerDirectory, runRoot } from '../fixtures/places.ts';
import { CLI, finished, Sandbox } from '../fixtures/sandbox.ts';
import { until, untilFile } from '../fixtures/until.ts';

/** A mount namespace in which /proc is empty. */
const HIDDEN = ['-m', 'sh', '-c', 'mount -t tmpfs none /proc && exec "$@"', 'sh', process.execPath, CLI];

describe('where /proc tells nothing @linux', () => {
  let sandbox: Sandbox;

  beforeEach(async () => {
    sandbox = new Sandbox();
    await sandbox.ok(['set', 'FAKE_A'], { input: 'fake-value' });
  });
  afterEach(() => {
    sandbox.remove();
  });

  const count = (directory: string): number => (existsSync(directory) ? readdirSync(directory).length : 0);

  it('a run that goes on is not over: sweep and the next launch leave it alone', async () => {
    const script =
      'touch started; while [ ! -e gate ]; do sleep 0.1; done; grep -c fake-value "$NXF_SECRETS_FILE"';
    const live = finished(sandbox.spawn(process.execPath, [CLI, 'exec', '--', 'sh', '-c', script]));
    await untilFile(join(sandbox.workspace, 'started'));
    for (const words of [['sweep'], ['exec', '--', 'true']]) {
      const looked = await sandbox.run('unshare', [...HIDDEN, ...words]);
      assert.equal(looked.exitCode, 0, looked.stderr);
      assert.doesNotMatch(looked.stderr, /is over/);
    }
    const runs = await sandbox.run('unshare', [...HIDDEN, 'runs', '--json']);
    const states = (JSON.parse(String(runs.stdout)) as { state: string }[]).map(({ state }) => state);
    assert.ok(!states.includes('over'), String(runs.stdout));
    writeFileSync(join(sandbox.workspace, 'gate'), '');
    const { stdout, exitCode, stderr } = await live;
    assert.equal(exitCode, 0, stderr);
    assert.equal(String(stdout).trim(), '1');
  });

  it('a run that ends there keeps its secrets for a person, because it cannot be seen what is left of it', async () => {
    const { exitCode, stderr } = await sandbox.run('unshare', [...HIDDEN, 'exec', '--', 'true']);
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /\/proc does not show the processes .*Its secrets stay/);
    const runId = /Run ([a-z0-9]{12})/.exec(stderr)?.[1] ?? '';
    await sandbox.ok(['sweep', '--run', runId]);
    assert.equal(count(runRoot(sandbox)) + count(ledgerDirectory(sandbox)), 0);
  });

  it('a lock whose owner lives is not taken over', async () => {
    const command = sandbox.spawn(process.execPath, [CLI, 'set', 'FAKE_B']);
    // It has the lock only while it writes; a lock of our own process stands for that.
    command.stdin?.end('fake-b');
    assert.equal((await finished(command)).exitCode, 0);
    const { ownProcess } = await import('../../src/core/system/process-identity.ts');
    const lock = join(sandbox.toolHome, 'user.sops.json.lock');
    writeFileSync(lock, JSON.stringify({ ...ownProcess('linux'), token: 'fake' }));
    const waiting = sandbox.spawn('unshare', [...HIDDEN, 'set', 'FAKE_C']);
    const ended = finished(waiting, 'fake-c');
    let text = '';
    waiting.stderr?.on('data', (chunk: Buffer) => (text += String(chunk)));
    await until('it waits', () => text.includes('Waiting for the lock'));
    assert.doesNotMatch(text, /Took over/);
    const { unlinkSync } = await import('node:fs');
    unlinkSync(lock);
    assert.equal((await ended).exitCode, 0);
  });
});

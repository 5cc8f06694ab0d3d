import assert from 'node:assert/strict';
import { existsSync, mkdirSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownProcess } from '../../src/core/system/process-identity.ts';
import { userVaultFile } from '../fixtures/places.ts';
import { assertRefused } from '../fixtures/refusal.ts';
import { CLI, finished, Sandbox } from '../fixtures/sandbox.ts';
import { until } from '../fixtures/until.ts';
import { leftoversBeside } from '../fixtures/vault-file.ts';
import { valuesOf } from '../fixtures/vault-values.ts';

describe('a lock that is there already', () => {
  let sandbox: Sandbox;
  let lock: string;

  beforeEach(async () => {
    sandbox = new Sandbox();
    lock = `${userVaultFile(sandbox)}.lock`;
    await sandbox.ok(['set', 'FAKE_A'], { input: 'fake-a' });
  });
  afterEach(() => {
    sandbox.remove();
  });

  const here = ownProcess(process.platform);
  const written = (owner: object): string => JSON.stringify({ ...here, token: 'fake', ...owner });
  /** Says when the file server wrote the lock. */
  const age = (seconds: number): void => {
    const then = Date.now() / 1000 - seconds;
    utimesSync(lock, then, then);
  };
  const assertSetWorks = async (says: RegExp): Promise<void> => {
    const result = await sandbox.nfSecrets(['set', 'FAKE_B'], { input: 'fake-b' });
    assert.equal(result.exitCode, 0, result.stderr);
    assert.match(result.stderr, says);
    assert.equal((await valuesOf('user', sandbox)).size, 2);
    assert.deepEqual(leftoversBeside(userVaultFile(sandbox)), []);
  };

  // What nobody holds any more is taken over, and said.
  const DEAD: readonly [title: string, text: string, seconds: number, says: RegExp][] = [
    [
      'of a process of this machine that is gone',
      // Linux gives no process a number as large as that.
      written({ pid: 2 ** 30 }),
      0,
      /Took over .*process 1073741824 on .* is gone/,
    ],
    [
      'of a process of this machine whose number another one has by now',
      written({ startTime: '1' }),
      0,
      new RegExp(`Took over .*process ${here.pid} on .* is gone`),
    ],
    [
      'of another machine, a minute old',
      written({ host: 'fake-node-7', boot: 'fake' }),
      61,
      /Took over .*on fake-node-7 has not touched it for 60 s/,
    ],
    [
      'of this machine before it was started again, a minute old',
      written({ boot: 'fake' }),
      61,
      /Took over .*has not touched it for 60 s/,
    ],
    ['empty', '', 61, /Took over .*unknown program/],
    ['half written', written({}).slice(0, 20), 61, /Took over .*unknown program/],
    ['empty, and just made', '', 0, /Took over .*unknown program/],
    ['of another program', '4242\n', 61, /Took over .*unknown program/],
    ['larger than any of ours', `${written({})}${' '.repeat(5000)}`, 61, /Took over .*unknown program/],
    ['with control characters', written({ host: '\x1b[31mfake', boot: 'fake' }), 61, /on \[31mfake has/],
  ];
  for (const [title, text, seconds, says] of DEAD) {
    it(`${title}: is taken over`, async () => {
      writeFileSync(lock, text);
      age(seconds);
      await assertSetWorks(says);
    });
  }

  // What somebody may hold is waited for.
  const ALIVE: readonly [title: string, text: string, says: RegExp][] = [
    [
      'of another machine, fresh',
      written({ host: 'fake-node-7', boot: 'fake', pid: 4242 }),
      /Waiting for the lock .*, held by process 4242 on fake-node-7/,
    ],
    [
      'of a process of this machine that runs',
      written({}),
      new RegExp(`Waiting for the lock .*, held by process ${here.pid} on `),
    ],
  ];
  for (const [title, text, says] of ALIVE) {
    it(`${title}: is waited for, and who holds it is said`, async () => {
      writeFileSync(lock, text);
      const child = sandbox.spawn(process.execPath, [CLI, 'set', 'FAKE_B']);
      let stderr = '';
      child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      const ended = finished(child, 'fake-b');
      await until('it says that it waits', () => says.test(stderr));
      assert.equal((await valuesOf('user', sandbox)).size, 1, 'nothing is written meanwhile');
      assert.ok(existsSync(lock));
      unlinkSync(lock);
      assert.equal((await ended).exitCode, 0, stderr);
      assert.equal((await valuesOf('user', sandbox)).size, 2);
      assert.deepEqual(leftoversBeside(userVaultFile(sandbox)), []);
    });
  }

  it('and no lock for readers: they need none', async () => {
    writeFileSync(lock, written({}));
    assert.equal(String(await sandbox.ok(['get', 'FAKE_A'])), 'fake-a');
    await sandbox.ok(['list']);
    await sandbox.ok(['exec', '--', 'true']);
    assert.ok(existsSync(lock));
  });

  it('as a directory: says so', async () => {
    mkdirSync(lock);
    const result = await sandbox.nfSecrets(['set', 'FAKE_B'], { input: 'fake-b' });
    assertRefused(result, 73, lock);
  });

  it('as a link to nowhere, which a workspace from somewhere may have: does not hang', async () => {
    symlinkSync(join(sandbox.root, 'nowhere'), lock);
    const child = sandbox.spawn(process.execPath, [CLI, 'set', 'FAKE_B']);
    const ended = finished(child, 'fake-b');
    // Much longer than it takes to give up on, or take over, what is no lock.
    const limit = setTimeout(() => child.kill('SIGKILL'), 10_000);
    const { signal, exitCode } = await ended;
    clearTimeout(limit);
    assert.equal(signal, null, 'it went on trying');
    assert.ok(exitCode === 0 || exitCode === 74, String(exitCode));
    assert.ok(!existsSync(join(sandbox.root, 'nowhere')), 'nothing is written through the link');
  });
});

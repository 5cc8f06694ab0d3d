import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resumedSession, seesAllLocks, takeResume } from '../../src/core/nextflow/resumed-session.ts';
import { fakeWorld } from '../fixtures/world.ts';

const FIRST = '7ff95cc5-d0a7-4c15-8b9d-09734a568df7';
const LAST = '11111111-d0a7-4c15-8b9d-09734a568df7';
const line = (session: string): string =>
  `2026-01-02 03:04:05\t1s\tname\tOK\tabc\t${session}\tnextflow run x\n`;

describe('the session that -resume means', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(realpathSync(tmpdir()), 'nf-secrets-history-'));
    mkdirSync(join(root, '.nextflow'));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  async function found(
    wish: string,
    history: string,
    env: Record<string, string> = {},
    sees: typeof seesAllLocks = () => true,
  ): Promise<string | undefined> {
    writeFileSync(join(root, '.nextflow', 'history'), history);
    const session = await resumedSession(wish, env, fakeWorld({ cwd: root }), sees);
    assert.ok(session === undefined || (session.resumed && !session.locked));
    return session?.id;
  }
  const HISTORY = line(FIRST) + line(LAST);

  it('is the last one of the history, or one of it', async () => {
    assert.equal(await found('last', HISTORY), LAST);
    assert.equal(await found(FIRST, HISTORY), FIRST);
  });

  it('is left to Nextflow where anything is unusual', async () => {
    assert.equal(await found('last', ''), undefined);
    assert.equal(await found('last', line(FIRST) + line(LAST).trimEnd()), undefined);
    assert.equal(await found('last', `${line(FIRST)}\n`), undefined);
    assert.equal(await found('last', line('not a session')), undefined);
    assert.equal(await found(LAST, line(FIRST)), undefined);
    assert.equal(await found('name', HISTORY), undefined);
    assert.equal(await found('last', HISTORY, { NXF_IGNORE_RESUME_HISTORY: 'true' }), undefined);
    assert.equal(await found('last', HISTORY, { NXF_CLOUDCACHE_PATH: 's3://x' }), undefined);
    assert.equal(await found('last', HISTORY, { NXF_CACHE_DIR: '/nowhere' }), undefined);
    assert.equal(await found('last', HISTORY, {}, () => false), undefined);
    const lock = join(root, '.nextflow', 'cache', LAST, 'db', 'LOCK');
    assert.equal(
      await found('last', HISTORY, {}, (path) => path === lock),
      LAST,
      'the lock itself is looked at',
    );
  });

  it('is left to Nextflow where a lock may be of another machine, or of a process that is not seen', () => {
    assert.equal(seesAllLocks('/proc', fakeWorld({ platform: 'linux' })), false);
    assert.equal(seesAllLocks('/nowhere', fakeWorld({ platform: 'linux' })), false);
    assert.equal(seesAllLocks(root, fakeWorld({ platform: 'darwin' })), false);
  });

  it('is taken out of the arguments', () => {
    const without = ['run', 'x.nf', '--a', '1'];
    for (const [args, wish] of [
      [['run', '-resume', 'x.nf', '--a', '1'], 'last'],
      [['run', 'x.nf', '-resume', '--a', '1'], 'last'],
      [['run', 'x.nf', '--a', '1', '-resume'], 'last'],
      [['run', 'x.nf', '-resume', FIRST, '--a', '1'], FIRST],
      [without, undefined],
    ] as const)
      assert.deepEqual(takeResume(args, 'x.nf'), { rest: without, wish });
    const after = ['run', 'x.nf', '--', '-resume'];
    assert.deepEqual(takeResume(after, 'x.nf'), { rest: after, wish: undefined });
  });
});

import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { noteProblem, notedProblems, problemLogPath } from '../../src/core/system/problem-log.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { fakeWorld } from '../fixtures/world.ts';

describe('what goes wrong where nobody reads it', () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => {
    sandbox.remove();
  });
  const world = () => fakeWorld({ env: sandbox.env, homeDir: sandbox.home, cwd: sandbox.workspace });

  it('a bug is noted in a home that was empty, with where it happened and without what its message quotes', async () => {
    const broken = join(sandbox.root, 'broken.mjs');
    writeFileSync(
      broken,
      `process.stdout.write = function brokenWrite() { throw new TypeError('cannot write "fake-value" there'); };\n`,
    );
    const env = { NODE_OPTIONS: `--import=${pathToFileURL(broken).href}` };
    const { exitCode, stderr } = await sandbox.nfSecrets(['list', '--json'], { env });
    assert.equal(exitCode, 70, stderr);
    assert.ok(stderr.includes(problemLogPath(world())), stderr);
    assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
    const noted = readFileSync(problemLogPath(world()), 'utf8');
    assert.match(noted, /bug in list .*\n {2}TypeError: cannot write "…" there\n {2}at .*brokenWrite/);
    for (const text of [noted, stderr]) assert.ok(!text.includes('fake-value'), text);
    assert.equal(statSync(problemLogPath(world())).mode & 0o777, 0o600);
  });

  it('is kept as far as it is new, however much it is', async () => {
    const lines = Array.from({ length: 60 }, () => 'x'.repeat(1_900));
    for (let count = 0; count < 4; count++) assert.ok(await noteProblem(`problem ${count}`, lines, world()));
    const noted = await notedProblems(world());
    assert.ok(Buffer.byteLength(noted) <= 128 << 10);
    assert.match(noted, /problem 3/);
    assert.doesNotMatch(noted, /problem 0/);
  });

  it('is no error itself where nothing can be noted', async () => {
    writeFileSync(join(sandbox.root, 'file'), '');
    const nowhere = fakeWorld({ env: { NF_SECRETS_HOME: join(sandbox.root, 'file') } });
    assert.equal(await noteProblem('a problem', [], nowhere), false);
    assert.equal(await notedProblems(nowhere), '');
  });
});

import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Sandbox } from '../fixtures/sandbox.ts';
import { processesOf, spellingsOf, tracesIn, tracesInFiles } from '../fixtures/traces.ts';
import { until } from '../fixtures/until.ts';

// The other hygiene tests expect to find nothing. Here is what shows that they could find something.
describe('the scanner for values', () => {
  const VALUES = { FAKE_PLAIN: 'fakePlainQ9zX2vTb4n', FAKE_LINES: 'fakeFirst"Kd8`\nfakeSecond$Lm3\\é\n' };
  let sandbox: Sandbox;

  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => {
    sandbox.remove();
  });

  it('finds nothing where nothing is', () => {
    assert.deepEqual(tracesIn('fake Plain Q9zX2vTb4 fakeFirs', VALUES, 'x'), []);
    assert.deepEqual(tracesInFiles(sandbox.root, VALUES), []);
  });

  for (const [name, value] of Object.entries(VALUES)) {
    it(`finds ${name} in a file, however it is spelled`, () => {
      for (const [spelling, text] of spellingsOf(value)) {
        const path = join(sandbox.home, 'deep', spelling.replaceAll(' ', '-'));
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, Buffer.concat([Buffer.from('before\0'), text, Buffer.from('after')]));
        const traces = tracesInFiles(sandbox.root, VALUES);
        const found = traces.some(
          (trace) => trace.name === name && trace.spelling === spelling && trace.where === path,
        );
        assert.ok(found, spelling);
      }
    });
  }

  // By programs that nobody here wrote.
  for (const [tool, command] of [
    ['base64', 'base64 -w 0'],
    ['base64, behind something', '{ printf x; cat; printf yy; } | base64 -w 0'],
    ['base64, behind more', '{ printf xx; cat; printf yyy; } | base64 -w 0'],
    ['hexadecimal', "od -An -v -tx1 | tr -d ' \\n'"],
    ['octal', "od -An -v -to1 | tr ' ' '\\\\' | tr -d '\\n'"],
  ] as const) {
    it(`finds what a shell wrote in ${tool}`, async () => {
      const { stdout, exitCode } = await sandbox.run('sh', ['-c', command], { input: VALUES.FAKE_PLAIN });
      assert.equal(exitCode, 0);
      assert.equal(tracesIn(stdout, VALUES, 'stdout')[0]?.name, 'FAKE_PLAIN', String(stdout));
    });
  }

  it('looks at names and links, passes over what it is told to', () => {
    mkdirSync(join(sandbox.home, VALUES.FAKE_PLAIN));
    symlinkSync(`/${VALUES.FAKE_PLAIN}`, join(sandbox.workspace, 'link'));
    assert.equal(new Set(tracesInFiles(sandbox.root, VALUES).map(({ where }) => where)).size, 2);
    assert.deepEqual(
      tracesInFiles(sandbox.root, VALUES, [sandbox.home, join(sandbox.workspace, 'link')]),
      [],
    );
  });

  it('finds it in the arguments and the environment of a child’s child, and of an orphan', async () => {
    const script =
      '(sleep 60 & FAKE=$1 sleep 61 & echo "$!"; wait) & sh -c "sleep $2" "$1" & echo started; wait';
    const child = sandbox.spawn('sh', ['-c', script, 'sh', VALUES.FAKE_PLAIN, '62']);
    try {
      const seen = (): ReturnType<typeof processesOf> => processesOf(child.pid!, sandbox.root);
      await until(
        'all have started',
        () => seen().filter(({ title }) => title.startsWith('sleep')).length >= 3,
      );
      const processes = seen();
      const has = (part: 'argv' | 'environ'): string[] =>
        processes
          .filter((one) => tracesIn(one[part], VALUES, '').length > 0)
          .map(({ title }) => title.trim());
      assert.ok(
        has('argv').some((title) => title.startsWith('sh -c')),
        String(has('argv')),
      );
      assert.deepEqual(has('environ'), ['sleep 61']);
      // Its parent goes; it works in the sandbox still.
      child.kill('SIGKILL');
      await until('the first has gone', () =>
        seen().every(({ pid }) => pid !== child.pid || child.exitCode !== null),
      );
      assert.ok(seen().some(({ title }) => title.startsWith('sleep 61')));
    } finally {
      for (const { pid } of processesOf(child.pid!, sandbox.root)) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // Gone by itself.
        }
      }
    }
  });
});

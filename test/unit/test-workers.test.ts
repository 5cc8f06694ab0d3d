import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runFiles, type Ended, type Finished } from '../../scripts/test-workers.mjs';

/** Only ends what hangs. */
const LONG = 120_000;

describe('the processes of npm test', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'nf-secrets-workers-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('have passed a file, though a program that it has left goes on printing', async () => {
    const noise = 'while kill -0 $PPID 2>&-; do echo noise >&2; done';
    const { finished, ended } = await run([
      `import { spawn } from 'node:child_process';
       it('passes', () => { spawn('sh', ['-c', ${JSON.stringify(noise)}], { stdio: 'inherit' }); });`,
    ]);
    assert.deepEqual(
      finished.map(({ outcome, death }) => [outcome?.passed, death]),
      [[1, undefined]],
    );
    assert.equal(ended.length, 1);
    assert.equal(ended[0]?.how, undefined);
  });

  it('say what is printed after a file, with the next one or at the end', async () => {
    const { finished, ended } = await run([
      `it('one', () => { setTimeout(() => console.error('late one'), 100); });`,
      `it('two', async () => { await new Promise((done) => setTimeout(done, 300)); });`,
      `it('three', () => { process.once('exit', () => console.error('late three')); });`,
    ]);
    assert.deepEqual(
      finished.map(({ output }) => /late \w+/.exec(output)?.[0]),
      [undefined, 'late one', undefined],
    );
    assert.deepEqual(
      ended.map(({ output, how }) => [output.trim(), how]),
      [['late three', undefined]],
    );
  });

  const ENDINGS: readonly { title: string; code: string; how: RegExp }[] = [
    { title: 'with an exit code', code: 'process.exitCode = 3;', how: /^exit code 3$/ },
    {
      title: 'by a signal',
      code: "process.kill(process.pid, 'SIGKILL');",
      how: /^signal SIGKILL$/,
    },
    { title: 'never', code: 'for (;;);', how: /^it did not end by itself$/ },
  ];
  for (const { title, code, how } of ENDINGS)
    it(`that end ${title} are told of, with their last words`, async () => {
      const { finished, ended } = await run(
        [`it('passes', () => { process.once('exit', () => { console.error('last words'); ${code} }); });`],
        { ends: 2000 },
      );
      assert.equal(finished[0]?.outcome?.passed, 1);
      assert.match(ended[0]?.how ?? '', how);
      assert.equal(ended[0]?.output.trim(), 'last words');
    });

  it('whose channel is closed already are waited for', async () => {
    const stays = "setTimeout(() => console.error('the end'), 4000)";
    const lasts = 'await new Promise((done) => setTimeout(done, 1000));';
    // The first process waits for the second one, of which one file runs at a time.
    const { finished, ended } = await run(
      [
        `it('closes it', () => {
           process.removeAllListeners('disconnect');
           setTimeout(() => process.disconnect(), 100);
           ${stays};
         });`,
        `it('lasts', async () => { ${lasts} });`,
        `it('lasts too', async () => { ${lasts} });`,
      ],
      { jobs: 2, group: [undefined, 'one', 'one'] },
    );
    assert.deepEqual(
      finished.map(({ outcome, death }) => [outcome?.passed, death]),
      [1, 2, 3].map(() => [1, undefined]),
    );
    assert.deepEqual(
      ended.map(({ output, how }) => [output.trim(), how]),
      [
        ['', undefined],
        ['the end', undefined],
      ],
    );
  });

  async function run(
    sources: readonly string[],
    {
      ends = LONG,
      jobs = 1,
      group = [],
    }: { ends?: number; jobs?: number; group?: readonly (string | undefined)[] } = {},
  ): Promise<{ finished: Finished[]; ended: Ended[] }> {
    const files = sources.map((source, index) => {
      const path = join(folder, `${index}.test.mjs`);
      writeFileSync(path, source);
      return { path, suite: 'unit', group: group[index], alone: false };
    });
    const finished: Finished[] = [];
    const ended: Ended[] = [];
    await runFiles(files, {
      jobs,
      limits: { hangs: LONG, ends },
      task: () => ({ without: [], retries: 0, color: false }),
      onFinished: (one) => finished.push(one),
      onEnded: (one) => ended.push(one),
    });
    return { finished, ended };
  }
});

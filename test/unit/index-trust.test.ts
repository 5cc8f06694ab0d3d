import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { importIndex } from '../fixtures/index-without-vs-code.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { until } from '../fixtures/until.ts';

describe('the index of references in Restricted Mode', () => {
  const sandbox = new Sandbox();
  after(() => {
    sandbox.remove();
  });

  it('leaves out what git ignores as soon as git may be asked', async () => {
    const { workspace: folder } = sandbox;
    const { ReferenceIndex, workspace } = await importIndex();
    execFileSync('git', ['init', '-q', folder]);
    // Only git reads this list.
    mkdirSync(join(folder, '.git', 'info'), { recursive: true });
    writeFileSync(join(folder, '.git', 'info', 'exclude'), 'old.nf\n');
    for (const name of ['main.nf', 'old.nf']) writeFileSync(join(folder, name), 'println secrets.KEY\n');
    workspace.open(folder);
    const log = { warn: (line: string) => assert.fail(line) } as never;
    const index = new ReferenceIndex(
      log,
      () => ({ cwd: folder, env: process.env, uid: process.getuid?.() }) as never,
    );
    const names = (): string[] => [...index.files.keys()].map((uri) => basename(uri));
    try {
      await index.buildAll();
      assert.deepEqual(names(), ['main.nf', 'old.nf']);
      workspace.trust();
      await until('git was asked', () => names().join() === 'main.nf');
    } finally {
      index.dispose();
    }
  });
});

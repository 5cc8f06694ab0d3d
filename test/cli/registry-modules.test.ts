import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Sandbox } from '../fixtures/sandbox.ts';

// Since 26.04 `include { X } from 'scope/name'` is a module of the registry, installed below the project's modules/,
// whatever file includes it.

const module_ = (name: string, secret: string): string =>
  `process ${name} {\n  secret '${secret}'\n\n  script:\n  'true'\n}\n`;

describe('a module of the registry', () => {
  let sandbox: Sandbox;
  const write = (path: string, text: string): void => {
    const file = join(sandbox.workspace, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };

  beforeEach(() => {
    sandbox = new Sandbox();
    const bin = join(sandbox.root, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'nextflow'), '#!/bin/sh\nexit 70\n', { mode: 0o755 });
    sandbox.env['PATH'] = `${bin}:${sandbox.env['PATH'] ?? ''}`;
    write(
      'main.nf',
      "include { FETCH } from 'acme/fetch'\ninclude { W } from './workflows/w'\nworkflow {\n  FETCH()\n  W()\n}\n",
    );
    write(
      'workflows/w.nf',
      "include { ALIGN } from 'acme/tools/align'\nworkflow W {\n  main:\n  ALIGN()\n}\n",
    );
    write('modules/acme/tools/align/main.nf', module_('ALIGN', 'ALIGN_KEY'));
  });
  afterEach(() => {
    sandbox.remove();
  });

  const plan = async (): Promise<{ missing: string[]; stderr: string }> => {
    const { stdout } = await sandbox.nfSecrets(['launch', '--dry-run', '--json', 'main.nf']);
    const { missing } = JSON.parse(String(stdout)) as { missing: { name: string }[] };
    const { stderr } = await sandbox.nfSecrets(['launch', '--dry-run', 'main.nf']);
    return { missing: missing.map(({ name }) => name), stderr };
  };

  it('is read where it is installed, from whatever file', async () => {
    write('modules/acme/fetch/main.nf', module_('FETCH', 'FETCH_KEY'));
    const { missing, stderr } = await plan();
    assert.deepEqual(missing, ['ALIGN_KEY', 'FETCH_KEY']);
    assert.doesNotMatch(stderr, /not read/);
  });

  it('is the same under another name, and with a version behind its own', async () => {
    write('modules/acme/fetch/main.nf', module_('FETCH', 'FETCH_KEY'));
    for (const path of ['acme/fetch@1.2', 'acme/fetch@2.0.0-rc.1', '@acme/fetch']) {
      write('main.nf', `include { FETCH as GET } from '${path}'\nworkflow {\n  GET()\n}\n`);
      const { missing, stderr } = await plan();
      assert.deepEqual(missing, ['FETCH_KEY'], path);
      assert.doesNotMatch(stderr, /not read/);
    }
  });

  it('that is not installed is said to be unknown', async () => {
    const { missing, stderr } = await plan();
    assert.deepEqual(missing, ['ALIGN_KEY']);
    assert.match(stderr, /main\.nf:1 includes code that is not read: a module of that name is not installed/);
  });
});

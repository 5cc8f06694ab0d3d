import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeNextflow } from '../fixtures/fake-nextflow.ts';
import { CLI, Sandbox } from '../fixtures/sandbox.ts';
import { fillVault } from '../fixtures/vault-values.ts';

// What processes hand on to each other. The plan, its messages and how a launch is called have their tests in test/unit.
describe('the Nextflow of a launch', () => {
  let sandbox: Sandbox;
  let nextflow: FakeNextflow;

  beforeEach(async () => {
    sandbox = new Sandbox();
    nextflow = new FakeNextflow(sandbox);
    await fillVault('user', { ASKED: 'fake-user', READ: 'fake-read', OTHER: 'fake-other' }, sandbox);
    writeFileSync(
      join(sandbox.workspace, 'main.nf'),
      "process ALIGN {\n  secret 'ASKED'\n  script:\n  'true'\n}\nworkflow { ALIGN() }\nprintln secrets.READ\n",
    );
  });
  afterEach(() => {
    sandbox.remove();
  });

  it('gets what the code uses, and all words after the pipeline as they are', async () => {
    const words = ['main.nf', '--dry', '--al=l', '--', '--text', 'a b\tc "d" $e', ''];
    const { exitCode, stderr } = await sandbox.nfSecrets(['launch', ...words]);
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(nextflow.start.secrets, { ASKED: 'fake-user', READ: 'fake-read' });
    assert.deepEqual(nextflow.start.args, ['run', ...words]);
  });

  for (const words of [
    ['--nextflow', 'other/nextflow', 'main.nf'],
    ['--', './other/nextflow', 'run', 'main.nf'],
  ]) {
    it(`is the one that is named, and its exit code is the launch's: ${words.join(' ')}`, async () => {
      mkdirSync(join(sandbox.workspace, 'other'));
      writeFileSync(join(sandbox.workspace, 'other', 'nextflow'), '#!/bin/sh\nexit 17\n', { mode: 0o755 });
      const { exitCode, stderr } = await sandbox.nfSecrets(['launch', ...words]);
      assert.equal(exitCode, 17, stderr);
      assert.deepEqual(nextflow.starts, []);
    });
  }

  it('inside another run gets what that one has', async () => {
    const inner = [process.execPath, CLI, 'launch', 'main.nf'];
    const result = await sandbox.nfSecrets(['exec', '--secret', 'ASKED', '--secret', 'READ', '--', ...inner]);
    assert.equal(result.exitCode, 0, result.stderr);
    assert.deepEqual(Object.keys(nextflow.start.secrets).sort(), ['ASKED', 'READ']);
    const refused = await sandbox.nfSecrets(['exec', '--secret', 'ASKED', '--', ...inner]);
    assert.equal(refused.exitCode, 66, refused.stderr);
    assert.match(refused.stderr, /READ is used in main\.nf:7 but run .* Start the outer/s);
    assert.equal(nextflow.starts.length, 1);
  });
});

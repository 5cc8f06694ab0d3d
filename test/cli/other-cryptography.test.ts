import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PROJECT, Sandbox } from '../fixtures/sandbox.ts';

const SHIM = pathToFileURL(join(PROJECT, 'test', 'fixtures', 'no-chacha.mjs')).href;

describe('a Node.js with another cryptography, such as that of VS Code', () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => {
    sandbox.remove();
  });

  for (const [what, env] of [
    ['without ChaCha20-Poly1305', { NODE_OPTIONS: `--import ${SHIM}` }],
    ['without X25519 too', { NODE_OPTIONS: `--import ${SHIM}`, TEST_NO_X25519: '1' }],
  ] as const) {
    it(`${what} makes, reads and changes vaults as any other`, async () => {
      await sandbox.ok(['set', 'FAKE_A'], { input: 'fake-value-a' });
      assert.equal((await sandbox.ok(['get', 'FAKE_A'], { env })).toString(), 'fake-value-a');
      await sandbox.ok(['set', 'FAKE_B'], { input: 'fake-value-b', env });
      assert.equal((await sandbox.ok(['get', 'FAKE_B'])).toString(), 'fake-value-b');
      assert.equal((await sandbox.ok(['exec', '--', 'echo', 'ran'], { env })).toString(), 'ran\n');
    });

    it(`${what} makes an identity, and uses one of SSH`, async () => {
      await sandbox.ok(['set', 'FAKE_A'], { input: 'fake-value-a', env });
      assert.equal((await sandbox.ok(['get', 'FAKE_A'])).toString(), 'fake-value-a');
      const file = join(sandbox.root, 'key');
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
      const ssh = {
        ...env,
        SOPS_AGE_SSH_PRIVATE_KEY_FILE: file,
        NF_SECRETS_HOME: join(sandbox.root, 'other'),
      };
      await sandbox.ok(['set', 'FAKE_C'], { input: 'fake-value-c', env: ssh });
      assert.equal((await sandbox.ok(['get', 'FAKE_C'], { env: ssh })).toString(), 'fake-value-c');
    });
  }
});

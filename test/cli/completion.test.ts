import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ledgerDirectory } from '../fixtures/places.ts';
import { CLI, Sandbox } from '../fixtures/sandbox.ts';

describe('completion', () => {
  let sandbox: Sandbox;
  before(async () => {
    sandbox = new Sandbox();
    await sandbox.ok(['set', 'ALPHA_KEY'], { input: 'fake-alpha' });
    await sandbox.ok(['set', 'BETA_KEY', '--scope', 'workspace'], { input: 'fake-beta' });
    mkdirSync(ledgerDirectory(sandbox));
    writeFileSync(join(ledgerDirectory(sandbox), 'abcdefghij12.json'), '');
    // The scripts call nf-secrets by its name.
    const bin = join(sandbox.root, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'nf-secrets'), `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`);
    chmodSync(join(bin, 'nf-secrets'), 0o755);
    sandbox.env['PATH'] = `${bin}:${sandbox.env['PATH'] ?? ''}`;
  });
  after(() => {
    sandbox.remove();
  });

  const cases: [string[], string[]][] = [
    [['se'], ['set']],
    [['l'], ['list', 'leaks', 'launch', 'logs', 'licenses']],
    [
      ['get', ''],
      ['ALPHA_KEY', 'BETA_KEY'],
    ],
    [['get', 'B'], ['BETA_KEY']],
    [
      ['delete', 'ALPHA_KEY', ''],
      ['ALPHA_KEY', 'BETA_KEY'],
    ],
    [['set', '--scope', 'w'], ['workspace']],
    [
      ['list', '--scope', ''],
      ['user', 'workspace', 'nextflow'],
    ],
    [['copy', '--to', 'u'], ['user']],
    [['launch', '--only', 'A'], ['ALPHA_KEY']],
    [['launch', '--acc'], ['--accept-members']],
    [['launch', 'main.nf', '-'], []],
    [['exec', '--', 'g'], []],
    [['identity', 'b'], ['backup']],
    [
      ['member', ''],
      ['request', 'add', 'role', 'remove', 'robot', 'list', 'verify', 'sign', 'rotate', 'help'],
    ],
    [
      ['member', 'role', 'x', ''],
      ['launch', 'maintain', 'admin', 'owner'],
    ],
    [['member', 'add', '--role', 'm'], ['maintain']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['sweep', '--run', 'a'], ['abcdefghij12']],
    [['stop', ''], ['abcdefghij12']],
    [['nonsense', ''], []],
  ];
  for (const [words, expected] of cases) {
    it(`of "${words.join(' ')}" is ${expected.join(' ') || 'left to the shell'}`, async () => {
      const out = await sandbox.ok(['complete', '--', ...words]);
      assert.deepEqual(out.toString().split('\n').filter(Boolean), expected);
    });
  }

  it('works in bash', async () => {
    const script = `source <(nf-secrets completion bash)
      COMP_WORDS=(nf-secrets get AL); COMP_CWORD=2; _nf_secrets; echo "\${COMPREPLY[*]}"
      COMP_WORDS=(nf-secrets launch ''); COMP_CWORD=2; _nf_secrets; echo "files: \${COMPREPLY[*]}"`;
    const { stdout, stderr } = await sandbox.run('bash', ['--norc', '-c', script]);
    assert.equal(stdout.toString(), 'ALPHA_KEY\nfiles: \n', stderr);
  });

  it('decrypts nothing', async () => {
    const { stdout } = await sandbox.nfSecrets(['complete', '--', 'get', ''], {
      env: { NF_SECRETS_HOME: join(sandbox.root, 'elsewhere') },
    });
    assert.equal(stdout.toString(), 'BETA_KEY\n');
  });

  for (const shell of ['zsh', 'fish']) {
    it(`has a script for ${shell} that asks for candidates`, async () => {
      assert.match((await sandbox.ok(['completion', shell])).toString(), /nf-secrets complete -- /);
    });
  }

  it('of an unknown shell names the known ones', async () => {
    const { exitCode, stderr } = await sandbox.nfSecrets(['completion', 'bsh']);
    assert.equal(exitCode, 64);
    assert.match(stderr, /Allowed: bash, zsh, fish\. Did you mean bash\?/);
  });
});

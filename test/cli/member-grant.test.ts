import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identityFile, workspaceVaultFile } from '../fixtures/places.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { readVault } from '../fixtures/vault-file.ts';

describe('nf-secrets member list', () => {
  let sandbox: Sandbox;
  let own: string;

  beforeEach(async () => {
    sandbox = new Sandbox();
    await sandbox.ok(['set', 'FAKE_A', '--scope', 'workspace'], {
      input: 'hidden',
      env: { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'user.email', GIT_CONFIG_VALUE_0: 'me@fake.example' },
    });
    own = String(await sandbox.ok(['identity', 'show'])).trim();
  });
  afterEach(() => {
    sandbox.remove();
  });

  it('shows who can read the vault, and who of them is oneself', async () => {
    const { exitCode, stdout, stderr } = await sandbox.nfSecrets(['member', 'list']);
    assert.equal(exitCode, 0, stderr);
    const [line = '', ...more] = String(stdout).trimEnd().split('\n');
    assert.match(line, /^you .*me@fake\.example$/);
    assert.ok(line.includes(own.slice(0, 12)) && line.includes(own.slice(-8)), line);
    assert.deepEqual(more, []);
    assert.equal(stderr, '');
  });

  it('as JSON, to which fields may be added', async () => {
    const rows = JSON.parse(String(await sandbox.ok(['member', 'list', '--json']))) as object[];
    const { since } = readVault(workspaceVaultFile(sandbox)).members_unencrypted[0]!;
    const by = 'me@fake.example';
    assert.equal(rows.length, 1);
    assert.deepEqual(
      { ...rows[0], recipient: own, label: by, since, by, you: true, accepted: true },
      rows[0],
    );
  });

  it('needs no identity, and no acceptance, and gives none', async () => {
    rmSync(identityFile(sandbox));
    const accepted = join(sandbox.toolHome, 'workspaces.json');
    rmSync(accepted);
    const { exitCode, stdout, stderr } = await sandbox.nfSecrets(['member', 'list']);
    assert.equal(exitCode, 0, stderr);
    assert.match(String(stdout), /^ .*me@fake\.example$/m);
    assert.match(stderr, /not accepted/);
    const json = JSON.parse(String(await sandbox.ok(['member', 'list', '--json']))) as Record<
      string,
      unknown
    >[];
    assert.deepEqual(
      json.map(({ you, accepted: yes }) => [you, yes]),
      [[false, false]],
    );
    assert.ok(!existsSync(accepted));
    assert.ok(!existsSync(identityFile(sandbox)), 'nor is an identity made for it');
  });

  it('says so where there is no vault yet', async () => {
    const elsewhere = join(sandbox.home, 'elsewhere');
    mkdirSync(elsewhere);
    const { exitCode, stdout, stderr } = await sandbox.nfSecrets([
      'member',
      'list',
      '--workspace',
      elsewhere,
    ]);
    assert.equal(exitCode, 0, stderr);
    assert.equal(String(stdout), '');
    assert.match(stderr, /no vault yet/);
    assert.equal(String(await sandbox.ok(['member', 'list', '--json', '--workspace', elsewhere])), '[]\n');
  });

  it('refuses what it does not know', async () => {
    assertRefused(await sandbox.nfSecrets(['member']), 64);
    assertRefused(await sandbox.nfSecrets(['member', 'lits']), 64, 'Did you mean list?');
    assertRefused(await sandbox.nfSecrets(['member', 'list', '--jsno']), 64, 'Did you mean --json?');
    writeFileSync(workspaceVaultFile(sandbox), '{}');
    assertRefusedWithRemedy(await sandbox.nfSecrets(['member', 'list']), 65, workspaceVaultFile(sandbox));
  });
});

describe('nf-secrets grant', () => {
  let sandbox: Sandbox;
  let file: string;
  const GRANTS = { 'gitlab:fake/one': ['FAKE_A'], 'nf-core/fake': ['FAKE_A', 'FAKE_B'] };

  beforeEach(() => {
    sandbox = new Sandbox();
    file = join(sandbox.toolHome, 'grants.json');
    mkdirSync(sandbox.toolHome);
    writeFileSync(file, JSON.stringify(GRANTS));
  });
  afterEach(() => {
    sandbox.remove();
  });
  const grants = (): unknown => JSON.parse(readFileSync(file, 'utf8'));

  it('list shows them', async () => {
    const { exitCode, stdout, stderr } = await sandbox.nfSecrets(['grant', 'list']);
    assert.equal(exitCode, 0, stderr);
    assert.equal(String(stdout), 'gitlab:fake/one  FAKE_A\nnf-core/fake  FAKE_A, FAKE_B\n');
    assert.deepEqual(JSON.parse(String(await sandbox.ok(['grant', 'list', '--json']))), [
      { pipeline: 'gitlab:fake/one', names: ['FAKE_A'] },
      { pipeline: 'nf-core/fake', names: ['FAKE_A', 'FAKE_B'] },
    ]);
  });

  it('list says so where there are none', async () => {
    rmSync(file);
    const { exitCode, stdout, stderr } = await sandbox.nfSecrets(['grant', 'list']);
    assert.equal(exitCode, 0, stderr);
    assert.equal(String(stdout), '');
    assert.match(stderr, /No remote pipeline/);
    assert.equal(String(await sandbox.ok(['grant', 'list', '--json'])), '[]\n');
  });

  const ONE = { 'gitlab:fake/one': ['FAKE_A'] };
  const REMOVED: readonly [command: string, then: object][] = [
    ['nf-core/fake', ONE],
    ['NF-Core/Fake', ONE],
    ['https://github.com/nf-core/fake', ONE],
    ['https://github.com/NF-core/fake.git', ONE],
    ['nf-core/fake --hub github', ONE],
    ['nf-core/fake FAKE_A', { ...ONE, 'nf-core/fake': ['FAKE_B'] }],
    ['nf-core/fake FAKE_A FAKE_B', ONE],
    ['nf-core/fake FAKE_A FAKE_GONE', { ...ONE, 'nf-core/fake': ['FAKE_B'] }],
    ['fake/one --hub gitlab', { 'nf-core/fake': ['FAKE_A', 'FAKE_B'] }],
  ];
  for (const [command, then] of REMOVED) {
    it(`remove ${command}`, async () => {
      const result = await sandbox.nfSecrets(['grant', 'remove', ...command.split(' ')]);
      assert.equal(result.exitCode, 0, result.stderr);
      assert.equal(String(result.stdout), '');
      assert.match(result.stderr, /asked about again for: FAKE_/);
      assert.deepEqual(grants(), then);
    });
  }

  const REFUSED: readonly [command: string, exitCode: number, says: string][] = [
    ['remove nf-core/fke', 66, 'nf-core/fke'],
    ['remove fake/one', 66, 'grant list'],
    ['remove nf-core/fake FAKE_GONE', 66, 'grant list'],
    ['remove nf-core/fake --hub gitlab', 66, 'grant list'],
    ['remove', 64, 'pipeline'],
    ['remov nf-core/fake', 64, 'Did you mean remove?'],
    ['list --jsn', 64, 'Did you mean --json?'],
    ['', 64, ''],
  ];
  for (const [command, exitCode, says] of REFUSED) {
    it(`${command === '' ? 'alone' : command}: ${exitCode}, and all grants stay`, async () => {
      assertRefused(
        await sandbox.nfSecrets(['grant', ...command.split(' ').filter(Boolean)]),
        exitCode,
        says,
      );
      assert.deepEqual(grants(), GRANTS);
    });
  }

  for (const damage of ['', 'fake', '[]', '{"nf-core/fake": "FAKE_A"}', '{"nf-core/fake": [1]}']) {
    it(`of a damaged file, ${JSON.stringify(damage)}: 65, and it stays as it is`, async () => {
      writeFileSync(file, damage);
      for (const args of [['list'], ['remove', 'nf-core/fake']]) {
        assertRefusedWithRemedy(await sandbox.nfSecrets(['grant', ...args]), 65, file, 'asked again');
      }
      assert.equal(readFileSync(file, 'utf8'), damage);
    });
  }
});

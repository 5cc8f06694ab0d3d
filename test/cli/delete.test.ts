import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { nextflowStoreFile, SCOPES, userVaultFile } from '../fixtures/places.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { CLI, Sandbox } from '../fixtures/sandbox.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { until } from '../fixtures/until.ts';
import { fillVault, valuesOf } from '../fixtures/vault-values.ts';

describe('nf-secrets delete', () => {
  let sandbox: Sandbox;

  beforeEach(async () => {
    sandbox = new Sandbox();
    await fillVault('user', { FAKE_BOTH: 'fake', FAKE_USER: 'fake', FAKE_TOO: 'fake' }, sandbox);
    await fillVault('workspace', { FAKE_BOTH: 'fake', FAKE_WS: 'fake' }, sandbox);
    mkdirSync(dirname(nextflowStoreFile(sandbox)), { recursive: true });
    writeFileSync(nextflowStoreFile(sandbox), '[{"name": "FAKE_NXF", "value": "fake"}]');
  });
  afterEach(() => {
    sandbox.remove();
  });

  const names = async (): Promise<Record<string, string[]>> => {
    const both = await Promise.all(
      SCOPES.map(async (scope) => [scope, [...(await valuesOf(scope, sandbox)).keys()].sort()] as const),
    );
    return Object.fromEntries(both);
  };
  const ALL = { user: ['FAKE_BOTH', 'FAKE_TOO', 'FAKE_USER'], workspace: ['FAKE_BOTH', 'FAKE_WS'] };

  it('takes the one scope that has the name', async () => {
    await sandbox.ok(['delete', 'FAKE_WS', '--yes']);
    await sandbox.ok(['delete', 'FAKE_USER', '--yes']);
    assert.deepEqual(await names(), { user: ['FAKE_BOTH', 'FAKE_TOO'], workspace: ['FAKE_BOTH'] });
  });

  it('takes several names at once, of several scopes, each once', async () => {
    await sandbox.ok(['delete', 'FAKE_WS', 'FAKE_USER', 'FAKE_WS', '--yes']);
    assert.deepEqual(await names(), { user: ['FAKE_BOTH', 'FAKE_TOO'], workspace: ['FAKE_BOTH'] });
  });

  it('takes the named scope of a name that several have', async () => {
    assertRefusedWithRemedy(
      await sandbox.nfSecrets(['delete', 'FAKE_BOTH', '--yes']),
      64,
      'user and workspace',
      '--scope user',
    );
    assert.deepEqual(await names(), ALL);
    await sandbox.ok(['delete', 'FAKE_BOTH', '--scope', 'workspace', '--yes']);
    assert.deepEqual(await names(), { ...ALL, workspace: ['FAKE_WS'] });
    await sandbox.ok(['delete', 'FAKE_BOTH', '--yes']);
    assert.deepEqual((await names())['user'], ['FAKE_TOO', 'FAKE_USER']);
  });

  const REFUSED: readonly [args: string[], exitCode: number, says: (string | RegExp)[]][] = [
    [['FAKE_USR', '--yes'], 64, ['FAKE_USR is not set', 'Did you mean FAKE_USER?']],
    [['FAKE_WS', '--scope', 'user', '--yes'], 64, ['in the scope user', 'It is set in workspace']],
    [['FAKE_USER', 'FAKE_GONE', '--yes'], 64, ['FAKE_GONE']],
    [['FAKE_USER', 'FAKE_BOTH', '--yes'], 64, ['FAKE_BOTH', '--scope']],
    [['FAKE_NXF', '--yes'], 64, ["Nextflow's own store", 'nextflow secrets delete FAKE_NXF']],
    [['FAKE_USER', '--scope', 'nextflow', '--yes'], 64, ['Allowed: user, workspace']],
    [['--yes'], 64, [/names/]],
    [['FAKE_USER'], 64, ['confirmation', 'FAKE_USER (user)', '--yes']],
    [['no-name', '--yes'], 64, ['no-name']],
  ];
  for (const [args, exitCode, says] of REFUSED) {
    it(`delete ${args.join(' ')}: ${exitCode}, and nothing is deleted`, async () => {
      const before = readFileSync(userVaultFile(sandbox));
      assertRefused(await sandbox.nfSecrets(['delete', ...args], { input: 'y\n' }), exitCode, ...says);
      assert.deepEqual(await names(), ALL);
      assert.deepEqual(readFileSync(userVaultFile(sandbox)), before);
    });
  }

  describe('on a terminal asks, with the scope', () => {
    const ANSWERS: readonly [title: string, typed: string, exitCode: number, deleted: boolean][] = [
      ['y', 'y\r', 0, true],
      ['yes', 'YES\r', 0, true],
      ['n', 'n\r', 130, false],
      ['Enter alone', '\r', 130, false],
      ['something else', 'yikes\r', 130, false],
      ['Ctrl-C', '\x03', 130, false],
      ['Ctrl-D', '\x04', 130, false],
    ];
    for (const [title, typed, exitCode, deleted] of ANSWERS) {
      it(`${title}: ${deleted ? 'deletes' : 'keeps'}`, async () => {
        const terminal = Terminal.open(sandbox, [process.execPath, CLI, 'delete', 'FAKE_USER']);
        await until('it asks', () => terminal.screen.includes('[y/N]'));
        assert.match(terminal.screen, /Delete FAKE_USER \(user\)\?/);
        terminal.type(typed);
        assert.equal(await terminal.ended(), exitCode, terminal.screen);
        assert.equal((await names())['user']?.includes('FAKE_USER'), !deleted);
      });
    }

    it('not with --yes', async () => {
      const terminal = Terminal.open(sandbox, [process.execPath, CLI, 'delete', 'FAKE_USER', '--yes']);
      assert.equal(await terminal.ended(), 0);
      await until('it says so', () => terminal.screen.includes('Deleted FAKE_USER'));
      assert.doesNotMatch(terminal.screen, /y\/N/);
    });
  });
});

import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { NASTY_VALUES } from '../fixtures/nasty-values.ts';
import { nextflowStoreFile, userVaultFile } from '../fixtures/places.ts';
import { assertRefused } from '../fixtures/refusal.ts';
import { CLI, Sandbox } from '../fixtures/sandbox.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { until } from '../fixtures/until.ts';
import { changeVault } from '../fixtures/vault-file.ts';

describe('nf-secrets get', () => {
  let sandbox: Sandbox;

  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => {
    sandbox.remove();
  });

  const get = async (...args: string[]): Promise<string> => String(await sandbox.ok(['get', ...args]));
  const fillNextflowStore = (entries: Record<string, string>): void => {
    mkdirSync(dirname(nextflowStoreFile(sandbox)), { recursive: true });
    const list = Object.entries(entries).map(([name, value]) => ({ name, value }));
    writeFileSync(nextflowStoreFile(sandbox), JSON.stringify(list), { mode: 0o600 });
  };

  it('writes the exact bytes, of the scope that wins or of a named one', async () => {
    const odd = NASTY_VALUES['all control characters']!;
    await sandbox.ok(['set', 'FAKE_A'], { input: odd });
    await sandbox.ok(['set', 'FAKE_A', '--scope', 'workspace', '--keep-newline'], { input: 'fake\n' });
    fillNextflowStore({ FAKE_A: 'fäke' });
    assert.deepEqual(await sandbox.ok(['get', 'FAKE_A']), Buffer.from(odd));
    assert.equal(await get('FAKE_A', '--scope', 'user'), odd);
    assert.equal(await get('FAKE_A', '--scope', 'workspace'), 'fake\n');
    assert.equal(await get('FAKE_A', '--scope', 'nextflow'), 'fäke');
    await sandbox.ok(['delete', 'FAKE_A', '--scope', 'user', '--yes']);
    assert.equal(await get('FAKE_A'), 'fake\n');
    await sandbox.ok(['delete', 'FAKE_A', '--scope', 'workspace', '--yes']);
    assert.equal(await get('FAKE_A'), 'fäke');
  });

  it('prints nothing else, and nothing on stderr', async () => {
    await sandbox.ok(['set', 'FAKE_A'], { input: 'fake' });
    const { stdout, stderr } = await sandbox.nfSecrets(['get', 'FAKE_A']);
    assert.deepEqual([String(stdout), stderr], ['fake', '']);
  });

  it('writes a large value whole into a pipe, and is content with a reader that stops early', async () => {
    const large = 'fake '.repeat(13_000);
    await sandbox.ok(['set', 'FAKE_A'], { input: large });
    assert.equal(await get('FAKE_A'), large);
    const command = `"${process.execPath}" "${CLI}" get FAKE_A`;
    const head = await sandbox.run('bash', ['-o', 'pipefail', '-c', `${command} | head -c 4`]);
    assert.deepEqual([head.exitCode, String(head.stdout), head.stderr], [0, 'fake', '']);
  });

  it('a name that is not set: 66, with a near miss or the scopes that have it', async () => {
    await sandbox.ok(['set', 'FAKE_TOKEN'], { input: 'fake-value' });
    await sandbox.ok(['set', 'OTHER_KEY', '--scope', 'workspace'], { input: 'fake-value' });
    fillNextflowStore({ FAKE_NXF: 'fake-value' });
    const CASES: readonly [args: string[], says: string[]][] = [
      [['FAKE_TOKN'], ['FAKE_TOKN is not set', 'Did you mean FAKE_TOKEN?', 'nf-secrets set FAKE_TOKN']],
      [['fake_token'], ['Did you mean FAKE_TOKEN?']],
      [['OTHER_KYE'], ['Did you mean OTHER_KEY?']],
      [['FAKE_NXT'], ['Did you mean FAKE_NXF?']],
      [['ENTIRELY_DIFFERENT'], ['is not set']],
      [
        ['FAKE_TOKEN', '--scope', 'workspace'],
        ['in the scope workspace', 'It is set in user'],
      ],
      [
        ['OTHER_KEY', '--scope', 'user'],
        ['in the scope user', 'It is set in workspace'],
      ],
      [
        ['FAKE_TOKEN', '--scope', 'nextflow'],
        ['in the scope nextflow', 'It is set in user'],
      ],
    ];
    for (const [args, says] of CASES) {
      const result = await sandbox.nfSecrets(['get', ...args]);
      assertRefused(result, 66, ...says);
      assert.doesNotMatch(result.stderr, /fake-value/);
    }
  });

  it('is not misled by a name that was taken out of a vault without the key: 65', async () => {
    await sandbox.ok(['set', 'FAKE_A'], { input: 'fake-user' });
    await sandbox.ok(['set', 'FAKE_A', '--scope', 'workspace'], { input: 'fake-workspace' });
    await sandbox.ok(['set', 'FAKE_B', '--scope', 'workspace'], { input: 'fake-workspace' });
    changeVault(userVaultFile(sandbox), ({ secrets }) => {
      delete secrets['FAKE_A'];
    });
    for (const args of [['FAKE_A'], ['FAKE_B'], ['FAKE_GONE'], ['FAKE_A', '--scope', 'user']]) {
      assertRefused(await sandbox.nfSecrets(['get', ...args]), 65, userVaultFile(sandbox), 'its MAC');
    }
    assert.equal(await get('FAKE_A', '--scope', 'workspace'), 'fake-workspace');
  });

  it('needs a vault of higher scope only to be untouched, not to open', async () => {
    await sandbox.ok(['set', 'FAKE_A', '--scope', 'workspace'], { input: 'fake-workspace' });
    const stranger = new Sandbox();
    await stranger.ok(['set', 'FAKE_B'], { input: 'fake-user' });
    copyFileSync(userVaultFile(stranger), userVaultFile(sandbox));
    stranger.remove();
    assert.equal(await get('FAKE_A'), 'fake-workspace');
    assertRefused(await sandbox.nfSecrets(['get', 'FAKE_GONE']), 66);
  });

  it('a name that cannot be one is only not set', async () => {
    for (const name of ['no-name', '', '\x1b[31mFAKE', 'x'.repeat(5000)]) {
      const result = await sandbox.nfSecrets(['get', '--', name]);
      assertRefused(result, 66);
      assert.doesNotMatch(result.stderr, /\x1b/);
    }
  });

  it('takes exactly one name', async () => {
    assertRefused(await sandbox.nfSecrets(['get']), 64, /name/);
    assertRefused(await sandbox.nfSecrets(['get', 'FAKE_A', 'FAKE_B']), 64, /too many|expected 1/i);
  });

  describe('on a terminal', () => {
    beforeEach(async () => {
      await sandbox.ok(['set', 'FAKE_A'], { input: 'fake-on-screen' });
    });

    it('shows nothing without --reveal: 64', async () => {
      const terminal = Terminal.open(sandbox, [process.execPath, CLI, 'get', 'FAKE_A']);
      assert.equal(await terminal.ended(), 64);
      await until('it says why', () => terminal.screen.includes('--reveal'));
      assert.doesNotMatch(terminal.screen, /fake-on-screen/);
    });

    it('shows it with --reveal', async () => {
      const terminal = Terminal.open(sandbox, [process.execPath, CLI, 'get', 'FAKE_A', '--reveal']);
      assert.equal(await terminal.ended(), 0);
      await until('the value is shown', () => terminal.screen.includes('fake-on-screen'));
    });

    it('writes into a file or a program without being asked twice', async () => {
      const command = `"${process.execPath}" "${CLI}" get FAKE_A | tr a-z A-Z`;
      const terminal = Terminal.open(sandbox, ['sh', '-c', command]);
      assert.equal(await terminal.ended(), 0);
      await until('the program has it', () => terminal.screen.includes('FAKE-ON-SCREEN'));
    });
  });
});

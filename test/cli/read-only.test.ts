import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ORDINARY_USER } from '../fixtures/narrow-places.ts';
import { identityFile, ledgerDirectory, runRoot, SCOPES, vaultFile } from '../fixtures/places.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { CLI, type Result, Sandbox } from '../fixtures/sandbox.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';

describe('read-only', () => {
  let sandbox: Sandbox;
  /** Directories whose mode has to be undone before they can be removed. */
  let closed: string[];

  beforeEach(() => {
    sandbox = new Sandbox();
    closed = [];
  });
  afterEach(() => {
    for (const directory of closed) chmodSync(directory, 0o700);
    sandbox.remove();
  });

  const close = (directory: string): void => {
    closed.push(directory);
    chmodSync(directory, 0o500);
  };
  /** Root's own rights would pass over the modes. */
  const asOrdinaryUser = async (args: string[], input = ''): Promise<Result> => {
    const words = [...ORDINARY_USER, process.execPath, CLI, ...args];
    return sandbox.run(words[0]!, words.slice(1), { input });
  };
  const writes = (scope: string): string[][] => [
    ['set', 'FAKE_A', '--scope', scope],
    ['set', 'FAKE_B', '--scope', scope],
    ['delete', 'FAKE_A', '--scope', scope, '--yes'],
  ];

  for (const scope of SCOPES) {
    describe(`the ${scope} vault`, () => {
      let vault: string;

      beforeEach(async () => {
        vault = vaultFile(scope, sandbox);
        await sandbox.ok(['set', 'FAKE_A', '--scope', scope], { input: 'fake-a' });
      });

      it('by its mode: nobody writes it, not even root, by a rename', async () => {
        chmodSync(vault, 0o444);
        const before = readFileSync(vault);
        await sideBySide(writes(scope), async (args) => {
          assertRefusedWithRemedy(await sandbox.nfSecrets(args, { input: 'fake' }), 73, vault, 'chmod u+w');
        });
        assert.deepEqual(readFileSync(vault), before);
        assert.equal(statSync(vault).mode & 0o777, 0o444);
        assert.equal(String(await sandbox.ok(['get', 'FAKE_A'])), 'fake-a');
        await sandbox.ok(['list']);
        chmodSync(vault, 0o600);
        await sandbox.ok(['set', 'FAKE_A', '--scope', scope], { input: 'fake-new' });
      });

      it('by its directory: not written, but read', async () => {
        const directory = dirname(vault);
        const before = readdirSync(directory);
        close(directory);
        await sideBySide(writes(scope), async (args) => {
          assertRefusedWithRemedy(await asOrdinaryUser(args, 'fake'), 73, directory, 'permission denied');
        });
        const get = await asOrdinaryUser(['get', 'FAKE_A']);
        assert.equal(get.exitCode, 0, get.stderr);
        assert.equal(String(get.stdout), 'fake-a');
        assert.equal((await asOrdinaryUser(['list'])).exitCode, 0);
        assert.deepEqual(
          readdirSync(directory).filter((name) => name !== 'usage.json'),
          before,
        );
      });

      it('that we cannot even read', async () => {
        chmodSync(vault, 0o000);
        await sideBySide(
          [['list'], ['get', 'FAKE_A'], ['exec', '--', 'true'], ...writes(scope)],
          async (args) => {
            assertRefusedWithRemedy(await asOrdinaryUser(args, 'fake'), 74, vault, 'permission denied');
          },
        );
      });
    });
  }

  it('the directory that .nf-secrets would be made in', async () => {
    close(sandbox.workspace);
    const result = await asOrdinaryUser(['set', 'FAKE_A', '--scope', 'workspace'], 'fake');
    assertRefusedWithRemedy(result, 73, join(sandbox.workspace, '.nf-secrets'));
    assert.deepEqual(readdirSync(sandbox.workspace), []);
  });

  it('the tool’s home, with a key from elsewhere: a vault is read after a yes, which cannot be noted', async () => {
    await sandbox.ok(['set', 'FAKE_A', '--scope', 'workspace'], { input: 'fake-a' });
    const key = readFileSync(identityFile(sandbox), 'utf8').trimEnd().split('\n').at(-1)!;
    const home = join(sandbox.root, 'closed');
    mkdirSync(home);
    close(home);
    sandbox.env['NF_SECRETS_HOME'] = join(home, 'tool');
    sandbox.env['SOPS_AGE_KEY'] = key;
    const vault = vaultFile('workspace', sandbox);
    assertRefusedWithRemedy(await asOrdinaryUser(['get', 'FAKE_A']), 77, vault, '--accept-members');
    const { exitCode, stdout, stderr } = await asOrdinaryUser(['get', 'FAKE_A', '--accept-members']);
    assert.equal(exitCode, 0, stderr);
    assert.equal(String(stdout), 'fake-a');
    assert.match(stderr, /could not be noted/);
  });

  it('the directory that the tool’s home would be made in', async () => {
    close(sandbox.home);
    assertRefusedWithRemedy(await asOrdinaryUser(['set', 'FAKE_A'], 'fake'), 73, sandbox.toolHome);
    assert.deepEqual(readdirSync(sandbox.home), []);
  });

  it('the ledger: nothing is provisioned or started', async () => {
    await sandbox.ok(['set', 'FAKE_A'], { input: 'fake-a' });
    mkdirSync(ledgerDirectory(sandbox), { mode: 0o700 });
    close(ledgerDirectory(sandbox));
    const result = await asOrdinaryUser(['exec', '--', 'touch', 'started']);
    assertRefused(result, 73, ledgerDirectory(sandbox));
    assert.deepEqual(readdirSync(sandbox.workspace), []);
    assert.deepEqual(readdirSync(runRoot(sandbox)), []);
  });

  it('the run root: nothing is started', async () => {
    await sandbox.ok(['set', 'FAKE_A'], { input: 'fake-a' });
    mkdirSync(runRoot(sandbox), { recursive: true, mode: 0o700 });
    close(runRoot(sandbox));
    const result = await asOrdinaryUser(['exec', '--', 'touch', 'started']);
    assertRefused(result, 73, runRoot(sandbox));
    assert.deepEqual(readdirSync(sandbox.workspace), []);
    assert.deepEqual(readdirSync(ledgerDirectory(sandbox)), []);
  });
});

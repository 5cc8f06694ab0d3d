import assert from 'node:assert/strict';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { identityFile, userVaultFile, workspaceVaultFile } from '../fixtures/places.ts';
import { assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { CLI, type Result, Sandbox } from '../fixtures/sandbox.ts';

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('the modes of files', () => {
  let sandbox: Sandbox;

  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => {
    sandbox.remove();
  });

  const withUmask = async (umask: string, args: string[], input = 'fake'): Promise<Result> => {
    const result = await sandbox.run(
      'sh',
      ['-c', `umask ${umask} && exec "$@"`, 'sh', process.execPath, CLI, ...args],
      { input },
    );
    assert.equal(result.exitCode, 0, result.stderr);
    return result;
  };

  for (const umask of ['000', '022', '077']) {
    it(`with the umask ${umask}: what is the user’s is private`, async () => {
      await withUmask(umask, ['set', 'FAKE_A']);
      await withUmask(umask, ['get', 'FAKE_A']);
      assert.equal(modeOf(sandbox.toolHome), '700');
      for (const name of ['identity.txt', 'usage.json', 'user.sops.json']) {
        assert.ok(existsSync(join(sandbox.toolHome, name)), name);
      }
      for (const name of readdirSync(sandbox.toolHome)) {
        assert.equal(modeOf(join(sandbox.toolHome, name)), '600', name);
      }
    });

    it(`with the umask ${umask}: what is the workspace’s is as the person’s other files`, async () => {
      await withUmask(umask, ['set', 'FAKE_A', '--scope', 'workspace']);
      const expected = (0o666 & ~Number.parseInt(umask, 8)).toString(8);
      const directory = dirname(workspaceVaultFile(sandbox));
      assert.equal(modeOf(workspaceVaultFile(sandbox)), expected);
      assert.equal(modeOf(join(directory, '.gitignore')), expected);
      assert.equal(modeOf(directory), (0o777 & ~Number.parseInt(umask, 8)).toString(8));
      assert.equal(modeOf(join(sandbox.toolHome, 'workspaces.json')), '600');
    });

    it(`with the umask ${umask}: a run’s store is private, and so is the ledger`, async () => {
      await withUmask('077', ['set', 'FAKE_A']);
      const list = join(sandbox.root, 'list');
      // The directories and files themselves, as the child sees them.
      const show = 'ls -ld "$NXF_SECRETS_FILE" "$(dirname "$NXF_SECRETS_FILE")" "$0"/runs "$0"/runs/* > "$1"';
      await withUmask(umask, ['exec', '--', 'sh', '-c', show, sandbox.toolHome, list]);
      const modes = readFileSync(list, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => line.slice(0, 10))
        .sort();
      assert.deepEqual(modes, ['-rw-------', '-rw-------', 'drwx------', 'drwx------']);
    });
  }

  it('of a backup of the identity is private too', async () => {
    await withUmask('000', ['identity', 'show']);
    await withUmask('000', ['identity', 'backup', join(sandbox.home, 'backup.age')]);
    assert.equal(modeOf(join(sandbox.home, 'backup.age')), '600');
  });

  it('of a vault stay what a person made them', async () => {
    await withUmask('022', ['set', 'FAKE_A', '--scope', 'workspace']);
    for (const mode of [0o640, 0o660, 0o600]) {
      chmodSync(workspaceVaultFile(sandbox), mode);
      await withUmask('022', ['set', 'FAKE_A', '--scope', 'workspace']);
      assert.equal(modeOf(workspaceVaultFile(sandbox)), mode.toString(8));
    }
  });

  it('and its group stay, as far as we may set them', async () => {
    await withUmask('022', ['set', 'FAKE_A', '--scope', 'workspace']);
    const vault = workspaceVaultFile(sandbox);
    const groups = process.getgroups?.() ?? [];
    const other = process.getuid?.() === 0 ? 4242 : groups.find((gid) => gid !== statSync(vault).gid);
    // A person in one group only has no other to give.
    if (other === undefined) return;
    chownSync(vault, statSync(vault).uid, other);
    await withUmask('022', ['set', 'FAKE_A', '--scope', 'workspace']);
    assert.equal(statSync(vault).gid, other);
  });

  it('directories above the home of the tool are private too where we make them', async () => {
    const env = { NF_SECRETS_HOME: undefined, XDG_DATA_HOME: undefined };
    await sandbox.ok(['set', 'FAKE_A'], { env, input: 'fake' });
    const home = join(sandbox.home, '.local', 'share', 'nf-secrets');
    assert.ok(existsSync(join(home, 'user.sops.json')));
    assert.equal(modeOf(home), '700');
  });

  it('the home is where XDG_DATA_HOME says, unless that is a relative path', async () => {
    const data = join(sandbox.root, 'data');
    mkdirSync(data);
    await sandbox.ok(['set', 'FAKE_A'], {
      env: { NF_SECRETS_HOME: undefined, XDG_DATA_HOME: data },
      input: 'fake',
    });
    assert.ok(existsSync(join(data, 'nf-secrets', 'user.sops.json')));
    await sandbox.ok(['set', 'FAKE_A'], {
      env: { NF_SECRETS_HOME: '', XDG_DATA_HOME: 'data' },
      input: 'fake',
    });
    assert.ok(existsSync(join(sandbox.home, '.local', 'share', 'nf-secrets', 'user.sops.json')));
    assert.ok(!existsSync(userVaultFile(sandbox)));
    assert.ok(!existsSync(identityFile(sandbox)));
  });

  it('a relative NF_SECRETS_HOME is refused with the absolute path, before anything is made', async () => {
    for (const args of [['set', 'FAKE_A'], ['list'], ['exec', '--', 'true'], ['identity', 'show']]) {
      const result = await sandbox.nfSecrets(args, { env: { NF_SECRETS_HOME: 'tool' }, input: 'fake' });
      assertRefusedWithRemedy(result, 64, 'NF_SECRETS_HOME is tool', join(sandbox.workspace, 'tool'));
    }
    assert.deepEqual(readdirSync(sandbox.workspace), []);
  });
});

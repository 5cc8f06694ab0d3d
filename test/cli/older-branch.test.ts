import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceVaultFile } from '../fixtures/places.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { readVault } from '../fixtures/vault-file.ts';
import { until } from '../fixtures/until.ts';

const PUT_BACK = /an old version was put back/;

describe('a vault that is older than the one that was seen', () => {
  let sandbox: Sandbox;

  const git = async (...args: string[]): Promise<string> => {
    const who = [
      '-c',
      'user.name=Fake',
      '-c',
      'user.email=fake@example.org',
      '-c',
      'init.defaultBranch=main',
    ];
    const result = await sandbox.run('git', [...who, ...args]);
    assert.equal(result.exitCode, 0, `git ${args.join(' ')}: ${result.stderr}`);
    return String(result.stdout);
  };
  const commit = async (): Promise<void> => {
    await git('add', '-A');
    await git('commit', '-q', '-m', 'fake');
  };
  /** Sets a value at a later second than the version before, which is what versions are told by. */
  const set = async (value: string): Promise<void> => {
    const before = readVault(workspaceVaultFile(sandbox)).sops.lastmodified;
    await until('a later second', () => Date.now() >= Date.parse(before) + 1000);
    await sandbox.ok(['set', 'FAKE_A', '--scope', 'workspace'], { input: value });
  };
  /** @returns what the commands that read and write say. */
  const said = async (): Promise<string> => {
    const file = workspaceVaultFile(sandbox);
    const bytes = readFileSync(file);
    const get = await sandbox.nfSecrets(['get', 'FAKE_A']);
    assert.equal(get.exitCode, 0, get.stderr);
    const exec = await sandbox.nfSecrets(['exec', '--', 'true']);
    assert.equal(exec.exitCode, 0, exec.stderr);
    assert.deepEqual(readFileSync(file), bytes);
    return get.stderr + exec.stderr;
  };

  beforeEach(async () => {
    sandbox = new Sandbox();
    await git('init', '-q');
    await sandbox.ok(['set', 'FAKE_A', '--scope', 'workspace'], { input: 'fake-1' });
    await commit();
    await git('branch', 'old');
  });
  afterEach(() => {
    sandbox.remove();
  });

  it('because an older branch is checked out: nothing is said, at no read and no write', async () => {
    await set('fake-2');
    await commit();
    await git('checkout', '-q', 'old');
    assert.doesNotMatch(await said(), PUT_BACK);
    const set2 = await sandbox.nfSecrets(['set', 'FAKE_B', '--scope', 'workspace'], { input: 'x' });
    assert.equal(set2.exitCode, 0);
    assert.doesNotMatch(set2.stderr, PUT_BACK);
  });

  it('in a second worktree of an older branch, or by git stash or git restore: nothing is said', async () => {
    await set('fake-2');
    await git('stash', '-q');
    assert.doesNotMatch(await said(), PUT_BACK);
    await git('stash', 'pop', '-q');
    await git('restore', '.');
    assert.doesNotMatch(await said(), PUT_BACK);
    await set('fake-3');
    await git('checkout', '-q', '-f', '--detach', 'old');
    assert.doesNotMatch(await said(), PUT_BACK);
  });

  it('with the line ends that git gives it on Windows: nothing is said', async () => {
    await set('fake-2');
    await commit();
    await git('config', 'core.autocrlf', 'true');
    await git('checkout', '-q', 'old');
    // As in the commits of versions that made none.
    await git('rm', '-q', '.nf-secrets/.gitattributes');
    rmSync(workspaceVaultFile(sandbox));
    await git('checkout', '-q', '--', '.nf-secrets/workspace.sops.json');
    assert.ok(readFileSync(workspaceVaultFile(sandbox), 'latin1').includes('\r\n'));
    assert.doesNotMatch(await said(), PUT_BACK);
  });

  it('because somebody copied an old file over it: said', async () => {
    const old = readFileSync(workspaceVaultFile(sandbox));
    await set('fake-2');
    await commit();
    writeFileSync(workspaceVaultFile(sandbox), old);
    assert.match(await said(), PUT_BACK);
    await git('add', '-A');
    assert.match(await said(), PUT_BACK);
  });

  it('because a commit put the old file over a newer one: said', async () => {
    await set('fake-2');
    await commit();
    await git('checkout', 'old', '--', '.nf-secrets');
    assert.match(await said(), PUT_BACK);
    await commit();
    assert.match(await said(), PUT_BACK);
    // Also where the last commits have nothing to do with it.
    writeFileSync(join(sandbox.workspace, 'other'), '');
    await commit();
    assert.match(await said(), PUT_BACK);
  });

  it('outside of git: said', async () => {
    const old = readFileSync(workspaceVaultFile(sandbox));
    await set('fake-2');
    rmSync(join(sandbox.workspace, '.git'), { recursive: true });
    writeFileSync(workspaceVaultFile(sandbox), old);
    assert.match(await said(), PUT_BACK);
  });
});

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assertRefused } from '../fixtures/refusal.ts';
import { Sandbox } from '../fixtures/sandbox.ts';

const DO_FILES = [
  '-c',
  'protocol.file.allow=always',
  '-c',
  'user.name=Fake',
  '-c',
  'user.email=fake@example.org',
];

describe('a workspace beyond the edge of the git repository', () => {
  let sandbox: Sandbox;

  const git = async (cwd: string, ...args: string[]): Promise<void> => {
    const result = await sandbox.run('git', [...DO_FILES, ...args], { cwd });
    assert.equal(result.exitCode, 0, `git ${args.join(' ')}: ${result.stderr}`);
  };
  const repository = async (name: string): Promise<string> => {
    const path = join(sandbox.root, name);
    mkdirSync(path, { recursive: true });
    await git(path, 'init', '-q');
    writeFileSync(join(path, 'file'), '');
    await git(path, 'add', '-A');
    await git(path, 'commit', '-q', '-m', 'fake');
    return path;
  };

  beforeEach(async () => {
    sandbox = new Sandbox();
    await repository('workspace');
    await sandbox.ok(['set', 'FAKE_A', '--scope', 'workspace'], { input: 'fake-a' });
  });
  afterEach(() => {
    sandbox.remove();
  });

  const assertNamed = async (cwd: string, where: RegExp): Promise<void> => {
    const use = `--workspace '${sandbox.workspace}'`;
    assertRefused(await sandbox.nfSecrets(['get', 'FAKE_A'], { cwd }), 66, where, use);
    const made = await sandbox.nfSecrets(['set', 'FAKE_B', '--scope', 'workspace'], { cwd, input: 'fake-b' });
    assert.equal(made.exitCode, 0, made.stderr);
    assert.match(made.stderr, where);
    assert.ok(made.stderr.includes(use), made.stderr);
    const again = await sandbox.nfSecrets(['set', 'FAKE_B', '--scope', 'workspace'], {
      cwd,
      input: 'fake-c',
    });
    assert.ok(!again.stderr.includes(use), again.stderr);
  };

  it('above a submodule: named, not used', async () => {
    const inner = await repository('inner');
    await git(sandbox.workspace, 'submodule', '--quiet', 'add', inner, 'inner');
    const cwd = join(sandbox.workspace, 'inner');
    await assertNamed(cwd, /above this git repository/);
    assert.ok(existsSync(join(cwd, '.nf-secrets')), 'made where DESIGN.md says');
  });

  it('above a nested repository', async () => {
    const deep = join(await repository('workspace/nested'), 'deep');
    mkdirSync(deep);
    await assertNamed(deep, /above this git repository/);
  });

  it('in the main checkout of a worktree', async () => {
    const worktree = join(sandbox.root, 'worktree');
    await git(sandbox.workspace, 'worktree', 'add', '-q', worktree);
    await assertNamed(worktree, /the checkout that this worktree belongs to/);
  });

  it('is not spoken of where there is none, nor in the workspace itself', async () => {
    const alone = await repository('alone');
    for (const cwd of [alone, sandbox.workspace]) {
      const result = await sandbox.nfSecrets(['get', 'FAKE_NONE'], { cwd });
      assertRefused(result, 66);
      assert.doesNotMatch(result.stderr, /There is a workspace/);
    }
  });
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  realpathSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { workspaceVaultFile } from '../fixtures/places.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { type RunOptions, Sandbox } from '../fixtures/sandbox.ts';
import { fillVault } from '../fixtures/vault-values.ts';

describe('the workspace', () => {
  let sandbox: Sandbox;

  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => {
    sandbox.remove();
  });

  const directory = (...names: string[]): string => {
    const path = join(sandbox.root, ...names);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const gitRoot = (...names: string[]): string => {
    const path = directory(...names);
    execFileSync('git', ['init', '-q', path]);
    return path;
  };
  const set = async (cwd: string, args: string[] = [], env: RunOptions['env'] = {}): Promise<void> => {
    await sandbox.ok(['set', 'FAKE_A', '--scope', 'workspace', ...args], { cwd, env, input: 'fake' });
  };
  /** The names that a workspace has, as seen from a directory. */
  const seen = async (cwd: string, args: string[] = [], env: RunOptions['env'] = {}): Promise<string[]> => {
    const json = String(await sandbox.ok(['list', '--json', '--scope', 'workspace', ...args], { cwd, env }));
    return (JSON.parse(json) as { name: string }[]).map(({ name }) => name);
  };
  const vaultIn = (path: string): string => join(path, '.nf-secrets', 'workspace.sops.json');

  it('is found upwards', async () => {
    const top = directory('workspace');
    await set(top);
    const deep = directory('workspace', 'a', 'b', 'c');
    assert.deepEqual(await seen(deep), ['FAKE_A']);
    await set(deep);
    assert.ok(!existsSync(vaultIn(deep)));
    // The nearest one counts.
    await fillVault(
      'workspace',
      { FAKE_NEAR: 'fake' },
      Object.assign(Object.create(sandbox) as Sandbox, { workspace: join(deep, '..') }),
    );
    assert.deepEqual(await seen(deep), ['FAKE_NEAR']);
  });

  it('is not looked for above the root of a git repository', async () => {
    await set(directory('workspace'));
    const inside = directory(...['workspace', 'repository', 'sub']);
    gitRoot('workspace', 'repository');
    assert.deepEqual(await seen(inside), []);
    assert.deepEqual(await seen(dirname(dirname(inside))), ['FAKE_A']);
  });

  it('is found at the root of a git repository, and of a worktree, whose .git is a file', async () => {
    const root = gitRoot('workspace', 'repository');
    await set(root);
    assert.deepEqual(await seen(directory('workspace', 'repository', 'sub')), ['FAKE_A']);
    const worktree = directory('workspace', 'worktree', 'sub');
    writeFileSync(join(worktree, '..', '.git'), 'gitdir: /nowhere\n');
    await set(worktree);
    assert.ok(existsSync(vaultIn(join(worktree, '..'))));
  });

  it('is not looked for above the home directory', async () => {
    await set(sandbox.root);
    const inHome = directory('home', 'project');
    assert.deepEqual(await seen(inHome), []);
    await set(sandbox.home);
    assert.deepEqual(await seen(inHome), ['FAKE_A'], 'but in it');
  });

  it('is made by the first secret: at the root of the git repository, else in the current directory', async () => {
    const root = gitRoot('workspace', 'repository');
    await set(directory('workspace', 'repository', 'a', 'b'));
    assert.ok(existsSync(vaultIn(root)));
    const plain = directory('workspace', 'plain', 'a');
    await set(plain);
    assert.ok(existsSync(vaultIn(plain)));
    assert.ok(!existsSync(vaultIn(sandbox.workspace)));
  });

  it('has a .gitignore that lets git take the vault and nothing else', async () => {
    const root = gitRoot('workspace', 'repository');
    await set(root);
    for (const name of [
      'workspace.sops.json.lock',
      'workspace.sops.json.lock.abc',
      '.workspace.sops.json.abc.tmp',
      'workspace.sops.json.sig.next',
      'members.json.next',
    ]) {
      writeFileSync(join(root, '.nf-secrets', name), '');
    }
    const status = execFileSync('git', ['-C', root, 'status', '--porcelain', '-uall'], { encoding: 'utf8' });
    const files = ['.gitattributes', '.gitignore', 'workspace.sops.json'];
    assert.equal(status, files.map((name) => `?? .nf-secrets/${name}\n`).join(''));
  });

  it('leaves a .gitignore and a .gitattributes that are there as they are', async () => {
    const within = directory('workspace', '.nf-secrets');
    const paths = ['.gitignore', '.gitattributes'].map((name) => join(within, name));
    for (const path of paths) writeFileSync(path, '# fake\n');
    await set(sandbox.workspace);
    for (const path of paths) assert.equal(readFileSync(path, 'utf8'), '# fake\n');
  });

  it('has a .gitattributes that names the merge driver, made again at the next write where it is missing', async () => {
    const root = gitRoot('workspace', 'repository');
    await set(root);
    rmSync(join(root, '.nf-secrets', '.gitattributes'));
    await set(root);
    const files = ['workspace.sops.json', 'workspace.sops.json.sig', 'members.json'];
    const attributes = execFileSync(
      'git',
      ['-C', root, 'check-attr', 'merge', 'text', '--', ...files.map((name) => `.nf-secrets/${name}`)],
      { encoding: 'utf8' },
    );
    for (const name of files) {
      assert.ok(attributes.includes(`.nf-secrets/${name}: merge: nf-secrets\n`), attributes);
      assert.ok(attributes.includes(`.nf-secrets/${name}: text: unset\n`), attributes);
    }
  });

  it('is the one that --workspace names, else NF_SECRETS_WORKSPACE', async () => {
    const [one, two] = [directory('one'), directory('two')];
    await set(one);
    await sandbox.ok(['set', 'FAKE_B', '--scope', 'workspace', '--workspace', two], { input: 'fake' });
    const env = { NF_SECRETS_WORKSPACE: two };
    assert.deepEqual(await seen(sandbox.workspace, ['--workspace', one]), ['FAKE_A']);
    assert.deepEqual(await seen(one, ['--workspace', '../two']), ['FAKE_B']);
    assert.deepEqual(await seen(one, [], env), ['FAKE_B']);
    assert.deepEqual(await seen(two, ['--workspace', one], env), ['FAKE_A']);
    assert.deepEqual(await seen(one, [], { NF_SECRETS_WORKSPACE: '' }), ['FAKE_A'], 'empty is unset');
    assert.deepEqual(await seen(one, [], { NF_SECRETS_WORKSPACE: '../two' }), ['FAKE_B']);
  });

  it('that is named is not looked for upwards', async () => {
    const sub = directory('workspace', 'sub');
    await set(sandbox.workspace);
    assert.deepEqual(await seen(sandbox.workspace, ['--workspace', sub]), []);
  });

  it('that is named must be a directory: 64', async () => {
    writeFileSync(join(sandbox.workspace, 'file'), '');
    for (const name of ['nowhere', 'file', 'file/below']) {
      const path = join(sandbox.workspace, name);
      assertRefused(await sandbox.nfSecrets(['list', '--workspace', name]), 64, '--workspace', path);
      const env = { NF_SECRETS_WORKSPACE: name };
      assertRefused(await sandbox.nfSecrets(['list'], { env }), 64, 'NF_SECRETS_WORKSPACE', path);
    }
  });

  it('is found through a link to a directory of it', async () => {
    await set(sandbox.workspace);
    const sub = directory('workspace', 'sub');
    const link = join(sandbox.root, 'link');
    symlinkSync(sub, link);
    assert.deepEqual(await seen(link), ['FAKE_A']);
    assert.deepEqual(await seen(sandbox.root, ['--workspace', link]), []);
  });

  describe('with a link for', () => {
    const COMMANDS = [
      ['list'],
      ['get', 'FAKE_A'],
      ['set', 'FAKE_A', '--scope', 'workspace'],
      ['delete', 'FAKE_A', '--scope', 'workspace', '--yes'],
      ['exec', '--', 'true'],
    ];
    /** A vault in another place, with the link in its stead. */
    const moved = async (what: string, to: string): Promise<string> => {
      await set(sandbox.workspace);
      const from = join(sandbox.workspace, what);
      mkdirSync(dirname(to), { recursive: true });
      renameSync(from, to);
      symlinkSync(to, from);
      return from;
    };

    for (const what of ['.nf-secrets', '.nf-secrets/workspace.sops.json']) {
      it(`${what} that leads out of it: refused, nothing is read or written there`, async () => {
        const target = join(sandbox.root, 'elsewhere', 'target');
        const link = await moved(what, target);
        const vault = realpathSync(workspaceVaultFile(sandbox));
        const before = readFileSync(vault);
        for (const args of [...COMMANDS, ['list', '--workspace', sandbox.workspace]]) {
          assertRefusedWithRemedy(
            await sandbox.nfSecrets(args, { input: 'fake' }),
            77,
            link,
            'symbolic link',
          );
        }
        assert.deepEqual(readFileSync(vault), before);
        assert.ok(lstatSync(link).isSymbolicLink());
      });

      it(`${what} that leads to nowhere: refused`, async () => {
        await set(sandbox.workspace);
        const link = join(sandbox.workspace, what);
        renameSync(link, join(sandbox.root, 'aside'));
        symlinkSync(join(sandbox.root, 'nowhere'), link);
        for (const args of COMMANDS) {
          assertRefused(await sandbox.nfSecrets(args, { input: 'fake' }), 77, link);
        }
        assert.ok(!existsSync(join(sandbox.root, 'nowhere')));
      });

      it(`${what} that leads out by a name with the same beginning: refused`, async () => {
        const link = await moved(what, join(sandbox.root, 'workspace-evil', 'target'));
        assertRefused(await sandbox.nfSecrets(['list']), 77, link);
      });

      it(`${what} that stays inside: used, and stays`, async () => {
        const target = join(sandbox.workspace, 'conf', 'target');
        const link = await moved(what, target);
        assert.deepEqual(await seen(sandbox.workspace), ['FAKE_A']);
        // In another place it is another vault, whose members are new to the person.
        await sandbox.ok(['set', 'FAKE_B', '--scope', 'workspace', '--accept-members'], { input: 'fake' });
        assert.deepEqual(await seen(sandbox.workspace), ['FAKE_A', 'FAKE_B']);
        assert.ok(lstatSync(link).isSymbolicLink(), 'still a link');
        const written = what === '.nf-secrets' ? join(target, 'workspace.sops.json') : target;
        assert.match(readFileSync(written, 'utf8'), /FAKE_B/);
      });
    }
  });

  it('of somebody else’s in the middle of the way is not passed by in silence', async () => {
    // The nearest .nf-secrets counts, even if it is one that is refused.
    await set(sandbox.workspace);
    const sub = directory('workspace', 'sub');
    symlinkSync(directory('elsewhere'), join(sub, '.nf-secrets'));
    assertRefused(await sandbox.nfSecrets(['list'], { cwd: sub }), 77, join(sub, '.nf-secrets'));
  });

  it('with control characters in its path shows none', async () => {
    const odd = directory('workspace', 'fake\x1b[31m\u202e');
    const result = await sandbox.nfSecrets(['set', 'FAKE_A', '--scope', 'workspace'], {
      cwd: odd,
      input: 'fake',
    });
    assert.equal(result.exitCode, 0, result.stderr);
    assert.doesNotMatch(result.stderr, /[\x00-\x09\x0b-\x1f\u202e]/);
    const list = await sandbox.nfSecrets(['list'], { cwd: odd });
    assert.doesNotMatch(list.stderr, /[\x00-\x09\x0b-\x1f\u202e]/);
  });
});

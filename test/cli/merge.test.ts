import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GitClone } from '../fixtures/git-clone.ts';
import { identityFile } from '../fixtures/places.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { CLI, Sandbox } from '../fixtures/sandbox.ts';
import { Sops } from '../fixtures/sops.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { until } from '../fixtures/until.ts';

const VAULT = '.nf-secrets/workspace.sops.json';

describe('git with the merge driver', () => {
  let sandbox: Sandbox;
  let clone: GitClone;

  beforeEach(async () => {
    sandbox = new Sandbox();
    clone = new GitClone(sandbox);
    await clone.git('init', '-q');
    for (const name of ['FAKE_A', 'FAKE_B', 'FAKE_C']) await clone.set(name, `${name}-0`);
    await clone.commit();
    await clone.ok(['merge', 'install', '--yes']);
  });
  afterEach(() => {
    sandbox.remove();
  });

  /** Branches `one` and `two`, which change different secrets. */
  const apart = async (): Promise<void> => {
    await clone.branch('one', 'main', async () => {
      await clone.set('FAKE_A', 'one');
      await clone.set('FAKE_ONE', 'new "one"\nx');
      await clone.ok(['delete', 'FAKE_C', '--scope', 'workspace', '--yes']);
    });
    await clone.branch('two', 'main', async () => {
      await clone.set('FAKE_B', 'two', '--description', 'of two');
      await clone.set('FAKE_TWO', 'new two');
    });
  };
  const BOTH = { FAKE_A: 'one', FAKE_B: 'two', FAKE_ONE: 'new "one"\nx', FAKE_TWO: 'new two' };
  const assertBoth = async (): Promise<void> => {
    assert.deepEqual(await clone.values(), BOTH);
    assert.deepEqual(await clone.unmerged(), []);
    const sops = await Sops.of(sandbox);
    const plain = JSON.parse(await sops.decrypt(clone.vault)) as { secrets: unknown };
    assert.deepEqual(plain.secrets, BOTH);
  };

  it('merges by names: merge', async () => {
    await apart();
    await clone.git('merge', '--no-edit', 'one');
    await assertBoth();
  });

  it('merges by names: rebase', async () => {
    await apart();
    await clone.git('rebase', 'one');
    await assertBoth();
  });

  it('merges by names: cherry-pick, and revert takes it back', async () => {
    await apart();
    await clone.git('cherry-pick', 'one');
    await assertBoth();
    await clone.set('FAKE_LATER', 'later');
    await clone.commit();
    await clone.git('revert', '--no-edit', 'HEAD~1');
    assert.deepEqual(await clone.values(), {
      FAKE_A: 'FAKE_A-0',
      FAKE_B: 'two',
      FAKE_C: 'FAKE_C-0',
      FAKE_LATER: 'later',
      FAKE_TWO: 'new two',
    });
  });

  it('merges by names: stash pop, in a directory of the checkout, with another author', async () => {
    await apart();
    await clone.git('checkout', '-q', 'main');
    await clone.set('FAKE_B', 'stashed');
    await clone.git('stash', '-q');
    await clone.git('merge', '-q', 'one');
    await clone.git('stash', 'pop', '-q');
    assert.equal((await clone.values())['FAKE_B'], 'stashed');
    assert.equal((await clone.values())['FAKE_ONE'], 'new "one"\nx');
  });

  it('merges by names: in a worktree, and in a submodule', async () => {
    await apart();
    const worktree = new GitClone(sandbox, join(sandbox.root, 'work tree'));
    await clone.git('worktree', 'add', '-q', worktree.directory, '-b', 'three', 'two');
    // The person has not used the vault at that path yet.
    await worktree.ok(['get', 'FAKE_A', '--accept-members']);
    await worktree.git('merge', '--no-edit', 'one');
    assert.deepEqual(await worktree.values(), BOTH);
    const outer = new GitClone(sandbox, join(sandbox.root, 'outer'));
    mkdirSync(outer.directory);
    await outer.git('init', '-q');
    await outer.git('-c', 'protocol.file.allow=always', 'submodule', 'add', '-q', clone.directory, 'inner');
    const inner = new GitClone(sandbox, join(outer.directory, 'inner'));
    await inner.git('checkout', '-q', 'two');
    await inner.ok(['merge', 'install', '--yes']);
    await inner.ok(['get', 'FAKE_A', '--accept-members']);
    await inner.git('merge', '--no-edit', 'origin/one');
    assert.deepEqual(await inner.values(), BOTH);
  });

  it('is not in the way of a fast-forward, and of an octopus', async () => {
    await apart();
    await clone.git('checkout', '-q', 'main');
    await clone.git('merge', '-q', '--ff-only', 'one');
    assert.equal((await clone.values())['FAKE_A'], 'one');
    await clone.git('reset', '-q', '--hard', 'main~1');
    // The strategy of git for several branches knows no drivers: it stops.
    assert.notEqual((await clone.tryGit('merge', '-q', '--no-edit', 'one', 'two')).exitCode, 0);
    assert.deepEqual(await clone.unmerged(), [VAULT]);
    await clone.ok(['resolve']);
    await assertBoth();
  });

  it('with other line ends: reads them, and merges', async () => {
    await apart();
    await clone.git('config', 'core.autocrlf', 'true');
    for (const branch of ['two', 'one']) await clone.git('checkout', '-q', branch);
    await clone.git('checkout', '-q', 'two');
    await clone.git('merge', '--no-edit', 'one');
    await assertBoth();
    // Committed with these line ends, by somebody with an old git.
    await clone.git('config', 'core.autocrlf', 'false');
    await clone.branch('windows', 'one', () => {
      writeFileSync(clone.vault, clone.read().replaceAll('\n', '\r\n'));
      return Promise.resolve();
    });
    await clone.set('FAKE_WINDOWS', 'x');
    await clone.commit();
    await clone.git('checkout', '-q', '-b', 'unix', 'two~1');
    await clone.set('FAKE_UNIX', 'y');
    await clone.commit();
    await clone.git('merge', '--no-edit', 'windows');
    const values = await clone.values();
    assert.deepEqual([values['FAKE_WINDOWS'], values['FAKE_UNIX']], ['x', 'y']);
  });

  it('leaves what both sides have changed to git, names it, and shows no value', async () => {
    await clone.branch('one', 'main', async () => clone.set('FAKE_A', 'hidden-one'));
    await clone.branch('two', 'main', async () => {
      await clone.set('FAKE_A', 'hidden-two');
      await clone.set('FAKE_B', 'hidden-two');
    });
    const before = clone.read();
    const result = await clone.tryGit('merge', '--no-edit', 'one');
    assert.equal(result.exitCode, 1);
    assert.match(result.stderr, /not merged: both sides have changed FAKE_A\.[^]*nf-secrets resolve/);
    assert.doesNotMatch(result.stderr + String(result.stdout), /hidden|FAKE_B/);
    assert.deepEqual(await clone.unmerged(), [VAULT]);
    assert.equal(clone.read(), before);
  });

  describe('keeps every command from taking one side in silence', () => {
    const COMMANDS: readonly (readonly string[])[] = [
      ['list'],
      ['list', '--json'],
      ['get', 'FAKE_A'],
      ['set', 'FAKE_A', '--scope', 'workspace'],
      ['delete', 'FAKE_A', '--scope', 'workspace', '--yes'],
      ['rename', 'FAKE_A', 'FAKE_Z', '--scope', 'workspace', '--yes'],
      ['copy', 'FAKE_A', '--to', 'user'],
      ['export', '--scope', 'workspace'],
      ['exec', '--secret', 'FAKE_A', '--', 'true'],
      ['member', 'list'],
      ['member', 'rotate'],
    ];

    it('until it is resolved: each of them says so, and changes nothing', async () => {
      await clone.branch('one', 'main', async () => clone.set('FAKE_A', 'one'));
      await clone.branch('two', 'main', async () => clone.set('FAKE_A', 'two'));
      await clone.tryGit('merge', '--no-edit', 'one');
      const before = clone.read();
      for (const args of COMMANDS) {
        const result = await clone.nfSecrets(args, { input: 'x' });
        assertRefusedWithRemedy(result, 65, 'not merged yet', 'nf-secrets resolve');
      }
      assert.equal(clone.read(), before);
      // Also with the file removed, and for git's newest form of the index.
      await clone.git('update-index', '--index-version', '4');
      rmSync(clone.vault);
      for (const args of [
        ['get', 'FAKE_A'],
        ['set', 'FAKE_A', '--scope', 'workspace'],
      ])
        assertRefusedWithRemedy(await clone.nfSecrets(args, { input: 'x' }), 65, 'not merged yet');
      assert.ok(!existsSync(clone.vault));
      await clone.ok(['set', 'FAKE_USER'], { input: 'of the user' });
      assert.equal(await clone.ok(['get', 'FAKE_USER', '--scope', 'user']), 'of the user');
      await clone.git('merge', '--abort');
      assert.equal(await clone.ok(['get', 'FAKE_A']), 'two');
    });
  });

  describe('of sides that cannot be merged', () => {
    const conflict = async (change: () => void | Promise<void>): Promise<string> => {
      await clone.branch('one', 'main', async () => {
        await change();
      });
      await clone.branch('two', 'main', async () => clone.set('FAKE_B', 'two'));
      const before = clone.read();
      const result = await clone.tryGit('merge', '--no-edit', 'one');
      assert.equal(result.exitCode, 1, String(result.stdout) + result.stderr);
      assert.deepEqual(await clone.unmerged(), [VAULT]);
      assert.equal(clone.read(), before);
      assert.doesNotMatch(result.stderr, /bug in nf-secrets|^\s+at /m);
      return result.stderr;
    };

    for (const [title, text] of [
      ['no JSON', '<<<<<<< HEAD\n'],
      ['an empty file', ''],
      ['JSON of something else', '{"secrets": {}}'],
      ['deep nesting', '['.repeat(100_000)],
    ] as const) {
      it(`${title}: git's conflict, and the side is named`, async () => {
        const stderr = await conflict(() => {
          writeFileSync(clone.vault, text);
        });
        assert.match(stderr, /the other side \(theirs\) cannot be merged/);
      });
    }

    it('a value that was changed without the key', async () => {
      const stderr = await conflict(() => {
        writeFileSync(clone.vault, clone.read().replace(/("FAKE_A": "ENC\[[^"]*data:)./, '$1A'));
      });
      assert.match(stderr, /theirs[^]*(without the key|MAC)/);
    });

    it('a version that both come from: git keeps both, and resolve says what can come back', async () => {
      const sound = clone.read();
      await clone.branch('damaged', 'main', () => {
        clone.write(VAULT, '{}');
        return Promise.resolve();
      });
      await clone.branch('one', 'damaged', async () => {
        clone.write(VAULT, sound);
        await clone.ok(['delete', 'FAKE_A', '--scope', 'workspace', '--yes']);
      });
      await clone.branch('two', 'damaged', async () => {
        clone.write(VAULT, sound);
        await clone.set('FAKE_B', 'two');
      });
      const result = await clone.tryGit('merge', '--no-edit', 'one');
      assert.equal(result.exitCode, 1);
      assert.match(result.stderr, /both sides come from cannot be read.*can come back/);
      assert.deepEqual(await clone.unmerged(), [VAULT]);
      const done = await clone.nfSecrets(['resolve', '--ours']);
      assert.equal(done.exitCode, 0, done.stderr);
      assert.match(done.stderr, /both sides come from cannot be read.*can come back/);
    });

    it("a stranger's vault for the same members: their values are not taken", async () => {
      const stderr = await conflict(async () => {
        const stranger = new Sandbox();
        try {
          await stranger.ok(['set', 'FAKE_A', '--scope', 'workspace'], { input: 'evil' });
          const theirs = JSON.parse(readFileSync(join(stranger.workspace, VAULT), 'utf8')) as {
            sops: { age: object[] };
            members_unencrypted: object[];
          };
          assert.ok(theirs.sops.age.length === 1);
          // The identity of the victim opens it: anybody can encrypt to a public key.
          mkdirSync(stranger.toolHome, { recursive: true });
          cpSync(identityFile(sandbox), identityFile(stranger));
          rmSync(join(stranger.workspace, VAULT));
          rmSync(join(stranger.toolHome, 'workspaces.json'), { force: true });
          await stranger.ok(['set', 'FAKE_A', '--scope', 'workspace'], { input: 'evil' });
          cpSync(join(stranger.workspace, VAULT), clone.vault);
        } finally {
          stranger.remove();
        }
      });
      assert.match(stderr, /members or a data key that you have not accepted/);
      const refused = await clone.nfSecrets(['resolve', '--theirs']);
      assertRefusedWithRemedy(refused, 77, 'another data key', '--accept-members');
      assert.deepEqual(await clone.unmerged(), [VAULT]);
    });

    it('a member whom nobody has accepted: not added in silence', async () => {
      const stranger = new Sandbox();
      try {
        await stranger.ok(['set', 'FAKE_X'], { input: 'x' });
        const recipient = String(await stranger.ok(['identity', 'show'])).trim();
        const sops = await Sops.of(sandbox);
        const stderr = await conflict(async () => {
          await sops.ok(['rotate', '--in-place', '--add-age', recipient, clone.vault]);
          await sops.edit(clone.vault, (text) => {
            const plain = JSON.parse(text) as { members_unencrypted: object[] };
            plain.members_unencrypted.push({ recipient, label: 'mallory', since: '', by: '' });
            return JSON.stringify(plain);
          });
        });
        assert.match(stderr, /members or a data key that you have not accepted/);
        assertRefusedWithRemedy(await clone.nfSecrets(['resolve']), 77, 'mallory', '--accept-members');
        await clone.ok(['resolve', '--accept-members']);
        assert.ok(clone.read().includes(recipient));
        assert.equal(await clone.ok(['get', 'FAKE_B']), 'two', 'and is asked about no more');
      } finally {
        stranger.remove();
      }
    });

    it('without an identity, and without a home that may be used: git keeps both', async () => {
      await clone.branch('one', 'main', async () => clone.set('FAKE_A', 'one'));
      await clone.branch('two', 'main', async () => clone.set('FAKE_B', 'two'));
      const identity = readFileSync(identityFile(sandbox));
      rmSync(identityFile(sandbox));
      const result = await clone.tryGit('merge', '--no-edit', 'one');
      assert.equal(result.exitCode, 1);
      assert.match(result.stderr, /does not open for you/);
      assert.ok(!existsSync(identityFile(sandbox)), 'none is made');
      writeFileSync(identityFile(sandbox), identity, { mode: 0o600 });
      await clone.ok(['resolve']);
      assert.deepEqual(await clone.unmerged(), []);
    });
  });

  it('that was moved: says so, leaves the conflict to git, and resolve merges it', async () => {
    await apart();
    const driver = (await clone.git('config', 'merge.nf-secrets.driver')).trim();
    await clone.git('config', 'merge.nf-secrets.driver', driver.replaceAll(CLI, '/nowhere/cli.js'));
    const result = await clone.tryGit('merge', '--no-edit', 'one');
    assert.equal(result.exitCode, 1);
    assert.match(result.stderr, /nf-secrets is not where it was[^]*merge install/);
    await clone.ok(['resolve']);
    await assertBoth();
    await clone.ok(['merge', 'install', '--yes']);
    assert.equal((await clone.git('config', 'merge.nf-secrets.driver')).trim(), driver);
  });

  it('that is killed: git keeps both sides, and nothing is lost', async () => {
    await apart();
    const before = clone.read();
    await clone.git('config', 'merge.nf-secrets.driver', 'kill -9 $$');
    const result = await clone.tryGit('merge', '--no-edit', 'one');
    assert.notEqual(result.exitCode, 0);
    assert.equal(clone.read(), before);
    if ((await clone.unmerged()).length > 0) await clone.ok(['resolve']);
    else {
      await clone.ok(['merge', 'install', '--yes']);
      await clone.git('reset', '-q', '--hard');
      await clone.git('merge', '--no-edit', 'one');
    }
    await assertBoth();
  });
});

describe('nf-secrets merge install', () => {
  let sandbox: Sandbox;
  let clone: GitClone;

  beforeEach(async () => {
    sandbox = new Sandbox();
    clone = new GitClone(sandbox);
    await clone.git('init', '-q');
    await clone.set('FAKE_A', 'hidden-0');
    await clone.commit();
  });
  afterEach(() => {
    sandbox.remove();
  });

  const attributes = (): string => join(clone.directory, '.git', 'info', 'attributes');

  it('shows what it writes, and writes nothing without a yes', async () => {
    const config = readFileSync(join(clone.directory, '.git', 'config'));
    const result = await clone.nfSecrets(['merge', 'install']);
    assertRefused(result, 64, 'merge.nf-secrets.driver = ', attributes(), 'merge=nf-secrets', 'Add --yes.');
    assert.deepEqual(readFileSync(join(clone.directory, '.git', 'config')), config);
    assert.ok(!existsSync(attributes()));
    const terminal = Terminal.open(sandbox, [process.execPath, CLI, 'merge', 'install']);
    await until('the question', () => terminal.screen.includes('Write this? [y/N]'));
    terminal.type('n\n');
    assert.equal(await terminal.ended(), 130);
    assert.deepEqual(readFileSync(join(clone.directory, '.git', 'config')), config);
  });

  it('keeps the attributes that are there, and says so if there is nothing to do', async () => {
    mkdirSync(dirname(attributes()), { recursive: true });
    writeFileSync(attributes(), '*.png binary');
    for (let times = 0; times < 2; times++) await clone.ok(['merge', 'install', '--yes']);
    const lines = readFileSync(attributes(), 'utf8').trimEnd().split('\n');
    assert.equal(lines[0], '*.png binary');
    assert.equal(lines.length, 4);
    assert.match((await clone.nfSecrets(['merge', 'install'])).stderr, /already/);
  });

  it('works for a program whose path has spaces, quotes and percent signs', async () => {
    const odd = join(sandbox.root, `it's "50% %O" $HOME;`);
    cpSync(dirname(CLI), join(odd, 'dist'), { recursive: true });
    writeFileSync(join(odd, 'package.json'), '{"type": "module"}');
    const cli = join(odd, 'dist', 'cli.js');
    const install = await sandbox.run(process.execPath, [cli, 'merge', 'install', '--yes']);
    assert.equal(install.exitCode, 0, install.stderr);
    await clone.branch('one', 'main', async () => clone.set('FAKE_A', 'one'));
    await clone.branch('two', 'main', async () => clone.set('FAKE_B', 'two'));
    // Even where git gets no PATH with nf-secrets.
    await clone.git('merge', '--no-edit', 'one');
    assert.deepEqual(await clone.values(), { FAKE_A: 'one', FAKE_B: 'two' });
    assert.match(await clone.git('diff', 'HEAD~1'), /^\+FAKE_A /m);
    renameSync(odd, join(sandbox.root, 'moved'));
    assert.match(await clone.git('diff', 'HEAD~1'), /ENC\[/, 'and a diff works without it');
  });

  it('has git diff show names and dates, and never a value', async () => {
    await clone.ok(['merge', 'install', '--yes']);
    await clone.set('FAKE_A', 'hidden-1');
    await clone.set('FAKE_B', 'hidden-2', '--description', 'a new one');
    const diff = await clone.git('diff');
    assert.match(diff, /^\+FAKE_B .* a new one/m);
    assert.match(diff, /^-FAKE_A .*\n\+FAKE_A /m);
    assert.doesNotMatch(diff, /hidden|ENC\[|"sops"/);
  });

  it('is offered once for each clone on a terminal, after a write', async () => {
    const write = ['bash', '-c', `"$0" "$1" delete FAKE_A --scope workspace --yes`, process.execPath, CLI];
    const first = Terminal.open(sandbox, write);
    await until('the offer', () => first.screen.includes('Set it up? [y/N]'));
    assert.match(first.screen, /merge\.nf-secrets\.driver = /);
    first.type('n\n');
    assert.equal(await first.ended(), 0);
    assert.equal((await clone.tryGit('config', 'merge.nf-secrets.driver')).exitCode, 1);
    await clone.set('FAKE_A', 'hidden-1');
    rmSync(join(sandbox.toolHome, 'merge-offers.json'));
    const interrupted = Terminal.open(sandbox, write);
    await until('the offer', () => interrupted.screen.includes('Set it up? [y/N]'));
    interrupted.type('\x03');
    assert.equal(await interrupted.ended(), 0, interrupted.screen);
    assert.match(interrupted.screen, /Later: nf-secrets merge install/);
    assert.doesNotMatch(interrupted.screen, /nothing was changed/);
    await clone.set('FAKE_A', 'hidden-2');
    const second = Terminal.open(sandbox, write);
    assert.equal(await second.ended(), 0);
    assert.doesNotMatch(second.screen, /Set it up/);
  });

  it('outside of git: 69 and why', async () => {
    rmSync(join(clone.directory, '.git'), { recursive: true });
    assertRefusedWithRemedy(await clone.nfSecrets(['merge', 'install', '--yes']), 69, 'no clone of git');
  });
});

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadIdentities } from '../../src/core/vault/identity.ts';
import { SopsDocument } from '../../src/core/vault/sops-document.ts';
import { UnlockedDocument } from '../../src/core/vault/unlocked-document.ts';
import { GitClone } from '../fixtures/git-clone.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { CLI, type Result, Sandbox } from '../fixtures/sandbox.ts';
import { Sops } from '../fixtures/sops.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { until } from '../fixtures/until.ts';
import { worldOf } from '../fixtures/vault-values.ts';

const FILES = ['.nf-secrets/workspace.sops.json', '.nf-secrets/workspace.sops.json.sig'];
const ROSTER = '.nf-secrets/members.json';

describe('a merge of a vault with a roster, in a clone without the driver', () => {
  let sandbox: Sandbox;
  /** The clone as Alice uses it, who owns the workspace. */
  let clone: GitClone;

  /** Runs a command in the clone as somebody else. */
  const as = async (who: string, args: readonly string[], input = ''): Promise<Result> => {
    const home = join(sandbox.root, who);
    mkdirSync(home, { recursive: true });
    return clone.nfSecrets(args, { input, env: { HOME: home, NF_SECRETS_HOME: join(home, 'tool') } });
  };
  const okAs = async (who: string, args: readonly string[], input = ''): Promise<string> => {
    const result = await as(who, args, input);
    assert.equal(result.exitCode, 0, `${who} ${args.join(' ')}: ${result.stderr}`);
    return String(result.stdout);
  };
  const setAs = async (who: string, name: string, value: string): Promise<void> => {
    await okAs(who, ['set', name, '--scope', 'workspace', '--accept-members'], value);
  };
  const add = async (who: string, role: string): Promise<void> => {
    const request = (await okAs(who, ['member', 'request', '--label', `${who}/laptop`])).trim();
    await clone.ok(['member', 'add', request, '--role', role, '--yes']);
  };
  const conflict = async (branch: string, ...files: string[]): Promise<void> => {
    const result = await clone.tryGit('merge', '--no-edit', branch);
    assert.equal(result.exitCode, 1, String(result.stdout) + result.stderr);
    assert.deepEqual((await clone.unmerged()).sort(), files.sort());
    assertRefused(await clone.nfSecrets(['get', 'FAKE_A']), 65, 'not merged yet');
  };
  const assertSound = async (): Promise<void> => {
    assert.deepEqual(await clone.unmerged(), []);
    assert.equal(await clone.git('diff', '--name-only'), '');
    await clone.ok(['member', 'verify']);
  };

  beforeEach(async () => {
    sandbox = new Sandbox();
    clone = new GitClone(sandbox);
    await clone.git('init', '-q');
    await clone.set('FAKE_A', 'hidden-0');
    await add('bob', 'maintain');
    await add('mallory', 'launch');
    await clone.commit();
  });
  afterEach(() => {
    sandbox.remove();
  });

  it('comes after git diff, which shows each change of the roster, and of the vault never a value', async () => {
    await clone.ok(['member', 'role', 'mallory/laptop', 'maintain', '--yes']);
    const shown = await clone.git('diff');
    assert.match(shown, /^\+\s+"role": "maintain"/m);
    assert.match(shown, /^-.*mallory\/laptop|^\+.*mallory\/laptop/m);
    assert.doesNotMatch(shown, /hidden-0/);
  });

  it('of two members who may change secrets: vault and signature are merged together, without a question', async () => {
    await clone.branch('one', 'main', async () => setAs('bob', 'FAKE_ONE', 'hidden-one'));
    await clone.branch('two', 'main', async () => clone.set('FAKE_TWO', 'hidden-two'));
    await conflict('one', ...FILES);
    await clone.ok(['resolve']);
    await assertSound();
    assert.deepEqual(await clone.values(), {
      FAKE_A: 'hidden-0',
      FAKE_TWO: 'hidden-two',
      FAKE_ONE: 'hidden-one',
    });
    assert.equal(await okAs('bob', ['get', 'FAKE_TWO']), 'hidden-two');
    await clone.git('commit', '-q', '--no-edit');
  });

  it('of a reader who has the data key: their change is not taken in silence, and they cannot merge', async () => {
    await clone.branch('one', 'main', async () => {
      const sops = await Sops.of(sandbox);
      await sops.set(clone.vault, ['secrets', 'FAKE_A'], '"evil"');
    });
    await clone.branch('two', 'main', async () => clone.set('FAKE_TWO', 'hidden-two'));
    const result = await clone.tryGit('merge', '--no-edit', 'one');
    assert.equal(result.exitCode, 1);
    assertRefusedWithRemedy(
      await clone.nfSecrets(['resolve']),
      77,
      'theirs',
      'is not signed by a member',
      'If you know who made these changes',
    );
    assertRefusedWithRemedy(
      await as('mallory', ['resolve', '--accept-members']),
      77,
      'role launch',
      'Ask a member who may',
    );
    await clone.git('merge', '--abort');
    assert.equal(await clone.ok(['get', 'FAKE_A']), 'hidden-0');
  });

  describe('on a terminal', () => {
    const resolveAs = (who?: string): Terminal => {
      const home = join(sandbox.root, who ?? '');
      return Terminal.open(
        sandbox,
        [process.execPath, CLI, 'resolve'],
        who === undefined ? {} : { HOME: home, NF_SECRETS_HOME: join(home, 'tool') },
      );
    };

    it('says what a role forbids before it asks', async () => {
      await clone.branch('one', 'main', async () => clone.set('FAKE_A', 'hidden-one'));
      await clone.branch('two', 'main', async () => clone.set('FAKE_A', 'hidden-two'));
      await conflict('one', ...FILES);
      const terminal = resolveAs('mallory');
      assert.equal(await terminal.ended(), 77);
      assert.match(terminal.screen, /role launch/);
      assert.doesNotMatch(terminal.screen, /Take ours or theirs/);
    });

    it('keeps the answers if the merge is refused after them', async () => {
      await clone.branch('one', 'main', async () => {
        const sops = await Sops.of(sandbox);
        await sops.set(clone.vault, ['secrets', 'FAKE_A'], '"hidden-one"');
      });
      await clone.branch('two', 'main', async () => clone.set('FAKE_A', 'hidden-two'));
      await clone.tryGit('merge', '--no-edit', 'one');
      const terminal = resolveAs();
      await until('the question', () => terminal.screen.includes('[ours/theirs/later]'));
      terminal.type('theirs\n');
      await until('the question about the changes', () =>
        terminal.screen.includes('Take its changes? [y/N]'),
      );
      terminal.type('n\n');
      assert.equal(await terminal.ended(), 77);
      await clone.ok(['resolve', '--accept-members']);
      assert.deepEqual(await clone.values(), { FAKE_A: 'hidden-one' });
      assert.deepEqual(await clone.unmerged(), []);
    });
  });

  it('of a side whose time is none: it is merged if the person takes it', async () => {
    await clone.branch('one', 'main', async () => {
      const document = SopsDocument.parse(readFileSync(clone.vault), clone.vault);
      const identities = await loadIdentities(worldOf(sandbox), document.recipients);
      const opened = await UnlockedDocument.unlock(document, identities);
      writeFileSync(clone.vault, opened?.serialize('2026-13-32T00:00:00Z') ?? '');
    });
    await clone.branch('two', 'main', async () => clone.set('FAKE_TWO', 'hidden-two'));
    await clone.tryGit('merge', '--no-edit', 'one');
    await clone.ok(['resolve', '--accept-members']);
    assert.deepEqual(await clone.values(), { FAKE_A: 'hidden-0', FAKE_TWO: 'hidden-two' });
  });

  it('of rosters: both sides have added a member, and one has removed another', async () => {
    await clone.branch('one', 'main', async () => {
      await add('carol', 'launch');
      await clone.set('FAKE_ONE', 'hidden-one');
    });
    await clone.branch('two', 'main', async () => {
      await clone.ok(['member', 'remove', 'mallory/laptop', '--yes']);
      await add('dave', 'launch');
    });
    await conflict('one', ROSTER, ...FILES);
    const done = await clone.nfSecrets(['resolve']);
    assert.equal(done.exitCode, 0, done.stderr);
    assert.match(done.stderr, /mallory\/laptop can read these values.*FAKE_ONE/);
    await assertSound();
    const labels = (JSON.parse(await clone.ok(['member', 'list', '--json'])) as { label: string }[]).map(
      ({ label }) => label,
    );
    assert.deepEqual(labels.slice(1).sort(), ['bob/laptop', 'carol/laptop', 'dave/laptop']);
    for (const who of ['bob', 'carol', 'dave'])
      assert.equal(await okAs(who, ['get', 'FAKE_ONE', '--accept-members']), 'hidden-one');
    assert.equal((await as('mallory', ['get', 'FAKE_ONE', '--accept-members'])).exitCode, 77);
  });

  it('that one side has deleted: the vault is not taken without the roster that it names', async () => {
    await clone.branch('gone', 'main', async () => {
      await clone.git('rm', '-q', '-r', '.nf-secrets');
    });
    await clone.branch('kept', 'main', async () => clone.set('FAKE_A', 'hidden-kept'));
    assert.equal((await clone.tryGit('merge', '--no-edit', 'gone')).exitCode, 1);
    assert.ok(!existsSync(join(clone.directory, ROSTER)), 'git has removed what only one side has touched');
    assertRefusedWithRemedy(
      await clone.nfSecrets(['resolve', '--ours']),
      77,
      'is not taken: it has a roster of members',
      'git checkout HEAD -- ',
    );
    await clone.git('checkout', 'HEAD', '--', ...FILES, ROSTER);
    await assertSound();
    assert.equal(await clone.ok(['get', 'FAKE_A']), 'hidden-kept');
  });

  it('with a side that is damaged: the other one is not taken if no member has signed it', async () => {
    await clone.ok(['merge', 'install', '--yes']);
    await clone.branch('one', 'main', async () => {
      const sops = await Sops.of(sandbox);
      await sops.set(clone.vault, ['secrets', 'FAKE_A'], '"evil"');
    });
    await clone.branch('two', 'main', () => {
      writeFileSync(clone.vault, '{}');
      return Promise.resolve();
    });
    assert.equal((await clone.tryGit('merge', '--no-edit', 'one')).exitCode, 1);
    for (const more of [[], ['--accept-members']])
      assertRefusedWithRemedy(
        await clone.nfSecrets(['resolve', '--theirs', ...more]),
        77,
        'is not taken: sops or another program has changed it',
        'git checkout MERGE_HEAD -- ',
      );
    assert.equal(clone.read(), '{}');
  });

  it('of rosters that do not merge: one side is taken as a whole, and an own one needs no question', async () => {
    await clone.ok(['member', 'role', 'bob/laptop', 'admin', '--yes']);
    await clone.commit();
    await okAs('bob', ['get', 'FAKE_A', '--accept-members']);
    const request = (await okAs('carol', ['member', 'request', '--label', 'carol/laptop'])).trim();
    await clone.branch('one', 'main', async () => {
      await okAs('bob', ['member', 'add', request, '--role', 'launch', '--yes', '--accept-members']);
    });
    await clone.branch('two', 'main', async () => {
      await clone.ok(['member', 'remove', 'bob/laptop', '--yes']);
      await clone.set('FAKE_A', 'hidden-two');
    });
    await conflict('one', ROSTER, ...FILES);
    assertRefusedWithRemedy(
      await clone.nfSecrets(['resolve']),
      65,
      'cannot be merged: ',
      'nf-secrets resolve --ours',
      'nf-secrets resolve --theirs',
    );
    assertRefused(await clone.nfSecrets(['resolve', '--theirs']), 77, 'have to be accepted');
    const done = await clone.nfSecrets(['resolve', '--ours']);
    assert.equal(done.exitCode, 0, done.stderr);
    assert.match(done.stderr, /The changes of theirs are not in it/);
    await assertSound();
    assert.equal(await clone.ok(['get', 'FAKE_A']), 'hidden-two');
    assert.equal((await as('bob', ['get', 'FAKE_A', '--accept-members'])).exitCode, 77);
  });

  it('of a roster beside a vault that git does not have: that only copy stays', async () => {
    await clone.git('rm', '-q', '--cached', ...FILES);
    const blob = (await clone.git('hash-object', '-w', ROSTER)).trim();
    const stages = ['2', '3'].map((stage) => `100644 ${blob} ${stage}\t${ROSTER}\n`).join('');
    await clone.git('rm', '-q', '--cached', ROSTER);
    await sandbox.run('git', ['update-index', '--index-info'], { cwd: clone.directory, input: stages });
    assert.deepEqual(await clone.unmerged(), [ROSTER]);
    const before = clone.read();
    for (const side of ['--ours', '--theirs'])
      assertRefusedWithRemedy(await clone.nfSecrets(['resolve', side]), 65, 'git does not have', 'git add');
    assert.equal(clone.read(), before);
  });

  it('of a roster that a removed admin has continued, on a branch of before the removal: the person is asked', async () => {
    // The driver can ask nobody, and leaves it to the person.
    await clone.ok(['merge', 'install', '--yes']);
    await clone.ok(['member', 'role', 'bob/laptop', 'admin', '--yes']);
    await clone.commit();
    await okAs('bob', ['get', 'FAKE_A', '--accept-members']);
    const request = (await okAs('eve', ['member', 'request', '--label', 'eve/laptop'])).trim();
    await clone.branch('fork', 'main', async () => {
      await okAs('bob', ['member', 'add', request, '--role', 'launch', '--yes', '--accept-members']);
    });
    await clone.branch('removed', 'main', async () => {
      await clone.ok(['member', 'remove', 'bob/laptop', '--yes']);
    });
    await clone.branch('old', 'main', async () => clone.set('FAKE_A', 'hidden-old'));
    await conflict('fork', ...FILES);
    const before = clone.read();
    for (const more of [[], ['--ours'], ['--theirs']])
      assertRefusedWithRemedy(
        await clone.nfSecrets(['resolve', ...more]),
        77,
        'does not continue the one that you accepted',
        'eve/laptop',
        'have to be accepted first',
      );
    assert.equal(clone.read(), before);
  });

  it('of rosters of which the other one has all changes: the result is known, though it does not continue ours', async () => {
    await clone.ok(['member', 'role', 'bob/laptop', 'admin', '--yes']);
    await clone.commit();
    await okAs('bob', ['get', 'FAKE_A', '--accept-members']);
    const request = (await okAs('dave', ['member', 'request', '--label', 'dave/laptop'])).trim();
    await clone.branch('one', 'main', async () => {
      await okAs('bob', ['member', 'remove', 'mallory/laptop', '--yes', '--accept-members']);
      await okAs('bob', ['member', 'add', request, '--role', 'launch', '--yes', '--accept-members']);
    });
    await clone.branch('two', 'main', async () => {
      await clone.ok(['member', 'remove', 'mallory/laptop', '--yes']);
    });
    await conflict('one', ROSTER, ...FILES);
    await clone.ok(['resolve']);
    await assertSound();
    assert.equal(await clone.ok(['get', 'FAKE_A']), 'hidden-0');
    await clone.set('FAKE_TWO', 'hidden-two');
    assert.equal(await okAs('bob', ['get', 'FAKE_TWO']), 'hidden-two');
  });

  it('on a new machine: it shows the members once, and takes a signed side for what it is', async () => {
    await clone.branch('one', 'main', async () => setAs('bob', 'FAKE_ONE', 'hidden-one'));
    await clone.branch('two', 'main', async () => clone.set('FAKE_TWO', 'hidden-two'));
    await conflict('one', ...FILES);
    rmSync(join(sandbox.toolHome, 'workspaces.json'));
    assertRefusedWithRemedy(
      await clone.nfSecrets(['resolve']),
      77,
      'have to be accepted first',
      'bob/laptop',
    );
    const done = await clone.nfSecrets(['resolve', '--accept-members']);
    assert.equal(done.exitCode, 0, done.stderr);
    assert.equal(done.stderr.match(/for the first time/g)?.length, 1, done.stderr);
    assert.doesNotMatch(done.stderr, /not signed|is gone/);
    await assertSound();
    assert.deepEqual(Object.keys(await clone.values()).sort(), ['FAKE_A', 'FAKE_ONE', 'FAKE_TWO']);
  });
});

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GitClone } from '../fixtures/git-clone.ts';
import { assertRefused } from '../fixtures/refusal.ts';
import { type Result, Sandbox } from '../fixtures/sandbox.ts';
import { Sops } from '../fixtures/sops.ts';

const VAULT = '.nf-secrets/workspace.sops.json';
const SIGNATURE = `${VAULT}.sig`;

describe('git merges a vault with a roster', () => {
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
  const labels = async (): Promise<string[]> =>
    (JSON.parse(await clone.ok(['member', 'list', '--json'])) as { label: string }[])
      .map(({ label }) => label)
      .slice(1)
      .sort();
  const assertSound = async (values: Readonly<Record<string, string>>): Promise<void> => {
    assert.deepEqual(await clone.unmerged(), []);
    assert.equal(await clone.git('status', '--porcelain'), '');
    await clone.ok(['member', 'verify']);
    assert.deepEqual(await clone.values(), values);
    assert.deepEqual(
      JSON.parse(
        await okAs('bob', ['export', '--format', 'json', '--scope', 'workspace', '--accept-members']),
      ),
      values,
    );
  };
  /** Bob sets one secret on the branch `one`, Alice another on `two`, which is checked out. */
  const twoBranches = async (): Promise<void> => {
    await clone.branch('one', 'main', async () => setAs('bob', 'FAKE_ONE', 'hidden-one'));
    await clone.branch('two', 'main', async () => clone.set('FAKE_TWO', 'hidden-two'));
  };
  const ALL = { FAKE_A: 'hidden-0', FAKE_ONE: 'hidden-one', FAKE_TWO: 'hidden-two' };

  beforeEach(async () => {
    sandbox = new Sandbox();
    clone = new GitClone(sandbox);
    await clone.git('init', '-q');
    await clone.set('FAKE_A', 'hidden-0');
    await add('bob', 'maintain');
    await add('mallory', 'launch');
    await clone.commit();
    await clone.ok(['merge', 'install', '--yes']);
  });
  afterEach(() => {
    sandbox.remove();
  });

  for (const strategy of ['ort', 'recursive'])
    it(`without a question, by the strategy ${strategy}`, async () => {
      await twoBranches();
      await clone.git('merge', '--no-edit', '-s', strategy, 'one');
      await assertSound(ALL);
      const kept = readFileSync(join(sandbox.toolHome, 'signed-merges.json'), 'utf8');
      assert.doesNotMatch(kept, /hidden|ENC\[/, 'names of objects only');
      // The files of a merge that is made again fit each other, too.
      await clone.git('reset', '-q', '--hard', 'HEAD^1');
      await clone.git('merge', '--no-edit', '-s', strategy, 'one');
      await assertSound(ALL);
    });

  it('in a rebase of several commits, and in a cherry-pick of a commit that a branch has', async () => {
    await clone.branch('one', 'main', async () => setAs('bob', 'FAKE_ONE', 'hidden-one'));
    await clone.branch('two', 'main', async () => clone.set('FAKE_TWO', 'hidden-two'));
    await clone.set('FAKE_THREE', 'hidden-three');
    await clone.commit('three');
    await clone.git('rebase', 'one');
    await assertSound({ ...ALL, FAKE_THREE: 'hidden-three' });
    await clone.git('checkout', '-q', '-b', 'four', 'one');
    await clone.set('FAKE_FOUR', 'hidden-four');
    await clone.commit('four');
    await clone.git('cherry-pick', 'two');
    await assertSound({
      FAKE_A: 'hidden-0',
      FAKE_ONE: 'hidden-one',
      FAKE_FOUR: 'hidden-four',
      FAKE_THREE: 'hidden-three',
    });
  });

  it('in a stash', async () => {
    await clone.set('FAKE_TWO', 'hidden-two');
    await clone.git('stash');
    await setAs('bob', 'FAKE_ONE', 'hidden-one');
    await clone.commit('one');
    await clone.git('stash', 'pop');
    assert.deepEqual(await clone.unmerged(), []);
    await clone.ok(['member', 'verify']);
    assert.deepEqual(await clone.values(), ALL);
  });

  it('with its roster: both sides have added a member, and one has removed another', async () => {
    await clone.branch('one', 'main', async () => {
      await add('carol', 'launch');
      await clone.set('FAKE_ONE', 'hidden-one');
    });
    await clone.branch('two', 'main', async () => {
      await clone.ok(['member', 'remove', 'mallory/laptop', '--yes']);
      await add('dave', 'launch');
    });
    const merged = await clone.tryGit('merge', '--no-edit', 'one');
    assert.equal(merged.exitCode, 0, String(merged.stdout) + merged.stderr);
    assert.match(merged.stderr, /mallory\/laptop can read these values.*FAKE_ONE/);
    await assertSound({ FAKE_A: 'hidden-0', FAKE_ONE: 'hidden-one' });
    assert.deepEqual(await labels(), ['bob/laptop', 'carol/laptop', 'dave/laptop']);
    assert.equal((await as('mallory', ['get', 'FAKE_ONE', '--accept-members'])).exitCode, 77);
  });

  it('where one side has changed the members, and the other one secrets', async () => {
    await clone.branch('one', 'main', async () => setAs('bob', 'FAKE_ONE', 'hidden-one'));
    await clone.branch('two', 'main', async () => {
      await clone.ok(['member', 'remove', 'mallory/laptop', '--yes']);
    });
    await clone.git('merge', '--no-edit', 'one');
    await assertSound({ FAKE_A: 'hidden-0', FAKE_ONE: 'hidden-one' });
    assert.deepEqual(await labels(), ['bob/laptop']);
    assert.equal((await as('mallory', ['get', 'FAKE_ONE', '--accept-members'])).exitCode, 77);
  });

  for (const [title, merge] of [
    ['git', async () => clone.git('merge', '--no-edit', 'one')],
    [
      'resolve',
      async () => {
        await clone.git('config', '--remove-section', 'merge.nf-secrets');
        assert.equal((await clone.tryGit('merge', '--no-edit', 'one')).exitCode, 1);
        await clone.ok(['resolve']);
        await clone.git('commit', '-q', '--no-edit');
      },
    ],
  ] as const)
    it(`on top of the roster that a remote's main branch has, whichever side it is: by ${title}`, async () => {
      await clone.ok(['member', 'role', 'bob/laptop', 'admin', '--yes']);
      await clone.commit();
      const request = (await okAs('eve', ['member', 'request', '--label', 'eve/laptop'])).trim();
      await clone.branch('one', 'main', async () => {
        await okAs('bob', ['member', 'add', request, '--yes', '--accept-members']);
      });
      await clone.git('update-ref', 'refs/remotes/origin/main', 'one');
      await clone.branch('two', 'main', async () => add('dave', 'launch'));
      const refused = await clone.nfSecrets(['member', 'verify', '--base', 'origin/main']);
      assertRefused(refused, 77, 'does not continue', "git rebase 'origin/main'");
      await merge();
      await clone.ok(['member', 'verify', '--base', 'origin/main']);
      await assertSound({ FAKE_A: 'hidden-0' });
      assert.deepEqual(await labels(), ['bob/laptop', 'dave/laptop', 'eve/laptop', 'mallory/laptop']);
    });

  it('not where both have changed one secret: all files stay unmerged, why is said once, and resolve ends it', async () => {
    await clone.branch('one', 'main', async () => setAs('bob', 'FAKE_A', 'hidden-one'));
    await clone.branch('two', 'main', async () => clone.set('FAKE_A', 'hidden-two'));
    const merged = await clone.tryGit('merge', '--no-edit', 'one');
    assert.equal(merged.exitCode, 1);
    assert.deepEqual((await clone.unmerged()).sort(), [VAULT, SIGNATURE]);
    assert.equal(merged.stderr.match(/is not merged/g)?.length, 1, merged.stderr);
    assert.match(merged.stderr, /both sides have changed FAKE_A/);
    assert.doesNotMatch(merged.stderr, /is signed/);
    assertRefused(await clone.nfSecrets(['get', 'FAKE_A']), 65, 'not merged yet');
    await clone.ok(['resolve', 'FAKE_A', '--theirs']);
    await clone.git('commit', '-q', '--no-edit');
    await assertSound({ FAKE_A: 'hidden-one' });
  });

  it('not what nobody who may change secrets has signed', async () => {
    await clone.branch('one', 'main', async () => {
      const sops = await Sops.of(sandbox);
      await sops.set(clone.vault, ['secrets', 'FAKE_A'], '"evil"');
    });
    await clone.branch('two', 'main', async () => clone.set('FAKE_TWO', 'hidden-two'));
    const merged = await clone.tryGit('merge', '--no-edit', 'one');
    assert.equal(merged.exitCode, 1, merged.stderr);
    assert.deepEqual(await clone.unmerged(), [VAULT]);
    assert.match(merged.stderr, /theirs.*is not signed by a member/);
    assert.match(merged.stderr, /To look at it, and merge: nf-secrets resolve/);
    await clone.git('merge', '--abort');
    assert.equal(await clone.ok(['get', 'FAKE_A']), 'hidden-0');
  });

  it('not what a member has signed who was removed meanwhile: it is named who, and taken only if the person says so', async () => {
    await clone.branch('one', 'main', async () => setAs('bob', 'FAKE_ONE', 'hidden-one'));
    await clone.branch('two', 'main', async () => {
      await clone.ok(['member', 'remove', 'bob/laptop', '--yes']);
    });
    const merged = await clone.tryGit('merge', '--no-edit', 'one');
    assert.equal(merged.exitCode, 1);
    assert.match(merged.stderr, /bob\/laptop has signed it, who may not change secrets any more/);
    assert.doesNotMatch(merged.stderr, /Anybody/);
    assertRefused(await clone.nfSecrets(['resolve']), 77, 'bob/laptop has signed it', '--accept-members');
    const taken = await clone.nfSecrets(['resolve', '--accept-members']);
    assert.equal(taken.exitCode, 0, taken.stderr);
    assert.doesNotMatch(taken.stderr, /About .* of the merge:/, 'nothing comes after it');
    assert.deepEqual(await labels(), ['mallory/laptop']);
    assert.equal((await as('bob', ['get', 'FAKE_ONE', '--accept-members'])).exitCode, 77);
  });

  it('not with a roster that a removed admin has continued: resolve shows its members first', async () => {
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
    const merged = await clone.tryGit('merge', '--no-edit', 'fork');
    assert.equal(merged.exitCode, 1, merged.stderr);
    assert.match(merged.stderr, /members or a data key that you have not accepted/);
    assertRefused(await clone.nfSecrets(['resolve']), 77, 'eve/laptop', 'have to be accepted first');
  });

  it('not for a member who may not change secrets: whom to ask is said', async () => {
    await twoBranches();
    const home = join(sandbox.root, 'mallory');
    await okAs('mallory', ['get', 'FAKE_TWO', '--accept-members']);
    const merged = await sandbox.run(
      'git',
      ['-c', 'user.name=Fake', '-c', 'user.email=fake@example.org', 'merge', '--no-edit', 'one'],
      {
        cwd: clone.directory,
        env: { HOME: home, NF_SECRETS_HOME: join(home, 'tool'), GIT_EDITOR: 'true' },
      },
    );
    assert.equal(merged.exitCode, 1);
    assert.match(merged.stderr, /role launch.*\n.*Ask a member who may/s);
    assert.deepEqual((await clone.unmerged()).sort(), [VAULT, SIGNATURE]);
  });

  for (const [killed, pattern] of [
    [VAULT, '*.json'],
    [SIGNATURE, '*.sig'],
  ] as const) {
    it(`by a driver that is killed at ${killed}: by resolve, and by git after the merge was given up`, async () => {
      await twoBranches();
      const driver = (await clone.git('config', 'merge.nf-secrets.driver')).trim();
      const killing = `case %P in ${pattern}) kill -9 $$;; esac; ${driver}`;
      await clone.git('config', 'merge.nf-secrets.driver', killing);
      assert.equal((await clone.tryGit('merge', '--no-edit', 'one')).exitCode, 1);
      assert.deepEqual(await clone.unmerged(), [killed]);
      await clone.ok(['resolve']);
      assert.deepEqual(await clone.unmerged(), []);
      await clone.git('commit', '-q', '--no-edit');
      await assertSound(ALL);
      await clone.git('reset', '-q', '--hard', 'HEAD^1');
      assert.equal((await clone.tryGit('merge', '--no-edit', 'one')).exitCode, 1);
      await clone.git('merge', '--abort');
      await clone.git('config', 'merge.nf-secrets.driver', driver);
      await clone.git('merge', '--no-edit', 'one');
      await assertSound(ALL);
    });
  }

  it('not where no commit has the other side: resolve merges it', async () => {
    await twoBranches();
    const picked = (await clone.git('rev-parse', 'one')).trim();
    await clone.git('branch', '-q', '-D', 'one');
    const result = await clone.tryGit('cherry-pick', picked);
    assert.equal(result.exitCode, 1);
    assert.match(result.stderr, /nf-secrets resolve/);
    await clone.ok(['resolve']);
    await clone.git('-c', 'core.editor=true', 'cherry-pick', '--continue');
    await assertSound(ALL);
  });
});

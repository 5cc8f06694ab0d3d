import assert from 'node:assert/strict';
import { GitClone } from '../fixtures/git-clone.ts';
import { Sandbox } from '../fixtures/sandbox.ts';

describe('git merges two branches that have merged each other before', () => {
  let sandbox: Sandbox;
  let clone: GitClone;

  const conflicts = async (): Promise<string[]> =>
    (JSON.parse(await clone.ok(['resolve', '--json'])) as { conflicts: { name: string }[] }).conflicts.map(
      ({ name }) => name,
    );
  /** Two branches with different commits merge each other's: both of these are what they come from. */
  const cross = async (): Promise<void> => {
    for (const name of ['one', 'two']) await clone.git('tag', `${name}-before`, name);
    for (const [name, other] of [
      ['one', 'two-before'],
      ['two', 'one-before'],
    ] as const) {
      await clone.git('checkout', '-q', name);
      await clone.tryGit('merge', '--no-edit', other);
      if ((await clone.unmerged()).length === 0) continue;
      await clone.ok(['resolve', '--ours']);
      await clone.git('commit', '-q', '--no-edit');
    }
  };

  beforeEach(async () => {
    sandbox = new Sandbox();
    clone = new GitClone(sandbox);
    await clone.git('init', '-q');
    await clone.set('FAKE_A', 'hidden-0');
  });

  afterEach(() => {
    sandbox.remove();
  });

  for (const [title, prepare] of [
    ['without a roster', () => Promise.resolve()],
    [
      'with a roster',
      async () => {
        await clone.ok(['member', 'robot', 'ci', '--yes']);
      },
    ],
  ] as const) {
    it(`${title}: what each has decided in its own way is a conflict, and what one has deleted is named as unsure`, async () => {
      await prepare();
      await clone.commit();
      await clone.ok(['merge', 'install', '--yes']);
      await clone.branch('one', 'main', async () => clone.set('FAKE_A', 'hidden-one'));
      await clone.branch('two', 'main', async () => {
        await clone.set('FAKE_A', 'hidden-two');
        await clone.set('FAKE_B', 'hidden-b');
      });
      await cross();
      await clone.git('checkout', '-q', 'one');
      await clone.ok(['delete', 'FAKE_B', '--scope', 'workspace', '--yes']);
      await clone.commit();
      const merged = await clone.tryGit('merge', '--no-edit', 'two');
      assert.equal(merged.exitCode, 1, 'neither side is taken in silence');
      assert.match(merged.stderr, /nf-secrets resolve/);
      assert.deepEqual(await conflicts(), ['FAKE_A']);
      const resolved = await clone.nfSecrets(['resolve', '--ours']);
      assert.equal(resolved.exitCode, 0, resolved.stderr);
      assert.match(resolved.stderr, /what one side has deleted[^.]*can come back/);
      assert.equal((await clone.values())['FAKE_A'], 'hidden-one');
    });
  }

  it('in different names: no question, and what one has deleted stays so', async () => {
    await clone.commit();
    await clone.ok(['merge', 'install', '--yes']);
    await clone.branch('one', 'main', async () => clone.set('FAKE_ONE', 'hidden-one'));
    await clone.branch('two', 'main', async () => clone.set('FAKE_TWO', 'hidden-two'));
    await cross();
    await clone.set('FAKE_THREE', 'hidden-three');
    await clone.commit();
    await clone.git('checkout', '-q', 'one');
    await clone.ok(['delete', 'FAKE_TWO', '--scope', 'workspace', '--yes']);
    await clone.commit();
    await clone.git('merge', '--no-edit', 'two');
    assert.deepEqual(await clone.values(), {
      FAKE_A: 'hidden-0',
      FAKE_ONE: 'hidden-one',
      FAKE_THREE: 'hidden-three',
    });
  });
});

import assert from 'node:assert/strict';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GitClone } from '../fixtures/git-clone.ts';
import { assertRefused } from '../fixtures/refusal.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { Team } from '../fixtures/team.ts';

interface Version {
  readonly number: number;
  readonly version: string;
  readonly bytes: number | null;
  readonly expires: string | null;
  readonly isCurrent: boolean;
  readonly doubt: string | null;
}

describe('the history of a secret of a workspace in git', () => {
  let sandbox: Sandbox;
  let clone: GitClone;
  beforeEach(async () => {
    sandbox = new Sandbox();
    clone = new GitClone(sandbox);
    await clone.git('init', '-q');
  });
  afterEach(() => {
    sandbox.remove();
  });

  const set = async (value: string, ...options: string[]): Promise<void> => {
    await clone.set('FAKE_A', value, ...options);
    await clone.commit();
  };
  const get = async (name = 'FAKE_A'): Promise<string | undefined> => (await clone.values())[name];
  const history = async (of: GitClone = clone): Promise<Version[]> =>
    (
      JSON.parse(await of.ok(['history', 'FAKE_A', '--scope', 'workspace', '--json'])) as {
        versions: Version[];
      }
    ).versions;

  it('has the values of its commits, each once, with a change that is not committed', async () => {
    await set('fake-1', '--description', 'first', '--expires', '2127-01-31');
    await clone.set('FAKE_OTHER', 'fake');
    await clone.commit();
    await set('fake-second', '--description', 'second');
    await clone.set('FAKE_A', 'fake\n"third" ä');
    const versions = await history();
    assert.deepEqual(
      versions.map(({ bytes, isCurrent, expires, doubt }) => [bytes, isCurrent, expires, doubt]),
      [
        [15, true, null, null],
        [11, false, null, null],
        [6, false, '2127-01-31', null],
      ],
    );
    assert.deepEqual(
      versions.map(({ version }) => version.length),
      [0, 40, 40],
    );
    const table = await clone.ok(['history', 'FAKE_A']);
    assert.match(table, /COMMIT/);
    assert.doesNotMatch(table, /fake/);
    // By number, by commit; and an undo can be undone, once it is committed.
    await clone.ok(['undo', 'FAKE_A', '--to', '3']);
    assert.equal(await get(), 'fake-1');
    const [listed] = JSON.parse(await clone.ok(['list', '--scope', 'workspace', '--json'])) as Record<
      string,
      unknown
    >[];
    assert.equal(listed?.['description'], 'first');
    assert.equal(listed['expires'], '2127-01-31');
    await clone.ok(['undo', 'FAKE_A', '--to', versions[1]!.version.slice(0, 9)]);
    assert.equal(await get(), 'fake-second');
    assertRefused(await clone.nfSecrets(['undo', 'FAKE_A', '--to', '9']), 64, /git has no version 9/);
    assertRefused(await clone.nfSecrets(['undo', 'FAKE_A', '--to', '1']), 64, /current one already/);
    assertRefused(await clone.nfSecrets(['undo', 'FAKE_A', '--to', 'abcdef1']), 64, /no version abcdef1/);
  });

  it('puts back what was deleted, and knows what that was', async () => {
    await set('fake-1');
    await set('fake-2');
    await clone.ok(['delete', 'FAKE_A', '--yes']);
    await clone.commit();
    assert.deepEqual(JSON.parse(await clone.ok(['list', '--deleted', '--json'])), [
      { name: 'FAKE_A', scope: 'workspace', deletedUntil: null },
    ]);
    await clone.ok(['undo', 'FAKE_A']);
    assert.equal(await get(), 'fake-2');
  });

  it('opens after the data key was renewed: the maker of the old one knows it', async () => {
    await set('fake-1');
    await clone.ok(['member', 'rotate']);
    await clone.commit();
    assert.equal((await history()).length, 1);
    await set('fake-2');
    assert.deepEqual(
      (await history()).map(({ doubt }) => doubt),
      [null, null],
    );
    await clone.ok(['undo', 'FAKE_A']);
    assert.equal(await get(), 'fake-1');
  });

  it('takes no value of a vault that a stranger made', async () => {
    await set('fake-1');
    const aside = join(sandbox.workspace, 'aside.json');
    renameSync(clone.vault, aside);
    const stranger = new Sandbox();
    try {
      const theirs = new GitClone(stranger);
      await theirs.set('FAKE_A', 'fake-evil');
      const { stdout } = await sandbox.nfSecrets(['identity', 'show']);
      const own = /age1\w+/.exec(String(stdout))?.[0] ?? '';
      await theirs.ok(['member', 'add', own, '--label', 'victim']);
      writeFileSync(clone.vault, theirs.read());
      await clone.commit();
    } finally {
      stranger.remove();
    }
    renameSync(aside, clone.vault);
    await clone.commit();
    const [now, evil] = await history();
    assert.equal(now?.bytes, 6);
    assert.notEqual(evil?.doubt ?? null, null);
    assertRefused(await clone.nfSecrets(['undo', 'FAKE_A']), 77, /Nobody vouches/);
    assert.equal(await get(), 'fake-1');
  });

  it('says what it does not know: no repository, nothing committed, a part of the history', async () => {
    await clone.set('FAKE_A', 'fake-1');
    assertRefused(await clone.nfSecrets(['undo', 'FAKE_A']), 64, /never committed/);
    rmSync(join(sandbox.workspace, '.git'), { recursive: true });
    assertRefused(await clone.nfSecrets(['undo', 'FAKE_A']), 69, /git tells no history/);
    await clone.git('init', '-q');
    await set('fake-1');
    await set('fake-2');
    await clone.git('clone', '-q', '--depth', '1', `file://${sandbox.workspace}`, 'shallow');
    const shallow = new GitClone(sandbox, join(sandbox.workspace, 'shallow'));
    const told = await shallow.nfSecrets(['undo', 'FAKE_A', '--accept-members']);
    assertRefused(told, 64, /git has no earlier value/);
    assert.match(told.stderr, /only a part of the history/);
    assertRefused(
      await clone.nfSecrets(['undo', 'FAKE_NONE', '--scope', 'workspace']),
      66,
      /no earlier value/,
    );
  });

  it('cannot be forgotten, which is said with what to do', async () => {
    await set('fake-1');
    const { stderr } = await clone.nfSecrets(['forget', 'FAKE_A', '--scope', 'workspace', '--yes']);
    assert.match(stderr, /git's history.*cannot\s+be forgotten here/);
    assert.match(stderr, /git filter-repo/);
  });

  it('starts no program that the repository names', async () => {
    await set('fake-1');
    await set('fake-2');
    const marker = join(sandbox.home, 'started');
    for (const key of ['core.fsmonitor', 'gpg.program', 'core.sshCommand', 'diff.external'])
      await clone.git('config', key, `touch ${marker}; false`);
    await clone.git('config', 'log.showSignature', 'true');
    await clone.ok(['undo', 'FAKE_A']);
    assert.equal(await get(), 'fake-1');
    assert.ok(!existsSync(marker));
  });
});

describe('the history of a workspace with a roster', () => {
  it('is undone by who may change secrets, to what such a member has signed', async () => {
    const team = await Team.create();
    try {
      const { ann, max, leo } = team;
      const git = new GitClone(ann, team.workspace);
      await git.git('init', '-q');
      await max.set('FAKE_A', 'fake-1');
      await git.commit();
      await max.set('FAKE_A', 'fake-2');
      await git.commit();
      assertRefused(await leo.nfSecrets(['undo', 'FAKE_A', '--scope', 'workspace']), 77, /role launch/);
      await max.ok(['undo', 'FAKE_A', '--scope', 'workspace']);
      assert.equal(String((await ann.get('FAKE_A')).stdout), 'fake-1');
      await git.commit();
      await ann.setRole(max.label, 'launch');
      await git.commit();
      // His signature does not count any more.
      assertRefused(await ann.nfSecrets(['undo', 'FAKE_A', '--scope', 'workspace']), 77, /Nobody vouches/);
    } finally {
      team.remove();
    }
  });
});

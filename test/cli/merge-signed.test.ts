import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { GitClone } from '../fixtures/git-clone.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { type Result, Sandbox } from '../fixtures/sandbox.ts';
import { Sops } from '../fixtures/sops.ts';

const FILES = ['.nf-secrets/workspace.sops.json', '.nf-secrets/workspace.sops.json.sig'];
const ROSTER = '.nf-secrets/members.json';

describe('a merge of a vault with a roster', () => {
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
    await clone.ok(['merge', 'install', '--yes']);
  });
  afterEach(() => {
    sandbox.remove();
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
    assertRefusedWithRemedy(await clone.nfSecrets(['resolve']), 77, 'theirs', 'is not signed by a member');
    assertRefusedWithRemedy(
      await as('mallory', ['resolve', '--accept-members']),
      77,
      'role launch',
      'Ask a member who may',
    );
    await clone.git('merge', '--abort');
    assert.equal(await clone.ok(['get', 'FAKE_A']), 'hidden-0');
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
});

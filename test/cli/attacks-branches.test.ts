import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GitClone } from '../fixtures/git-clone.ts';
import { assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { Team } from '../fixtures/team.ts';

// Whoever was removed still has a branch of before, and may get it merged. An old version is fine where an old branch is
// checked out, and nowhere else.

describe('a branch of a removed member', () => {
  let team: Team;
  let repository: GitClone;

  beforeEach(async () => {
    team = await Team.create();
    repository = new GitClone(team.ann, team.workspace);
    await repository.git('init', '-q', '-b', 'main');
    await repository.commit();
    await repository.git('branch', 'old');
  });
  afterEach(() => {
    team.remove();
  });

  /** Max is removed, which Ann and Leo have seen, and writes on the old branch. */
  const removeMax = async (): Promise<void> => {
    await team.ann.removeMember('max/laptop');
    await repository.commit();
    for (const person of [team.ann, team.leo]) await person.ok(['get', 'OLD_KEY']);
    await repository.git('checkout', '-q', 'old');
    await team.max.ok(['set', 'OLD_KEY', '--scope', 'workspace'], { input: 'fake-of-max' });
    await repository.commit();
  };

  const takeIntoMain = async (): Promise<void> => {
    await repository.git('merge', '-q', '-s', 'ours', 'main', '-m', 'fake');
    await repository.git('checkout', '-q', 'main');
    await repository.git('merge', '-q', '--ff-only', 'old');
    for (const person of [team.ann, team.leo])
      assertRefusedWithRemedy(await person.get('OLD_KEY'), 77, 'members.json', 'rolled back');
  };

  it('does not bring its roster and vault back by a merge that takes its own side', async () => {
    await removeMax();
    await takeIntoMain();
  });

  it('does not bring them back below many commits', async () => {
    await removeMax();
    await repository.git('merge', '-q', '-s', 'ours', 'main', '-m', 'fake');
    const file = team.file('members.json');
    const text = await repository.git('show', 'HEAD:./.nf-secrets/members.json');
    for (let number = 1; number <= 25; number++) {
      writeFileSync(file, text + ' '.repeat(number));
      await repository.commit();
    }
    await takeIntoMain();
  });

  it('is used where it is checked out', async () => {
    await removeMax();
    assert.equal(String((await team.leo.get('OLD_KEY')).stdout), 'fake-of-max');
  });

  it('does not count as checked out where the clone is shallow, which is said; the first use of such a clone is fine', async () => {
    await removeMax();
    const clone = join(team.root, 'clone');
    const url = `file://${team.workspace}`;
    await repository.git('clone', '-q', '--depth', '1', '--no-single-branch', '-b', 'main', url, clone);
    const shallow = new GitClone(team.ann, clone);
    team.leo.workAt(clone);
    await team.leo.ok(['get', 'OLD_KEY', '--accept-members']);
    const verified = await team.leo.nfSecrets(['member', 'verify']);
    assert.equal(verified.exitCode, 0, verified.stderr);
    assert.match(verified.stderr, /shallow: it does not tell.*--base REVISION/);
    await shallow.git('checkout', '-q', 'old');
    const old = await team.leo.get('OLD_KEY');
    assertRefusedWithRemedy(
      old,
      77,
      'you have seen version',
      'This clone is shallow',
      'git fetch --unshallow',
    );
    await shallow.git('fetch', '-q', '--unshallow');
    assert.equal(String((await team.leo.get('OLD_KEY')).stdout), 'fake-of-max');
    assert.doesNotMatch((await team.leo.nfSecrets(['member', 'verify'])).stderr, /shallow/);
  });

  it('asks where it has another history of the members than the accepted one', async () => {
    await team.ann.setRole('max/laptop', 'admin');
    await repository.commit();
    await repository.git('branch', '-f', 'old');
    await team.max.accept();
    await team.ann.setRole('leo/laptop', 'maintain');
    await team.ann.removeMember('max/laptop');
    await repository.commit();
    for (const person of [team.ann, team.leo]) await person.ok(['get', 'OLD_KEY']);
    await repository.git('checkout', '-q', 'old');
    await team.max.setRole('leo/laptop', 'maintain');
    await team.max.ok(['set', 'OLD_KEY', '--scope', 'workspace'], { input: 'fake-of-max' });
    await repository.commit();
    const result = await team.leo.get('OLD_KEY');
    assertRefusedWithRemedy(result, 77, 'roster', '--accept-members');
    // A yes counts for this branch, and main stays accepted.
    await team.leo.ok(['get', 'OLD_KEY', '--accept-members']);
    assert.equal(String((await team.leo.get('OLD_KEY')).stdout), 'fake-of-max');
    await repository.git('checkout', '-q', 'main');
    assert.equal(String((await team.leo.get('OLD_KEY')).stdout), 'fake-old');
  });
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { Sops } from '../fixtures/sops.ts';
import { Team } from '../fixtures/team.ts';

// Managers of dotfiles and of shared directories make links. Roster and signature stay in `.nf-secrets`.

describe('a vault with a roster that is a link', () => {
  let team: Team;
  let target: string;

  beforeEach(async () => {
    team = await Team.create();
    git('init', '-q', '-b', 'main');
    mkdirSync(join(team.workspace, 'kept'));
    target = join(team.workspace, 'kept', 'vault.json');
    renameSync(team.file(), target);
    symlinkSync('../kept/vault.json', team.file());
    // It is at another path now, which nobody has accepted yet.
    for (const person of [team.ann, team.max, team.leo]) await person.accept();
    commit('Members');
  });
  afterEach(() => {
    team.remove();
  });

  function git(...args: readonly string[]): void {
    const who = ['-c', 'user.name=Fake', '-c', 'user.email=fake@fake.example'];
    execFileSync('git', [...who, ...args], { cwd: team.workspace, stdio: 'ignore' });
  }

  function commit(message: string): void {
    git('add', '-A');
    git('commit', '-q', '-m', message);
  }

  it('is resolved together with its roster and its signature', async () => {
    git('switch', '-q', '-c', 'one');
    assert.equal((await team.max.set('ONE_KEY', 'fake-one')).exitCode, 0);
    commit('one');
    git('switch', '-q', '-c', 'two', 'main');
    assert.equal((await team.ann.set('TWO_KEY', 'fake-two')).exitCode, 0);
    commit('two');
    assert.throws(() => {
      git('merge', '-q', '--no-edit', 'one');
    });
    assertRefusedWithRemedy(await team.ann.get('ONE_KEY'), 65, 'not merged yet');
    await team.ann.ok(['resolve']);
    for (const [name, value] of [
      ['ONE_KEY', 'fake-one'],
      ['TWO_KEY', 'fake-two'],
    ] as const)
      assert.equal(String((await team.ann.get(name)).stdout), value);
    await team.ann.ok(['member', 'verify']);
    commit('both');
  });

  it('has its roster and its signature in .nf-secrets, also in remedies', async () => {
    assert.equal((await team.max.set('OLD_KEY', 'fake-newer')).exitCode, 0);
    assert.equal(String((await team.leo.get('OLD_KEY')).stdout), 'fake-newer');
    const putBack = ['.nf-secrets/workspace.sops.json.sig', '.nf-secrets/members.json', target];
    const signature = readFileSync(team.file('workspace.sops.json.sig'));
    rmSync(team.file('workspace.sops.json.sig'));
    assertRefusedWithRemedy(await team.leo.get('OLD_KEY'), 77, 'git checkout HEAD --', ...putBack);
    writeFileSync(team.file('workspace.sops.json.sig'), signature);
    rmSync(team.file('members.json'));
    assertRefusedWithRemedy(
      await team.leo.get('OLD_KEY'),
      77,
      `git checkout HEAD -- '${team.file('members.json')}'`,
    );
  });

  it('is used with the roster of an older branch that is checked out, and not with one that was put back', async () => {
    await team.ann.removeMember('leo/laptop');
    await team.max.ok(['get', 'OLD_KEY', '--scope', 'workspace']);
    git('switch', '-q', '-c', 'later');
    commit('Leo is gone');
    git('switch', '-q', 'main');
    const old = readFileSync(team.file('members.json'));
    assert.equal((await team.max.get('OLD_KEY', '--accept-members')).exitCode, 0);
    git('switch', '-q', 'later');
    assert.equal((await team.max.get('OLD_KEY')).exitCode, 0);
    writeFileSync(team.file('members.json'), old);
    assertRefusedWithRemedy(
      await team.max.get('OLD_KEY'),
      77,
      `${team.file('members.json')} is not used: it was rolled back`,
    );
  });

  it('shows what sops has changed in it since a member signed it @sops', async () => {
    await team.ann.ok(['set', 'OTHER', '--scope', 'workspace'], { input: 'fake-other' });
    commit('Another one');
    const sops = await Sops.of(team.ann);
    await sops.set(target, ['secrets', 'OLD_KEY'], '"fake-by-sops"');
    await sops.set(target, ['note_unencrypted'], '"of another program"');
    rmSync(team.file('workspace.sops.json.sig'));
    const { exitCode, stderr } = await team.ann.nfSecrets(['member', 'sign', '--yes']);
    assert.equal(exitCode, 0, stderr);
    assert.match(
      stderr,
      /Changed in it since ann\/laptop signed it:\n.* changed +OLD_KEY\n.* changed +note_unencrypted \(no secret/,
    );
    assert.doesNotMatch(stderr, /OTHER/);
    assert.equal(String((await team.leo.get('OLD_KEY')).stdout), 'fake-by-sops');
  });
});

import assert from 'node:assert/strict';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeNextflow } from '../fixtures/fake-nextflow.ts';
import { identityFile } from '../fixtures/places.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { CLI, PROJECT, type Result } from '../fixtures/sandbox.ts';
import { Sops } from '../fixtures/sops.ts';
import { type Person, Team } from '../fixtures/people.ts';

const PIPELINE = `
process QUERY_DATABASE {
    secret 'DB_PASSWORD'

    script:
    'true'
}

workflow {
    QUERY_DATABASE()
}
`;

/** The command line of ours in the example's workflow that begins with these words. */
function commandOfWorkflow(words: string): string {
  const workflow = readFileSync(join(PROJECT, 'examples/github-actions/secrets.yml'), 'utf8');
  const line = workflow.split('\n').find((one) => one.includes(`run: nf-secrets ${words}`));
  assert.ok(line !== undefined, words);
  return line.slice(line.indexOf('nf-secrets'));
}

/** Runs a command line as a step of CI does. */
async function inShell(person: Person, command: string, env: Record<string, string>): Promise<Result> {
  const script = `nf-secrets() { '${process.execPath}' '${CLI}' "$@"; }\n${command}`;
  return person.sandbox.run('bash', ['-e', '-c', script], { cwd: person.clone, env });
}

// The story of docs/teams.md, from an empty folder on. Each step goes on where the one before has ended.
describe('a team, from nothing to the removal of a member and of a robot', () => {
  let team: Team;
  let alice: Person;
  let bob: Person;
  let carol: Person;
  /** A machine of CI without any key. */
  let check: Person;
  /** A machine of CI, which has the robot's key in its environment for the step that needs it. */
  let ci: Person;
  let robotKey: string;

  before(() => {
    team = new Team();
  });
  after(() => {
    team.remove();
  });

  const withRobotKey = (): { env: Record<string, string> } => ({ env: { SOPS_AGE_KEY: robotKey } });

  it('begins with one person, who needs no roster', async () => {
    alice = await team.founder('alice', { DB_PASSWORD: 'fake-db', NCBI_API_KEY: 'fake-ncbi' });
    writeFileSync(join(alice.clone, 'main.nf'), PIPELINE);
    writeFileSync(join(alice.clone, 'nextflow.config'), 'profiles { test { params.fake = true } }\n');
    alice.push('A pipeline');
    const [row, ...others] = await alice.members();
    assert.equal(row?.you, true);
    assert.deepEqual(others, []);
    // Without a roster there is nothing that CI could hold anybody to.
    assertRefusedWithRemedy(await alice.nf(['member', 'verify']), 77, 'members.json');
  });

  it('gets a request: one line with public keys, in which nothing is secret', async () => {
    bob = team.cloner('bob');
    const request = await bob.request();
    assert.match(request, /^nf-secrets-request\.v1\.[\w-]+\.[\w-]+$/);
    const identity = readFileSync(identityFile(bob.sandbox), 'utf8');
    const secret = /AGE-SECRET-KEY-1\w+/.exec(identity)?.[0] ?? '';
    assert.ok(secret.length > 20);
    const body = Buffer.from(request.split('.')[2] ?? '', 'base64url').toString();
    assert.ok(!body.includes(secret) && !body.includes('PRIVATE'));
    // It is no member yet.
    assertRefusedWithRemedy(await bob.get('DB_PASSWORD'), 77, 'not a recipient');
  });

  it('has a roster from the first member on, with its author as the owner', async () => {
    const request = await bob.request();
    const { exitCode, stderr } = await alice.nf([
      ...['member', 'add', request, '--role', 'maintain', '--own-label', 'alice/laptop', '--yes'],
    ]);
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /owner: alice\/laptop/);
    assert.match(stderr, /who can launch/i);
    const members = await alice.members();
    assert.deepEqual(
      members.map(({ role, you }) => [role, you]),
      [
        ['owner', true],
        ['maintain', false],
      ],
    );
    assert.deepEqual(
      members.map(({ label }) => label),
      ['alice/laptop', 'bob/laptop'],
    );
    assert.match(members[0]?.signingKey ?? '', /^ssh-ed25519 /);
    alice.push('Bob maintains the secrets');
  });

  it('lets a member who maintains read and write', async () => {
    bob.pull();
    assertRefusedWithRemedy(await bob.get('DB_PASSWORD'), 77, '--accept-members');
    const read = await bob.get('DB_PASSWORD', '--accept-members');
    assert.equal(String(read.stdout), 'fake-db', read.stderr);
    await bob.set('SLACK_TOKEN', 'fake-slack');
    // Maintaining secrets is not deciding about members.
    assertRefusedWithRemedy(await bob.nf(['member', 'remove', 'bob', '--yes']), 77, 'bob/laptop', 'maintain');
    bob.push('A token for Slack');
  });

  it('lets one who launches read, and not write', async () => {
    carol = team.cloner('carol');
    const file = join(alice.sandbox.root, 'carol.request');
    writeFileSync(file, `${await carol.request()}\n`);
    alice.pull();
    await alice.ok(['member', 'add', '--from', file, '--yes']);
    alice.push('Carol launches');
    carol.pull();
    const read = await carol.get('SLACK_TOKEN', '--accept-members');
    assert.equal(String(read.stdout), 'fake-slack', read.stderr);
    const vault = readFileSync(carol.vault);
    const refused = await carol.nf(['set', 'SLACK_TOKEN', '--scope', 'workspace'], { input: 'fake-other' });
    assertRefusedWithRemedy(refused, 77, 'carol/laptop', 'launch', 'alice');
    assert.deepEqual(readFileSync(carol.vault), vault);
  });

  it('has a robot, with a key that is printed once and alone', async () => {
    const { stdout, stderr, exitCode } = await alice.nf(['member', 'robot', 'ci', '--yes']);
    assert.equal(exitCode, 0, stderr);
    assert.match(String(stdout), /^AGE-SECRET-KEY-1\w+\n$/);
    robotKey = String(stdout).trim();
    assert.ok(!stderr.includes(robotKey), 'the explanation has no key');
    alice.push('A robot for CI');
    ci = team.cloner('ci');
    const read = await ci.nf(['get', 'DB_PASSWORD', '--accept-members'], withRobotKey());
    assert.equal(String(read.stdout), 'fake-db', read.stderr);
    const launched = await ci.nf(
      ['exec', '--secret', 'DB_PASSWORD', '--accept-members', '--', 'sh', '-c', 'exit 0'],
      withRobotKey(),
    );
    assert.equal(launched.exitCode, 0, launched.stderr);
    assertRefused(
      await ci.nf(['set', 'DB_PASSWORD', '--scope', 'workspace'], { ...withRobotKey(), input: 'fake' }),
      77,
      'robot/ci',
    );
  });

  it('is checked in CI, without a key', async () => {
    check = team.cloner('check');
    const good = await check.nf(['member', 'verify', '--base', 'HEAD~1']);
    assert.equal(good.exitCode, 0, good.stderr);
    assert.equal(String(good.stdout), '');
    const ofWorkflow = await inShell(check, commandOfWorkflow('member verify'), { BASE: 'HEAD~2' });
    assert.equal(ofWorkflow.exitCode, 0, ofWorkflow.stderr);
  });

  it('launches in CI as the workflow does, with the key in that step alone', async () => {
    const nextflow = new FakeNextflow(ci.sandbox);
    const launch = await inShell(ci, commandOfWorkflow('launch'), { SOPS_AGE_KEY: robotKey });
    assert.equal(launch.exitCode, 0, launch.stderr);
    const { secrets, env } = nextflow.start;
    assert.deepEqual(secrets, { DB_PASSWORD: 'fake-db' });
    assert.ok(![...env.values()].some((value) => value.includes(robotKey)), 'Nextflow does not get the key');
  });

  it('sees that one who launches has written with sops', async () => {
    const sops = await Sops.of(carol.sandbox);
    await sops.set(carol.vault, ['secrets', 'SLACK_TOKEN'], '"fake-of-carol"');
    carol.git('checkout', '-q', '-b', 'carol');
    carol.push('A change of mine');
    check.git('fetch', '-q');
    check.git('checkout', '-q', 'origin/carol');
    assertRefusedWithRemedy(await check.nf(['member', 'verify']), 77, 'workspace.sops.json');
    bob.git('fetch', '-q');
    bob.git('checkout', '-q', 'origin/carol');
    assertRefused(await bob.get('SLACK_TOKEN', '--accept-members'), 77, 'workspace.sops.json', 'git log -- ');
    // Nor can she sign it.
    assertRefusedWithRemedy(await carol.nf(['member', 'sign', '--yes']), 77, 'carol/laptop', 'launch');
    bob.git('checkout', '-q', 'main');
    carol.git('checkout', '-q', 'main');
    check.git('checkout', '-q', 'main');
  });

  it('has a change by sops taken over by one who maintains', async () => {
    bob.pull();
    const sops = await Sops.of(bob.sandbox);
    await sops.set(bob.vault, ['secrets', 'SLACK_TOKEN'], '"fake-by-sops"');
    await sops.set(bob.vault, ['secrets', 'ADDED_TOKEN'], '"fake-added"');
    assertRefusedWithRemedy(await bob.get('SLACK_TOKEN'), 77, 'member sign', 'git checkout HEAD -- ');
    const { exitCode, stderr } = await bob.nf(['member', 'sign', '--yes']);
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /ADDED_TOKEN/);
    assert.match(stderr, /SLACK_TOKEN/);
    assert.doesNotMatch(stderr, /DB_PASSWORD|fake-/);
    assert.equal(String((await bob.get('SLACK_TOKEN')).stdout), 'fake-by-sops');
    bob.push('Tokens, by sops');
  });

  it('refuses a pull request that brings a roster of its own', async () => {
    const mallory = team.cloner('mallory');
    mallory.git('rm', '-q', '-r', '.nf-secrets');
    await mallory.set('DB_PASSWORD', 'fake-of-mallory');
    const friend = team.cloner('friend');
    await mallory.ok(['member', 'add', await friend.request(), '--yes']);
    mallory.git('checkout', '-q', '-b', 'mallory');
    mallory.push('Better secrets');
    check.git('fetch', '-q');
    check.git('checkout', '-q', 'origin/mallory');
    assert.equal((await check.nf(['member', 'verify'])).exitCode, 0, 'by itself it is sound');
    assertRefusedWithRemedy(
      await check.nf(['member', 'verify', '--base', 'origin/main']),
      77,
      'members.json',
    );
    check.git('checkout', '-q', 'main');
  });

  it('removes a member: a new data key, and a list of what has to be changed', async () => {
    alice.pull();
    const { exitCode, stderr } = await alice.nf(['member', 'remove', 'bob', '--yes']);
    assert.equal(exitCode, 0, stderr);
    for (const name of ['DB_PASSWORD', 'NCBI_API_KEY', 'SLACK_TOKEN', 'ADDED_TOKEN'])
      assert.ok(stderr.includes(name), `${name}: ${stderr}`);
    const removal = alice.push('Bob has left');
    const listed = JSON.parse(await alice.ok(['list', '--json', '--scope', 'workspace'])) as {
      name: string;
      exposed: string[];
    }[];
    assert.deepEqual(
      listed.map(({ name, exposed }) => [name, exposed]),
      ['ADDED_TOKEN', 'DB_PASSWORD', 'NCBI_API_KEY', 'SLACK_TOKEN'].map((name) => [name, ['bob/laptop']]),
    );
    await alice.set('DB_PASSWORD', 'fake-db-2');
    const after = JSON.parse(await alice.ok(['list', '--json', '--scope', 'workspace'])) as typeof listed;
    assert.deepEqual(after.find(({ name }) => name === 'DB_PASSWORD')?.exposed, []);
    alice.push('A new password');
    await assertReadsNothingSince(removal, bob);
  });

  it('goes on for the others without a question', async () => {
    carol.pull();
    const read = await carol.get('DB_PASSWORD');
    assert.equal(String(read.stdout), 'fake-db-2', read.stderr);
    ci.pull();
    const robot = await ci.nf(['get', 'DB_PASSWORD'], withRobotKey());
    assert.equal(String(robot.stdout), 'fake-db-2', robot.stderr);
  });

  it('removes a robot, which reads nothing that comes later', async () => {
    await alice.ok(['member', 'remove', 'robot/ci', '--yes']);
    const removal = alice.push('No robot any more');
    await alice.set('NCBI_API_KEY', 'fake-ncbi-2');
    alice.push('A new key of NCBI');
    ci.pull();
    assertRefused(await ci.nf(['get', 'DB_PASSWORD', '--accept-members'], withRobotKey()), 77);
    await assertReadsNothingSince(removal, ci, { SOPS_AGE_KEY: robotKey, SOPS_AGE_KEY_FILE: undefined });
    check.pull();
    const good = await check.nf(['member', 'verify', '--base', 'HEAD~5']);
    assert.equal(good.exitCode, 0, good.stderr);
  });
});

/** The key of one who was removed opens the vault of no commit from then on, with real sops. */
async function assertReadsNothingSince(
  removal: string,
  person: Person,
  env: Record<string, string | undefined> = {},
): Promise<void> {
  const sops = await Sops.of(person.sandbox);
  person.git('fetch', '-q');
  const commits = person.git('rev-list', `${removal}~1..origin/main`).trim().split('\n').reverse();
  assert.ok(commits.length > 1);
  const file = join(person.sandbox.root, 'version.sops.json');
  for (const commit of commits) {
    writeFileSync(file, person.git('show', `${commit}:.nf-secrets/workspace.sops.json`));
    const { exitCode, stderr } = await sops.run(['decrypt', file], { env });
    assert.notEqual(exitCode, 0, `${commit} opens`);
    assert.match(stderr, /data key|no identity matched/i);
  }
  // The one before the removal does open: it is the key that does not fit any more, not the test.
  writeFileSync(file, person.git('show', `${removal}~1:.nf-secrets/workspace.sops.json`));
  assert.equal((await sops.run(['decrypt', file], { env })).exitCode, 0);
}

describe('a member who has lost their identity', () => {
  let team: Team;
  before(() => {
    team = new Team();
  });
  after(() => {
    team.remove();
  });

  it('comes back: another one who decides about members removes the old keys and adds the new ones', async () => {
    const alice = await team.founder('alice', { DB_PASSWORD: 'fake-db' });
    const bob = team.cloner('bob');
    await alice.ok(['member', 'add', await bob.request(), '--role', 'owner', '--yes']);
    alice.push('Bob');
    bob.pull();
    const lost = `${alice.sandbox.toolHome}.lost`;
    renameSync(alice.sandbox.toolHome, lost);
    assertRefused(await alice.get('DB_PASSWORD', '--accept-members'), 77);
    const request = await alice.request('alice/new-laptop');
    const [{ label } = { label: '' }] = await bob.members();
    await bob.ok(['member', 'remove', label, '--yes', '--accept-members']);
    await bob.ok(['member', 'add', request, '--role', 'owner', '--yes']);
    bob.push('Alice has a new laptop');
    alice.pull();
    const read = await alice.get('DB_PASSWORD', '--accept-members');
    assert.equal(String(read.stdout), 'fake-db', read.stderr);
    assert.deepEqual(
      (await alice.members()).map(({ label: name, role, you }) => [name, role, you]),
      [
        ['bob/laptop', 'owner', false],
        ['alice/new-laptop', 'owner', true],
      ],
    );
    await alice.set('DB_PASSWORD', 'fake-db-2');
  });
});

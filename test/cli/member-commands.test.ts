import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { newAgeKey } from '../fixtures/forged-vault.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { CLI } from '../fixtures/sandbox.ts';
import { Sops } from '../fixtures/sops.ts';
import { type Person, Team } from '../fixtures/people.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { until } from '../fixtures/until.ts';

/** An ssh-ed25519 key without a passphrase, made by OpenSSH. @returns path of the private half. */
function sshKey(person: Person, type = 'ed25519'): string {
  const path = join(person.sandbox.root, `id_${type}`);
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', `${person.name}@fake`, '-f', path]);
  return path;
}

describe('the commands of members', () => {
  let team: Team;
  let alice: Person;
  let bob: Person;
  let request: string;
  let ageKey: string;
  /** All files of the workspace that a change may touch. */
  const state = (): string[] =>
    [alice.vault, alice.roster, `${alice.vault}.sig`].map((path) =>
      existsSync(path) ? readFileSync(path, 'latin1') : '-',
    );

  // Made once: Alice owns, Bob decides about members, and a robot launches. Each case leaves it as it is.
  before(async () => {
    team = new Team();
    alice = await team.founder('alice', { FAKE_A: 'fake-a' });
    bob = team.cloner('bob');
    request = await bob.request();
    const args = ['member', 'add', request, '--role', 'admin', '--own-label', 'alice/laptop', '--yes'];
    await alice.ok(args);
    await alice.ok(['member', 'robot', 'ci', '--yes']);
    alice.push('Members');
    bob.pull();
    await bob.get('FAKE_A', '--accept-members');
    ageKey = (await newAgeKey()).recipient;
  });
  after(() => {
    team.remove();
  });

  it('list shows label, role, and who of them is you', async () => {
    const lines = (await alice.ok(['member', 'list'])).split('\n');
    assert.match(lines[0] ?? '', /LABEL +ROLE/);
    assert.match(lines[1] ?? '', /^you +alice\/laptop +owner +\d{4}-\d\d-\d\d +alice\/laptop/);
    assert.match(lines[2] ?? '', /^ +bob\/laptop +admin /);
    assert.match(lines[3] ?? '', /^ +robot\/ci +launch .* no$/);
    assert.equal(lines.length, 4);
  });

  it('list --json has the fields of each member, and those of before', async () => {
    const rows = (await bob.members()) as unknown as Record<string, unknown>[];
    assert.deepEqual(
      rows.map(({ label, role, by, you }) => [label, role, by, you]),
      [
        ['alice/laptop', 'owner', 'alice/laptop', false],
        ['bob/laptop', 'admin', 'alice/laptop', true],
        ['robot/ci', 'launch', 'alice/laptop', false],
      ],
    );
    for (const row of rows) {
      assert.deepEqual(row['recipient'], (row['recipients'] as string[])[0]);
      assert.match(String(row['since']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.equal(typeof row['checked'], 'boolean');
      assert.equal(typeof row['accepted'], 'boolean');
    }
    assert.match(String(rows[1]?.['signingKey']), /^ssh-ed25519 \S+$/);
    assert.equal(rows[2]?.['signingKey'], null);
  });

  const OWN = ['first roster', 'alice/laptop', 'Leave it out'];
  const PRIVATE = `AGE-SECRET-KEY-1${'FAKE'.repeat(14)}`;
  const REFUSED: readonly [title: string, args: () => string[], exitCode: number, ...(string | RegExp)[]][] =
    [
      ['add without a request', () => ['add'], 64, 'nf-secrets member request'],
      ['add with two', () => ['add', request, '--from', 'x'], 64, '--from'],
      ['add of a private key', () => ['add', PRIVATE, '--label', 'x'], 64, 'private key'],
      ['add of a bare key without a label', () => ['add', ageKey], 64, '--label'],
      ['add of no key', () => ['add', 'bob', '--label', 'bob'], 64, 'no public key'],
      ['add of a file without --from', () => ['add', CLI], 64, 'is a file', '--from'],
      ['add from a file that is not there', () => ['add', '--from', 'nowhere'], 74, 'nowhere'],
      ['add of a request that is cut off', () => ['add', request.slice(0, -8)], 65],
      ['add of a request that was changed', () => ['add', changed(request)], 65],
      ['add of a member', () => ['add', request, '--label', 'bob/other'], 64, 'a member already: bob/laptop'],
      ['add under a label that is taken', () => ['add', ageKey, '--label', 'bob/laptop'], 64, 'bob/laptop'],
      ['add under one that looks like it', () => ['add', ageKey, '--label', 'Bob/laptop'], 64, 'capital'],
      ['add under no label', () => ['add', ageKey, '--label', 'a b'], 64, '"a b"'],
      ['add under a label of a path', () => ['add', ageKey, '--label', '../x'], 64, 'label'],
      [
        'add of a key that could not sign',
        () => ['add', ageKey, '--label', 'x', '--role', 'admin'],
        64,
        'signing',
      ],
      [
        'add with a role that is none',
        () => ['add', request, '--role', 'mantain'],
        64,
        'Did you mean maintain?',
      ],
      ['role of nobody', () => ['role', 'bbo/laptop', 'launch'], 64, 'Did you mean bob/laptop?'],
      ['role that is none', () => ['role', 'bob', 'ownr'], 64, 'Did you mean owner?'],
      ['role that the member has', () => ['role', 'bob', 'admin'], 64, 'already'],
      ['role of the only owner', () => ['role', 'alice', 'admin'], 64, 'only owner'],
      ['role of a robot', () => ['role', 'robot/ci', 'maintain'], 64, 'signing key'],
      ['remove of nobody', () => ['remove', 'robot/cii'], 64, 'Did you mean robot/ci?'],
      ['remove of the only owner', () => ['remove', 'alice'], 64, 'no owner would be left'],
      ['robot of a name that is taken', () => ['robot', 'CI'], 64, 'robot/ci', 'another name'],
      ['robot of a name that is none', () => ['robot', 'c i'], 64, 'label'],
      ['add with a label of our own', () => ['add', ageKey, '--label', 'x', '--own-label', 'me'], 64, ...OWN],
      ['role with a label of our own', () => ['role', 'bob', 'launch', '--own-label', 'me'], 64, ...OWN],
      ['remove with a label of our own', () => ['remove', 'bob', '--own-label', 'me'], 64, ...OWN],
      ['robot with a key of our own', () => ['robot', 'x', '--own-signing-key', CLI], 64, ...OWN],
      ['verify of a revision that git does not know', () => ['verify', '--base', 'nowhere'], 64, 'nowhere'],
      ['verify of one that looks like an option', () => ['verify', '--base=--help'], 64, '--help'],
      ['verify against a branch without a roster', () => ['verify', '--base', 'HEAD~1'], 77, 'members.json'],
      ['request under no label', () => ['request', '--label', 'a/b/c'], 64, 'a/b/c'],
      ['request with a file that is no key', () => ['request', '--signing-key', CLI], 65],
    ];
  for (const [title, args, exitCode, ...says] of REFUSED) {
    it(`${title}: ${exitCode}, and nothing changes`, async () => {
      const before = state();
      const result = await alice.nf(['member', ...args()]);
      assertRefused(result, exitCode, ...says);
      assert.ok(!result.stderr.includes('FAKEFAKE'), 'a private key is not shown');
      assert.deepEqual(state(), before);
    });
  }

  it('say whom to ask for what the role of an admin forbids: 77', async () => {
    for (const args of [
      ['role', 'bob', 'owner'],
      ['remove', 'alice'],
    ]) {
      const result = await bob.nf(['member', ...args, '--yes']);
      assert.ok([64, 77].includes(result.exitCode ?? 0), result.stderr);
      assert.match(result.stderr, /alice\/laptop/);
    }
    assertRefusedWithRemedy(await bob.nf(['member', 'add', ageKey, '--label', 'x', '--role', 'owner']), 64);
  });

  it('say that there is no member of that key: 77', async () => {
    const eve = team.cloner('eve');
    await eve.request();
    assertRefusedWithRemedy(await eve.nf(['member', 'add', ageKey, '--label', 'x']), 77);
    assertRefusedWithRemedy(await eve.nf(['member', 'sign']), 77);
  });

  it('sign has nothing to do where the vault is signed', async () => {
    const before = state();
    const { exitCode, stderr } = await alice.nf(['member', 'sign']);
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(state(), before);
  });

  it('sign sees a first roster that a change left staged when it was killed', async () => {
    const files = [alice.roster, `${alice.vault}.sig`];
    const before = state();
    for (const file of files) renameSync(file, `${file}.next`);
    try {
      const { exitCode, stderr } = await alice.nf(['member', 'sign']);
      assert.equal(exitCode, 0, stderr);
      assert.match(stderr, /is signed as it is/);
    } finally {
      for (const file of files) if (existsSync(`${file}.next`)) renameSync(`${file}.next`, file);
    }
    assert.deepEqual(state(), before);
  });

  it('ask nothing of a member whose role forbids it, though they have accepted nothing yet: 77', async () => {
    const lea = team.cloner('lea');
    await alice.ok(['member', 'add', await lea.request(), '--label', 'lea/pc', '--yes']);
    alice.push('Lea');
    lea.pull();
    for (const command of ['sign', 'rotate']) {
      const { exitCode, stderr } = await lea.nf(['member', command]);
      assert.equal(exitCode, 77, stderr);
      assert.match(stderr, /lea\/pc has the role launch, which may not change secrets/);
      assert.doesNotMatch(stderr, /accept/i);
    }
    await alice.ok(['member', 'remove', 'lea', '--yes']);
    alice.push('Lea is gone');
    bob.pull();
  });

  it('ask on a terminal, with label, role and keys; a no changes nothing', async () => {
    const before = state();
    const [recipient] = (await bob.members())[1]?.recipients ?? [];
    assert.ok(recipient);
    for (const [args, ...shown] of [
      [['add', ageKey, '--label', 'dave/cluster'], 'dave/cluster', 'launch', ageKey],
      [['remove', 'bob'], 'bob/laptop', 'admin'],
      [['role', 'bob', 'maintain'], 'bob/laptop', 'maintain'],
    ] as const) {
      const sandbox = Object.assign(Object.create(alice.sandbox) as typeof alice.sandbox, {
        workspace: alice.clone,
      });
      const terminal = Terminal.open(sandbox, [process.execPath, CLI, 'member', ...args]);
      await until('it asks', () => terminal.screen.includes('[y/N]'));
      for (const text of shown) assert.ok(terminal.screen.includes(text), terminal.screen);
      terminal.type('n\r');
      assert.equal(await terminal.ended(), 130);
      assert.deepEqual(state(), before);
    }
  });

  it('complete labels', async () => {
    const complete = async (...words: string[]): Promise<string[]> =>
      (await alice.ok(['complete', '--', 'member', ...words])).split('\n');
    assert.deepEqual(await complete('remove', ''), ['alice/laptop', 'bob/laptop', 'robot/ci']);
    assert.deepEqual(await complete('role', 'b'), ['bob/laptop']);
  });
});

/** A request with another label in it. */
function changed(request: string): string {
  const [prefix, version, body = '', signature] = request.split('.');
  const text = Buffer.from(body, 'base64url').toString().replace('bob', 'eve');
  return [prefix, version, Buffer.from(text).toString('base64url'), signature].join('.');
}

describe('a member who has only an SSH key', () => {
  let team: Team;
  before(() => {
    team = new Team();
  });
  after(() => {
    team.remove();
  });

  it('is added by it under the label of its comment, and reads with it', async () => {
    const alice = await team.founder('alice', { FAKE_A: 'fake-a' });
    const dave = team.cloner('dave');
    const key = sshKey(dave);
    const { exitCode, stderr } = await alice.nf(['member', 'add', '--from', `${key}.pub`, '--yes']);
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /3\.10/);
    assert.equal((await alice.members())[1]?.label, 'dave@fake');
    alice.push('Dave');
    dave.pull();
    const env = { SOPS_AGE_SSH_PRIVATE_KEY_FILE: key };
    const read = await dave.nf(['get', 'FAKE_A', '--accept-members'], { env });
    assert.equal(String(read.stdout), 'fake-a', read.stderr);
  });

  it('signs with it, if the request names it', async () => {
    const alice = team.cloner('alice2');
    rmSync(join(alice.clone, '.nf-secrets'), { recursive: true });
    await alice.set('FAKE_A', 'fake-a');
    const erin = team.cloner('erin');
    const ssh = join(erin.sandbox.home, '.ssh');
    execFileSync('mkdir', ['-m', '700', ssh]);
    const key = sshKey(erin);
    execFileSync('cp', [key, `${key}.pub`, ssh]);
    const line = await erin.ok([
      ...['member', 'request', '--label', 'erin/laptop', '--signing-key', `${ssh}/id_ed25519.pub`],
    ]);
    await alice.ok(['member', 'add', line, '--role', 'maintain', '--yes']);
    const [, member] = await alice.members();
    assert.equal(readFileSync(`${key}.pub`, 'latin1').startsWith(member?.signingKey ?? '-'), true);
    // Not merged: Erin works in a copy of the directory.
    rmSync(join(erin.clone, '.nf-secrets'), { recursive: true, force: true });
    execFileSync('cp', ['-r', join(alice.clone, '.nf-secrets'), erin.clone]);
    await erin.ok(['set', 'FAKE_B', '--scope', 'workspace', '--accept-members'], { input: 'fake-b' });
    const listed = await erin.nf(['member', 'verify']);
    assert.equal(listed.exitCode, 0, listed.stderr);
    assert.match(listed.stderr, /erin/);
  });
});

describe('a vault that others could read before the roster', () => {
  let team: Team;
  before(() => {
    team = new Team();
  });
  after(() => {
    team.remove();
  });

  it('has them as members with the role launch, until a request of theirs', async () => {
    const alice = await team.founder('alice', { FAKE_A: 'fake-a' });
    const bob = team.cloner('bob');
    const recipient = await bob.ok(['identity', 'show']);
    const sops = await Sops.of(alice.sandbox);
    await sops.edit(alice.vault, (text) => withReader(text, recipient));
    await sops.ok(['rotate', '--in-place', '--add-age', recipient, alice.vault]);
    const { exitCode, stderr } = await alice.nf([
      ...['member', 'add', (await newAgeKey()).recipient, '--label', 'carol', '--own-label', 'alice'],
      ...['--yes', '--accept-members'],
    ]);
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /bob@fake\.example.*launch/);
    const before = await alice.members();
    assert.deepEqual(
      before.map(({ label, role }) => [label.split('/')[0], role]),
      [
        ['alice', 'owner'],
        ['bob@fake.example', 'launch'],
        ['carol', 'launch'],
      ],
    );
    await alice.ok(['member', 'add', await bob.request(), '--role', 'maintain', '--yes']);
    const after = await alice.members();
    assert.deepEqual(after.map(({ label, role }) => [label.split('/')[0], role]).sort(), [
      ['alice', 'owner'],
      ['bob', 'maintain'],
      ['carol', 'launch'],
    ]);
  });
});

describe('the first change of members', () => {
  let team: Team;
  beforeEach(() => {
    team = new Team();
  });
  afterEach(() => {
    team.remove();
  });

  it('can be a removal, which gives the removed one no role, and the author the label that they choose', async () => {
    const alice = await team.founder('alice', { FAKE_A: 'fake-a' });
    const recipient = await team.cloner('bob').ok(['identity', 'show']);
    const sops = await Sops.of(alice.sandbox);
    await sops.edit(alice.vault, (text) => withReader(text, recipient));
    await sops.ok(['rotate', '--in-place', '--add-age', recipient, alice.vault]);
    const { exitCode, stderr } = await alice.nf([
      ...['member', 'remove', 'bob@fake.example', '--own-label', 'alice/desk'],
      ...['--yes', '--accept-members'],
    ]);
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /owner: alice\/desk/);
    assert.doesNotMatch(stderr, /gets the role launch/);
    assert.deepEqual(
      (await alice.members()).map(({ label, role }) => [label, role]),
      [['alice/desk', 'owner']],
    );
  });

  it('makes no key to sign with before the person has said yes', async () => {
    const alice = await team.founder('alice', { FAKE_A: 'fake-a' });
    const key = join(alice.sandbox.toolHome, 'signing-key');
    const sandbox = Object.assign(Object.create(alice.sandbox) as typeof alice.sandbox, {
      workspace: alice.clone,
    });
    const { recipient } = await newAgeKey();
    const args = ['member', 'add', recipient, '--label', 'dave'];
    const terminal = Terminal.open(sandbox, [process.execPath, CLI, ...args]);
    await until('it asks', () => terminal.screen.includes('[y/N]'));
    terminal.type('n\r');
    assert.equal(await terminal.ended(), 130);
    assert.ok(!existsSync(key));
    await alice.ok([...args, '--yes']);
    assert.ok(existsSync(key));
  });

  it('begins anew for a workspace whose roster is lost, by copies of the secrets', async () => {
    const alice = await team.founder('alice', { FAKE_A: 'fake-a' });
    const bob = team.cloner('bob');
    await alice.ok(['member', 'add', await bob.request(), '--role', 'owner', '--yes']);
    await alice.ok(['copy', 'FAKE_A', '--scope', 'workspace', '--to', 'user', '--yes']);
    rmSync(dirname(alice.vault), { recursive: true });
    await alice.ok(['copy', 'FAKE_A', '--scope', 'user', '--to', 'workspace', '--yes']);
    await alice.ok(['member', 'add', await bob.request(), '--role', 'owner', '--yes']);
    alice.push('Anew');
    bob.pull();
    assert.equal(String((await bob.get('FAKE_A', '--accept-members')).stdout), 'fake-a');
    assert.equal((await bob.nf(['member', 'verify'])).exitCode, 0);
  });
});

/** The clear text of a vault with one more member in its own list. */
function withReader(text: string, recipient: string): string {
  const tree = JSON.parse(text) as { members_unencrypted: object[] };
  tree.members_unencrypted.push({
    recipient,
    label: 'bob@fake.example',
    since: '2026-01-01T00:00:00Z',
    by: 'alice@fake.example',
  });
  return JSON.stringify(tree);
}

describe('a vault that sops has changed', () => {
  let team: Team;
  before(() => {
    team = new Team();
  });
  after(() => {
    team.remove();
  });

  it('shows its members nevertheless, and can be signed by one who uses it for the first time', async () => {
    const alice = await team.founder('alice', { FAKE_A: 'fake-a' });
    assertRefusedWithRemedy(await alice.nf(['member', 'sign']), 64, 'no roster');
    const bob = team.cloner('bob');
    await alice.ok(['member', 'add', await bob.request(), '--role', 'maintain', '--yes']);
    const sops = await Sops.of(alice.sandbox);
    await sops.set(alice.vault, ['secrets', 'FAKE_A'], '"fake-by-sops"');
    alice.push('By sops');
    bob.pull();
    const list = await bob.nf(['member', 'list']);
    assert.equal(list.exitCode, 0, list.stderr);
    assert.match(String(list.stdout), /^you +bob\/laptop +maintain/m);
    const json = await bob.nf(['member', 'list', '--json']);
    for (const { stderr } of [list, json])
      assert.match(stderr, /workspace\.sops\.json is not used.*member sign/s);
    assert.deepEqual(
      (await bob.members()).map(({ you }) => you),
      [false, true],
    );
    assertRefusedWithRemedy(
      await bob.nf(['member', 'sign']),
      77,
      '--accept-members',
      'What those with the roles maintain, admin and owner write reaches your pipelines',
    );
    const signed = await bob.nf(['member', 'sign', '--accept-members']);
    assert.equal(signed.exitCode, 0, signed.stderr);
    // git has no version that a member signed: all names are shown.
    assert.match(signed.stderr, /FAKE_A/);
    assert.equal(String((await bob.get('FAKE_A')).stdout), 'fake-by-sops');
    assert.match((await bob.nf(['member', 'verify'])).stderr, /signed by bob\/laptop/);
  });

  it('names those to ask to who has no key of it', async () => {
    const eve = team.cloner('eve');
    await eve.request();
    assertRefusedWithRemedy(await eve.get('FAKE_A', '--accept-members'), 77);
  });
});

describe('member verify', () => {
  let team: Team;
  before(() => {
    team = new Team();
  });
  after(() => {
    team.remove();
  });

  it('ends with 77 where there is no roster, no vault, or no signature', async () => {
    const alice = await team.founder('alice', { FAKE_A: 'fake-a' });
    const verify = async (): Promise<ReturnType<Person['nf']>> => alice.nf(['member', 'verify']);
    assertRefusedWithRemedy(await verify(), 77, 'members.json');
    await alice.ok(['member', 'add', (await newAgeKey()).recipient, '--label', 'bob', '--yes']);
    assert.equal((await verify()).exitCode, 0);
    const signature = readFileSync(`${alice.vault}.sig`);
    rmSync(`${alice.vault}.sig`);
    assertRefusedWithRemedy(await verify(), 77, 'workspace.sops.json');
    writeFileSync(`${alice.vault}.sig`, signature);
    const vault = readFileSync(alice.vault);
    rmSync(alice.vault);
    assertRefusedWithRemedy(
      await verify(),
      77,
      'workspace.sops.json',
      'the first secret of the workspace makes it',
    );
    writeFileSync(alice.vault, vault);
    const roster = readFileSync(alice.roster, 'utf8');
    writeFileSync(alice.roster, roster.replaceAll('"launch"', '"admin"'));
    assert.ok([65, 77].includes((await verify()).exitCode ?? 0));
    rmSync(alice.roster);
    assertRefusedWithRemedy(await verify(), 77, 'members.json');
    writeFileSync(alice.roster, roster);
    assert.equal((await verify()).exitCode, 0);
  });
});

describe('who may not change members, or is none', () => {
  let team: Team;

  beforeEach(() => {
    team = new Team();
  });
  afterEach(() => {
    team.remove();
  });

  it('is told so, and not what else is wrong with the change: 77', async () => {
    const alice = await team.founder('alice', { FAKE_A: 'fake-a' });
    const bob = team.cloner('bob');
    const request = await bob.request();
    await alice.ok(['member', 'add', request, '--role', 'maintain', '--own-label', 'alice/laptop', '--yes']);
    alice.push('Members');
    bob.pull();
    for (const args of [
      ['role', 'alice', 'admin'],
      ['remove', 'alice'],
      ['add', request],
    ]) {
      assertRefused(
        await bob.nf(['member', ...args, '--yes', '--accept-members']),
        77,
        'bob/laptop has the role maintain, which may not change members',
        'alice/laptop',
      );
    }
  });

  it('is told to send a request where there is no roster, too: 77', async () => {
    await team.founder('alice', { FAKE_A: 'fake-a' });
    const eve = team.cloner('eve');
    assertRefused(
      await eve.nf(['get', 'FAKE_A']),
      77,
      'Or send a request with new keys',
      'nf-secrets member request',
    );
    await eve.request();
    assertRefused(await eve.nf(['get', 'FAKE_A']), 77, 'Send a request to', 'nf-secrets member request');
  });
});

import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  changeSoundly,
  dataKeyOf,
  forgeVault,
  newAgeKey,
  readableBy,
  recipientEntry,
  seal,
} from '../fixtures/forged-vault.ts';
import { assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { Sops } from '../fixtures/sops.ts';
import { Person, Team } from '../fixtures/team.ts';
import { changeVault } from '../fixtures/vault-file.ts';

// Every member has the data key, so every member can make a vault that is sound for sops. Who may change it says the roster.

const SIGN = ['member', 'sign', '--yes', '--accept-members'];

describe('a workspace with a roster', () => {
  let team: Team;

  beforeEach(async () => {
    team = await Team.create();
  });
  afterEach(() => {
    team.remove();
  });

  /** All ways to use it, by a person, are refused. */
  const assertRefusedFor = async (person: Person, ...says: (string | RegExp)[]): Promise<void> => {
    const uses = [
      ['get', 'OLD_KEY'],
      ['list', '--scope', 'workspace'],
      ['exec', '--', 'true'],
      ['export', '--scope', 'workspace', '--accept-members'],
      ['set', 'NEW_KEY', '--scope', 'workspace', '--accept-members'],
    ];
    for (const args of uses) {
      const result = await person.nfSecrets(args, { input: 'fake-new' });
      // What the role forbids is said first.
      const isByRole = args[0] === 'set' && result.stderr.includes('has the role launch');
      assertRefusedWithRemedy(result, 77, ...(isByRole ? ['Ask a member who may'] : says));
    }
  };

  it('is used by its members by their roles, and asks nobody twice', async () => {
    assert.equal(String((await team.max.get('OLD_KEY')).stdout), 'fake-old');
    assert.equal(String((await team.leo.get('OLD_KEY')).stdout), 'fake-old');
    assert.equal((await team.max.set('OLD_KEY', 'fake-newer')).exitCode, 0);
    for (const person of [team.ann, team.max, team.leo]) {
      const { exitCode, stdout, stderr } = await person.get('OLD_KEY');
      assert.equal(exitCode, 0, stderr);
      assert.equal(String(stdout), 'fake-newer');
      assert.equal(stderr, '');
    }
  });

  it('loses nothing that two members write at the same time, and stays signed for readers meanwhile', async () => {
    const write = async (person: Person, prefix: string): Promise<void> => {
      for (let index = 0; index < 4; index++)
        await person.ok(['set', `${prefix}_${index}`, '--scope', 'workspace'], { input: 'fake' });
    };
    const read = async (): Promise<void> => {
      for (let index = 0; index < 6; index++)
        assert.equal(String((await team.leo.get('OLD_KEY')).stdout), 'fake-old');
    };
    await Promise.all([write(team.ann, 'ANN'), write(team.max, 'MAX'), read()]);
    const names = String(await team.leo.ok(['list', '--scope', 'workspace']));
    for (let index = 0; index < 4; index++)
      for (const prefix of ['ANN', 'MAX']) assert.ok(names.includes(`${prefix}_${index}`), names);
    await team.leo.ok(['member', 'verify']);
  });

  it('refuses a change by a member with the role launch before anything is asked', async () => {
    const before = readFileSync(team.file());
    for (const args of [
      ['set', 'NEW_KEY', '--scope', 'workspace'],
      ['delete', 'OLD_KEY', '--yes'],
      ['rename', 'OLD_KEY', 'NEW_KEY', '--yes'],
      ['move', 'OLD_KEY', '--to', 'user', '--yes'],
      ['import', '-', '--format', 'env', '--scope', 'workspace'],
    ]) {
      const result = await team.leo.nfSecrets(args, { input: 'NEW_KEY=fake' });
      assertRefusedWithRemedy(result, 77, 'leo/laptop has the role launch', 'ann/laptop, max/laptop');
    }
    assert.deepEqual(readFileSync(team.file()), before);
  });

  it('refuses what a member with the role launch wrote by hand, with a right MAC', async () => {
    const key = await dataKeyOf(team.file(), team.leo.key);
    changeSoundly(team.file(), key, (vault) => {
      vault.secrets['OLD_KEY'] = seal('fake-of-leo', key, ['secrets', 'OLD_KEY']);
      vault.sops.lastmodified = '2030-01-02T03:04:05Z';
    });
    await assertRefusedFor(team.max, /changed it since ann\/laptop signed it/);
    const own = await team.leo.get('OLD_KEY');
    assertRefusedWithRemedy(own, 77, 'Ask a member who may change secrets', 'ann/laptop, max/laptop');
  });

  it('refuses what a member with the role launch wrote by sops @sops', async () => {
    const sops = await Sops.of(team.leo);
    await sops.set(team.file(), ['secrets', 'OLD_KEY'], '"fake-of-leo"');
    await assertRefusedFor(team.max, /sops or another program has changed it since ann\/laptop signed it/);
  });

  it('refuses a recipient whom sops added @sops', async () => {
    const stranger = await newAgeKey();
    const sops = await Sops.of(team.max);
    await sops.ok(['rotate', '--in-place', '--add-age', stranger.recipient, team.file()]);
    await assertRefusedFor(team.ann, stranger.recipient, 'who is no member');
  });

  it('refuses a recipient whom somebody added to the list of members, too', async () => {
    const stranger = await newAgeKey();
    const key = await dataKeyOf(team.file(), team.leo.key);
    const entry = await recipientEntry(key, stranger.recipient);
    changeSoundly(team.file(), key, (vault) => {
      vault.sops.age.push(entry);
      vault.members_unencrypted.push({
        recipient: stranger.recipient,
        label: 'max/cluster',
        since: '',
        by: '',
      });
    });
    await assertRefusedFor(team.max, stranger.recipient, 'who is no member');
  });

  const KMS = [{ arn: 'arn:aws:kms:fake', created_at: '2026-01-02T03:04:05Z', enc: 'ZmFrZQ==' }];

  it('refuses a key of KMS or PGP that somebody added, and no signature takes it over', async () => {
    const key = await dataKeyOf(team.file(), team.max.key);
    const putBack = team.keep();
    for (const [kind, holders, says] of [
      ['kms', KMS, 'arn:aws:kms:fake'],
      ['pgp', [{ created_at: '2026-01-02T03:04:05Z', enc: 'fake', fp: 'FAKE0123' }], 'FAKE0123'],
    ] as const) {
      changeSoundly(team.file(), key, ({ sops }) => Object.assign(sops, { [kind]: holders }));
      await assertRefusedFor(team.max, 'is also encrypted to', says, '--rm-kms');
      const refused = await team.max.nfSecrets(['member', 'verify']);
      assertRefusedWithRemedy(refused, 77, 'is also encrypted to', says);
      const before = readFileSync(team.file());
      assertRefusedWithRemedy(await team.max.nfSecrets(SIGN), 69, says, 'sops rotate');
      assert.deepEqual(readFileSync(team.file()), before);
      putBack();
    }
  });

  it('is not made of a vault with a key of KMS: 69, and no key to sign with is made', async () => {
    const eve = await Person.at(join(team.root, 'other'), 'eve/laptop');
    try {
      mkdirSync(eve.shared);
      await eve.ok(['set', 'OLD_KEY', '--scope', 'workspace'], { input: 'fake-old' });
      const file = join(eve.shared, '.nf-secrets/workspace.sops.json');
      changeVault(file, ({ sops }) => Object.assign(sops, { kms: KMS }));
      const args = ['member', 'add', team.leo.key.recipient, '--label', 'leo', '--yes', '--accept-members'];
      assertRefusedWithRemedy(await eve.nfSecrets(args), 69, 'arn:aws:kms:fake', 'sops rotate');
      assert.ok(!existsSync(join(eve.toolHome, 'signing-key')));
      assert.ok(!existsSync(join(eve.shared, '.nf-secrets/members.json')));
    } finally {
      eve.remove();
    }
  });

  it('is made of a vault whose members have no time that a roster takes', async () => {
    const eve = await Person.at(join(team.root, 'other'), 'eve/laptop');
    try {
      mkdirSync(eve.shared);
      await eve.ok(['set', 'OLD_KEY', '--scope', 'workspace'], { input: 'fake-old' });
      const file = join(eve.shared, '.nf-secrets/workspace.sops.json');
      const [dan, fay] = [await newAgeKey(), await newAgeKey()];
      const key = await dataKeyOf(file, eve.key);
      const entries = [await recipientEntry(key, dan.recipient), await recipientEntry(key, fay.recipient)];
      changeSoundly(file, key, (vault) => {
        vault.sops.age.push(...entries);
        vault.members_unencrypted.push(
          { recipient: dan.recipient, label: 'dan', since: '2026-11-28', by: 'eve' },
          { recipient: fay.recipient, label: 'Fay of the lab', since: 'last\nautumn', by: '' },
        );
      });
      const args = ['member', 'add', team.leo.key.recipient, '--label', 'leo', '--yes', '--accept-members'];
      const { exitCode, stderr } = await eve.nfSecrets(args);
      assert.equal(exitCode, 0, stderr);
      assert.equal(String((await eve.get('OLD_KEY')).stdout), 'fake-old');
      await eve.ok(['member', 'verify']);
    } finally {
      eve.remove();
    }
  });

  it('refuses a roster that was rolled back, to one that still has a removed member', async () => {
    const putBack = team.keep();
    await team.ann.removeMember('leo/laptop');
    await team.max.ok(['export', '--scope', 'workspace']);
    putBack();
    for (const person of [team.ann, team.max]) {
      const result = await person.nfSecrets(['get', 'OLD_KEY', '--accept-members']);
      assertRefusedWithRemedy(result, 77, 'members.json', 'rolled back');
      assertRefusedWithRemedy(await person.set('NEW_KEY', 'fake-new', '--accept-members'), 77, 'rolled back');
      assertRefusedWithRemedy(await person.nfSecrets(SIGN), 77, 'members.json', 'rolled back');
      assertRefusedWithRemedy(await person.nfSecrets(['list']), 77, 'members.json', 'rolled back');
    }
  });

  it('refuses a roster alone that was rolled back, and gives a removed member no key by a new signature', async () => {
    const old = readFileSync(team.file('members.json'));
    await team.ann.removeMember('leo/laptop');
    await team.max.ok(['set', 'OLD_KEY', '--scope', 'workspace'], { input: 'fake-newer' });
    await team.ann.ok(['get', 'OLD_KEY']);
    writeFileSync(team.file('members.json'), old);
    const before = readFileSync(team.file());
    for (const person of [team.ann, team.max]) {
      for (const args of [['get', 'OLD_KEY'], ['list', '--json'], SIGN]) {
        const result = await person.nfSecrets(args);
        assertRefusedWithRemedy(result, 77, 'members.json', 'rolled back');
        assert.doesNotMatch(result.stderr, /member sign/);
      }
    }
    assert.deepEqual(readFileSync(team.file()), before);
    assert.deepEqual(await readableBy({ kept: [], age: [team.leo.key] }, team.file()), []);
  });

  it('refuses a vault that was rolled back', async () => {
    const putBack = team.keep();
    await team.max.ok(['set', 'OLD_KEY', '--scope', 'workspace'], { input: 'fake-newer' });
    await team.ann.ok(['get', 'OLD_KEY']);
    putBack();
    for (const person of [team.ann, team.max]) {
      assertRefusedWithRemedy(await person.get('OLD_KEY'), 77, 'workspace.sops.json', 'rolled back');
      assertRefusedWithRemedy(await person.nfSecrets(['list']), 77, 'workspace.sops.json', 'rolled back');
      assertRefusedWithRemedy(await person.nfSecrets(['exec', '--', 'true']), 77, 'rolled back');
      assertRefusedWithRemedy(await person.set('NEW_KEY', 'fake-new'), 77, 'rolled back');
    }
  });

  it('refuses a signature of another file', async () => {
    const putBack = team.keep();
    await team.max.ok(['set', 'NEW_KEY', '--scope', 'workspace'], { input: 'fake-new' });
    const newer = readFileSync(team.file('workspace.sops.json.sig'));
    putBack();
    writeFileSync(team.file('workspace.sops.json.sig'), newer);
    await assertRefusedFor(team.leo, /changed it since max\/laptop signed it/);
  });

  it('refuses vault and signature of another workspace of the same people', async () => {
    const other = await Person.at(team.workspace, 'ann/laptop');
    try {
      const before = team.keep();
      // Ann makes another workspace for the same people, and somebody puts its vault here.
      rmSync(team.file(''), { recursive: true });
      await team.ann.ok(['set', 'OLD_KEY', '--scope', 'workspace', '--accept-members'], {
        input: 'fake-other',
      });
      await team.ann.add(team.max, 'maintain');
      await team.ann.add(team.leo, 'launch');
      const [vault, signature] = ['workspace.sops.json', 'workspace.sops.json.sig'].map((name) =>
        readFileSync(team.file(name)),
      );
      before();
      writeFileSync(team.file(), vault!);
      writeFileSync(team.file('workspace.sops.json.sig'), signature!);
      await assertRefusedFor(team.leo, 'belongs to another workspace');
    } finally {
      other.remove();
    }
  });

  it('refuses a vault that somebody made anew for its members', async () => {
    const people = { ann: team.ann.key.recipient, max: team.max.key.recipient, leo: team.leo.key.recipient };
    await forgeVault(team.file(), people, { OLD_KEY: 'fake-forged' });
    await assertRefusedFor(team.leo, 'names no roster');
    const root = JSON.parse(readFileSync(team.file('members.json'), 'utf8')) as { versions: unknown[] };
    assert.ok(root.versions.length > 0);
  });

  it('refuses a vault whose members.json, or signature, or own file was removed', async () => {
    const putBack = team.keep();
    for (const [name, says] of [
      ['members.json', 'members.json is missing'],
      ['workspace.sops.json.sig', 'has no signature'],
      ['workspace.sops.json', 'is missing, and its roster'],
    ] as const) {
      rmSync(team.file(name));
      await assertRefusedFor(team.leo, says);
      putBack();
    }
    assert.equal(String((await team.leo.get('OLD_KEY')).stdout), 'fake-old');
  });

  it('asks whoever knows it with a roster when it has none any more', async () => {
    const people = { ann: team.ann.key.recipient, max: team.max.key.recipient, leo: team.leo.key.recipient };
    for (const name of ['members.json', 'workspace.sops.json.sig']) rmSync(team.file(name));
    await forgeVault(team.file(), people, { OLD_KEY: 'fake-forged' });
    const result = await team.leo.get('OLD_KEY');
    assertRefusedWithRemedy(result, 77, 'roster', 'gone', '--accept-members');
  });

  it('asks whoever knows it when its roster is another one', async () => {
    const mallory = await Person.at(team.workspace, 'ann/laptop');
    try {
      rmSync(team.file(''), { recursive: true });
      await mallory.ok(['set', 'OLD_KEY', '--scope', 'workspace'], { input: 'fake-forged' });
      await mallory.add(team.leo, 'launch');
      const result = await team.leo.get('OLD_KEY');
      assertRefusedWithRemedy(result, 77, 'another roster', '--accept-members');
    } finally {
      mallory.remove();
    }
  });

  it('opens nothing of what is written after a removal for who was removed, in any later version', async () => {
    const kept = await dataKeyOf(team.file(), team.leo.key);
    const changed = await team.ann.removeMember('leo');
    assert.deepEqual(changed.exposed, ['OLD_KEY']);
    for (const [person, value] of [
      [team.max, 'fake-second'],
      [team.ann, 'fake-third'],
    ] as const) {
      await person.ok(['set', 'OLD_KEY', '--scope', 'workspace'], { input: value });
      assert.deepEqual(await readableBy({ kept: [kept], age: [team.leo.key] }, team.file()), []);
    }
    const says = [
      /any more.*: ann\/laptop removed leo\/laptop on \d{4}-\d\d-\d\d\./,
      'Send a request to ann/laptop',
    ];
    assertRefusedWithRemedy(await team.leo.get('OLD_KEY'), 77, 'not a recipient', ...says);
    assertRefusedWithRemedy(await team.leo.nfSecrets(['member', 'remove', 'max', '--yes']), 77, ...says);
    // A new machine of a person who was never a member, and one who is a member again.
    const eve = await Person.at(team.workspace, 'eve/laptop');
    const stranger = await eve.get('OLD_KEY');
    eve.remove();
    assertRefusedWithRemedy(stranger, 77, 'not a recipient');
    assert.doesNotMatch(stranger.stderr, /any more/);
  });

  it('marks what a removed member could read, until it is set to another value', async () => {
    await team.ann.ok(['set', 'OTHER_KEY', '--scope', 'workspace'], { input: 'fake-other' });
    await team.ann.removeMember('leo/laptop');
    const exposed = async (): Promise<Record<string, string[]>> => {
      const rows = JSON.parse(String(await team.max.ok(['list', '--json']))) as {
        name: string;
        exposed: string[];
      }[];
      return Object.fromEntries(rows.map((row) => [row.name, row.exposed]));
    };
    assert.deepEqual(await exposed(), { OLD_KEY: ['leo/laptop'], OTHER_KEY: ['leo/laptop'] });
    assert.match(String(await team.max.ok(['list'])), /OLD_KEY .*exposed to leo\/laptop/);
    await team.max.ok(['set', 'OLD_KEY', '--scope', 'workspace'], { input: 'fake-old' });
    assert.deepEqual((await exposed())['OLD_KEY'], ['leo/laptop'], 'the same value');
    await team.max.ok(['set', 'OLD_KEY', '--scope', 'workspace'], { input: 'fake-newer' });
    await team.max.ok(['rename', 'OTHER_KEY', 'RENAMED', '--yes']);
    assert.deepEqual(await exposed(), { OLD_KEY: [], RENAMED: ['leo/laptop'] });
    await team.max.ok(['copy', 'RENAMED', '--to', 'user', '--yes']);
    assert.match(String(await team.max.ok(['list', '--scope', 'user'])), /RENAMED .*exposed to leo\/laptop/);
  });

  it('takes a staged roster or signature of nobody for nothing', async () => {
    copyFileSync(team.file('members.json'), team.file('members.json.next'));
    writeFileSync(team.file('workspace.sops.json.sig.next'), 'fake');
    assert.equal(String((await team.leo.get('OLD_KEY')).stdout), 'fake-old');
    assert.equal((await team.max.set('NEW_KEY', 'fake-new')).exitCode, 0);
    assert.ok(!existsSync(team.file('members.json.next')));
    assert.ok(!existsSync(team.file('workspace.sops.json.sig.next')));
  });

  it('is damaged where its roster is no JSON, or has a field that nobody knows: 65', async () => {
    const putBack = team.keep();
    for (const text of ['{', '[]', JSON.stringify({ format: 1, versions: [], fake: true })]) {
      writeFileSync(team.file('members.json'), text);
      assertRefusedWithRemedy(await team.leo.get('OLD_KEY'), 65, 'members.json');
    }
    putBack();
    changeVault(team.file(), (vault) => (vault.members_unencrypted = []));
    await assertRefusedFor(team.leo, 'changed it since');
  });
});

import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FakeNextflow, usingIfSet } from '../fixtures/fake-nextflow.ts';
import {
  addMember,
  type AgeKey,
  type DataKey,
  dataKeyOf,
  forgeVault,
  newAgeKey,
  readableBy,
} from '../fixtures/forged-vault.ts';
import { identityFile, userVaultFile } from '../fixtures/places.ts';
import { assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';
import { Sops } from '../fixtures/sops.ts';
import { readVault, type VaultFile } from '../fixtures/vault-file.ts';
import { Victim } from '../fixtures/victim.ts';

// A vault that its people know has a data key that no stranger can know. One with another key in its place is a
// member's rotation, or somebody's vault for the same public keys: nobody but the person can tell.

const TO_WORKSPACE = ['--scope', 'workspace'];
const ANOTHER = 'another data key than the one that you accepted';

/** What is encrypted in a vault, by its place, without what each write renews. */
function leavesOf({ sops, secrets }: VaultFile): Record<string, unknown> {
  return { ...secrets, age: JSON.stringify(sops.age) };
}

describe('an accepted vault, in whose place a stranger puts one for the same public keys', () => {
  let victim: Victim;
  let bob: AgeKey;
  let good: Buffer;
  let kept: DataKey;
  let trace: string;

  // Made once, with Bob; each attack starts from the accepted file.
  before(async () => {
    victim = await Victim.create();
    bob = await newAgeKey();
    await victim.fillWorkspace({ OLD_KEY: 'fake-old' });
    await addMember(victim.vault, await dataKeyOf(victim.vault, victim.key), 'Bob', bob.recipient);
    await victim.ok(['set', 'OLD_KEY', ...TO_WORKSPACE, '--accept-members'], { input: 'fake-old' });
    good = readFileSync(victim.vault);
    trace = join(victim.root, 'trace');
  });
  beforeEach(async () => {
    writeFileSync(victim.vault, good);
    await victim.ok(['get', 'OLD_KEY']);
    const members = { tester: victim.recipient, Bob: bob.recipient };
    kept = await forgeVault(victim.vault, members, { OLD_KEY: 'fake-of-mallory', PATH_KEY: 'fake-more' });
  });
  after(() => {
    victim.remove();
  });

  const USES: readonly (readonly string[])[] = [
    ['get', 'OLD_KEY'],
    ['get', 'OLD_KEY', ...TO_WORKSPACE],
    ['export'],
    ['export', ...TO_WORKSPACE, '--format', 'json'],
    ['exec', '--', 'touch', 'TRACE'],
    ['exec', '--secret', 'OLD_KEY', '--', 'touch', 'TRACE'],
    ['launch', '--all', 'main.nf'],
    ['launch', 'main.nf'],
    ['copy', 'OLD_KEY', '--to', 'user', '--yes'],
    ['move', 'OLD_KEY', '--to', 'user', '--yes'],
    ['import', '-', '--format', 'env', ...TO_WORKSPACE],
    ['import', '-', '--format', 'env', ...TO_WORKSPACE, '--dry-run'],
    ['set', 'NEW_KEY', ...TO_WORKSPACE],
    ['delete', 'OLD_KEY', ...TO_WORKSPACE, '--yes'],
    ['rename', 'OLD_KEY', 'NEW_KEY', ...TO_WORKSPACE, '--yes'],
    ['member', 'rotate'],
  ];

  it('is neither read from nor written to by any command', async () => {
    writeFileSync(join(victim.workspace, 'main.nf'), usingIfSet(['OLD_KEY']));
    const nextflow = new FakeNextflow(victim);
    const results = await victim.unharmed(
      async () =>
        sideBySide([...USES], async (args) =>
          victim.nfSecrets(
            args.map((word) => (word === 'TRACE' ? trace : word)),
            { input: 'NEW_KEY=fake-written\n' },
          ),
        ),
      'fake-written',
    );
    for (const [index, result] of results.entries()) {
      assertRefusedWithRemedy(result, 77, victim.vault, ANOTHER, '--accept-members');
      assert.doesNotMatch(result.stderr, /fake-of-mallory/, USES[index]?.join(' '));
    }
    assert.ok(!existsSync(trace), 'a command was started');
    assert.deepEqual(nextflow.starts, []);
    assert.ok(!existsSync(userVaultFile(victim)));
  });

  it('is listed with a line that says so, also as JSON; other commands that decrypt nothing work', async () => {
    for (const args of [['list'], ['list', '--json'], ['list', ...TO_WORKSPACE]]) {
      const { exitCode, stderr } = await victim.nfSecrets(args);
      assert.equal(exitCode, 0, stderr);
      assert.match(stderr, /other keys than when you used it last.*made the file anew/, args.join(' '));
    }
    assert.match((await victim.nfSecrets(['member', 'list'])).stderr, new RegExp(ANOTHER));
    await victim.ok(['export', '--names']);
    await victim.ok(['scan']);
  });

  it('does not pass a name over to a lower scope by not having it', async () => {
    const store = join(victim.nextflowHome, 'secrets', 'store.json');
    mkdirSync(dirname(store), { recursive: true });
    writeFileSync(store, '[{"name":"LOW_KEY","value":"fake-low"}]', { mode: 0o600 });
    assertRefusedWithRemedy(await victim.nfSecrets(['get', 'LOW_KEY']), 77, ANOTHER);
    const args = ['exec', '--secret', 'LOW_KEY', '--', 'touch', trace];
    assertRefusedWithRemedy(await victim.nfSecrets(args), 77, ANOTHER);
    writeFileSync(victim.vault, good);
    assert.equal(String(await victim.ok(['get', 'LOW_KEY'])), 'fake-low');
    writeFileSync(store, '[]');
  });

  it('is used after a yes, which holds for this data key alone', async () => {
    assert.equal(String(await victim.ok(['get', 'OLD_KEY', '--accept-members'])), 'fake-of-mallory');
    assert.equal(String(await victim.ok(['get', 'OLD_KEY'])), 'fake-of-mallory');
    writeFileSync(victim.vault, good);
    assertRefusedWithRemedy(await victim.nfSecrets(['get', 'OLD_KEY']), 77, ANOTHER);
    await victim.ok(['get', 'OLD_KEY', '--accept-members']);
  });

  it('and accepted, can be given a key that its maker has not: member rotate', async () => {
    await victim.ok(['member', 'rotate', '--accept-members']);
    assert.deepEqual(await readableBy({ kept: [kept] }, victim.vault), []);
    assert.equal((await readableBy({ age: [bob] }, victim.vault)).length, 2, 'Bob still reads');
    writeFileSync(victim.vault, good);
    await victim.ok(['get', 'OLD_KEY', '--accept-members']);
  });

  it('is a data key of before, when an older version is put back', async () => {
    writeFileSync(victim.vault, good);
    await victim.ok(['member', 'rotate']);
    const rotated = readFileSync(victim.vault);
    assert.equal(String(await victim.ok(['get', 'OLD_KEY'])), 'fake-old', 'our own rotation asks nothing');
    writeFileSync(victim.vault, good);
    const refused = await victim.nfSecrets(['get', 'OLD_KEY']);
    assertRefusedWithRemedy(refused, 77, ANOTHER);
    writeFileSync(victim.vault, rotated);
    await victim.ok(['get', 'OLD_KEY']);
    writeFileSync(victim.vault, good);
    await victim.ok(['get', 'OLD_KEY', '--accept-members']);
  });
});

describe('two people who share a vault', () => {
  let alice: Victim;
  let bob: Victim;

  beforeEach(async () => {
    [alice, bob] = [await Victim.create(), await Victim.create()];
    await alice.fillWorkspace({ ONE_KEY: 'fake-one', TWO_KEY: 'fake-two' });
    await addMember(alice.vault, await dataKeyOf(alice.vault, alice.key), 'Bob', bob.recipient);
    await alice.ok(['set', 'THREE_KEY', ...TO_WORKSPACE, '--accept-members'], { input: 'fake-three' });
  });
  afterEach(() => {
    alice.remove();
    bob.remove();
  });

  /** As git does it. */
  const hand = (from: Victim, to: Victim): void => {
    mkdirSync(dirname(to.vault), { recursive: true });
    copyFileSync(from.vault, to.vault);
  };

  it('and write in turn: each is asked once, and a write changes its own lines', async () => {
    hand(alice, bob);
    assertRefusedWithRemedy(
      await bob.nfSecrets(['get', 'ONE_KEY']),
      77,
      'for the first time',
      'member rotate',
    );
    assert.equal(String(await bob.ok(['get', 'ONE_KEY', '--accept-members'])), 'fake-one');
    for (const [index, [writer, reader]] of [
      [bob, alice],
      [alice, bob],
      [bob, alice],
      [bob, alice],
    ].entries()) {
      if (writer === undefined || reader === undefined) continue;
      const before = leavesOf(readVault(writer.vault));
      const { exitCode, stderr } = await writer.setInWorkspace('TWO_KEY', `fake-${index}`);
      assert.equal(exitCode, 0, stderr);
      assert.doesNotMatch(stderr, /data key|accept|sops/);
      const after = leavesOf(readVault(writer.vault));
      const changed = Object.keys(after).filter((name) => after[name] !== before[name]);
      assert.deepEqual(changed, ['TWO_KEY']);
      hand(writer, reader);
      const read = await reader.nfSecrets(['get', 'TWO_KEY']);
      assert.equal(read.exitCode, 0, read.stderr);
      assert.equal(read.stderr, '');
      assert.equal(String(read.stdout), `fake-${index}`);
    }
  });

  it('and one of whom rotates: the other is asked once, with who and when as the file claims', async () => {
    hand(alice, bob);
    await bob.ok(['get', 'ONE_KEY', '--accept-members']);
    const old = await dataKeyOf(alice.vault, alice.key);
    const { stderr } = await alice.nfSecrets(['member', 'rotate']);
    assert.match(stderr, /new data key/);
    assert.deepEqual(await readableBy({ kept: [old] }, alice.vault), []);
    hand(alice, bob);
    const refused = await bob.nfSecrets(['get', 'ONE_KEY']);
    assertRefusedWithRemedy(refused, 77, ANOTHER, /last change, \d{4}-/, '--accept-members');
    await bob.ok(['get', 'ONE_KEY', '--accept-members']);
    assert.equal(String(await bob.ok(['get', 'ONE_KEY'])), 'fake-one');
    await bob.setInWorkspace('ONE_KEY', 'fake-of-bob');
    hand(bob, alice);
    assert.equal(String(await alice.ok(['get', 'ONE_KEY'])), 'fake-of-bob', 'her own key is known to her');
  });

  it('and one of whom uses sops: sops set and updatekeys ask nothing, rotate does @sops', async () => {
    const sops = await Sops.of(alice);
    hand(alice, bob);
    await bob.ok(['get', 'ONE_KEY', '--accept-members']);
    await sops.set(alice.vault, ['secrets', 'ONE_KEY'], '"fake-sops"');
    hand(alice, bob);
    const once = await bob.nfSecrets(['get', 'ONE_KEY']);
    assert.equal(String(once.stdout), 'fake-sops', once.stderr);
    assert.match(once.stderr, /was changed by sops/);
    assert.equal((await bob.nfSecrets(['get', 'ONE_KEY'])).stderr, '', 'said once');
    // Mended by the next write.
    await bob.setInWorkspace('TWO_KEY', 'fake-of-bob');
    hand(bob, alice);
    const read = await alice.nfSecrets(['get', 'TWO_KEY']);
    assert.equal(read.exitCode, 0, read.stderr);
    assert.equal(read.stderr, '');
    await sops.ok(['rotate', '--in-place', alice.vault]);
    hand(alice, bob);
    assertRefusedWithRemedy(await bob.nfSecrets(['get', 'ONE_KEY']), 77, ANOTHER);
  });
});

describe('a record of what was accepted', () => {
  let victim: Victim;
  let records: string;

  beforeEach(async () => {
    victim = await Victim.create();
    records = join(victim.toolHome, 'workspaces.json');
    await victim.fillWorkspace({ ONE_KEY: 'fake-one' });
  });
  afterEach(() => {
    victim.remove();
  });

  type Records = Record<string, Record<string, unknown>>;
  const record = (): Record<string, unknown> =>
    (JSON.parse(readFileSync(records, 'utf8')) as Records)[victim.vault]!;
  const writeRecord = (change: (entry: Record<string, unknown>) => Record<string, unknown>): void => {
    writeFileSync(records, JSON.stringify({ [victim.vault]: change(record()) }), { mode: 0o600 });
  };

  it('of an older version, without a data key: the first use notes it, and asks nothing', async () => {
    writeRecord(({ recipients, owner, lastModified }) => ({ recipients, owner, key: null, lastModified }));
    assert.equal((await victim.nfSecrets(['get', 'ONE_KEY'])).stderr, '');
    assert.match(String(record()['key']), /^[0-9a-f]{32}$/);
    await forgeVault(victim.vault, { tester: victim.recipient }, { ONE_KEY: 'fake-of-mallory' });
    assertRefusedWithRemedy(await victim.nfSecrets(['get', 'ONE_KEY']), 77, ANOTHER);
  });

  it('of an older version, with a data key: is understood', async () => {
    writeRecord(({ recipients, owner, key, lastModified }) => ({ recipients, owner, key, lastModified }));
    assert.equal(String(await victim.ok(['get', 'ONE_KEY'])), 'fake-one');
    await forgeVault(victim.vault, { tester: victim.recipient }, { ONE_KEY: 'fake-of-mallory' });
    assertRefusedWithRemedy(await victim.nfSecrets(['get', 'ONE_KEY']), 77, ANOTHER);
  });

  it('of a write that was killed before the new data key was in its place: the old one is still accepted', async () => {
    writeRecord((entry) => ({ ...entry, nextKey: 'f'.repeat(32) }));
    assert.equal(String(await victim.ok(['get', 'ONE_KEY'])), 'fake-one');
  });

  it('is the person’s: on another machine, with the same identity, the key that they made is not renewed', async () => {
    const laptop = await Victim.create();
    try {
      copyFileSync(identityFile(victim), identityFile(laptop));
      mkdirSync(dirname(laptop.vault), { recursive: true });
      copyFileSync(victim.vault, laptop.vault);
      const before = leavesOf(readVault(laptop.vault));
      const { exitCode, stderr } = await laptop.setInWorkspace('TWO_KEY', 'fake-two', '--accept-members');
      assert.equal(exitCode, 0, stderr);
      assert.doesNotMatch(stderr, /new data key/);
      const after = leavesOf(readVault(laptop.vault));
      assert.deepEqual({ ...before, TWO_KEY: after['TWO_KEY'] }, after);
      copyFileSync(laptop.vault, victim.vault);
      assert.equal(String(await victim.ok(['get', 'TWO_KEY'])), 'fake-two', 'and nobody is asked here');
    } finally {
      laptop.remove();
    }
  });

  it('of the user’s own vault: another data key is said once, and replaced by the next write', async () => {
    await victim.fillUser({ ONE_KEY: 'fake-mine' });
    const file = userVaultFile(victim);
    await victim.ok(['get', 'ONE_KEY']);
    const kept = await forgeVault(file, { me: victim.recipient }, { ONE_KEY: 'fake-of-mallory' });
    const first = await victim.nfSecrets(['get', 'ONE_KEY']);
    assert.match(first.stderr, /another data key than when you used it last/);
    assert.doesNotMatch((await victim.nfSecrets(['get', 'ONE_KEY'])).stderr, /data key/);
    assert.match((await victim.nfSecrets(['set', 'TWO_KEY'], { input: 'fake-two' })).stderr, /new data key/);
    assert.deepEqual(await readableBy({ kept: [kept] }, file), []);
  });
});

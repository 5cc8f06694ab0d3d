import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  addMember,
  type AgeKey,
  changeSoundly,
  type DataKey,
  dataKeyOf,
  forgeVault,
  newAgeKey,
  readableBy,
  recipientEntry,
} from '../fixtures/forged-vault.ts';
import { userVaultFile } from '../fixtures/places.ts';
import { assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { CLI, finished, type Result } from '../fixtures/sandbox.ts';
import { Sops } from '../fixtures/sops.ts';
import { until } from '../fixtures/until.ts';
import { changeVault } from '../fixtures/vault-file.ts';
import { Victim } from '../fixtures/victim.ts';

// Whoever knows a public key can make a vault that opens for its owner, and keep the data key. Nothing shows it: the
// only recipient is the victim. Each attack ends with the attacker trying all keys they kept on all that was written.

interface Write {
  readonly title: string;
  readonly args: readonly string[];
  readonly input?: string;
}

const TO_WORKSPACE = ['--scope', 'workspace'];

/** All that writes to a workspace's vault. It has OLD_KEY and OTHER_KEY; the user's has USER_KEY. */
const WRITES: readonly Write[] = [
  { title: 'set a new secret', args: ['set', 'NEW_KEY', ...TO_WORKSPACE], input: 'fake-written' },
  { title: 'set an old secret', args: ['set', 'OLD_KEY', ...TO_WORKSPACE], input: 'fake-written' },
  { title: 'delete', args: ['delete', 'OLD_KEY', ...TO_WORKSPACE, '--yes'] },
  { title: 'rename', args: ['rename', 'OLD_KEY', 'NEW_KEY', ...TO_WORKSPACE, '--yes'] },
  { title: 'copy to it', args: ['copy', 'USER_KEY', '--to', 'workspace', '--yes'] },
  { title: 'move to it', args: ['move', 'USER_KEY', '--to', 'workspace', '--yes'] },
  { title: 'move from it', args: ['move', 'OLD_KEY', '--to', 'user', '--yes'] },
  {
    title: 'import',
    args: ['import', '-', '--format', 'env', ...TO_WORKSPACE],
    input: 'NEW_KEY=fake-written\n',
  },
];

describe('a vault that a stranger made for the victim alone, keeping its data key', () => {
  let victim: Victim;
  let kept: DataKey;

  beforeEach(async () => {
    victim = await Victim.create();
    await victim.fillUser({ USER_KEY: 'fake-of-the-user' });
    kept = await forgeVault(
      victim.vault,
      { 'Alice of the lab': victim.recipient },
      { OLD_KEY: 'fake-old', OTHER_KEY: 'fake-other' },
    );
  });
  afterEach(() => {
    victim.remove();
  });

  for (const { title, args, input = '' } of WRITES) {
    it(`${title}: asks first; then all of it is under a key that the stranger has not`, async () => {
      assert.equal(
        (await readableBy({ kept: [kept] }, victim.vault)).length,
        2,
        'the attack works until here',
      );
      const refused = await victim.unharmed(
        async () => victim.nfSecrets(args, { input }),
        ...(input === '' ? [] : ['fake-written']),
      );
      assertRefusedWithRemedy(refused, 77, victim.vault, 'Alice of the lab', '--accept-members');

      const accepted = await victim.nfSecrets([...args, '--accept-members'], { input });
      assert.equal(accepted.exitCode, 0, accepted.stderr);
      assert.match(accepted.stderr, /new data key/);
      assert.deepEqual(await readableBy({ kept: [kept] }, victim.vault), []);
      const whole = await readableBy({ age: [victim.key] }, victim.vault);
      assert.ok(whole.includes('OTHER_KEY=fake-other'), 'the victim reads what was there');

      const key = await dataKeyOf(victim.vault, victim.key);
      await victim.setInWorkspace('LATER_KEY', 'fake-later');
      assert.deepEqual(await dataKeyOf(victim.vault, victim.key), key, 'renewed once, not at each write');
    });
  }

  it('only looked at, which decrypts nothing: needs no yes, and nothing is written', async () => {
    const commands = [['list'], ['member', 'list'], ['export', '--names'], ['scan']];
    await victim.unharmed(async () => {
      for (const args of commands) await victim.ok(args);
    });
  });

  for (const args of [
    ['get', 'OLD_KEY'],
    ['export'],
    ['export', '--scope', 'workspace'],
    ['copy', 'OLD_KEY', '--to', 'user', '--yes'],
    ['import', '-', '--format', 'env', ...TO_WORKSPACE, '--dry-run'],
  ]) {
    it(`${args.slice(0, 1).join('')}, which reads it: asks first`, async () => {
      const input = 'NEW_KEY=fake-written\n';
      const result = await victim.unharmed(async () => victim.nfSecrets(args, { input }));
      assertRefusedWithRemedy(result, 77, victim.vault, 'for the first time', '--accept-members');
      await victim.ok([...args, '--accept-members'], { input });
      await victim.ok(['get', 'OLD_KEY', '--scope', 'workspace']);
    });
  }

  it('given to a run: asks first, and starts nothing', async () => {
    const trace = join(victim.root, 'trace');
    const args = ['exec', '--', 'touch', trace];
    assertRefusedWithRemedy(await victim.nfSecrets(args), 77, victim.vault, '--accept-members');
    assert.ok(!existsSync(trace));
  });

  it('made anew for the same members when an earlier one was accepted: asks, then the next write renews the key', async () => {
    await victim.setInWorkspace('OLD_KEY', 'fake-old', '--accept-members');
    const again = await forgeVault(victim.vault, { Alice: victim.recipient }, { OLD_KEY: 'fake-old' });
    const refused = await victim.unharmed(async () => victim.setInWorkspace('NEW_KEY', 'fake-written'));
    assertRefusedWithRemedy(refused, 77, victim.vault, 'another data key', '--accept-members');
    const { exitCode, stderr } = await victim.setInWorkspace('NEW_KEY', 'fake-written', '--accept-members');
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /new data key/);
    assert.deepEqual(await readableBy({ kept: [kept, again] }, victim.vault), []);
  });

  it('with an entry for KMS, so that the key cannot be renewed: says that its maker could read on', async () => {
    const withKms = (): void => {
      changeVault(victim.vault, ({ sops }) => {
        sops['kms'] = [
          { arn: 'arn:aws:kms:fake', created_at: '2026-01-02T03:04:05Z', enc: 'ZmFrZQ==', aws_profile: '' },
        ];
      });
    };
    withKms();
    const refused = await victim.unharmed(async () => victim.setInWorkspace('NEW_KEY', 'fake-written'));
    assertRefusedWithRemedy(refused, 77, victim.vault, /KMS.*cannot be renewed/, /may have kept it.*read on/);
    const accepted = await victim.setInWorkspace('NEW_KEY', 'fake-written', '--accept-members');
    assert.equal(accepted.exitCode, 0, accepted.stderr);

    // Accepted is this data key, not each that may come.
    await forgeVault(victim.vault, { 'Alice of the lab': victim.recipient }, { OLD_KEY: 'fake-old' });
    withKms();
    const again = await victim.unharmed(async () => victim.setInWorkspace('NEW_KEY', 'fake-second'));
    assertRefusedWithRemedy(again, 77, victim.vault, /cannot be renewed/);
  });

  // The oracle for our own forger: what it makes is sound, and its way to read with a kept key is a way.
  it('is sound for sops, and so is what we make of it; with the kept key sops opens the first only @sops', async () => {
    const sops = await Sops.of(victim);
    const stranger = await newAgeKey();
    const asStranger = async (): Promise<number | null> => {
      const copy = join(victim.root, 'copy.json');
      copyFileSync(victim.vault, copy);
      const entry = await recipientEntry(kept, stranger.recipient);
      changeVault(copy, (vault) => (vault.sops.age = [entry]));
      const env = { SOPS_AGE_KEY_FILE: undefined, SOPS_AGE_KEY: stranger.secret };
      return (await sops.run(['decrypt', '--ignore-mac', copy], { env })).exitCode;
    };
    assert.match(await sops.decrypt(victim.vault), /"OLD_KEY": "fake-old"/);
    assert.equal(await asStranger(), 0);
    await victim.setInWorkspace('NEW_KEY', 'fake-written', '--accept-members');
    assert.match(await sops.decrypt(victim.vault), /"NEW_KEY": "fake-written"/);
    assert.notEqual(await asStranger(), 0);
  });
});

describe('a vault that is changed between the yes and the write', () => {
  let victim: Victim;
  let mallory: AgeKey;
  let kept: DataKey;

  beforeEach(async () => {
    victim = await Victim.create();
    mallory = await newAgeKey();
    kept = await forgeVault(victim.vault, { Alice: victim.recipient }, { OLD_KEY: 'fake-old' });
  });
  afterEach(() => {
    victim.remove();
  });

  /** `set` with a yes; the value comes only when the attacker is done. */
  const setWhile = async (attack: () => Promise<unknown>): Promise<Result> => {
    const args = [CLI, 'set', 'NEW_KEY', ...TO_WORKSPACE, '--accept-members'];
    const child = victim.spawn(process.execPath, args);
    const noted = join(victim.toolHome, 'workspaces.json');
    await until(
      'the yes is noted',
      () => existsSync(noted) && readFileSync(noted, 'utf8').includes(victim.vault),
    );
    await attack();
    return finished(child, 'fake-written');
  };

  it('by a member more: is not written to', async () => {
    const result = await setWhile(async () => addMember(victim.vault, kept, 'Mallory', mallory.recipient));
    assertRefusedWithRemedy(result, 77, victim.vault, '--accept-members');
    const found = await readableBy({ kept: [kept], age: [mallory] }, victim.vault);
    assert.deepEqual([...new Set(found)], ['OLD_KEY=fake-old'], 'what Mallory knew before');
  });

  it('by another one for the same members: is not written to', async () => {
    let again: DataKey | undefined;
    const result = await setWhile(async () => {
      again = await forgeVault(victim.vault, { Alice: victim.recipient }, { OLD_KEY: 'fake-of-mallory' });
    });
    assertRefusedWithRemedy(result, 77, 'another data key', '--accept-members');
    assert.deepEqual(await readableBy({ kept: [kept, again!] }, victim.vault), ['OLD_KEY=fake-of-mallory']);
  });
});

describe('a data key that somebody keeps who was a member', () => {
  let victim: Victim;
  let mallory: AgeKey;

  beforeEach(async () => {
    victim = await Victim.create();
    mallory = await newAgeKey();
    await victim.fillWorkspace({ OLD_KEY: 'fake-old' });
    await addMember(victim.vault, await dataKeyOf(victim.vault, victim.key), 'Mallory', mallory.recipient);
    await victim.ok(['set', 'OLD_KEY', ...TO_WORKSPACE, '--accept-members'], { input: 'fake-old' });
  });
  afterEach(() => {
    victim.remove();
  });

  // As `sops updatekeys` does it: another list of recipients, the same data key.
  it('opens nothing that is written after they were removed', async () => {
    const kept = await dataKeyOf(victim.vault, mallory);
    changeSoundly(victim.vault, kept, (vault) => {
      vault.sops.age.pop();
      vault.members_unencrypted.pop();
    });
    assertRefusedWithRemedy(await victim.setInWorkspace('NEW_KEY', 'fake-written'), 77, victim.vault, 'gone');
    await victim.ok(['set', 'NEW_KEY', ...TO_WORKSPACE, '--accept-members'], { input: 'fake-written' });
    const found = await readableBy({ kept: [kept], age: [mallory] }, victim.vault);
    assert.ok(!found.includes('NEW_KEY=fake-written'), `Mallory reads ${found.join(', ')}`);
  });
});

describe('a user’s vault', () => {
  let victim: Victim;

  beforeEach(async () => {
    victim = await Victim.create();
  });
  afterEach(() => {
    victim.remove();
  });

  // It comes with dotfiles from git, or into a home that others can write to.
  it('that a stranger made, keeping its data key: what is written there opens for nobody else', async () => {
    const file = userVaultFile(victim);
    const kept = await forgeVault(file, { me: victim.recipient }, { OLD_KEY: 'fake-old' });
    await victim.nfSecrets(['set', 'NEW_KEY'], { input: 'fake-written' });
    const found = await readableBy({ kept: [kept] }, file);
    assert.ok(!found.includes('NEW_KEY=fake-written'), `the stranger reads ${found.join(', ')}`);
  });

  it('that a stranger is a recipient of: what is written there opens for nobody else', async () => {
    const file = userVaultFile(victim);
    const mallory = await newAgeKey();
    await forgeVault(file, { me: victim.recipient, 'me too': mallory.recipient }, { OLD_KEY: 'fake-old' });
    await victim.nfSecrets(['set', 'NEW_KEY'], { input: 'fake-written' });
    const found = await readableBy({ age: [mallory] }, file);
    assert.ok(!found.includes('NEW_KEY=fake-written'), `the stranger reads ${found.join(', ')}`);
  });
});

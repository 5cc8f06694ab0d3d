import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
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
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';
import { Sops } from '../fixtures/sops.ts';
import { changeVault, readVault, type VaultFile } from '../fixtures/vault-file.ts';
import { Victim } from '../fixtures/victim.ts';

// sops encrypts to whom its list of recipients names, and nobody vouches for that list. Mallory wants to be on it.

/** As a key is shown: enough of both ends to compare. */
const shown = (recipient: string): string => `${recipient.slice(0, 12)}…${recipient.slice(-8)}`;

describe('a list of members that somebody has changed', () => {
  let victim: Victim;
  let bob: AgeKey;
  let mallory: AgeKey;
  /** The present data key, which Bob may lose and Mallory find. */
  let dataKey: DataKey;
  let good: Buffer;
  let accepted: Buffer;

  // Made once: the victim and Bob share a vault. Each attack starts from there.
  before(async () => {
    victim = await Victim.create();
    [bob, mallory] = [await newAgeKey(), await newAgeKey()];
    await victim.fillWorkspace({ OLD_KEY: 'fake-old' });
    await addMember(victim.vault, await dataKeyOf(victim.vault, victim.key), 'Bob', bob.recipient);
    await victim.ok(['set', 'OLD_KEY', '--scope', 'workspace', '--accept-members'], { input: 'fake-old' });
    dataKey = await dataKeyOf(victim.vault, victim.key);
    good = readFileSync(victim.vault);
    accepted = readFileSync(join(victim.toolHome, 'workspaces.json'));
  });
  beforeEach(() => {
    writeFileSync(victim.vault, good);
    writeFileSync(join(victim.toolHome, 'workspaces.json'), accepted);
  });
  after(() => {
    victim.remove();
  });

  interface Attack {
    readonly title: string;
    readonly attack: () => Promise<void> | void;
    readonly exitCode: 65 | 77;
    readonly says: () => readonly (string | RegExp)[];
    /** Others can tell whom they have to be asked about. */
    readonly canBeAccepted?: true;
  }

  const ATTACKS: readonly Attack[] = [
    {
      title: 'added to the recipients with junk, for the next sops rotate to encrypt to',
      attack: () => {
        changeVault(victim.vault, ({ sops }) => sops.age.push({ recipient: mallory.recipient, enc: 'junk' }));
      },
      exitCode: 65,
      says: () => [mallory.recipient, 'none of its members'],
    },
    {
      title: 'added to the recipients with the data key, the members unchanged',
      attack: async () => {
        const entry = await recipientEntry(dataKey, mallory.recipient);
        changeVault(victim.vault, ({ sops }) => sops.age.push(entry));
      },
      exitCode: 65,
      says: () => [mallory.recipient, 'none of its members'],
    },
    {
      title: 'added in the place of Bob, under his entry among the members',
      attack: async () => {
        const entry = await recipientEntry(dataKey, mallory.recipient);
        changeVault(victim.vault, ({ sops }) => (sops.age[1] = entry));
      },
      exitCode: 65,
      says: () => [mallory.recipient, 'none of its members'],
    },
    {
      title: 'added to the members only, by somebody with the data key',
      attack: () => {
        changeSoundly(victim.vault, dataKey, (vault) => {
          vault.members_unencrypted.push({ recipient: mallory.recipient, label: 'Mallory' });
        });
      },
      exitCode: 65,
      says: () => ['Mallory', mallory.recipient, 'no recipient'],
    },
    {
      title: 'added to both, by somebody with the data key',
      attack: async () => addMember(victim.vault, dataKey, 'Mallory', mallory.recipient),
      exitCode: 77,
      says: () => [
        new RegExp(`you +${shown(victim.recipient)}`),
        new RegExp(`new +${shown(mallory.recipient)} +Mallory`),
        shown(bob.recipient),
      ],
      canBeAccepted: true,
    },
    {
      title: 'in the place of Bob in both, under his label',
      attack: async () => {
        const entry = await recipientEntry(dataKey, mallory.recipient);
        changeSoundly(victim.vault, dataKey, ({ sops, members_unencrypted: members }) => {
          sops.age[1] = entry;
          members[1]!['recipient'] = mallory.recipient;
        });
      },
      exitCode: 77,
      says: () => [
        new RegExp(`new +${shown(mallory.recipient)} +Bob`),
        new RegExp(`gone +${shown(bob.recipient)}`),
      ],
      canBeAccepted: true,
    },
    {
      title: 'a second entry for the victim’s own key, under the label of somebody else',
      attack: async () => {
        await addMember(victim.vault, dataKey, 'Carol', victim.recipient);
      },
      exitCode: 65,
      says: () => ['listed twice'],
    },
    {
      title: 'Bob removed from the recipients, so that he cannot read on',
      attack: () => {
        changeVault(victim.vault, ({ sops }) => sops.age.pop());
      },
      exitCode: 65,
      says: () => ['Bob', bob.recipient, 'no recipient'],
    },
    {
      title: 'the victim’s own key replaced by junk',
      attack: () => {
        changeVault(victim.vault, ({ sops }) => (sops.age[0]!['enc'] = 'junk'));
      },
      exitCode: 65,
      says: () => ['key for you'],
    },
    {
      title: 'labels swapped without the key, so that Mallory’s would look like Bob’s',
      attack: () => {
        changeVault(victim.vault, ({ members_unencrypted: [first, second] }) => {
          [first!['label'], second!['label']] = [second!['label'], first!['label']];
        });
      },
      exitCode: 65,
      says: () => ['MAC'],
    },
    {
      title: 'a PGP key added, for the next sops rotate to encrypt to',
      attack: () => {
        changeVault(victim.vault, ({ sops }) => {
          sops['pgp'] = [{ created_at: '2026-01-02T03:04:05Z', enc: 'junk', fp: 'FAKE0123' }];
        });
      },
      exitCode: 77,
      says: () => [/PGP/],
      canBeAccepted: true,
    },
    {
      title: 'a KMS key added, with junk',
      attack: () => {
        changeVault(victim.vault, ({ sops }) => {
          sops['kms'] = [{ arn: 'arn:aws:kms:fake', created_at: '2026-01-02T03:04:05Z', enc: 'ZmFrZQ==' }];
        });
      },
      exitCode: 77,
      says: () => [/KMS/],
      canBeAccepted: true,
    },
  ];

  for (const { title, attack, exitCode, says, canBeAccepted } of ATTACKS) {
    it(`${title}: ${exitCode}, and nothing is written or sent`, async () => {
      await attack();
      const trace = join(victim.root, 'trace');
      const commands = [
        ['set', 'NEW_KEY', '--scope', 'workspace'],
        ['delete', 'OLD_KEY', '--scope', 'workspace', '--yes'],
        ['exec', '--', 'touch', trace],
      ];
      const input = 'fake-written';
      const results = await victim.unharmed(
        async () => sideBySide(commands, async (args) => victim.nfSecrets(args, { input })),
        input,
      );
      for (const result of results) assertRefusedWithRemedy(result, exitCode, victim.vault, ...says());
      assert.ok(!existsSync(trace), 'the command was started');
      if (canBeAccepted === true) {
        assert.ok(results.every(({ stderr }) => stderr.includes('--accept-members')));
        return;
      }
      // No yes helps where the file contradicts itself.
      const insisted = await victim.unharmed(async () =>
        victim.setInWorkspace('NEW_KEY', input, '--accept-members'),
      );
      assertRefusedWithRemedy(insisted, exitCode, ...says());
    });
  }

  it('in another order: not asked about again, they are the same', async () => {
    changeSoundly(victim.vault, dataKey, (vault) => {
      vault.sops.age.reverse();
      vault.members_unencrypted.reverse();
    });
    const { exitCode, stderr } = await victim.setInWorkspace('NEW_KEY', 'fake-written');
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(await readableBy({ age: [mallory] }, victim.vault), []);
  });

  // It is what a person is told to look at before a yes.
  it('by labels that were swapped without the key: member list does not show them as if they were true', async () => {
    changeVault(victim.vault, ({ members_unencrypted: [first, second] }) => {
      [first!['label'], second!['label']] = [second!['label'], first!['label']];
    });
    assertRefusedWithRemedy(await victim.nfSecrets(['member', 'list']), 65, victim.vault, 'MAC');
  });

  // A question without a cause, asked often enough, is answered without a look.
  it('with a recipient twice: is no cause to ask again and again', async () => {
    changeVault(victim.vault, ({ sops }) => sops.age.push({ ...sops.age[1]! }));
    const results = [
      await victim.setInWorkspace('NEW_KEY', 'fake-written'),
      await victim.setInWorkspace('NEW_KEY', 'fake-written'),
    ];
    for (const { exitCode, stderr } of results) assert.notEqual(exitCode, 77, stderr);
  });

  // What others' tools do in good faith with what Mallory has put there.
  it('and then rotated by Bob with sops, which makes Mallory’s junk a key: still refused @sops', async () => {
    changeVault(victim.vault, ({ sops }) => sops.age.push({ recipient: mallory.recipient, enc: 'junk' }));
    const sops = await Sops.of(victim);
    const env = { SOPS_AGE_KEY_FILE: undefined, SOPS_AGE_KEY: bob.secret };
    await sops.ok(['rotate', '--in-place', victim.vault], { env });
    assert.deepEqual(
      await readableBy({ age: [mallory] }, victim.vault),
      ['OLD_KEY=fake-old'],
      'the attack works',
    );
    const result = await victim.unharmed(async () => victim.setInWorkspace('NEW_KEY', 'fake-written'));
    assertRefusedWithRemedy(result, 65, mallory.recipient);
  });
});

describe('a stranger’s vault, met for the first time', () => {
  let victim: Victim;
  let mallory: AgeKey;

  beforeEach(async () => {
    victim = await Victim.create();
    mallory = await newAgeKey();
  });
  afterEach(() => {
    victim.remove();
  });

  it('for the victim and for the stranger: names both and tells which is the victim', async () => {
    await forgeVault(
      victim.vault,
      { [`you ${shown(victim.recipient)}`]: mallory.recipient, Alice: victim.recipient },
      { OLD_KEY: 'fake-old' },
    );
    const result = await victim.unharmed(async () => victim.setInWorkspace('NEW_KEY', 'fake-written'));
    assertRefusedWithRemedy(
      result,
      77,
      'for the first time',
      new RegExp(`^ +you +${shown(victim.recipient)} +Alice$`, 'm'),
      // What a label claims to be stands behind the key, where labels stand.
      new RegExp(`^ +(new)? +${shown(mallory.recipient)} +you `, 'm'),
    );
  });

  it('not for the victim: gives the key that a member would have to add, and nothing is written', async () => {
    await forgeVault(victim.vault, { Mallory: mallory.recipient }, { OLD_KEY: 'fake-old' });
    const result = await victim.unharmed(async () =>
      victim.setInWorkspace('NEW_KEY', 'fake-written', '--accept-members'),
    );
    assertRefusedWithRemedy(result, 77, victim.vault, victim.recipient);
  });

  it('without any recipient', async () => {
    await forgeVault(victim.vault, {}, { OLD_KEY: 'fake-old' });
    const result = await victim.unharmed(async () =>
      victim.setInWorkspace('NEW_KEY', 'fake-written', '--accept-members'),
    );
    assertRefused(result, 77, victim.vault);
  });

  it('whose recipients are no keys: cannot be renewed, and says so', async () => {
    const kept = await forgeVault(victim.vault, { Alice: victim.recipient }, { OLD_KEY: 'fake-old' });
    const odd = 'age1\u001b[8mhidden\u202e';
    changeSoundly(victim.vault, kept, (vault: VaultFile) => {
      vault.sops.age.push({ recipient: odd, enc: 'junk' });
      vault.members_unencrypted.push({ recipient: odd, label: 'Alice' });
    });
    const result = await victim.unharmed(async () => victim.setInWorkspace('NEW_KEY', 'fake-written'));
    assertRefusedWithRemedy(result, 77, victim.vault, 'age1[8mhidden', /cannot be renewed/);
    assert.equal(readVault(victim.vault).sops.age.length, 2);
  });
});

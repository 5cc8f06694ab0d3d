import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { changeSoundly, type DataKey, dataKeyOf, forgeVault, seal } from '../fixtures/forged-vault.ts';
import { assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { assertShowable } from '../fixtures/showable.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';
import { changeVault, readVault, type VaultFile } from '../fixtures/vault-file.ts';
import { Victim } from '../fixtures/victim.ts';

// What somebody does to the content of a vault that the victim uses: to have the next write in clear text, another
// value in a run, a command in a task. damaged-vault.test.ts has what accidents do; here somebody means it.

/** A name that is a command wherever it is put into a shell unquoted. */
const COMMAND = 'X="";touch PWNED;TOK';

interface Attack {
  readonly title: string;
  readonly attack: (vault: VaultFile, key: DataKey) => void;
  readonly says: string | RegExp;
}

/** By somebody who can only write the file. */
const WITHOUT_KEY: readonly Attack[] = [
  rule('unencrypted_suffix', '_KEY'),
  rule('unencrypted_suffix', ''),
  rule('unencrypted_regex', '.*'),
  rule('encrypted_regex', '^nothing$'),
  rule('encrypted_suffix', '_encrypted'),
  rule('mac_only_encrypted', true),
  rule('shamir_threshold', 1),
  rule('key_groups', [{ age: [] }]),
  {
    title: 'a value that was never encrypted',
    attack: ({ secrets }) => (secrets['ONE_KEY'] = 'fake-of-mallory'),
    says: /ONE_KEY.*not encrypted/,
  },
  {
    title: 'two values swapped',
    attack: ({ secrets }) => {
      [secrets['ONE_KEY'], secrets['TWO_KEY']] = [secrets['TWO_KEY'], secrets['ONE_KEY']];
    },
    says: /ONE_KEY.*(changed|moved)/,
  },
  {
    title: 'a secret renamed',
    attack: ({ secrets }) => {
      secrets['TEST_KEY'] = secrets['ONE_KEY'];
      delete secrets['ONE_KEY'];
    },
    says: /TEST_KEY.*(changed|moved)/,
  },
  {
    title: 'a secret dropped, so that one of lower scope wins',
    attack: ({ secrets }) => delete secrets['TWO_KEY'],
    says: 'MAC',
  },
  {
    title: 'a text made a comment, which is outside of the MAC',
    attack: ({ secrets }) => (secrets['ONE_KEY'] = retyped(secrets['ONE_KEY'], 'comment')),
    says: 'MAC',
  },
  {
    title: 'a text made a boolean',
    attack: ({ secrets }) => (secrets['ONE_KEY'] = retyped(secrets['ONE_KEY'], 'bool')),
    says: /ONE_KEY.*changed/,
  },
  {
    title: 'a text made of a type that nobody knows',
    attack: ({ secrets }) => (secrets['ONE_KEY'] = retyped(secrets['ONE_KEY'], 'constructor')),
    says: /ONE_KEY.*not encrypted/,
  },
  { title: 'no MAC', attack: ({ sops }) => delete (sops as Partial<typeof sops>).mac, says: 'MAC' },
  {
    title: 'a later date, to hide that the file is old',
    attack: ({ sops }) => (sops.lastmodified = '2099-01-01T00:00:00Z'),
    says: 'MAC',
  },
];

/** By somebody who knows the data key: sound for sops, and nothing that we would have written. */
const WITH_KEY: readonly Attack[] = [
  {
    title: 'a value in clear',
    attack: ({ secrets }) => (secrets['ONE_KEY'] = 'fake-of-mallory'),
    says: /ONE_KEY.*not encrypted/,
  },
  { title: 'a null', attack: ({ secrets }) => (secrets['ONE_KEY'] = null), says: /ONE_KEY.*not encrypted/ },
  { title: 'a number', attack: ({ secrets }) => (secrets['ONE_KEY'] = 1), says: /ONE_KEY.*not encrypted/ },
  { title: 'an empty value', attack: ({ secrets }) => (secrets['ONE_KEY'] = ''), says: /ONE_KEY.*empty/ },
  {
    title: 'an object of values',
    attack: ({ secrets }, key) =>
      (secrets['ONE_KEY'] = { A_KEY: seal('x', key, ['secrets', 'ONE_KEY', 'A_KEY']) }),
    says: /ONE_KEY.*not encrypted/,
  },
  {
    title: 'a list of values',
    attack: ({ secrets }, key) => (secrets['ONE_KEY'] = [seal('x', key, ['secrets', 'ONE_KEY'])]),
    says: /ONE_KEY.*not encrypted/,
  },
  named('that sops leaves in clear', 'ONE_unencrypted', /ONE_unencrypted.*plain text/),
  named('that is a shell command', COMMAND, /touch PWNED.*cannot be the name/),
  named('with a newline', 'ONE\nTWO_KEY', /ONETWO_KEY.*control character/),
  named(
    'with escapes for a terminal',
    'ONE\u001b]52;c;ZmFrZQ==\u0007\u202eYEK',
    /ONE\]52.*cannot be the name/,
  ),
  named('__proto__', '__proto__', /__proto__.*underscores/),
  named('of a megabyte', 'A'.repeat(1 << 20), /A{100}.*more than 100 characters/),
  named('that is empty', '', /at least two characters/),
  {
    title: 'a format that is still to come',
    attack: (vault) => (vault.format_unencrypted = 1e300),
    says: /format.*Update nf-secrets/s,
  },
  {
    title: 'a date with escapes for a terminal behind it, which JavaScript reads all the same',
    attack: ({ sops }) => (sops.lastmodified = 'Jan 1 2099 00:00 GMT (\u001b]0;PWNED\u0007)'),
    says: /date|lastmodified|modified/,
  },
];

function rule(name: string, value: unknown): Attack {
  return {
    title: `the rule ${name}: ${JSON.stringify(value)}`,
    attack: ({ sops }) => (sops[name] = value),
    says: name,
  };
}

/** A secret whose name was chosen for what it does elsewhere. */
function named(what: string, name: string, says: RegExp): Attack {
  return {
    title: `a name ${what}`,
    attack: (vault, key) => {
      // Not by assignment, which would set the prototype for one of them.
      const member = { value: seal('x', key, ['secrets', name]), enumerable: true };
      Object.defineProperty(vault.secrets, name, member);
    },
    says,
  };
}

const retyped = (leaf: unknown, type: string): string => String(leaf).replace(/type:str\]$/, `type:${type}]`);

describe('a vault whose content somebody has changed', () => {
  let victim: Victim;
  let key: DataKey;
  let good: Buffer;
  /** There if a command of `exec` was started. */
  let trace: string;

  // Made once; each attack starts from the good file.
  before(async () => {
    victim = await Victim.create();
    await victim.fillWorkspace({ ONE_KEY: 'fake-one', TWO_KEY: 'fake-two' });
    key = await dataKeyOf(victim.vault, victim.key);
    good = readFileSync(victim.vault);
    trace = join(victim.root, 'trace');
  });
  beforeEach(() => {
    writeFileSync(victim.vault, good);
    rmSync(trace, { force: true });
  });
  after(() => {
    victim.remove();
  });

  /** All that reads and all that writes is refused, and neither a value nor a command has got anywhere. */
  async function assertNothingHappens(says: string | RegExp): Promise<void> {
    const commands = [
      ['set', 'ONE_KEY', '--scope', 'workspace', '--accept-members'],
      ['exec', '--accept-members', '--', 'touch', trace],
    ];
    const results = await victim.unharmed(
      async () => sideBySide(commands, async (args) => victim.nfSecrets(args, { input: 'fake-written' })),
      'fake-written',
    );
    for (const result of results) {
      assertRefusedWithRemedy(result, 65, victim.vault, says);
      assertShowable(result.stderr);
      assert.doesNotMatch(result.stderr, /fake-(one|two|of-mallory)/);
      assert.ok(result.stderr.length < 2_000, 'a message, not a flood');
    }
    for (const file of [trace, join(victim.workspace, 'PWNED')]) assert.ok(!existsSync(file), file);
  }

  describe('without its data key', () => {
    for (const { title, attack, says } of WITHOUT_KEY) {
      it(`${title}: refused`, async () => {
        changeVault(victim.vault, (vault) => {
          attack(vault, key);
        });
        await assertNothingHappens(says);
      });
    }

    it('a value and the MAC of another vault of the same members: refused', async () => {
      const other = join(victim.root, 'other.json');
      await forgeVault(other, { Alice: victim.recipient }, { ONE_KEY: 'fake-of-mallory' });
      const { secrets, sops } = readVault(other);
      changeVault(victim.vault, (vault) => {
        vault.secrets['ONE_KEY'] = secrets['ONE_KEY'];
        vault.sops.mac = sops.mac;
        vault.sops.lastmodified = sops.lastmodified;
      });
      await assertNothingHappens('MAC');
    });

    // sops binds a value to the keys on the way to it, joined by colons: "secrets:ONE_KEY" at the top is the same
    // as ONE_KEY in "secrets". The MAC is over the values alone, so it is right as long as their order is.
    it('a secret moved out to the top, under a name with a colon: not dropped, but refused', async () => {
      const { secrets, ...others } = readVault(victim.vault);
      const { ONE_KEY: dropped, ...kept } = secrets;
      writeFileSync(
        victim.vault,
        JSON.stringify({ 'secrets:ONE_KEY': dropped, secrets: kept, ...others }, undefined, '\t'),
      );
      await assertNothingHappens(/secrets:ONE_KEY/);
    });

    // sops authenticates no types, and leaves comments out of its MAC.
    it('a deleted secret put back as a comment: no run gets it, and no write makes it a value again', async () => {
      const { secrets } = readVault(victim.vault);
      await victim.ok(['delete', 'ONE_KEY', '--scope', 'workspace', '--yes']);
      changeVault(victim.vault, (vault) => {
        vault.secrets['ONE_KEY'] = retyped(secrets['ONE_KEY'], 'comment');
      });
      const refused = async (): Promise<void> => {
        for (const args of [['get', 'ONE_KEY'], ['export'], ['exec', '--', 'touch', trace]]) {
          assertRefusedWithRemedy(
            await victim.nfSecrets(args),
            65,
            victim.vault,
            /types of values.*without the key/,
          );
        }
      };
      await refused();
      assertRefusedWithRemedy(await victim.setInWorkspace('TWO_KEY', 'fake-written'), 65);
      await refused();
      assert.ok(!existsSync(trace));
    });
  });

  describe('with its data key, so that the MAC is right', () => {
    for (const { title, attack, says } of WITH_KEY) {
      it(`${title}: refused`, async () => {
        changeSoundly(victim.vault, key, (vault) => {
          attack(vault, key);
        });
        await assertNothingHappens(says);
      });
    }
  });

  describe('as text', () => {
    const TEXTS: readonly { title: string; change: (text: string) => string; says: string | RegExp }[] = [
      {
        title: 'a name twice, for readers that take the other one',
        change: (text) => text.replace(/(\t\t"ONE_KEY": )("ENC.*")/, '$1"fake-of-mallory",\n$1$2'),
        says: /ONE_KEY.*twice/,
      },
      {
        title: 'a name twice, once in other letters',
        change: (text) => text.replace(/\t\t"ONE_KEY": ("ENC.*")/, '$&,\n\t\t"ONE\\u005fKEY": $1'),
        says: /ONE_KEY.*twice/,
      },
      {
        title: 'the secrets twice',
        change: (text) => text.replace('{', '{"secrets":{},'),
        says: /secrets.*twice/,
      },
      {
        title: 'the part of sops twice',
        change: (text) => text.replace('{', '{"sops":{},'),
        says: /sops.*twice/,
      },
      { title: 'two byte order marks', change: (text) => `\ufeff\ufeff${text}`, says: 'not JSON' },
      { title: 'a second document', change: (text) => `${text}${text}`, says: 'not JSON' },
      {
        title: 'nested without end',
        change: (text) => text.replace('{', `{"x_unencrypted":${'{"x":'.repeat(1e5)}1${'}'.repeat(1e5)},`),
        says: 'too deeply',
      },
      {
        title: 'a prototype',
        change: (text) => text.replace('{', '{"__proto__":{"secrets":{"ONE_KEY":"fake-of-mallory"}},'),
        says: /changed or moved without the key/,
      },
    ];
    for (const { title, change, says } of TEXTS) {
      it(`${title}: refused`, async () => {
        writeFileSync(victim.vault, change(good.toString('utf8')));
        await assertNothingHappens(says);
      });
    }

    it('larger than any vault: refused before it is read', async () => {
      // Sparse: it takes no room.
      truncateSync(victim.vault, (64 << 20) + 1);
      const args = ['set', 'ONE_KEY', '--scope', 'workspace', '--accept-members'];
      const result = await victim.nfSecrets(args, { input: 'fake-written' });
      assertRefusedWithRemedy(result, 65, victim.vault, '67108865 bytes');
    });
  });

  describe('for an older version of it', () => {
    it('says so to whoever reads, runs or writes', async () => {
      changeSoundly(victim.vault, key, ({ sops }) => (sops.lastmodified = '2020-01-02T03:04:05Z'));
      const older = readFileSync(victim.vault);
      const commands = [
        ['get', 'ONE_KEY'],
        ['exec', '--', 'true'],
        ['set', 'ONE_KEY', '--scope', 'workspace'],
      ];
      for (const args of commands) {
        writeFileSync(victim.vault, older);
        const { exitCode, stderr } = await victim.nfSecrets(args, { input: 'fake-written' });
        assert.equal(exitCode, 0, stderr);
        assert.match(stderr, /older \(2020-01-02T03:04:05Z\) than the version you have seen/, args.join(' '));
      }
    });
  });
});

import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCOPES, userVaultFile, vaultFile } from '../fixtures/places.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';
import { changeVault, leftoversBeside, type VaultFile } from '../fixtures/vault-file.ts';

interface Damage {
  readonly title: string;
  /** Makes the damaged file out of the good one. */
  readonly damage: (good: Buffer, other: VaultFile) => string | Buffer;
  /** What the message says about it. */
  readonly says: string | RegExp;
  /** What is wrong can only be found with the key, which `list` does not use. */
  readonly hidden?: true;
}

/** A damage by which the file stays JSON. */
const changed =
  (change: (vault: VaultFile, other: VaultFile) => void) =>
  (good: Buffer, other: VaultFile): string => {
    const vault = JSON.parse(good.toString('utf8')) as VaultFile;
    change(vault, other);
    return JSON.stringify(vault, undefined, '\t');
  };

/** A damage to the text of the file. */
const replaced =
  (pattern: string | RegExp, text: string) =>
  (good: Buffer): string =>
    good.toString('utf8').replace(pattern, text);

const sorted = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(sorted);
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).map(([key, value]) => [key, sorted(value)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
};

const rule = (name: string, value: unknown): Damage => ({
  title: `the rule ${name}: ${JSON.stringify(value)}`,
  damage: changed((vault) => {
    vault.sops[name] = value;
  }),
  says: name,
});

const DAMAGES: readonly Damage[] = [
  { title: 'cut in half', damage: (good) => good.subarray(0, good.length / 2), says: 'not JSON' },
  { title: 'cut by one byte', damage: (good) => good.subarray(0, -3), says: 'not JSON' },
  { title: 'empty', damage: () => '', says: 'not JSON' },
  { title: 'only spaces', damage: () => ' \n', says: 'not JSON' },
  { title: 'zeros', damage: (good) => Buffer.alloc(good.length), says: 'not JSON' },
  { title: 'another kind of file', damage: () => 'fake: yaml\n', says: 'not JSON' },
  { title: 'null', damage: () => 'null', says: 'not a file of sops' },
  { title: 'a list', damage: () => '[]', says: 'not a file of sops' },
  { title: 'an empty object', damage: () => '{}', says: 'not a file of sops' },
  { title: 'a comment in it', damage: replaced('{', '{ // fake\n'), says: 'not JSON' },
  { title: 'a comma too many', damage: replaced(/\}\s*$/, ',}'), says: 'not JSON' },
  {
    title: 'a comment before it, and its remedy',
    damage: replaced('{', '// fake\n{'),
    says: /a comment, which JSON does not have \(line 1, column 1\)[^]*Take out comments/,
  },
  {
    title: 'a comma before the last bracket, and its remedy',
    damage: replaced(/\n\}\s*$/, ',\n}\n'),
    says: /a comma too many[^]*git checkout HEAD -- '/,
  },
  {
    title: 'the marks of a merge conflict',
    damage: replaced(/(\t\t"FAKE_A.*\n)/, '<<<<<<< HEAD\n$1=======\n$1>>>>>>> branch\n'),
    says: /merge conflict[^]*nf-secrets resolve[^]*git log --oneline -- '/,
  },
  {
    title: 'the marks of a merge conflict, with the base and CRLF',
    damage: replaced(
      /(\t\t"FAKE_A.*\n)/,
      '<<<<<<< HEAD\r\n$1||||||| 1234567\r\n$1=======\r\n$1>>>>>>> branch\r\n',
    ),
    says: /merge conflict[^]*nf-secrets resolve[^]*git log --oneline -- '/,
  },
  {
    title: 'its keys sorted by a formatter',
    damage: (good) => JSON.stringify(sorted(JSON.parse(good.toString('utf8'))), undefined, 2),
    says: /alphabetical order[^]*git checkout HEAD -- '[^]*\.prettierignore/,
    hidden: true,
  },
  {
    title: 'its keys sorted at the top alone',
    damage: (good) => {
      const vault = JSON.parse(good.toString('utf8')) as VaultFile;
      return JSON.stringify(Object.fromEntries(Object.entries(vault).sort()));
    },
    says: /alphabetical order/,
    hidden: true,
  },
  {
    title: 'invalid UTF-8',
    damage: (good) => Buffer.from(good.toString('latin1').replace('the first', 'the \xff first'), 'latin1'),
    says: 'UTF-8',
  },
  {
    title: 'a secret twice',
    damage: replaced(/(\t\t"FAKE_A": "ENC.*\n)/, '$1$1'),
    says: /FAKE_A.*twice.*line 4/,
  },
  { title: 'a part twice', damage: replaced('{', '{"secrets": {},'), says: /secrets.*twice/ },
  {
    title: 'nested a hundred thousand deep',
    damage: replaced('{', `{"x": ${'['.repeat(1e5)}${']'.repeat(1e5)},`),
    says: 'too deeply',
  },
  {
    title: 'a description changed without the key',
    damage: replaced('the first', 'the worst'),
    says: /MAC/,
    hidden: true,
  },
  {
    title: 'a member added without the key',
    damage: changed((vault) => vault.members_unencrypted.push({ recipient: 'age1fake', label: 'fake' })),
    says: /MAC/,
    hidden: true,
  },
  {
    title: 'a date of the MAC changed',
    damage: changed((vault) => {
      vault.sops.lastmodified = '2020-01-01T00:00:00Z';
    }),
    says: /MAC/,
    hidden: true,
  },
  {
    title: 'no MAC',
    damage: changed((vault) => {
      vault.sops.mac = '';
    }),
    says: /MAC/,
    hidden: true,
  },
  {
    title: 'the MAC of another vault',
    damage: changed((vault, other) => {
      vault.sops.mac = other.sops.mac;
      vault.sops.lastmodified = other.sops.lastmodified;
    }),
    says: /MAC/,
    hidden: true,
  },
  {
    title: 'a secret removed without the key',
    damage: changed((vault) => delete vault.secrets['FAKE_B']),
    says: /MAC/,
    hidden: true,
  },
  {
    title: 'two values swapped',
    damage: changed(({ secrets }) => {
      [secrets['FAKE_A'], secrets['FAKE_B']] = [secrets['FAKE_B'], secrets['FAKE_A']];
    }),
    says: /FAKE_A.*(changed|moved)/,
    hidden: true,
  },
  {
    title: 'a value under another name',
    damage: changed(({ secrets }) => {
      secrets['FAKE_C'] = secrets['FAKE_A'];
    }),
    says: /FAKE_C.*(changed|moved)/,
    hidden: true,
  },
  {
    title: 'a value of another vault',
    damage: changed(({ secrets }, other) => {
      secrets['FAKE_A'] = other.secrets['FAKE_A'];
    }),
    says: /FAKE_A.*(changed|moved)/,
    hidden: true,
  },
  {
    title: 'a value with its tag cut to 4 bytes',
    damage: replaced(/("FAKE_A": "ENC.*,tag:)[^,]*/, '$1ZmFrZQ=='),
    says: /FAKE_A.*not encrypted/,
  },
  {
    title: 'a value in clear',
    damage: replaced(/"FAKE_A": "ENC[^"]*"/, '"FAKE_A": "fake-clear"'),
    says: /FAKE_A.*not encrypted/,
  },
  {
    title: 'a number in clear',
    damage: replaced(/"FAKE_A": "ENC[^"]*"/, '"FAKE_A": 271828'),
    says: /FAKE_A.*not encrypted/,
  },
  {
    title: 'a null for a value',
    damage: replaced(/"FAKE_A": "ENC[^"]*"/, '"FAKE_A": null'),
    says: /FAKE_A.*not encrypted/,
  },
  {
    title: 'an object for a value',
    damage: replaced(/"FAKE_A": ("ENC[^"]*")/, '"FAKE_A": {"FAKE_A": $1}'),
    says: /FAKE_A.*not encrypted/,
  },
  {
    title: 'an empty value',
    damage: replaced(/"FAKE_A": "ENC[^"]*"/, '"FAKE_A": ""'),
    says: /FAKE_A.*empty/,
  },
  { title: 'a name with a dash', damage: replaced('"FAKE_A": "ENC', '"FAKE-A": "ENC'), says: /FAKE-A.*"-"/ },
  {
    title: 'a name that sops leaves in clear',
    damage: replaced(/"FAKE_A": "ENC[^"]*"/, '"FAKE_A_unencrypted": "fake-clear"'),
    says: /FAKE_A_unencrypted.*plain text/,
  },
  {
    title: 'control characters in a name',
    damage: replaced('"FAKE_A": "ENC', '"FAKE\\u001b[31m\\u202eA": "ENC'),
    says: /FAKE\[31mA/,
  },
  {
    title: 'no secrets',
    damage: changed((vault) => delete (vault as Partial<VaultFile>).secrets),
    says: 'secrets',
  },
  {
    title: 'a list for the secrets',
    damage: changed((vault) => Object.assign(vault, { secrets: [] })),
    says: 'secrets',
  },
  rule('unencrypted_regex', '.*'),
  rule('encrypted_regex', '^fake$'),
  rule('encrypted_suffix', '_fake'),
  rule('unencrypted_comment_regex', 'fake'),
  rule('encrypted_comment_regex', 'fake'),
  rule('mac_only_encrypted', true),
  rule('shamir_threshold', 2),
  rule('key_groups', [{ age: [] }, { age: [] }]),
  rule('unencrypted_suffix', '_fake'),
  rule('unencrypted_suffix', undefined),
  {
    title: 'a newer format',
    damage: changed((vault) => {
      vault.format_unencrypted = 2;
    }),
    says: /format 2[^]*Update nf-secrets/,
  },
  ...[undefined, null, 0, '1', true].map((format): Damage => ({
    title: `the format ${JSON.stringify(format)}`,
    damage: changed((vault) => {
      vault.format_unencrypted = format;
    }),
    says: 'format_unencrypted',
  })),
  {
    title: 'the recipients no list',
    damage: changed((vault) => Object.assign(vault.sops, { age: 'fake' })),
    says: 'recipients',
    hidden: true,
  },
  {
    title: 'its key damaged',
    damage: changed((vault) => {
      vault.sops.age[0]!['enc'] = 'fake';
    }),
    says: 'key for you',
    hidden: true,
  },
];

describe('a damaged vault', () => {
  let sandbox: Sandbox;
  let good: Record<(typeof SCOPES)[number], Buffer>;
  let other: VaultFile;

  // One good vault a scope for all; each case damages it in its own way.
  before(async () => {
    sandbox = new Sandbox();
    for (const scope of SCOPES) {
      for (const name of ['FAKE_A', 'FAKE_B']) {
        await sandbox.ok(['set', name, '--scope', scope, '--description', 'the first'], {
          input: `fake-${name}`,
        });
      }
    }
    good = {
      user: readFileSync(vaultFile('user', sandbox)),
      workspace: readFileSync(vaultFile('workspace', sandbox)),
    };
    await sandbox.ok(['set', 'FAKE_A', '--workspace', sandbox.home, '--scope', 'workspace'], {
      input: 'fake-other',
    });
    other = JSON.parse(
      readFileSync(join(sandbox.home, '.nf-secrets', 'workspace.sops.json'), 'utf8'),
    ) as VaultFile;
  });
  beforeEach(() => {
    for (const scope of SCOPES) writeFileSync(vaultFile(scope, sandbox), good[scope]);
  });
  after(() => {
    sandbox.remove();
  });

  /** What writes a vault, and what reads all of them. */
  const commands = (scope: string): string[][] => [
    ['set', 'FAKE_NEW', '--scope', scope],
    ['exec', '--', 'true'],
  ];

  for (const [index, { title, damage, says, hidden }] of DAMAGES.entries()) {
    // Both scopes go through the same code; each damage is tried on one of them.
    const scope = SCOPES[index % 2]!;
    it(`${title}: every command says so and changes nothing`, async () => {
      const file = vaultFile(scope, sandbox);
      const bytes = Buffer.from(damage(good[scope], other));
      writeFileSync(file, bytes);
      await sideBySide(commands(scope), async (args) => {
        const result = await sandbox.nfSecrets(args, { input: 'fake-new' });
        assertRefusedWithRemedy(result, 65, file, says);
        assert.doesNotMatch(
          result.stderr,
          /fake-|271828|[\x00-\x09\x0b-\x1f\x7f\u202e]/,
          'only what may be shown',
        );
      });
      const list = await sandbox.nfSecrets(['list', '--scope', scope]);
      if (hidden === true) assert.equal(list.exitCode, 0, list.stderr);
      else assertRefusedWithRemedy(list, 65, file, says);
      assert.deepEqual(readFileSync(file), bytes);
      assert.deepEqual(leftoversBeside(file), []);
    });
  }

  it('leaves the other vault usable, as the message promises', async () => {
    writeFileSync(userVaultFile(sandbox), 'fake');
    const refusal = await sandbox.nfSecrets(['get', 'FAKE_A']);
    assertRefused(refusal, 65, 'Your other vault still works');
    assert.equal(String(await sandbox.ok(['get', 'FAKE_A', '--scope', 'workspace'])), 'fake-FAKE_A');
    await sandbox.ok(['set', 'FAKE_C', '--scope', 'workspace'], { input: 'fake-new' });
    await sandbox.ok(['list', '--scope', 'workspace']);
    await sandbox.ok(['delete', 'FAKE_C', '--scope', 'workspace', '--yes']);
    await sandbox.ok(['exec', '--without-user', '--', 'true']);
  });

  // What sops itself may write for a rule that is not in use, and what git does to line ends.
  const HARMLESS: readonly [title: string, change: (file: string) => void][] = [
    [
      'rules that are off',
      (file) => {
        changeVault(file, ({ sops }) =>
          Object.assign(sops, {
            kms: null,
            gcp_kms: null,
            azure_kv: [],
            pgp: null,
            shamir_threshold: 0,
            mac_only_encrypted: false,
            unencrypted_regex: '',
            key_groups: [],
          }),
        );
      },
    ],
    [
      'Windows line ends',
      (file) => {
        writeFileSync(file, readFileSync(file, 'utf8').replaceAll('\n', '\r\n'));
      },
    ],
    [
      'all on one line',
      (file) => {
        writeFileSync(file, JSON.stringify(JSON.parse(readFileSync(file, 'utf8'))));
      },
    ],
    [
      'a recipient that is junk, which sops would not notice',
      (file) => {
        changeVault(file, ({ sops }) => sops.age.unshift({ recipient: 'age1fake', enc: 'fake' }));
      },
    ],
  ];
  for (const [title, change] of HARMLESS) {
    it(`is not what this is: ${title}`, async () => {
      const file = userVaultFile(sandbox);
      change(file);
      assert.equal(String(await sandbox.ok(['get', 'FAKE_A'])), 'fake-FAKE_A');
      // A new recipient is first to be accepted.
      await sandbox.ok(['set', 'FAKE_B', '--accept-members'], { input: 'fake-new' });
      assert.equal(String(await sandbox.ok(['get', 'FAKE_B'])), 'fake-new');
    });
  }

  it('in Nextflow’s own store: names the file, shows nothing of it', async () => {
    const store = join(sandbox.nextflowHome, 'secrets', 'store.json');
    mkdirSync(join(store, '..'), { recursive: true });
    try {
      for (const text of [
        '[{"name":"FAKE","value":"fake-clear"',
        '{"fake-clear": 1}',
        '[{"name":"fake-clear"}]',
      ]) {
        writeFileSync(store, text);
        await sideBySide([['list'], ['get', 'FAKE_A'], ['exec', '--', 'true']], async (args) => {
          const result = await sandbox.nfSecrets(args);
          assertRefusedWithRemedy(result, 65, store);
          assert.doesNotMatch(result.stderr, /fake-clear/);
        });
        assert.equal(readFileSync(store, 'utf8'), text);
      }
    } finally {
      writeFileSync(store, '');
    }
  });

  describe('that is only written in another way opens as before:', () => {
    const ways: Record<string, (text: string) => string> = {
      'a byte order mark': (text) => `\ufeff${text}`,
      'line ends of Windows': (text) => text.replaceAll('\n', '\r\n'),
      'a byte order mark and line ends of Windows': (text) => `\ufeff${text.replaceAll('\n', '\r\n')}`,
      'two spaces, as prettier has them': (text) => JSON.stringify(JSON.parse(text), undefined, 2),
      'one line': (text) => JSON.stringify(JSON.parse(text)),
      'no newline at the end': (text) => text.trimEnd(),
      'escapes for what is not ASCII': (text) =>
        text.replace(/[^\x00-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
    };
    for (const [title, write] of Object.entries(ways)) {
      it(title, async () => {
        const path = vaultFile('workspace', sandbox);
        writeFileSync(path, write(good.workspace.toString('utf8')));
        assert.equal(String(await sandbox.ok(['get', 'FAKE_A', '--scope', 'workspace'])), 'fake-FAKE_A');
        await sandbox.ok(['set', 'FAKE_B', '--scope', 'workspace'], { input: 'fake-FAKE_B' });
        assert.equal(String(await sandbox.ok(['get', 'FAKE_A', '--scope', 'workspace'])), 'fake-FAKE_A');
      });
    }
  });

  it('can be put back from a copy', async () => {
    const file = userVaultFile(sandbox);
    const backup = join(sandbox.root, 'backup.json');
    copyFileSync(file, backup);
    writeFileSync(file, 'fake');
    assertRefused(await sandbox.nfSecrets(['get', 'FAKE_A']), 65);
    copyFileSync(backup, file);
    assert.equal(String(await sandbox.ok(['get', 'FAKE_A'])), 'fake-FAKE_A');
  });
});

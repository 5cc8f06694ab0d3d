import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { userVaultFile } from '../fixtures/places.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { Sops } from '../fixtures/sops.ts';
import { readVault, type VaultFile } from '../fixtures/vault-file.ts';

// A vault may hold more than we know: another program's fields, a later version's. They survive our writes, and
// sops still finds its MAC right, which depends on the order of all keys and on the text of all numbers.
describe('what is not ours in a vault survives our writes @sops', () => {
  let sandbox: Sandbox;
  let sops: Sops;
  let vault: string;

  beforeEach(async () => {
    sandbox = new Sandbox();
    sops = await Sops.of(sandbox);
    vault = userVaultFile(sandbox);
    await sandbox.ok(['set', 'FAKE_FIRST', '--description', 'the first'], { input: 'fake-first' });
    await sandbox.ok(['set', 'FAKE_SECOND'], { input: 'fake-second' });
  });
  afterEach(() => {
    sandbox.remove();
  });

  /** What of the clear text a set of FAKE_FIRST may change. */
  const without = (text: string): string =>
    text
      // The value that was replaced, at the end.
      .replace(/,\n\t"previous": \{\n[^]*?\n\t\}(?=\n\}\s*$)/, '')
      .split('\n')
      .filter((line) => !/"(FAKE_FIRST|updated|updatedBy|structure)":/.test(line))
      .join('\n');

  // Written as text: JavaScript itself would put the integer-like keys first.
  const FOREIGN: readonly [title: string, members: string][] = [
    ['a text', '"zeta": "fake-zeta"'],
    ['a text in clear', '"zeta_unencrypted": "zeta <&> \\u2028 é"'],
    ['numbers', '"zeta": [0, -0, 1, -1.5, 1e21, 1e-7, 12345678901234567890, 1.7976931348623157e308, 5e-324]'],
    [
      'numbers in clear',
      '"zeta_unencrypted": [0, -0, 1.0, 1E2, 1e21, 1e+21, 1e-7, 12345678901234567890, 0.1]',
    ],
    ['booleans and nothings', '"zeta": [true, false, null, "", {}, [], [[]], [{}]]'],
    ['booleans and nothings in clear', '"zeta_unencrypted": [true, false, null, "", {}, [], [[]], [{}]]'],
    ['integer-like keys out of order', '"10": {"2": "x", "1": {"b": 1, "a": 2}, "0": null}, "9": "fake"'],
    [
      'a key of each kind inside the other',
      '"zeta": {"a": "fake", "b_unencrypted": {"c": "clear", "7": 7}, "1": 1}',
    ],
    [
      'odd keys',
      '"": "fake", "a:b": "fake", "a.b": {"": "fake"}, "é\\u2028\\"": "fake", "__proto__": "fake"',
    ],
    ['encrypted lists in lists', '"zeta": [["fake-a", ["fake-b"]], {"k": ["fake-c"]}]'],
    ['long text', `"zeta": "${'fake '.repeat(20_000)}"`],
  ];
  for (const [title, members] of FOREIGN) {
    it(title, async () => {
      // Some before our own keys, some behind them.
      await sops.edit(vault, (text) =>
        text.replace('{', `{"first_unencrypted": "x", ${members},`).replace(/\}\s*$/, ', "last": "fake"}'),
      );
      const before = await sops.decrypt(vault);
      const leaves = readVault(vault);
      await sandbox.ok(['set', 'FAKE_FIRST'], { input: 'fake-changed' });
      assert.equal(without(await sops.decrypt(vault)), without(before));
      assert.equal(String(await sops.extract(vault, ['secrets', 'FAKE_FIRST'])), 'fake-changed');
      // Not encrypted anew: one changed secret is one changed line for git.
      assert.deepEqual(cipherTexts(readVault(vault), 'FAKE_FIRST'), cipherTexts(leaves, 'FAKE_FIRST'));
    });
  }

  it('fields beside a description and beside a member', async () => {
    await sops.set(vault, ['info_unencrypted', 'FAKE_FIRST', 'reviewed'], '"2040-01-01"');
    await sops.set(vault, ['info_unencrypted', 'FAKE_GONE'], '{"created": "2020-01-01T00:00:00Z"}');
    await sops.set(vault, ['members_unencrypted', '0', 'phone'], '"555-0100"').catch(async () => {
      // This version of sops wants a number there.
      await sops.ok(['set', vault, '["members_unencrypted"][0]["phone"]', '"555-0100"']);
    });
    await sandbox.ok(['set', 'FAKE_FIRST'], { input: 'fake-changed' });
    await sops.decrypt(vault);
    const { info_unencrypted: info, members_unencrypted: members } = readVault(vault);
    assert.equal(info['FAKE_FIRST']?.['reviewed'], '2040-01-01');
    assert.equal(info['FAKE_FIRST']['description'], 'the first');
    assert.deepEqual(info['FAKE_GONE'], { created: '2020-01-01T00:00:00Z' });
    assert.equal(members[0]?.['phone'], '555-0100');
  });

  it('entries for other kinds of keys, which we cannot use', async () => {
    const kms = [
      { arn: 'arn:aws:kms:fake', created_at: '2020-01-01T00:00:00Z', enc: 'ZmFrZQ==', aws_profile: '' },
    ];
    const pgp = [{ created_at: '2020-01-01T00:00:00Z', enc: 'fake', fp: 'FAKE0123' }];
    // The MAC does not cover sops's own part.
    const text = JSON.stringify(readVault(vault));
    const file = JSON.parse(text) as VaultFile;
    Object.assign(file.sops, { kms, gcp_kms: null, azure_kv: null, hc_vault: null, pgp });
    writeFileSync(vault, JSON.stringify(file));
    // Those who hold such keys can read too, so they are first to be accepted.
    await sandbox.ok(['set', 'FAKE_FIRST', '--accept-members'], { input: 'fake-changed' });
    assert.deepEqual(readVault(vault).sops['kms'], kms);
    assert.deepEqual(readVault(vault).sops['pgp'], pgp);
    // sops opens it by the age key, without a look at the others.
    assert.equal(String(await sops.extract(vault, ['secrets', 'FAKE_FIRST'])), 'fake-changed');
  });

  it('any content at all', async () => {
    const own = String(await sandbox.ok(['identity', 'show'])).trim();
    const name = fc
      .stringMatching(/^[A-Za-z][A-Za-z0-9]{1,12}(_[A-Za-z0-9]{1,5}){0,3}$/)
      .filter((text) => !text.endsWith('_unencrypted'));
    const value = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 200 })
      .filter((text) => !text.includes('\0'));
    const key = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.stringMatching(/^[0-9]{1,3}(_unencrypted)?$/),
    );
    const { tree } = fc.letrec<{ tree: string }>((tie) => ({
      // JSON as text, so that the order of keys and the form of numbers are as drawn.
      tree: fc.oneof(
        { maxDepth: 3 },
        fc
          .double({ noDefaultInfinity: true, noNaN: true })
          .map((n) => (Object.is(n, -0) ? '-0.0' : String(n))),
        fc.maxSafeInteger().map(String),
        fc.boolean().map(String),
        fc.constant('null'),
        fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
        fc.array(tie('tree'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
        fc.uniqueArray(fc.tuple(key, tie('tree')), { maxLength: 4, selector: ([k]) => k }).map(objectText),
      ),
    }));
    const extra = fc
      .uniqueArray(fc.tuple(key, tree), { maxLength: 5, selector: ([k]) => k })
      .map((members) => members.filter(([k]) => !OURS.has(k)));
    const secrets = fc.uniqueArray(fc.tuple(name, value), {
      minLength: 1,
      maxLength: 4,
      selector: ([n]) => n,
    });

    await fc.assert(
      fc.asyncProperty(secrets, extra, value, async (drawn, members, fresh) => {
        const plain = join(sandbox.root, 'plain.json');
        const ours: [string, string][] = [
          ['secrets', objectText(drawn.map(([n, v]) => [n, JSON.stringify(v)]))],
          ['format_unencrypted', '1'],
        ];
        const half = Math.ceil(members.length / 2);
        writeFileSync(plain, objectText([...members.slice(0, half), ...ours, ...members.slice(half)]));
        const args = ['encrypt', '--unencrypted-suffix', '_unencrypted', '--age', own];
        writeFileSync(vault, await sops.ok([...args, plain]));
        const before = await sops.decrypt(vault);

        for (const [n, v] of drawn) assert.equal(String(await sandbox.ok(['get', n])), v);
        await sandbox.ok(['set', 'FAKE_FIRST', '--keep-newline'], { input: fresh });
        assert.equal(String(await sops.extract(vault, ['secrets', 'FAKE_FIRST'])), fresh);
        await sops.unset(vault, ['secrets', 'FAKE_FIRST']);
        await sops.unset(vault, ['info_unencrypted']);
        await sops.unset(vault, ['structure']);
        assert.equal(await sops.decrypt(vault), before);
      }),
      { numRuns: 8 },
    );
  });
});

const OURS = new Set([
  'secrets',
  'info_unencrypted',
  'members_unencrypted',
  'format_unencrypted',
  'structure',
  'sops',
]);

const objectText = (members: readonly (readonly [string, string])[]): string =>
  `{${members.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(',')}}`;

/** All encrypted leaves of a vault in the order of the file, without that of one secret and that about the structure. */
function cipherTexts(vault: VaultFile, except: string): string[] {
  const text = JSON.stringify({ ...vault, structure: null, previous: null, sops: null });
  const own = vault.secrets[except];
  return (text.match(/ENC\[[^\]]*\]/g) ?? []).filter((leaf) => leaf !== own);
}

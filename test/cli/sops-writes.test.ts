import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NASTY_VALUES } from '../fixtures/nasty-values.ts';
import { identityFile, userVaultFile, workspaceVaultFile } from '../fixtures/places.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';
import { Sops } from '../fixtures/sops.ts';
import { readVault } from '../fixtures/vault-file.ts';
import { fillVault } from '../fixtures/vault-values.ts';

// What sops writes into a vault, read and kept by nf-secrets.
describe('nf-secrets reads what sops wrote @sops', () => {
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

  const get = async (name: string): Promise<string> => (await sandbox.ok(['get', name])).toString('utf8');
  const listed = async (): Promise<string[]> =>
    (JSON.parse(String(await sandbox.ok(['list', '--json']))) as { name: string }[]).map(({ name }) => name);

  it('every text of `sops set`', async () => {
    const cases = Object.entries(NASTY_VALUES);
    for (const [index, [, value]] of cases.entries()) {
      await sops.set(vault, ['secrets', `FAKE_${index}`], JSON.stringify(value));
    }
    await sideBySide(cases, async ([title, value], index) => {
      assert.equal(await get(`FAKE_${index}`), value, title);
    });
  });

  // sops makes a 64-bit float of every JSON number and writes it without an exponent.
  const TYPED: readonly [json: string, text: string, type: string, back: unknown][] = [
    ['1', '1', 'float', 1],
    ['1.0', '1', 'float', 1],
    ['1.5', '1.5', 'float', 1.5],
    ['0.1', '0.1', 'float', 0.1],
    ['-0', '-0', 'float', -0],
    ['-12.25', '-12.25', 'float', -12.25],
    ['1e21', '1000000000000000000000', 'float', 1e21],
    ['1e-7', '0.0000001', 'float', 1e-7],
    ['12345678901234567890', '12345678901234567000', 'float', 12345678901234567e3],
    ['9007199254740993', '9007199254740992', 'float', 9007199254740992],
    ['true', 'true', 'bool', true],
    ['false', 'false', 'bool', false],
  ];
  it('numbers and booleans as text, and keeps their types when it writes something else', async () => {
    for (const [index, [json]] of TYPED.entries()) await sops.set(vault, ['secrets', `FAKE_${index}`], json);
    const leaves = readVault(vault).secrets;
    await sideBySide(TYPED, async ([json, text, type], index) => {
      assert.match(String(leaves[`FAKE_${index}`]), new RegExp(`,type:${type}\\]$`));
      assert.equal(await get(`FAKE_${index}`), text, json);
    });
    await sandbox.ok(['set', 'FAKE_FIRST'], { input: 'fake-changed' });
    const after = readVault(vault).secrets;
    const { secrets } = JSON.parse(await sops.decrypt(vault)) as { secrets: Record<string, unknown> };
    for (const [index, [json, , , back]] of TYPED.entries()) {
      assert.equal(after[`FAKE_${index}`], leaves[`FAKE_${index}`], `the cipher text of ${json}`);
      assert.ok(Object.is(secrets[`FAKE_${index}`], back), `${json}: ${String(secrets[`FAKE_${index}`])}`);
    }
    assert.equal(secrets['FAKE_FIRST'], 'fake-changed');
  });

  it('a typed value that we overwrite becomes a text', async () => {
    await sops.set(vault, ['secrets', 'FAKE_FIRST'], '42');
    await sandbox.ok(['set', 'FAKE_FIRST'], { input: '43' });
    const { secrets } = JSON.parse(await sops.decrypt(vault)) as { secrets: Record<string, unknown> };
    assert.equal(secrets['FAKE_FIRST'], '43');
  });

  it('a secret that sops made has no dates until we change it', async () => {
    await sops.set(vault, ['secrets', 'FAKE_MADE'], '"fake-made"');
    const made = async (): Promise<Record<string, unknown> | undefined> =>
      (JSON.parse(String(await sandbox.ok(['list', '--json']))) as Record<string, unknown>[]).find(
        (secret) => secret['name'] === 'FAKE_MADE',
      );
    assert.deepEqual(await made(), {
      name: 'FAKE_MADE',
      scope: 'user',
      created: null,
      updated: null,
      updatedBy: null,
      lastUsed: null,
      description: null,
      overrides: null,
      overriddenBy: null,
      exposed: [],
      expires: null,
    });
    await sandbox.ok(['set', 'FAKE_MADE'], { input: 'fake-updated' });
    const { created, updated, updatedBy } = (await made()) ?? {};
    for (const known of [created, updated, updatedBy]) assert.equal(typeof known, 'string');
    assert.equal(await get('FAKE_MADE'), 'fake-updated');
  });

  it('`sops unset`', async () => {
    await sops.unset(vault, ['secrets', 'FAKE_FIRST']);
    assert.deepEqual(await listed(), ['FAKE_SECOND']);
    assertRefused(await sandbox.nfSecrets(['get', 'FAKE_FIRST']), 66, 'FAKE_FIRST');
    await sandbox.ok(['set', 'FAKE_SECOND'], { input: 'fake-changed' });
    assert.equal(await get('FAKE_SECOND'), 'fake-changed');
    await sops.decrypt(vault);
  });

  it('`sops edit`: a value changed, one renamed, one added, the order turned round', async () => {
    await sops.edit(vault, (text) => {
      const tree = JSON.parse(text) as Record<string, unknown>;
      const secrets = { FAKE_NEW: 'fake "new"\n', FAKE_RENAMED: 'fake-second', FAKE_FIRST: 'fake-edited' };
      return JSON.stringify(Object.fromEntries(Object.entries({ ...tree, secrets }).reverse()));
    });
    assert.deepEqual(await listed(), ['FAKE_FIRST', 'FAKE_NEW', 'FAKE_RENAMED']);
    assert.equal(await get('FAKE_NEW'), 'fake "new"\n');
    assert.equal(await get('FAKE_RENAMED'), 'fake-second');
    assert.equal(await get('FAKE_FIRST'), 'fake-edited');
    await sandbox.ok(['delete', 'FAKE_RENAMED', '--yes']);
    const { secrets } = JSON.parse(await sops.decrypt(vault)) as { secrets: unknown };
    assert.deepEqual(secrets, { FAKE_NEW: 'fake "new"\n', FAKE_FIRST: 'fake-edited' });
  });

  it('`sops rotate`, which changes the data key', async () => {
    const { age } = readVault(vault).sops;
    await sops.ok(['rotate', '--in-place', vault]);
    assert.notEqual(readVault(vault).sops.age[0]?.['enc'], age[0]?.['enc']);
    assert.equal(await get('FAKE_FIRST'), 'fake-first');
    await sandbox.ok(['set', 'FAKE_THIRD'], { input: 'fake-third' });
    await sops.ok(['rotate', '--in-place', vault]);
    assert.equal(await get('FAKE_THIRD'), 'fake-third');
  });

  it('a workspace vault that `sops rotate` gave a key we did not make: asked about first; then our write renews the key, keeps all else', async () => {
    const shared = workspaceVaultFile(sandbox);
    await fillVault('workspace', { FAKE_A: 'fake "a"\n', FAKE_B: 'fake-b' }, sandbox);
    await sops.edit(shared, (text) =>
      text.replace(
        '{',
        '{"10": {"b": [1.5, true, null, "", {}], "2": "fake"}, "x_unencrypted": [1e2, false],',
      ),
    );
    await sops.set(shared, ['secrets', 'FAKE_N'], '2.50');
    await sops.ok(['rotate', '--in-place', shared]);
    const before = readVault(shared);
    const clear = await sops.decrypt(shared);
    const args = ['set', 'FAKE_B', '--scope', 'workspace'];
    // A stranger could have made it anew as well.
    const refused = await sandbox.nfSecrets(args, { input: 'fake-changed' });
    assertRefusedWithRemedy(refused, 77, shared, 'another data key', '--accept-members');
    assert.deepEqual(readVault(shared), before);
    const result = await sandbox.nfSecrets([...args, '--accept-members'], { input: 'fake-changed' });
    assert.equal(result.exitCode, 0, result.stderr);
    assert.match(result.stderr, /gets a new data key/);
    const after = readVault(shared);
    assert.notEqual(after.sops.age[0]?.['enc'], before.sops.age[0]?.['enc']);
    const encrypted = (vault: object): string[] => JSON.stringify(vault).match(/ENC\[[^\]]*\]/g) ?? [];
    assert.deepEqual(
      encrypted(after).filter((leaf) => encrypted(before).includes(leaf)),
      [],
      'nothing is left under the old key',
    );
    const changing = /"(FAKE_B|updated|updatedBy|structure)":/;
    const others = (text: string): string[] => text.split('\n').filter((line) => !changing.test(line));
    assert.deepEqual(others(await sops.decrypt(shared)), others(clear));
    assert.equal(String(await sops.extract(shared, ['secrets', 'FAKE_B'])), 'fake-changed');
    const types = (vault: object): unknown[] => encrypted(vault).map((leaf) => /type:(\w+)/.exec(leaf)?.[1]);
    assert.deepEqual(types(after), types(before));
  });

  describe('and a second recipient', () => {
    let other: Sandbox;
    let recipient: string;

    beforeEach(async () => {
      other = new Sandbox();
      recipient = String(await other.ok(['identity', 'show'])).trim();
    });
    afterEach(() => {
      other.remove();
    });

    /** The vault as the second person has it. */
    const getAsOther = async (name: string): Promise<string> => {
      writeFileSync(userVaultFile(other), readFileSync(vault));
      return (await other.ok(['get', name])).toString('utf8');
    };

    it('by `sops rotate --add-age`: both read it, also after our write; removed, one no longer does', async () => {
      await sops.ok(['rotate', '--in-place', '--add-age', recipient, vault]);
      assert.equal(await get('FAKE_FIRST'), 'fake-first');
      assert.equal(await getAsOther('FAKE_FIRST'), 'fake-first');
      // Nothing is written for a new reader that nobody has agreed to.
      assertRefused(
        await sandbox.nfSecrets(['set', 'FAKE_FIRST'], { input: 'fake' }),
        77,
        '--accept-members',
      );
      await sandbox.ok(['set', 'FAKE_FIRST', '--accept-members'], { input: 'fake-changed' });
      assert.equal(readVault(vault).sops.age.length, 2);
      assert.equal(await getAsOther('FAKE_FIRST'), 'fake-changed');
      await sops.ok(['rotate', '--in-place', '--rm-age', recipient, vault]);
      writeFileSync(userVaultFile(other), readFileSync(vault));
      assertRefused(await other.nfSecrets(['get', 'FAKE_FIRST']), 77, userVaultFile(other), recipient);
    });

    it('by `sops updatekeys`', async () => {
      const own = String(await sandbox.ok(['identity', 'show'])).trim();
      const project = join(sandbox.root, 'project');
      mkdirSync(project);
      writeFileSync(join(project, '.sops.yaml'), `creation_rules:\n  - age: ${recipient},${own}\n`);
      const shared = join(project, 'user.sops.json');
      writeFileSync(shared, readFileSync(vault));
      await sops.ok(['updatekeys', '--yes', shared], { cwd: project });
      writeFileSync(vault, readFileSync(shared));
      assert.deepEqual(
        readVault(vault)
          .sops.age.map((entry) => entry['recipient'])
          .sort(),
        [own, recipient].sort(),
      );
      assert.equal(await get('FAKE_FIRST'), 'fake-first');
      assert.equal(await getAsOther('FAKE_SECOND'), 'fake-second');
      await sandbox.ok(['set', 'FAKE_FIRST', '--accept-members'], { input: 'fake-changed' });
      assert.equal(await getAsOther('FAKE_FIRST'), 'fake-changed');
    });
  });

  it('a file of sops alone, with an identity that sops keeps, where no file of ours is', async () => {
    const secretKey = readFileSync(identityFile(sandbox), 'utf8');
    const elsewhere = new Sandbox();
    try {
      const keys = join(elsewhere.home, '.config', 'sops', 'age');
      mkdirSync(keys, { recursive: true });
      writeFileSync(join(keys, 'keys.txt'), secretKey);
      const own = String(await sandbox.ok(['identity', 'show'])).trim();
      mkdirSync(elsewhere.toolHome);
      const plain = join(elsewhere.root, 'plain.json');
      writeFileSync(plain, JSON.stringify({ format_unencrypted: 1, secrets: { FAKE_X: 'fake-x' } }));
      const args = ['encrypt', '--unencrypted-suffix', '_unencrypted', '--age', own];
      writeFileSync(userVaultFile(elsewhere), await sops.ok([...args, plain]));
      assert.equal(String(await elsewhere.ok(['get', 'FAKE_X'])), 'fake-x');
      await elsewhere.ok(['set', 'FAKE_Y'], { input: 'fake-y' });
      const { secrets } = JSON.parse(await sops.decrypt(userVaultFile(elsewhere))) as { secrets: unknown };
      assert.deepEqual(secrets, { FAKE_X: 'fake-x', FAKE_Y: 'fake-y' });
    } finally {
      elsewhere.remove();
    }
  });
});

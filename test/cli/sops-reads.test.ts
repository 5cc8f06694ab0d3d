import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { NASTY_VALUES } from '../fixtures/nasty-values.ts';
import { SCOPES, vaultFile } from '../fixtures/places.ts';
import { assertRefused } from '../fixtures/refusal.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';
import { Sops } from '../fixtures/sops.ts';
import { changeVault, readVault, type VaultFile } from '../fixtures/vault-file.ts';
import { fillVault } from '../fixtures/vault-values.ts';

// What nf-secrets writes, read by a program that nobody here wrote.
describe('sops reads our vaults @sops', () => {
  let sandbox: Sandbox;
  let sops: Sops;

  beforeEach(async () => {
    sandbox = new Sandbox();
    sops = await Sops.of(sandbox);
  });
  afterEach(() => {
    sandbox.remove();
  });

  for (const scope of SCOPES) {
    it(`opens the ${scope} vault, which says in clear all but the values`, async () => {
      const file = vaultFile(scope, sandbox);
      await sandbox.ok(['set', 'FAKE_TOKEN', '--scope', scope, '--description', 'of the <test> "lab"'], {
        input: 'fake-value',
      });
      await sandbox.ok(['set', 'constructor', '--scope', scope], { input: 'fake-other' });
      const status = (await sops.ok(['filestatus', file])).toString('utf8');
      assert.deepEqual(JSON.parse(status), { encrypted: true });

      const { sops: metadata, secrets, structure, ...inClear } = readVault(file);
      const decrypted = JSON.parse(await sops.decrypt(file)) as Record<string, unknown>;
      const { info_unencrypted: info, members_unencrypted: members } = inClear;
      // What binds the part in clear: encrypted, and a text as any other for sops.
      assert.match(String(structure), /^ENC\[.*,type:str\]$/);
      assert.match(String(decrypted['structure']), /^1\.[\w.-]+$/);
      assert.deepEqual(decrypted, {
        secrets: { FAKE_TOKEN: 'fake-value', constructor: 'fake-other' },
        ...inClear,
        structure: decrypted['structure'],
      });
      assert.deepEqual(Object.keys(decrypted), [
        'secrets',
        'info_unencrypted',
        'members_unencrypted',
        'format_unencrypted',
        'structure',
      ]);
      assert.deepEqual(Object.keys(secrets), ['FAKE_TOKEN', 'constructor']);
      assert.equal(info['FAKE_TOKEN']?.['description'], 'of the <test> "lab"');
      assert.equal(inClear.format_unencrypted, 1);
      assert.deepEqual(
        members.map(({ recipient }) => recipient),
        metadata.age.map(({ recipient }) => recipient),
      );
    });
  }

  it('gets every value byte for byte', async () => {
    const file = vaultFile('user', sandbox);
    const cases = Object.entries(NASTY_VALUES);
    await fillVault(
      'user',
      Object.fromEntries(cases.map(([, value], index) => [`FAKE_${index}`, value])),
      sandbox,
    );
    const { secrets } = JSON.parse(await sops.decrypt(file)) as { secrets: Record<string, string> };
    await sideBySide(cases, async ([title, value], index) => {
      assert.equal(secrets[`FAKE_${index}`], value, title);
      // The same without JSON between sops and us.
      assert.deepEqual(await sops.extract(file, ['secrets', `FAKE_${index}`]), Buffer.from(value), title);
    });
  });

  it('opens a vault after a secret was updated and another deleted', async () => {
    const file = vaultFile('user', sandbox);
    for (const name of ['FAKE_A', 'FAKE_B', 'FAKE_C']) await sandbox.ok(['set', name], { input: 'fake-old' });
    await sandbox.ok(['set', 'FAKE_A'], { input: 'fake-new' });
    await sandbox.ok(['delete', 'FAKE_B', '--yes']);
    const { secrets, info_unencrypted: info } = JSON.parse(await sops.decrypt(file)) as Record<
      string,
      object
    >;
    assert.deepEqual(secrets, { FAKE_A: 'fake-new', FAKE_C: 'fake-old' });
    assert.deepEqual(Object.keys(info ?? {}), ['FAKE_A', 'FAKE_C']);
  });

  it('opens a vault that has lost its last secret', async () => {
    await sandbox.ok(['set', 'FAKE_A'], { input: 'fake' });
    await sandbox.ok(['delete', 'FAKE_A', '--yes']);
    const { secrets } = JSON.parse(await sops.decrypt(vaultFile('user', sandbox))) as { secrets: object };
    assert.deepEqual(secrets, {});
  });

  it('says that a vault cut anew without its key is right, and we do not; what sops does itself, we take', async () => {
    const file = vaultFile('user', sandbox);
    await fillVault('user', { FAKE_A: 'True', FAKE_B: 'fake' }, sandbox);
    const good = readFileSync(file);
    const cuts: ((vault: VaultFile) => void)[] = [
      ({ secrets }) => (secrets['FAKE_A'] = String(secrets['FAKE_A']).replace('type:str', 'type:bool')),
      ({ info_unencrypted: info }) => {
        const { created, updated, ...others } = info['FAKE_A']!;
        info['FAKE_A'] = { created: '', updated: `${String(created)}${String(updated)}`, ...others };
      },
      ({ info_unencrypted: info }) => (info['FAKE_B']!['description'] = ''),
    ];
    for (const cut of cuts) {
      writeFileSync(file, good);
      changeVault(file, cut);
      await sops.decrypt(file);
      assertRefused(await sandbox.nfSecrets(['get', 'FAKE_B']), 65, 'without the key');
    }
    writeFileSync(file, good);
    await sops.ok(['rotate', '--in-place', file]);
    const rotated = await sandbox.nfSecrets(['get', 'FAKE_B']);
    assert.equal(String(rotated.stdout), 'fake', rotated.stderr);
    assert.doesNotMatch(rotated.stderr, /changed by sops/, 'its structure is as it was');
    await sops.edit(file, (text) => text.replace('"fake"', '"fake-edited"'));
    const edited = await sandbox.nfSecrets(['get', 'FAKE_B']);
    assert.equal(String(edited.stdout), 'fake-edited', edited.stderr);
    assert.match(edited.stderr, /changed by sops/);
  });
});

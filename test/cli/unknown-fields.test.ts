import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { userVaultFile, vaultFile, workspaceVaultFile } from '../fixtures/places.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { Sops } from '../fixtures/sops.ts';
import { readVault } from '../fixtures/vault-file.ts';

/** The clear text of a vault, as sops decrypts it. */
type Clear = Record<string, Record<string, unknown>>;

describe('what a vault has under a secret’s name that this version does not know @sops', () => {
  let sandbox: Sandbox;
  let sops: Sops;

  beforeEach(async () => {
    sandbox = new Sandbox();
    sops = await Sops.of(sandbox);
    for (const name of ['FAKE_A', 'FAKE_B']) {
      await sandbox.ok(['set', name, '--description', `about ${name}`], { input: `value of ${name}` });
    }
    const file = userVaultFile(sandbox);
    await sops.edit(file, (text) => {
      const vault = JSON.parse(text) as Clear;
      for (const name of ['FAKE_A', 'FAKE_B']) {
        Object.assign(vault['info_unencrypted']![name]!, {
          reviewed: `2030-01-0${name === 'FAKE_A' ? 1 : 2}`,
          owner: { team: [name, 1, true, null] },
        });
      }
      vault['older'] = { FAKE_A: ['old a', 'oldest a', 7, true], FAKE_B: ['old b'] };
      vault['deeper'] = { trash: { FAKE_A: { value: 'thrown away' } }, FAKE_B: { FAKE_A: 'stays' } };
      vault['notes_unencrypted'] = { FAKE_A: 'a note', other: 'another' };
      return JSON.stringify(vault);
    });
  });
  afterEach(() => {
    sandbox.remove();
  });

  const clear = async (): Promise<Clear> => JSON.parse(await sops.decrypt(userVaultFile(sandbox))) as Clear;
  const info = async (name: string, file = userVaultFile(sandbox)): Promise<Record<string, unknown>> => {
    const all = (JSON.parse(await sops.decrypt(file)) as Clear)['info_unencrypted']!;
    return all[name] as Record<string, unknown>;
  };

  it('goes with it when it is renamed', async () => {
    const before = await info('FAKE_A');
    await sandbox.ok(['rename', 'FAKE_A', 'FAKE_NEW', '--yes']);
    const vault = await clear();
    assert.deepEqual(vault['older'], { FAKE_B: ['old b'], FAKE_NEW: ['old a', 'oldest a', 7, true] });
    assert.deepEqual(vault['deeper'], {
      trash: { FAKE_NEW: { value: 'thrown away' } },
      FAKE_B: { FAKE_A: 'stays' },
    });
    assert.deepEqual(vault['notes_unencrypted'], { other: 'another', FAKE_NEW: 'a note' });
    const { updated, updatedBy, ...kept } = await info('FAKE_NEW');
    assert.ok(updated !== undefined && updatedBy !== undefined);
    delete before['updated'];
    delete before['updatedBy'];
    assert.deepEqual(kept, before);
    assert.ok(!('FAKE_A' in vault['info_unencrypted']!));
    assert.equal(String(await sandbox.ok(['get', 'FAKE_NEW'])), 'value of FAKE_A');
  });

  it('takes the place of what the replaced one had', async () => {
    await sandbox.ok(['rename', 'FAKE_A', 'FAKE_B', '--yes']);
    const vault = await clear();
    assert.deepEqual(vault['older'], { FAKE_B: ['old a', 'oldest a', 7, true] });
    assert.equal((await info('FAKE_B'))['reviewed'], '2030-01-01');
    assert.equal((await info('FAKE_B'))['description'], 'about FAKE_A');
  });

  it('is gone when it is deleted: no older value stays in the file', async () => {
    await sandbox.ok(['delete', 'FAKE_A', '--yes']);
    const vault = await clear();
    assert.deepEqual(vault['older'], { FAKE_B: ['old b'] });
    assert.deepEqual(vault['deeper'], { trash: {}, FAKE_B: { FAKE_A: 'stays' } });
    assert.deepEqual(vault['notes_unencrypted'], { other: 'another' });
  });

  it('copy gives what stands in clear text, and no older value', async () => {
    await sandbox.ok(['copy', 'FAKE_A', '--to', 'workspace', '--yes']);
    const file = workspaceVaultFile(sandbox);
    const copied = await info('FAKE_A', file);
    assert.equal(copied['reviewed'], '2030-01-01');
    assert.deepEqual(copied['owner'], { team: ['FAKE_A', 1, true, null] });
    assert.equal(copied['description'], 'about FAKE_A');
    assert.ok(!('older' in readVault(file)));
    assert.deepEqual((await clear())['older'], {
      FAKE_A: ['old a', 'oldest a', 7, true],
      FAKE_B: ['old b'],
    });
  });

  it('move does so too, and says what was not moved', async () => {
    const moved = await sandbox.nfSecrets(['move', 'FAKE_A', '--to', 'workspace', '--yes']);
    assert.equal(moved.exitCode, 0, moved.stderr);
    assert.match(moved.stderr, /was not moved: .*older/);
    assert.equal((await info('FAKE_A', vaultFile('workspace', sandbox)))['reviewed'], '2030-01-01');
    assert.deepEqual((await clear())['older'], { FAKE_B: ['old b'] });
  });

  it('stays when the value is set or imported anew', async () => {
    await sandbox.ok(['import', '-', '--format', 'env', '--overwrite'], { input: 'FAKE_A=fake-new' });
    await sandbox.ok(['set', 'FAKE_A'], { input: 'fake-newer' });
    assert.equal((await info('FAKE_A'))['reviewed'], '2030-01-01');
    assert.deepEqual((await clear())['older']!['FAKE_A'], ['old a', 'oldest a', 7, true]);
    assert.ok(readFileSync(userVaultFile(sandbox), 'utf8').includes('"team"'));
  });
});

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { HumanError } from '../../src/core/system/human-error.ts';
import { ensureIdentities } from '../../src/core/vault/identity.ts';
import { SecretValue } from '../../src/core/secrets/secret-value.ts';
import { updateVault } from '../../src/core/vault/update-vault.ts';
import { ensureAccepted, listVault, openVault } from '../../src/core/vault/vault.ts';
import { type VaultLocation, workspaceVault } from '../../src/core/vault/vault-location.ts';
import { newVaultTree } from '../../src/core/vault/vault-shape.ts';
import { changeSoundly, dataKeyOf, seal } from '../fixtures/forged-vault.ts';
import { anyRecut } from '../fixtures/recut.ts';
import { changeVault, readVault, type VaultFile } from '../fixtures/vault-file.ts';
import { fakeWorld } from '../fixtures/world.ts';
import { UnlockedDocument } from '../../src/core/vault/unlocked-document.ts';

const VALUES = { FAKE_A: 'True', FAKE_B: '42', FAKE_C: 'fake "c"\n' };
const WITHOUT_KEY = 'names, descriptions, members or types of values were changed or moved without the key';

// sops's MAC knows the bytes of the leaves, not where one ends, what it is called and of what type it is.
describe('the part in clear of a vault', () => {
  let directory: string;
  let world: ReturnType<typeof fakeWorld>;
  let location: VaultLocation;
  let secret: string;
  let good: Buffer;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'nf-secrets-test-'));
    world = fakeWorld({ env: { NF_SECRETS_HOME: join(directory, 'home') }, cwd: directory });
    location = workspaceVault(directory);
    const [{ recipient, key }] = await ensureIdentities(world);
    secret = key.reveal();
    const other = await identityToRecipient(await generateX25519Identity());
    const member = { recipient, label: 'me', since: '2026-01-01T00:00:00Z', by: 'me' };
    const members = [member, { ...member, recipient: other, label: 'Bob' }];
    const empty = await UnlockedDocument.create(newVaultTree(members), [recipient, other], location.path);
    mkdirSync(dirname(location.path));
    writeFileSync(location.path, empty.serialize('2026-01-01T00:00:00Z'));
    await ensureAccepted(location, true, world);
    await updateVault(location, world, 'tester', (draft) => {
      for (const [name, value] of Object.entries(VALUES))
        draft.set(name, new SecretValue(value), { description: `for ${name}` });
    });
    good = readFileSync(location.path);
  });
  beforeEach(() => {
    writeFileSync(location.path, good);
    world.said.length = 0;
  });
  after(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  const refusal = async (): Promise<string> => {
    try {
      await openVault(location, world);
    } catch (error) {
      if (!(error instanceof HumanError)) throw error;
      assert.equal(error.exitCode, 65, error.message);
      return error.message;
    }
    return '';
  };

  /** As sops does it: a right MAC, under another time. */
  const bySops = async (change: (vault: VaultFile) => void): Promise<void> => {
    const key = await dataKeyOf(location.path, { secret, recipient: '' });
    changeSoundly(location.path, key, (vault) => {
      change(vault);
      vault.sops.lastmodified = '2026-01-02T03:04:06Z';
    });
  };
  const write = async (): Promise<void> => {
    await updateVault(location, world, 'tester', (draft) => {
      draft.set('FAKE_C', new SecretValue('fake-written'));
    });
  };

  it('cut anew without the key, so that sops’s MAC stays right: refused, whatever was done', async () => {
    let bound = 0;
    await fc.assert(
      fc.asyncProperty(anyRecut, async (recut) => {
        const vault = JSON.parse(good.toString('utf8')) as Parameters<typeof recut.apply>[0];
        const before = JSON.stringify(vault);
        recut.apply(vault);
        if (JSON.stringify(vault) === before) return;
        writeFileSync(location.path, JSON.stringify(vault, undefined, '\t'));
        const message = await refusal();
        assert.notEqual(message, '', 'it was read');
        if (message.includes(WITHOUT_KEY)) bound += 1;
      }),
      { numRuns: 1_500 },
    );
    assert.ok(bound > 500, `only ${bound} had a right MAC`);
  });

  const CUTS: readonly (readonly [title: string, change: (vault: VaultFile) => void])[] = [
    [
      'a description that becomes the label of a member',
      ({ info_unencrypted: info, members_unencrypted: members }) => {
        // The last leaf of the one stands before the first of the other.
        info['FAKE_C']!['description'] = '';
        members[0]!['recipient'] = `for FAKE_C${String(members[0]!['recipient'])}`;
      },
    ],
    [
      'two secrets that swap their descriptions, dates and all',
      (vault) => {
        const { FAKE_A, FAKE_B, FAKE_C } = vault.info_unencrypted;
        vault.info_unencrypted = { FAKE_B: FAKE_A!, FAKE_A: FAKE_B!, FAKE_C: FAKE_C! };
      },
    ],
    [
      'an end to the description that is now the next secret’s day',
      ({ info_unencrypted: info }) => {
        info['FAKE_A']!['description'] = 'for ';
        info['FAKE_B']!['created'] = `FAKE_A${String(info['FAKE_B']!['created'])}`;
      },
    ],
    [
      'the text True that becomes true',
      ({ secrets }) => (secrets['FAKE_A'] = String(secrets['FAKE_A']).replace('type:str', 'type:bool')),
    ],
    [
      'a text that becomes a number',
      ({ secrets }) => (secrets['FAKE_B'] = String(secrets['FAKE_B']).replace('type:str', 'type:int')),
    ],
    [
      'a text that becomes bytes',
      ({ secrets }) => (secrets['FAKE_C'] = String(secrets['FAKE_C']).replace('type:str', 'type:bytes')),
    ],
    ['a number that becomes a text', (vault) => (vault.format_unencrypted = '1')],
    ['a field more, which is empty', ({ info_unencrypted: info }) => (info['FAKE_A']!['expires'] = '')],
    [
      'its own binding in a list',
      (vault) => {
        vault['structure'] = [vault['structure']];
      },
    ],
    [
      'its own binding of another type',
      (vault) => (vault['structure'] = String(vault['structure']).replace('type:str', 'type:bytes')),
    ],
    ['its own binding dropped', (vault) => delete vault['structure']],
    [
      'its own binding as a comment',
      (vault) => (vault['structure'] = String(vault['structure']).replace('type:str', 'type:comment')),
    ],
  ];
  for (const [title, change] of CUTS) {
    it(`${title}: refused`, async () => {
      changeVault(location.path, change);
      assert.notEqual(await refusal(), '');
    });
  }

  it('with the binding of an older version under the same data key: refused', async () => {
    const old = readVault(location.path)['structure'];
    await write();
    changeVault(location.path, (vault) => (vault['structure'] = old));
    assert.match(await refusal(), /MAC does not fit/);
  });

  it('changed by a holder of the key: said once, and mended by the next write', async () => {
    await bySops(({ info_unencrypted: info }) => (info['FAKE_A']!['description'] = 'by sops'));
    assert.equal(await refusal(), '');
    assert.match(world.said.join('\n'), /was changed by sops.*until nf-secrets writes it again/);
    world.said.length = 0;
    assert.equal(await refusal(), '');
    assert.deepEqual(world.said, []);
    await write();
    assert.deepEqual(world.said, []);
    assert.equal((await listVault(location, world)).get('FAKE_A')?.description, 'by sops');
    changeVault(location.path, ({ info_unencrypted: info }) => (info['FAKE_B']!['expires'] = ''));
    assert.ok((await refusal()).includes(WITHOUT_KEY));
  });

  it('cut by a holder of the key within the text that is there: a change of theirs, by its time', async () => {
    await bySops(({ info_unencrypted: info }) => {
      info['FAKE_A']!['description'] = 'for ';
      info['FAKE_B']!['created'] = `FAKE_A${String(info['FAKE_B']!['created'])}`;
    });
    assert.equal(await refusal(), '');
    assert.match(world.said.join('\n'), /was changed by sops/);
  });

  it('in the second of our own write changed by a holder of the key: not taken for damage', async () => {
    const key = await dataKeyOf(location.path, { secret, recipient: '' });
    changeSoundly(location.path, key, ({ secrets }) => {
      secrets['FAKE_NEW'] = seal('fake-new', key, ['secrets', 'FAKE_NEW']);
    });
    assert.equal(await refusal(), '');
  });

  it('of an older nf-secrets, without a binding: works as before, is said once, and is bound by the next write', async () => {
    await bySops((vault) => delete vault['structure']);
    assert.equal(await refusal(), '');
    assert.match(world.said.join('\n'), /was written by sops or an older nf-secrets/);
    world.said.length = 0;
    assert.equal(await refusal(), '');
    assert.deepEqual(world.said, []);
    await write();
    assert.match(String(readVault(location.path)['structure']), /^ENC\[/);
    changeVault(location.path, ({ info_unencrypted: info }) => (info['FAKE_B']!['expires'] = ''));
    assert.ok((await refusal()).includes(WITHOUT_KEY));
  });

  it('with what a person has put in the place of the binding: a change of theirs', async () => {
    const key = await dataKeyOf(location.path, { secret, recipient: '' });
    await bySops((vault) => (vault['structure'] = seal('fake', key, ['structure'])));
    assert.equal(await refusal(), '');
    assert.match(world.said.join('\n'), /was changed by sops/);
  });
});

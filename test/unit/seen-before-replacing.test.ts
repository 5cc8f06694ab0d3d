import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renameSecret, type Seen, transferSecret } from '../../src/core/vault/change-secrets.ts';
import { importInto } from '../../src/core/stores/import-secrets.ts';
import { SecretValue } from '../../src/core/secrets/secret-value.ts';
import { updateVault } from '../../src/core/vault/update-vault.ts';
import { listVault, openVault } from '../../src/core/vault/vault.ts';
import { userVault, workspaceVault } from '../../src/core/vault/vault-location.ts';
import type { World } from '../../src/core/system/world.ts';
import { fakeWorld } from '../fixtures/world.ts';

// A person agrees to lose what they see. The clock stands still here, so no date can tell one value from the next.

describe('what was set while the person was asked is not replaced', () => {
  let root: string;
  let world: World;
  const user = () => userVault(world);
  const workspace = () => workspaceVault(join(root, 'workspace'));
  const set = async (location: ReturnType<typeof user>, name: string, value: string): Promise<void> => {
    await updateVault(location, world, 'tester', (draft) => {
      draft.set(name, new SecretValue(value));
    });
  };
  const seen = async (location: ReturnType<typeof user>, name: string): Promise<Seen> =>
    (await listVault(location, world)).get(name) ?? null;
  const value = async (location: ReturnType<typeof user>, name: string): Promise<string | undefined> =>
    (await openVault(location, world)).get(name)?.reveal();
  const isRefused = (work: Promise<unknown>): Promise<void> =>
    assert.rejects(work, { exitCode: 64, message: /set meanwhile. Nothing was changed/ });

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'nf-secrets-test-'));
    world = fakeWorld({
      cwd: root,
      homeDir: root,
      env: { NF_SECRETS_HOME: join(root, 'home') },
      ask: () => Promise.resolve(true),
    });
    await set(user(), 'MINE', 'fake-mine');
    await set(workspace(), 'OTHER', 'fake-other');
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  for (const before of [undefined, 'fake-old']) {
    const state = before === undefined ? 'nothing was there' : 'another value was there';

    it(`by a copy: ${state}`, async () => {
      if (before !== undefined) await set(workspace(), 'MINE', before);
      const replaces = await seen(workspace(), 'MINE');
      await set(workspace(), 'MINE', 'fake-meanwhile');
      const copy = { verb: 'copy', replaces } as const;
      await isRefused(
        transferSecret('MINE', { source: user(), target: workspace(), ...copy }, 'tester', world),
      );
      assert.equal(await value(workspace(), 'MINE'), 'fake-meanwhile');
    });

    it(`by a move: ${state}`, async () => {
      if (before !== undefined) await set(workspace(), 'MINE', before);
      const replaces = await seen(workspace(), 'MINE');
      await set(workspace(), 'MINE', 'fake-meanwhile');
      const move = { verb: 'move', replaces } as const;
      await isRefused(
        transferSecret('MINE', { source: user(), target: workspace(), ...move }, 'tester', world),
      );
      assert.equal(await value(user(), 'MINE'), 'fake-mine');
    });

    it(`by a rename: ${state}`, async () => {
      if (before !== undefined) await set(user(), 'RENAMED', before);
      const replaces = await seen(user(), 'RENAMED');
      await set(user(), 'RENAMED', 'fake-meanwhile');
      await isRefused(renameSecret(user(), { from: 'MINE', to: 'RENAMED', replaces }, 'tester', world));
      assert.equal(await value(user(), 'RENAMED'), 'fake-meanwhile');
    });

    it(`by an import: ${state}`, async () => {
      if (before !== undefined) await set(user(), 'GIVEN', before);
      const agreed = await listVault(user(), world);
      await set(user(), 'GIVEN', 'fake-meanwhile');
      const given = new Map([['GIVEN', { value: new SecretValue('fake-given') }]]);
      const request = { given, ifDifferent: 'overwrite', agreed } as const;
      await isRefused(importInto(user(), request, 'tester', world));
      assert.equal(await value(user(), 'GIVEN'), 'fake-meanwhile');
    });
  }

  it('but what was seen is, and what is gone by then is no loss', async () => {
    await set(workspace(), 'MINE', 'fake-old');
    const replaces = await seen(workspace(), 'MINE');
    const copy = { verb: 'copy', replaces } as const;
    await set(workspace(), 'ANOTHER', 'fake-another');
    await transferSecret('MINE', { source: user(), target: workspace(), ...copy }, 'tester', world);
    assert.equal(await value(workspace(), 'MINE'), 'fake-mine');
    await updateVault(workspace(), world, 'tester', (draft) => {
      draft.delete('MINE');
    });
    await transferSecret('MINE', { source: user(), target: workspace(), ...copy }, 'tester', world);
    assert.equal(await value(workspace(), 'MINE'), 'fake-mine');
  });
});

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { vaultFile } from '../fixtures/places.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { valuesOf } from '../fixtures/vault-values.ts';
import { leftoversBeside } from '../fixtures/vault-file.ts';

describe('writers at the same time', () => {
  let sandbox: Sandbox;

  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => {
    sandbox.remove();
  });

  const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
  /** No lock, no unfinished file. */
  const assertNothingElse = ({ toolHome }: Sandbox): void => {
    const known = ['identity.txt', 'user.sops.json', 'usage.json', 'workspaces.json'];
    assert.deepEqual(
      readdirSync(toolHome).filter((name) => !known.includes(name)),
      [],
    );
  };
  /** One after the other. */
  const chain = async (count: number, action: (index: number) => Promise<unknown>): Promise<void> => {
    for (const index of numbers(count)) await action(index);
  };

  it('8 with 25 secrets each, from an empty home on: none is lost, nothing stays', async () => {
    await Promise.all(
      numbers(8).map((writer) =>
        chain(25, (index) =>
          sandbox.ok(['set', `FAKE_${writer}_${index}`], { input: `fake-${writer}-${index}` }),
        ),
      ),
    );
    const values = await valuesOf('user', sandbox);
    assert.equal(values.size, 200);
    for (const writer of numbers(8)) {
      for (const index of numbers(25)) {
        assert.equal(values.get(`FAKE_${writer}_${index}`), `fake-${writer}-${index}`);
      }
    }
    assertNothingElse(sandbox);
  });

  it('all of the first secrets of both scopes at once: one identity opens all', async () => {
    for (const round of numbers(2)) {
      const fresh = new Sandbox();
      try {
        const results = await Promise.all(
          numbers(8).map((index) =>
            fresh.nfSecrets(['set', `FAKE_${index}`, '--scope', index % 2 === 0 ? 'user' : 'workspace'], {
              input: `fake-${index}`,
            }),
          ),
        );
        for (const { exitCode, stderr } of results) assert.equal(exitCode, 0, `round ${round}: ${stderr}`);
        // The one that made the identity says so, and nobody else does.
        assert.equal(results.filter(({ stderr }) => stderr.includes('Made your identity')).length, 1);
        assert.equal((await valuesOf('user', fresh)).size, 4);
        assert.equal((await valuesOf('workspace', fresh)).size, 4);
        assertNothingElse(fresh);
        const directory = dirname(vaultFile('workspace', fresh));
        assert.deepEqual(readdirSync(directory).sort(), [
          '.gitattributes',
          '.gitignore',
          'workspace.sops.json',
        ]);
      } finally {
        fresh.remove();
      }
    }
  });

  it('that set, update and delete, and readers who always see a whole vault', async () => {
    await sandbox.ok(['set', 'FAKE_STABLE'], { input: 'fake-stable' });
    await sandbox.ok(['set', 'FAKE_SHARED'], { input: 'fake-0-0' });
    await Promise.all([
      ...numbers(2).map((writer) =>
        chain(3, async (index) => {
          await sandbox.ok(['set', `FAKE_${writer}`], { input: 'fake' });
          await sandbox.ok(['set', 'FAKE_SHARED'], { input: `fake-${writer}-${index}` });
          await sandbox.ok(['delete', `FAKE_${writer}`, '--yes']);
        }),
      ),
      chain(5, async () => {
        assert.equal(String(await sandbox.ok(['get', 'FAKE_STABLE'])), 'fake-stable');
        assert.match(String(await sandbox.ok(['get', 'FAKE_SHARED'])), /^fake-\d-\d$/);
        await sandbox.ok(['list']);
      }),
    ]);
    const values = await valuesOf('user', sandbox);
    assert.deepEqual([...values.keys()].sort(), ['FAKE_SHARED', 'FAKE_STABLE']);
    assert.match(values.get('FAKE_SHARED') ?? '', /^fake-[01]-2$/, 'the last one of somebody');
    assert.deepEqual(leftoversBeside(vaultFile('user', sandbox)), []);
  });
});

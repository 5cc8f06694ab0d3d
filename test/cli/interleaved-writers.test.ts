import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { userVaultFile, vaultFile } from '../fixtures/places.ts';
import { CLI, Sandbox } from '../fixtures/sandbox.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';
import { Sops } from '../fixtures/sops.ts';
import { runToStep, stepsOf } from '../fixtures/steps.ts';
import { until } from '../fixtures/until.ts';
import { leftoversBeside } from '../fixtures/vault-file.ts';
import { valuesOf } from '../fixtures/vault-values.ts';

// A writer is held still before each of its steps, one after the other, while somebody else comes.
describe('a writer between whose steps', () => {
  // The longest way there is: the workspace's directory, the identity and the vault are all still to be made.
  it('a second one comes, both with the first secret of a workspace: both are written', async () => {
    const args = ['set', 'FAKE_A', '--scope', 'workspace'];
    const steps = await stepsOf(args, () => Promise.resolve(new Sandbox()));
    await sideBySide(steps, async (what, index) => {
      const sandbox = new Sandbox();
      try {
        const [done, said] = [join(sandbox.root, 'done'), join(sandbox.root, 'said')];
        const second = `"${process.execPath}" "${CLI}" set FAKE_B --scope workspace`;
        // Long enough for the second to come to where it has to wait for the first.
        const command = `{ printf fake-b | ${second} 2> ${said}; echo $? > ${done}; } & sleep 0.4`;
        const first = await runToStep(args, sandbox, index + 1, { action: 'run', command });
        await until('the second ends', () => existsSync(done) && readFileSync(done, 'utf8') !== '');
        const at = `at step ${index + 1}, ${what}`;
        assert.equal(first.exitCode, 0, `${at}: ${first.stderr}`);
        assert.equal(readFileSync(done, 'utf8').trim(), '0', `${at}: ${readFileSync(said, 'utf8')}`);
        const values = Object.fromEntries(await valuesOf('workspace', sandbox));
        assert.deepEqual(values, { FAKE_A: 'fake-a', FAKE_B: 'fake-b' }, at);
        assert.deepEqual(leftoversBeside(vaultFile('workspace', sandbox)), [], at);
      } finally {
        sandbox.remove();
      }
    });
  });

  it('sops changes the vault: what both wrote is there @sops', async () => {
    const make = async (): Promise<Sandbox> => {
      const sandbox = new Sandbox();
      await sandbox.ok(['set', 'FAKE_A'], { input: 'fake-old' });
      return sandbox;
    };
    const args = ['set', 'FAKE_A'];
    const steps = await stepsOf(args, make);
    // sops knows no locks. Between the last look at the file and the rename nothing can be seen any more.
    const rename = steps.findIndex((what) => what.startsWith('rename') && what.includes('user.sops.json'));
    assert.ok(rename > 0, steps.join('\n'));
    await sideBySide(steps, async (what, index) => {
      if (index === rename) return;
      const sandbox = await make();
      try {
        const sops = await Sops.of(sandbox);
        const vault = userVaultFile(sandbox);
        const command = sops.shellCommand(['set', vault, '["secrets"]["FAKE_S"]', '"fake-s"']);
        const result = await runToStep(args, sandbox, index + 1, { action: 'run', command });
        const at = `at step ${index + 1}, ${what}`;
        assert.equal(result.exitCode, 0, `${at}: ${result.stderr}`);
        const { secrets } = JSON.parse(await sops.decrypt(vault)) as { secrets: object };
        assert.deepEqual(secrets, { FAKE_A: 'fake-a', FAKE_S: 'fake-s' }, at);
        assert.deepEqual(leftoversBeside(vault), [], at);
      } finally {
        sandbox.remove();
      }
    });
  });

  it('the vault disappears: it is made anew with what is being set, and nothing hangs', async () => {
    const make = async (): Promise<Sandbox> => {
      const sandbox = new Sandbox();
      await sandbox.ok(['set', 'FAKE_OLD'], { input: 'fake-old' });
      return sandbox;
    };
    const steps = await stepsOf(['set', 'FAKE_A'], make);
    await sideBySide(steps.keys(), async (index) => {
      const sandbox = await make();
      try {
        const command = `rm '${userVaultFile(sandbox)}'`;
        const result = await runToStep(['set', 'FAKE_A'], sandbox, index + 1, { action: 'run', command });
        assert.equal(result.exitCode, 0, result.stderr);
        if (existsSync(userVaultFile(sandbox))) {
          assert.equal((await valuesOf('user', sandbox)).get('FAKE_A'), 'fake-a');
        }
        assert.deepEqual(leftoversBeside(userVaultFile(sandbox)), []);
      } finally {
        sandbox.remove();
      }
    });
  });
});

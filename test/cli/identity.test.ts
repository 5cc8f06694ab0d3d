import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ensureAge } from '../../scripts/tools.mjs';
import { newAgeKey } from '../fixtures/forged-vault.ts';
import { identityFile } from '../fixtures/places.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { CLI, Sandbox } from '../fixtures/sandbox.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { until } from '../fixtures/until.ts';

const PASSPHRASE = 'fake passphrase ☃';

describe('nf-secrets identity', () => {
  let sandbox: Sandbox;

  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => {
    sandbox.remove();
  });

  const backup = (): string => join(sandbox.workspace, 'identity.age');

  describe('show', () => {
    it('prints the public key that age-keygen derives @age', async () => {
      const recipient = String(await sandbox.ok(['identity', 'show']));
      const keygen = join(await ensureAge(), 'age-keygen');
      const own = await sandbox.run(keygen, ['-y', identityFile(sandbox)]);
      assert.equal(own.exitCode, 0, own.stderr);
      assert.equal(recipient, String(own.stdout));
      assert.match(recipient, /^age1[0-9a-z]{58}\n$/);
    });

    it('uses a key that age-keygen made @age', async () => {
      mkdirSync(sandbox.toolHome, { mode: 0o700 });
      const keygen = join(await ensureAge(), 'age-keygen');
      const made = await sandbox.run(keygen, ['-o', identityFile(sandbox)]);
      const recipient = /Public key: (age1\w+)/.exec(made.stderr)?.[1];
      const file = readFileSync(identityFile(sandbox), 'utf8');
      assert.equal(String(await sandbox.ok(['identity', 'show'])), `${recipient ?? ''}\n`);
      await sandbox.ok(['set', 'FAKE_A'], { input: 'fake' });
      assert.equal(readFileSync(identityFile(sandbox), 'utf8'), file);
    });

    it('makes one where there is none, says where it is and that it needs a backup; never shows the key', async () => {
      const { stdout, stderr, exitCode } = await sandbox.nfSecrets(['identity', 'show']);
      assert.equal(exitCode, 0);
      assert.ok(stderr.includes(identityFile(sandbox)));
      assert.match(stderr, /Back it up/);
      assert.equal(statSync(identityFile(sandbox)).mode & 0o777, 0o600);
      const text = readFileSync(identityFile(sandbox), 'utf8');
      assert.match(text, /^# created: .*Z\n# public key: age1\w+\nAGE-SECRET-KEY-1[0-9A-Z]+\n$/);
      assert.doesNotMatch(`${String(stdout)}${stderr}`, /AGE-SECRET-KEY/);
      const again = await sandbox.nfSecrets(['identity', 'show']);
      assert.deepEqual(again.stdout, stdout);
      assert.doesNotMatch(again.stderr, /Back it up/);
    });

    it('--json has the recipient and where it is from', async () => {
      const recipient = String(await sandbox.ok(['identity', 'show'])).trim();
      const json = JSON.parse(String(await sandbox.ok(['identity', 'show', '--json']))) as object;
      assert.deepEqual(json, { recipient, source: identityFile(sandbox) });
    });

    it('takes the first of these: our own file, SOPS_AGE_KEY, SOPS_AGE_KEY_FILE, sops’s key file', async () => {
      const keys: { key: string; recipient: string }[] = [];
      for (let index = 0; index < 4; index++) {
        rmSync(identityFile(sandbox), { force: true });
        const recipient = String(await sandbox.ok(['identity', 'show'])).trim();
        const key = readFileSync(identityFile(sandbox), 'utf8');
        keys.push({ key, recipient });
      }
      const [own, inline, named, usual] = keys as [(typeof keys)[0], ...typeof keys];
      const env: Record<string, string> = {};
      const first = async (): Promise<string> =>
        (
          JSON.parse(String(await sandbox.ok(['identity', 'show', '--json'], { env }))) as {
            recipient: string;
          }
        ).recipient;

      rmSync(identityFile(sandbox));
      const keysFile = join(sandbox.home, '.config', 'sops', 'age', 'keys.txt');
      mkdirSync(dirname(keysFile), { recursive: true });
      writeFileSync(keysFile, usual!.key);
      assert.equal(await first(), usual!.recipient);
      env['SOPS_AGE_KEY_FILE'] = join(sandbox.root, 'named.txt');
      writeFileSync(env['SOPS_AGE_KEY_FILE'], named!.key);
      assert.equal(await first(), named!.recipient);
      env['SOPS_AGE_KEY'] = inline!.key;
      assert.equal(await first(), inline!.recipient);
      assert.ok(!existsSync(identityFile(sandbox)), 'none is made beside those');
      writeFileSync(identityFile(sandbox), own.key, { mode: 0o600 });
      assert.equal(await first(), own.recipient);
    });
  });

  describe('backup', () => {
    /** `age` reads passphrases from the terminal only. */
    const decryptWithAge = async (passphrase: string): Promise<{ exitCode: number; text: string }> => {
      const age = join(await ensureAge(), 'age');
      const restored = join(sandbox.root, 'restored.txt');
      const terminal = Terminal.open(sandbox, [age, '-d', '-o', restored, backup()]);
      await until('age asks', () => /passphrase/i.test(terminal.screen));
      terminal.type(`${passphrase}\r`);
      const exitCode = await terminal.ended();
      return { exitCode, text: exitCode === 0 ? readFileSync(restored, 'utf8') : terminal.screen };
    };

    it('opens with age and the passphrase, and puts everything back @age', async () => {
      await sandbox.ok(['set', 'FAKE_A'], { input: 'fake-a' });
      const result = await sandbox.nfSecrets(['identity', 'backup', backup()], { input: `${PASSPHRASE}\n` });
      assert.equal(result.exitCode, 0, result.stderr);
      assert.ok(result.stderr.includes(`age -d '${backup()}'`));
      assert.doesNotMatch(result.stderr, /fake passphrase|SECRET-KEY/);
      assert.equal(statSync(backup()).mode & 0o777, 0o600);
      const own = readFileSync(identityFile(sandbox), 'utf8');
      const key = /^AGE-SECRET-KEY-1.*$/m.exec(own)?.[0] ?? '';
      assert.ok(!readFileSync(backup(), 'latin1').includes(key.slice(0, 20)));

      const { exitCode, text } = await decryptWithAge(PASSPHRASE);
      assert.equal(exitCode, 0, text);
      assert.ok(text.includes(key));
      writeFileSync(identityFile(sandbox), text);
      assert.equal(String(await sandbox.ok(['get', 'FAKE_A'])), 'fake-a');
    });

    it('puts the signing key back with the identity @age', async () => {
      await sandbox.ok(['set', 'FAKE_A', '--scope', 'workspace'], { input: 'fake-a' });
      const add = ['member', 'add', (await newAgeKey()).recipient, '--label', 'bob', '--yes'];
      await sandbox.ok(add);
      const signingKey = join(sandbox.toolHome, 'signing-key');
      const [line = ''] = readFileSync(signingKey, 'utf8').split('\n').slice(3);
      const result = await sandbox.nfSecrets(['identity', 'backup', backup()], { input: PASSPHRASE });
      assert.match(result.stderr, /It has your signing key, too/);
      assert.ok(line.length > 20 && !(result.stderr + readFileSync(backup(), 'latin1')).includes(line));
      const { text } = await decryptWithAge(PASSPHRASE);

      // As on a new disk: all that is left is the workspace, and the backup.
      for (const file of [signingKey, identityFile(sandbox)]) rmSync(file);
      writeFileSync(identityFile(sandbox), text, { mode: 0o600 });
      await sandbox.ok(['set', 'FAKE_A', '--scope', 'workspace'], { input: 'fake-b' });
      await sandbox.ok(['member', 'remove', 'bob', '--yes']);
      await sandbox.ok(['member', 'verify']);
      assert.ok(!existsSync(signingKey), 'no other key is made');

      // The next backup has it as well, and a key that was made meanwhile hides it from nobody.
      rmSync(backup());
      await sandbox.ok(['identity', 'backup', backup()], { input: PASSPHRASE });
      assert.equal((await decryptWithAge(PASSPHRASE)).text, text);
      const other = new Sandbox();
      await other.ok(['member', 'request']);
      copyFileSync(join(other.toolHome, 'signing-key'), signingKey);
      other.remove();
      await sandbox.ok(['set', 'FAKE_A', '--scope', 'workspace'], { input: 'fake-c' });
      rmSync(backup());
      await sandbox.ok(['identity', 'backup', backup()], { input: PASSPHRASE });
      const both = (await decryptWithAge(PASSPHRASE)).text;
      assert.equal(both.match(/^# signing-key: -----BEGIN OPENSSH PRIVATE KEY-----$/gm)?.length, 2);
    });

    it('does not open with another passphrase @age', async () => {
      await sandbox.ok(['identity', 'show']);
      await sandbox.ok(['identity', 'backup', backup()], { input: PASSPHRASE });
      assert.notEqual((await decryptWithAge(`${PASSPHRASE}x`)).exitCode, 0);
    });

    it('asks twice on a terminal, and shows no passphrase', async () => {
      await sandbox.ok(['identity', 'show']);
      const terminal = Terminal.open(sandbox, [process.execPath, CLI, 'identity', 'backup', backup()]);
      await until('it asks', () => terminal.screen.includes('Passphrase (hidden)'));
      terminal.type(`${PASSPHRASE}\r`);
      await until('it asks again', () => terminal.screen.includes('Again'));
      terminal.type(`${PASSPHRASE}\r`);
      assert.equal(await terminal.ended(), 0, terminal.screen);
      await until('it says so', () => terminal.screen.includes('It opens with'));
      assert.doesNotMatch(terminal.screen, /fake passphrase/);
      assert.match(readFileSync(backup(), 'utf8'), /^-----BEGIN AGE ENCRYPTED FILE-----\n/);
    });

    it('writes nothing if the two differ, or at Ctrl-C', async () => {
      await sandbox.ok(['identity', 'show']);
      const terminal = Terminal.open(sandbox, [process.execPath, CLI, 'identity', 'backup', backup()]);
      await until('it asks', () => terminal.screen.includes('Passphrase (hidden)'));
      terminal.type('fake one\r');
      await until('it asks again', () => terminal.screen.includes('Again'));
      terminal.type('fake two\r');
      assert.equal(await terminal.ended(), 64, terminal.screen);
      assert.ok(!existsSync(backup()));
    });

    it('refuses to overwrite, to write nowhere, and to back up nothing', async () => {
      assertRefusedWithRemedy(
        await sandbox.nfSecrets(['identity', 'backup', backup()], { input: PASSPHRASE }),
        77,
        'no identity',
      );
      await sandbox.ok(['identity', 'show']);
      writeFileSync(backup(), 'fake');
      chmodSync(backup(), 0o644);
      assertRefusedWithRemedy(
        await sandbox.nfSecrets(['identity', 'backup', backup()], { input: PASSPHRASE }),
        73,
        `${backup()} exists`,
      );
      assert.equal(readFileSync(backup(), 'utf8'), 'fake');
      const nowhere = join(sandbox.root, 'no', 'where.age');
      assertRefused(
        await sandbox.nfSecrets(['identity', 'backup', nowhere], { input: PASSPHRASE }),
        73,
        nowhere,
      );
      const other = join(sandbox.root, 'other.age');
      for (const input of ['', '\n', '\nfake']) {
        assertRefused(await sandbox.nfSecrets(['identity', 'backup', other], { input }), 64, 'empty');
      }
      assert.ok(!existsSync(other));
    });
  });

  it('needs a subcommand', async () => {
    assertRefused(await sandbox.nfSecrets(['identity']), 64);
    assertRefused(await sandbox.nfSecrets(['identity', 'shwo']), 64, 'Did you mean show?');
    assertRefused(await sandbox.nfSecrets(['identity', 'backup']), 64, 'file');
  });
});

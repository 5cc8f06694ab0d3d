import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identityFile, SCOPES, userVaultFile, vaultFile } from '../fixtures/places.ts';
import { assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';
import { leftoversBeside } from '../fixtures/vault-file.ts';

describe('an identity that does not open the vault', () => {
  let sandbox: Sandbox;
  let identity: string;

  beforeEach(async () => {
    sandbox = new Sandbox();
    identity = identityFile(sandbox);
    for (const scope of SCOPES) await sandbox.ok(['set', 'FAKE_A', '--scope', scope], { input: 'fake-a' });
  });
  afterEach(() => {
    sandbox.remove();
  });

  interface Problem {
    readonly title: string;
    /** @returns what the message must say. */
    readonly make: () => Promise<(string | RegExp)[]> | (string | RegExp)[];
    readonly exitCode: number;
  }

  /** A key of somebody else in the place of ours. */
  const strange = async (): Promise<string> => {
    rmSync(identity, { force: true });
    for (const scope of SCOPES) renameSync(vaultFile(scope, sandbox), `${vaultFile(scope, sandbox)}.aside`);
    const recipient = String(await sandbox.ok(['identity', 'show'])).trim();
    for (const scope of SCOPES) renameSync(`${vaultFile(scope, sandbox)}.aside`, vaultFile(scope, sandbox));
    return recipient;
  };

  const PROBLEMS: readonly Problem[] = [
    {
      title: 'missing',
      make: () => {
        rmSync(identity);
        return [/(user|workspace)\.sops\.json/, 'SOPS_AGE_KEY_FILE', 'backup'];
      },
      exitCode: 77,
    },
    {
      title: 'of somebody else: says our own public key, to be given to a member',
      make: async () => [/(user|workspace)\.sops\.json/, await strange()],
      exitCode: 77,
    },
    {
      title: 'with one character changed',
      make: () => {
        const text = readFileSync(identity, 'utf8');
        writeFileSync(
          identity,
          text.replace(
            /^(AGE-SECRET-KEY-1.{20})(.)/m,
            (_, start: string, c: string) => start + (c === 'Q' ? 'P' : 'Q'),
          ),
        );
        return [identity, 'damaged', 'backup'];
      },
      exitCode: 65,
    },
    {
      title: 'cut off',
      make: () => {
        writeFileSync(identity, readFileSync(identity, 'utf8').slice(0, -10));
        return [identity, 'damaged', 'backup'];
      },
      exitCode: 65,
    },
    {
      title: 'empty',
      make: () => {
        writeFileSync(identity, '');
        return [identity, 'damaged', 'backup'];
      },
      exitCode: 65,
    },
    {
      title: 'not text',
      make: () => {
        writeFileSync(identity, Buffer.from([0, 1, 2, 0xff, 0xfe]));
        return [identity, 'damaged', 'backup'];
      },
      exitCode: 65,
    },
    ...[0o644, 0o640, 0o604, 0o660].map((mode): Problem => {
      const shown = mode.toString(8);
      return {
        title: `with the mode ${shown}, as ssh refuses its keys`,
        make: () => {
          chmodSync(identity, mode);
          return [identity, shown, `chmod 600 '${identity}'`];
        },
        exitCode: 77,
      };
    }),
  ];
  for (const { title, make, exitCode } of PROBLEMS) {
    it(title, async () => {
      const says = await make();
      const files = [userVaultFile(sandbox), vaultFile('workspace', sandbox), identity];
      const before = files.map((file) => (existsSync(file) ? readFileSync(file) : undefined));
      const secretKey = /AGE-SECRET-KEY-1\S*/.exec(before[2]?.toString('latin1') ?? '')?.[0];
      const commands = [
        ['get', 'FAKE_A'],
        ['set', 'FAKE_A'],
        ['set', 'FAKE_B'],
        ['delete', 'FAKE_A', '--scope', 'user', '--yes'],
        ['exec', '--', 'true'],
      ];
      await sideBySide(commands, async (args) => {
        const result = await sandbox.nfSecrets(args, { input: 'fake-new' });
        assertRefusedWithRemedy(result, exitCode, ...says);
        if (secretKey !== undefined)
          assert.ok(!result.stderr.includes(secretKey.slice(0, 30)), result.stderr);
      });
      // Names and dates are in clear text.
      const list = JSON.parse(String(await sandbox.ok(['list', '--json']))) as { name: string }[];
      assert.deepEqual(
        list.map(({ name }) => name),
        ['FAKE_A', 'FAKE_A'],
      );
      const after = files.map((file) => (existsSync(file) ? readFileSync(file) : undefined));
      assert.deepEqual(
        after,
        before,
        'every file as it was; no new identity beside vaults that an old one opens',
      );
      assert.deepEqual(leftoversBeside(files[0]!), []);
    });
  }

  it('is helped by SOPS_AGE_KEY, SOPS_AGE_KEY_FILE or sops’s own key file', async () => {
    const key = readFileSync(identity, 'utf8');
    const kept = join(sandbox.root, 'kept.txt');
    writeFileSync(kept, `# several may be there\n\nAGE-PLUGIN-FAKE-1QQQQ\r\n${key}`);
    for (const withoutOwn of [true, false]) {
      if (withoutOwn) rmSync(identity);
      else await strange();
      const secretKey = /^AGE-SECRET-KEY-1.*$/m.exec(key)?.[0] ?? '';
      for (const env of [
        { SOPS_AGE_KEY: secretKey },
        { SOPS_AGE_KEY_FILE: kept },
        { SOPS_AGE_KEY_FILE: '../kept.txt' },
      ]) {
        assert.equal(String(await sandbox.ok(['get', 'FAKE_A'], { env })), 'fake-a');
        await sandbox.ok(['set', 'FAKE_A'], { input: 'fake-a', env });
      }
    }
  });

  it('in SOPS_AGE_KEY: what is no key is refused, and never shown', async () => {
    rmSync(identity);
    const result = await sandbox.nfSecrets(['get', 'FAKE_A'], {
      env: { SOPS_AGE_KEY: 'AGE-SECRET-KEY-1FAKE' },
    });
    assertRefusedWithRemedy(result, 77, /SOPS_AGE_KEY is an age key with a mistake/);
    assert.doesNotMatch(result.stderr, /KEY-1FAKE/);
  });

  it('named by SOPS_AGE_KEY_FILE but not there: says so, with or without our own identity', async () => {
    const env = { SOPS_AGE_KEY_FILE: join(sandbox.root, 'gone.txt') };
    assertRefusedWithRemedy(await sandbox.nfSecrets(['get', 'FAKE_A'], { env }), 77, env.SOPS_AGE_KEY_FILE);
    rmSync(identity);
    assertRefusedWithRemedy(await sandbox.nfSecrets(['get', 'FAKE_A'], { env }), 77, env.SOPS_AGE_KEY_FILE);
  });
});

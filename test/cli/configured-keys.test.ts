import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensureAge } from '../../scripts/tools.mjs';
import { loadIdentities } from '../../src/core/vault/identity.ts';
import { identityFile, userVaultFile } from '../fixtures/places.ts';
import { assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';
import { readVault } from '../fixtures/vault-file.ts';
import { fakeWorld } from '../fixtures/world.ts';

const GARBAGE = 'fake-garbage-0123456789';
const PLUGIN = 'AGE-PLUGIN-FAKE-1QQQQQQQQQQ';

describe('keys that are configured', () => {
  let sandbox: Sandbox;

  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => {
    sandbox.remove();
  });

  const file = (name: string, content: string | Buffer): string => {
    const path = join(sandbox.root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  /** A key pair of age, in no place where it would be found. */
  const ageKey = async (): Promise<{ key: string; recipient: string }> => {
    const made = await sandbox.run(join(await ensureAge(), 'age-keygen'), []);
    assert.equal(made.exitCode, 0, made.stderr);
    const text = String(made.stdout);
    return {
      key: /^AGE-SECRET-KEY-1.*$/m.exec(text)?.[0] ?? '',
      recipient: /public key: (age1\w+)/.exec(text)?.[1] ?? '',
    };
  };
  const sshKey = (name: string, type = 'ed25519', passphrase = ''): string => {
    const path = join(sandbox.root, name);
    mkdirSync(dirname(path), { recursive: true });
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', 'fake comment', '-f', path]);
    return path;
  };
  const usualFile = (): string => join('home', '.config', 'sops', 'age', 'keys.txt');
  const asArmor =
    '-----BEGIN AGE ENCRYPTED FILE-----\nYWdlLWVuY3J5cHRpb24ub3JnL3Yx\n-----END AGE ENCRYPTED FILE-----\n';
  const asBinary = Buffer.concat([
    Buffer.from('age-encryption.org/v1\n-> scrypt ZmFrZQ 18\n'),
    Buffer.from([0, 255]),
  ]);

  /** @returns the environment that names the key. */
  type Make = () => Promise<Record<string, string>> | Record<string, string>;
  const inFile =
    (content: string | Buffer): Make =>
    () => ({ SOPS_AGE_KEY_FILE: file('keys.txt', content) });
  const inUsualFile =
    (content: string): Make =>
    () => {
      file(usualFile(), content);
      return {};
    };

  const REFUSED: readonly { title: string; make: Make; says: string | RegExp }[] = [
    {
      title: 'SOPS_AGE_KEY is garbage',
      make: () => ({ SOPS_AGE_KEY: GARBAGE }),
      says: /SOPS_AGE_KEY is no age key/,
    },
    {
      title: 'SOPS_AGE_KEY is spaces',
      make: () => ({ SOPS_AGE_KEY: ' \n' }),
      says: /SOPS_AGE_KEY has no age key/,
    },
    {
      title: 'SOPS_AGE_KEY has a good key and garbage',
      make: async () => ({ SOPS_AGE_KEY: `${(await ageKey()).key}\n${GARBAGE}` }),
      says: /SOPS_AGE_KEY cannot be used: line 2/,
    },
    {
      title: 'SOPS_AGE_KEY is cut off',
      make: async () => ({ SOPS_AGE_KEY: (await ageKey()).key.slice(0, -3) }),
      says: /SOPS_AGE_KEY is an age key with a mistake/,
    },
    {
      title: 'SOPS_AGE_KEY has quotes',
      make: async () => ({ SOPS_AGE_KEY: `"${(await ageKey()).key}"` }),
      says: /SOPS_AGE_KEY has quotes/,
    },
    {
      title: 'SOPS_AGE_KEY is a public key',
      make: async () => ({ SOPS_AGE_KEY: (await ageKey()).recipient }),
      says: /SOPS_AGE_KEY is a public key/,
    },
    {
      title: 'SOPS_AGE_KEY is an SSH key',
      make: () => ({ SOPS_AGE_KEY: readFileSync(sshKey('id'), 'utf8') }),
      says: /SSH.*\n.*SOPS_AGE_SSH_PRIVATE_KEY_FILE/,
    },
    {
      title: 'SOPS_AGE_KEY is a plugin’s',
      make: () => ({ SOPS_AGE_KEY: PLUGIN }),
      says: /SOPS_AGE_KEY is a key of an age plugin/,
    },
    {
      title: 'the file has garbage',
      make: inFile(GARBAGE),
      says: /SOPS_AGE_KEY_FILE .*keys\.txt.* is no age key/,
    },
    { title: 'the file is empty', make: inFile(''), says: /SOPS_AGE_KEY_FILE .*has no age key/ },
    { title: 'the file has only comments', make: inFile('# fake\n\n'), says: /has no age key/ },
    { title: 'the file has only a plugin’s key', make: inFile(`# fake\n${PLUGIN}\n`), says: /age plugin/ },
    {
      title: 'the file is under a passphrase, armored',
      make: inFile(asArmor),
      says: /passphrase.*\n.*SOPS_AGE_KEY="\$\(age -d '/,
    },
    { title: 'the file is under a passphrase, binary', make: inFile(asBinary), says: /passphrase/ },
    { title: 'the file is bytes', make: inFile(Buffer.from([0, 1, 255, 254])), says: /is no age key/ },
    { title: 'the file is too large', make: inFile('#'.repeat((1 << 20) + 1)), says: /cannot be read/ },
    {
      title: 'the file does not exist',
      make: () => ({ SOPS_AGE_KEY_FILE: join(sandbox.root, 'gone') }),
      says: /SOPS_AGE_KEY_FILE .*gone.* does not exist/,
    },
    {
      title: 'the file is a directory',
      make: () => ({ SOPS_AGE_KEY_FILE: sandbox.root }),
      says: /is not a regular file\.\n.*Name the file/,
    },
    {
      title: 'the file is below a file',
      make: () => ({ SOPS_AGE_KEY_FILE: join(file('keys.txt', ''), 'fake') }),
      says: /cannot be read: .*not a directory/,
    },
    {
      title: 'the file is a pipe that nobody writes to',
      make: () => {
        execFileSync('mkfifo', [join(sandbox.root, 'pipe')]);
        return { SOPS_AGE_KEY_FILE: '../pipe' };
      },
      says: /not a regular file\.\n.*SOPS_AGE_KEY_CMD/,
    },
    {
      title: 'the file is a device',
      make: () => ({ SOPS_AGE_KEY_FILE: '/dev/null' }),
      says: /\/dev\/null\) is not a regular file\.\n.*Name the file that has your key/,
    },
    {
      title: 'SOPS_AGE_KEY is a post-quantum key with a mistake in it',
      make: () => ({ SOPS_AGE_KEY: 'AGE-SECRET-KEY-PQ-1QQQQQQQQQQ' }),
      says: /SOPS_AGE_KEY is an age key with a mistake in it/,
    },
    {
      title: 'the file is a link that leads nowhere',
      make: () => {
        symlinkSync('/fake/nowhere', join(sandbox.root, 'link'));
        return { SOPS_AGE_KEY_FILE: '../link' };
      },
      says: /link that leads nowhere/,
    },
    {
      title: 'sops’s own file has garbage',
      make: inUsualFile(GARBAGE),
      says: /sops\/age\/keys\.txt is no age key/,
    },
    { title: 'sops’s own file is empty', make: inUsualFile(''), says: /sops\/age\/keys\.txt has no age key/ },
    { title: 'sops’s own file has only a plugin’s key', make: inUsualFile(PLUGIN), says: /age plugin/ },
    { title: 'sops’s own file is under a passphrase', make: inUsualFile(asArmor), says: /passphrase/ },
    {
      title: 'sops’s own file is a directory',
      make: () => {
        mkdirSync(join(sandbox.root, usualFile()), { recursive: true });
        return {};
      },
      says: /sops\/age\/keys\.txt cannot be read/,
    },
    {
      title: 'sops’s own file is a link that leads nowhere, to a disk that is not there',
      make: () => {
        mkdirSync(dirname(join(sandbox.root, usualFile())), { recursive: true });
        symlinkSync('/fake/nowhere', join(sandbox.root, usualFile()));
        return {};
      },
      says: /link that leads nowhere/,
    },
    {
      title: 'the command fails',
      make: () => ({ SOPS_AGE_KEY_CMD: `sh -c 'echo fake reason >&2; exit 3'` }),
      says: /fake reason[^]*SOPS_AGE_KEY_CMD \(sh\) gave no key: it ended with 3/,
    },
    {
      title: 'the command is not there',
      make: () => ({ SOPS_AGE_KEY_CMD: 'fake-no-such-program x' }),
      says: /SOPS_AGE_KEY_CMD \(fake-no-such-program\).*no such program/,
    },
    {
      title: 'the command prints garbage',
      make: () => ({ SOPS_AGE_KEY_CMD: `echo ${GARBAGE}` }),
      says: /SOPS_AGE_KEY_CMD \(echo\) is no age key/,
    },
    {
      title: 'the command prints nothing',
      make: () => ({ SOPS_AGE_KEY_CMD: 'true' }),
      says: /SOPS_AGE_KEY_CMD \(true\) has no age key/,
    },
    {
      title: 'the command never stops printing',
      make: () => ({ SOPS_AGE_KEY_CMD: 'yes' }),
      says: /printed more than/,
    },
    {
      title: 'the command has an open quote',
      make: () => ({ SOPS_AGE_KEY_CMD: `echo 'x` }),
      says: /SOPS_AGE_KEY_CMD has a quote/,
    },
    {
      title: 'the command is spaces',
      make: () => ({ SOPS_AGE_KEY_CMD: '  ' }),
      says: /SOPS_AGE_KEY_CMD names no command/,
    },
    {
      title: 'the SSH key is under a passphrase',
      make: () => ({ SOPS_AGE_SSH_PRIVATE_KEY_FILE: sshKey('id', 'ed25519', 'fake passphrase') }),
      says: /SOPS_AGE_SSH_PRIVATE_KEY_FILE .*is under a passphrase/,
    },
    {
      title: 'the SSH key is one of RSA',
      make: () => ({ SOPS_AGE_SSH_PRIVATE_KEY_FILE: sshKey('id', 'rsa') }),
      says: /type ssh-rsa/,
    },
    {
      title: 'the SSH key is damaged',
      make: () => {
        const path = sshKey('id');
        writeFileSync(path, readFileSync(path, 'utf8').replace(/\n.{70}\n/, '\n'));
        return { SOPS_AGE_SSH_PRIVATE_KEY_FILE: path };
      },
      says: /damaged SSH private key/,
    },
    {
      title: 'the SSH key is its public half',
      make: () => ({ SOPS_AGE_SSH_PRIVATE_KEY_FILE: `${sshKey('id')}.pub` }),
      says: /is no SSH private key/,
    },
    {
      title: 'the SSH key does not exist',
      make: () => ({ SOPS_AGE_SSH_PRIVATE_KEY_FILE: 'gone' }),
      says: /does not exist/,
    },
    {
      title: 'the command for the SSH key fails',
      make: () => ({ SOPS_AGE_SSH_PRIVATE_KEY_CMD: 'false' }),
      says: /SOPS_AGE_SSH_PRIVATE_KEY_CMD \(false\)/,
    },
  ];

  for (const { title, make, says } of REFUSED) {
    it(`${title}: refused with the reason, and no new identity beside it`, async () => {
      const env = await make();
      const commands = [
        ['set', 'FAKE_A'],
        ['set', 'FAKE_A', '--scope', 'workspace'],
        ['identity', 'show'],
        ['import', '-', '--format', 'env'],
      ];
      await sideBySide(commands, async (args) => {
        const result = await sandbox.nfSecrets(args, { env, input: 'FAKE_B=fake' });
        assertRefusedWithRemedy(result, 77, says);
        assert.ok(!result.stderr.includes(GARBAGE), result.stderr);
      });
      assert.ok(!existsSync(identityFile(sandbox)), 'no identity was made');
      assert.ok(!existsSync(userVaultFile(sandbox)));
      // What decrypts nothing needs no key.
      for (const args of [['list'], ['scan', '.'], ['export', '--names']]) await sandbox.ok(args, { env });
    });
  }

  it('beside an identity that is fine: what is broken, or was named by the person, is refused all the same', async () => {
    await sandbox.ok(['set', 'FAKE_A'], { input: 'fake-a' });
    const broken: Record<string, string>[] = [
      { SOPS_AGE_KEY: GARBAGE },
      { SOPS_AGE_KEY_FILE: '/fake/gone' },
      { SOPS_AGE_KEY: PLUGIN },
      { SOPS_AGE_KEY_CMD: 'false' },
      { SOPS_AGE_SSH_PRIVATE_KEY_FILE: '/fake/gone' },
    ];
    await sideBySide(broken, async (env) => {
      const [name = ''] = Object.keys(env);
      for (const args of [
        ['get', 'FAKE_A'],
        ['set', 'FAKE_B'],
        ['exec', '--', 'true'],
      ])
        assertRefusedWithRemedy(
          await sandbox.nfSecrets(args, { env, input: 'x' }),
          77,
          name,
          `unset ${name}`,
        );
      await sandbox.ok(['list'], { env });
    });
  });

  it('a plugin’s key beside a plain one, or in sops’s own file beside an identity: said, and the other is used', async () => {
    await sandbox.ok(['set', 'FAKE_A'], { input: 'fake-a' });
    const { key } = await ageKey();
    const beside = await sandbox.nfSecrets(['get', 'FAKE_A'], { env: { SOPS_AGE_KEY: `${PLUGIN}\n${key}` } });
    assert.equal(String(beside.stdout), 'fake-a');
    assert.match(beside.stderr, /Not used: SOPS_AGE_KEY .*age plugin/);
    file(usualFile(), `${PLUGIN}\n`);
    const usual = await sandbox.nfSecrets(['get', 'FAKE_A']);
    assert.equal(String(usual.stdout), 'fake-a');
    assert.match(usual.stderr, /Not used: .*keys\.txt.*age plugin/);
  });

  it('our own file under a passphrase, or a link that leads nowhere: refused, and nothing is put in its place', async () => {
    file('home/tool/identity.txt', asArmor);
    assertRefusedWithRemedy(await sandbox.nfSecrets(['identity', 'show']), 77, /passphrase/);
    rmSync(identityFile(sandbox));
    symlinkSync('/fake/nowhere', identityFile(sandbox));
    assertRefusedWithRemedy(await sandbox.nfSecrets(['set', 'FAKE_A'], { input: 'x' }), 65, /leads nowhere/);
  });

  it('on macOS sops’s own file is below Library', async () => {
    const { key, recipient } = await ageKey();
    const path = file('home/Library/Application Support/sops/age/keys.txt', key);
    const world = fakeWorld({
      homeDir: sandbox.home,
      platform: 'darwin',
      env: { NF_SECRETS_HOME: sandbox.toolHome },
    });
    assert.deepEqual(
      (await loadIdentities(world)).map((own) => own.recipient),
      [recipient],
    );
    writeFileSync(path, GARBAGE);
    await assert.rejects(loadIdentities(world), { exitCode: 77, message: /keys\.txt is no age key/ });
  });

  describe('SOPS_AGE_KEY_CMD', () => {
    it('gives the key: no shell, words in quotes, asked once a command; its stderr is shown without keys', async () => {
      const { key, recipient } = await ageKey();
      const keys = file('with space.txt', `# fake\n${key}\n`);
      const log = join(sandbox.root, 'log');
      const script = file(
        'print',
        `#!/bin/sh\necho once >> '${log}'\necho "touch it, $1 ${key}" >&2\ncat "$2"\n`,
      );
      chmodSync(script, 0o755);
      const env = { SOPS_AGE_KEY_CMD: `${script} '$HOME; "x"' "${keys}" # fake comment` };
      const set = await sandbox.nfSecrets(['set', 'FAKE_A', '--scope', 'workspace'], {
        env,
        input: 'fake-a',
      });
      assert.equal(set.exitCode, 0, set.stderr);
      assert.match(set.stderr, /print: touch it, \$HOME; "x" \*\*\*/);
      assert.ok(!set.stderr.includes(key));
      assert.equal(readFileSync(log, 'utf8'), 'once\n');
      assert.ok(!existsSync(identityFile(sandbox)));
      assert.equal(String(await sandbox.ok(['get', 'FAKE_A'], { env })), 'fake-a');
      const shown = JSON.parse(String(await sandbox.ok(['identity', 'show', '--json'], { env }))) as object;
      assert.deepEqual(shown, { recipient, source: 'SOPS_AGE_KEY_CMD' });
    });

    it('is not started in Restricted Mode', async () => {
      const env = { SOPS_AGE_KEY_CMD: `touch ${join(sandbox.root, 'started')}` };
      const world = fakeWorld({ homeDir: sandbox.home, cwd: sandbox.root, env, startsNothing: true });
      await assert.rejects(loadIdentities(world), { exitCode: 77, message: /Restricted Mode/ });
      assert.ok(!existsSync(join(sandbox.root, 'started')));
    });
  });

  describe('SSH keys', () => {
    it('SOPS_AGE_SSH_PRIVATE_KEY_FILE: a vault of its own, which age opens too @age', async () => {
      const path = sshKey('id');
      const env = { SOPS_AGE_SSH_PRIVATE_KEY_FILE: path };
      const set = await sandbox.nfSecrets(['set', 'FAKE_A'], { env, input: 'fake-a' });
      assert.equal(set.exitCode, 0, set.stderr);
      assert.match(set.stderr, /sops before 3\.10 cannot read it/);
      assert.ok(!existsSync(identityFile(sandbox)));
      assert.equal(String(await sandbox.ok(['get', 'FAKE_A'], { env })), 'fake-a');
      assert.equal(
        String(
          await sandbox.ok(['get', 'FAKE_A'], { env: { SOPS_AGE_SSH_PRIVATE_KEY_CMD: `cat '${path}'` } }),
        ),
        'fake-a',
      );
      await sandbox.ok(['set', 'FAKE_A'], { env, input: 'fake-b' });
      const [wrapped] = readVault(userVaultFile(sandbox)).sops.age;
      assert.equal(
        wrapped!['recipient'],
        readFileSync(`${path}.pub`, 'utf8').split(' ').slice(0, 2).join(' '),
      );
      const enc = file('enc.age', wrapped!['enc'] ?? '');
      const opened = await sandbox.run(join(await ensureAge(), 'age'), ['-d', '-i', path, enc]);
      assert.equal(opened.exitCode, 0, opened.stderr);
      assert.equal(opened.stdout.length, 32);
    });

    it('opens what age encrypts to the key @age', async () => {
      const path = sshKey('id');
      const env = { SOPS_AGE_SSH_PRIVATE_KEY_FILE: path };
      await sandbox.ok(['set', 'FAKE_A'], { env, input: 'fake-a' });
      const vault = readVault(userVaultFile(sandbox));
      const age = join(await ensureAge(), 'age');
      const enc = file('enc.age', vault.sops.age[0]?.['enc'] ?? '');
      const key = (await sandbox.run(age, ['-d', '-i', path, enc])).stdout;
      const again = await sandbox.run(age, ['-a', '-R', `${path}.pub`, file('key', key)]);
      assert.notEqual(String(again.stdout), vault.sops.age[0]?.['enc']);
      vault.sops.age[0]!['enc'] = String(again.stdout);
      writeFileSync(userVaultFile(sandbox), JSON.stringify(vault));
      assert.equal(String(await sandbox.ok(['get', 'FAKE_A'], { env })), 'fake-a');
    });

    it('~/.ssh/id_ed25519 is used where a vault is encrypted to it, and is nobody’s identity otherwise', async () => {
      const path = sshKey('home/.ssh/id_ed25519');
      const env = { SOPS_AGE_SSH_PRIVATE_KEY_FILE: path };
      await sandbox.ok(['set', 'FAKE_A', '--scope', 'workspace'], { env, input: 'fake-a' });
      assert.equal(String(await sandbox.ok(['get', 'FAKE_A'])), 'fake-a');
      await sandbox.ok(['set', 'FAKE_B'], { input: 'fake-b' });
      assert.match(readVault(userVaultFile(sandbox)).sops.age[0]?.['recipient'] ?? '', /^age1/);
      assert.equal(String(await sandbox.ok(['get', 'FAKE_A'])), 'fake-a');
    });

    it('~/.ssh/id_ed25519 under a passphrase: said where a vault is encrypted to it', async () => {
      const path = sshKey('home/.ssh/id_ed25519');
      const env = { SOPS_AGE_SSH_PRIVATE_KEY_FILE: path };
      await sandbox.ok(['set', 'FAKE_A', '--scope', 'workspace'], { env, input: 'fake-a' });
      execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'fake passphrase', '-f', path]);
      assertRefusedWithRemedy(await sandbox.nfSecrets(['get', 'FAKE_A']), 77, path, /passphrase/);
    });
  });
});

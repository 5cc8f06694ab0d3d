import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { signingKeyOf, verifySignature } from '../../src/core/vault/members/sshsig.ts';
import { giveAway } from '../fixtures/other-user.ts';
import { PROJECT, type Result, type RunOptions, Sandbox } from '../fixtures/sandbox.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { until } from '../fixtures/until.ts';

const MESSAGE = 'a vault of no value';
const PASSPHRASE = 'fake-passphrase-of-no-key';
const WORKER = [
  '--import',
  import.meta.resolve('tsx'),
  fileURLToPath(new URL('../fixtures/sign-worker.ts', import.meta.url)),
];

describe('a key to sign with', () => {
  let sandbox: Sandbox;
  let ssh: string;
  const agents: ChildProcess[] = [];

  beforeEach(() => {
    sandbox = new Sandbox();
    ssh = join(sandbox.home, '.ssh');
    mkdirSync(ssh, { mode: 0o700 });
  });
  afterEach(() => {
    for (const agent of agents.splice(0)) agent.kill();
    sandbox.remove();
  });

  const result = (): string => join(sandbox.root, 'signature');
  const sign = (key: string, options: RunOptions = {}): Promise<Result> =>
    sandbox.run(process.execPath, [...WORKER, key, MESSAGE, result()], options);

  /** Makes an SSH key. @returns its public half. */
  function makeKey(name: string, passphrase: string, ...args: readonly string[]): string {
    execFileSync('ssh-keygen', ['-q', '-N', passphrase, '-C', 'fake', '-f', join(ssh, name), ...args]);
    return signingKeyOf(readFileSync(join(ssh, `${name}.pub`), 'utf8')) ?? '';
  }

  /** Starts an agent with keys from `~/.ssh`. @returns the environment that has it. */
  async function startAgent(...names: readonly string[]): Promise<Record<string, string>> {
    const socket = join(sandbox.root, 'agent');
    agents.push(spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' }));
    await until('the agent listens', () => (existsSync(socket) ? true : undefined));
    const askpass = join(sandbox.root, 'askpass');
    writeFileSync(askpass, `#!/bin/sh\necho ${PASSPHRASE}\n`, { mode: 0o700 });
    const env = { ...sandbox.env, SSH_AUTH_SOCK: socket };
    execFileSync('ssh-add', ['-q', ...names.map((name) => join(ssh, name))], {
      env: { ...env, SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' },
    });
    return { SSH_AUTH_SOCK: socket };
  }

  function assertSigned(publicKey: string): void {
    const [named = '', ...signature] = readFileSync(result(), 'utf8').split('\n');
    assert.equal(named, publicKey);
    assert.deepEqual(verifySignature(signature.join('\n'), Buffer.from(MESSAGE)), { publicKey });
  }

  it('of our own is made once, whole, for us alone; processes at once all use the one that won', async () => {
    const files = Array.from({ length: 5 }, (_, index) => `${result()}-${index}`);
    const results = await Promise.all(
      files.map((file) => sandbox.run(process.execPath, [...WORKER, 'own', MESSAGE, file])),
    );
    assert.deepEqual(
      results.map(({ exitCode, stderr }) => [exitCode, stderr]),
      files.map(() => [0, '']),
    );
    const keys = new Set(files.map((file) => readFileSync(file, 'utf8').split('\n')[0]));
    assert.equal(keys.size, 1);
    assert.deepEqual(readdirSync(sandbox.toolHome), ['signing-key']);
    const path = join(sandbox.toolHome, 'signing-key');
    assert.equal(lstatSync(path).mode & 0o777, 0o600);
    assert.equal(lstatSync(sandbox.toolHome).mode & 0o777, 0o700);
    // OpenSSH knows it.
    const half = execFileSync('ssh-keygen', ['-y', '-f', path], { encoding: 'utf8' });
    assert.ok(keys.has(signingKeyOf(half)));
    const signature = execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'nf-secrets', '-f', path], {
      input: MESSAGE,
      encoding: 'utf8',
    });
    assert.ok('publicKey' in verifySignature(signature, Buffer.from(MESSAGE)));
    assert.equal((await sign(signingKeyOf(half) ?? '')).exitCode, 0);
  });

  it('of our own is made whole or not at all, whenever its maker is killed', async () => {
    const preload = ['--import', join(PROJECT, 'test', 'fixtures', 'step.mjs')];
    const path = join(sandbox.toolHome, 'signing-key');
    let kills = 0;
    for (let step = 1; ; step++) {
      rmSync(sandbox.toolHome, { recursive: true, force: true });
      const env = { TEST_STEP: String(step), TEST_STEP_ACTION: 'tear', TEST_STEP_PROGRAM: 'sign-worker.ts' };
      const { signal } = await sandbox.run(
        process.execPath,
        [...preload, ...WORKER, 'own', MESSAGE, join(sandbox.root, 'killed')],
        { env },
      );
      if (existsSync(path)) execFileSync('ssh-keygen', ['-y', '-f', path]);
      if (signal === null) break;
      kills += 1;
      assert.equal((await sign('own')).exitCode, 0);
    }
    assert.ok(kills > 3, `${kills}`);
  });

  it('of our own is not used if others can read it, if it is damaged, or leads nowhere', async () => {
    await sign('own');
    const path = join(sandbox.toolHome, 'signing-key');
    const refused = async (exitCode: number, says: RegExp): Promise<void> => {
      const { exitCode: actual, stderr } = await sign('own');
      assert.equal(actual, exitCode, stderr);
      assert.match(stderr, says);
    };
    chmodSync(path, 0o640);
    await refused(77, /can be read by others \(mode 640\)[^]*chmod 600/);
    chmodSync(path, 0o660);
    await refused(77, /can be read by others \(mode 660\)/);
    chmodSync(path, 0o600);
    const text = readFileSync(path, 'utf8');
    for (const damage of ['', text.slice(0, 200), text.replace('b3Blb', 'AAAAA'), 'AGE-SECRET-KEY-1FAKE']) {
      writeFileSync(path, damage);
      await refused(65, /Your signing key .* cannot be used: it [^]*mv /);
    }
    renameSync(path, `${path}.old`);
    symlinkSync('nowhere', path);
    await refused(65, /leads nowhere/);
  });

  it('of our own is not used if it belongs to somebody else @root', async () => {
    await sign('own');
    giveAway(join(sandbox.toolHome, 'signing-key'));
    const { exitCode, stderr } = await sign('own');
    assert.equal(exitCode, 77, stderr);
    assert.match(stderr, /belongs to another user/);
  });

  for (const [title, ...args] of [
    ['ed25519', '-t', 'ed25519'],
    ['RSA', '-t', 'rsa', '-b', '2048'],
    ['ecdsa', '-t', 'ecdsa', '-b', '384'],
  ] as const) {
    it(`in ~/.ssh without a passphrase signs: ${title}`, async () => {
      const publicKey = makeKey('work', '', ...args);
      const { exitCode, stderr } = await sign(publicKey);
      assert.equal(exitCode, 0, stderr);
      assertSigned(publicKey);
      assert.ok(!existsSync(sandbox.toolHome));
    });

    it(`in an agent signs, with its passphrase known to that alone: ${title}`, async () => {
      const publicKey = makeKey('work', PASSPHRASE, ...args);
      const env = await startAgent('work');
      assert.equal((await sign(publicKey, { env })).exitCode, 0);
      assertSigned(publicKey);
      // Nor does the agent need the files.
      for (const name of ['work', 'work.pub']) renameSync(join(ssh, name), join(sandbox.root, name));
      const { exitCode, stderr } = await sign(publicKey, { env });
      assert.equal(exitCode, 0, stderr);
      assertSigned(publicKey);
    });
  }

  it('under a passphrase is asked for on a terminal, not elsewhere: there the agent is the remedy', async () => {
    const publicKey = makeKey('work', PASSPHRASE, '-t', 'ed25519');
    const askpass = join(sandbox.root, 'askpass');
    writeFileSync(askpass, `#!/bin/sh\ntouch ${sandbox.root}/asked\necho ${PASSPHRASE}\n`, { mode: 0o700 });
    const { exitCode, stderr } = await sign(publicKey, { env: { SSH_ASKPASS: askpass, DISPLAY: ':9' } });
    assert.equal(exitCode, 77);
    assert.match(stderr, /ssh-keygen did not sign with your key SHA256:[^]*ssh-add '.*\/work'/);
    assert.ok(!existsSync(join(sandbox.root, 'asked')));

    assert.doesNotMatch(stderr, /Enter passphrase/);

    // On a desktop too, where no program has a window for it.
    const command = [process.execPath, ...WORKER, publicKey, MESSAGE, result()];
    const terminal = Terminal.open(sandbox, command, { DISPLAY: ':9', SSH_ASKPASS: '/nowhere/askpass' });
    await until('it asks', () => (terminal.screen.includes('passphrase') ? true : undefined));
    terminal.type(`${PASSPHRASE}\n`);
    assert.equal(await terminal.ended(), 0, terminal.screen);
    assert.ok(!terminal.screen.includes(PASSPHRASE));
    assertSigned(publicKey);
  });

  it('with a wrong passphrase signs nothing', async () => {
    const publicKey = makeKey('work', PASSPHRASE, '-t', 'ed25519');
    const terminal = Terminal.open(sandbox, [process.execPath, ...WORKER, publicKey, MESSAGE, result()]);
    await until('it asks', () => (terminal.screen.includes('passphrase') ? true : undefined));
    terminal.type('wrong\n');
    assert.equal(await terminal.ended(), 77, terminal.screen);
    assert.ok(!existsSync(result()));
  });

  it('in a file that was named once is found again, as long as that file has it', async () => {
    const publicKey = makeKey('work', '', '-t', 'ed25519');
    const named = join(sandbox.root, 'work.pub');
    for (const name of ['work', 'work.pub']) renameSync(join(ssh, name), join(sandbox.root, name));
    assert.equal((await sign(publicKey)).exitCode, 77);
    const args = [...WORKER, publicKey, MESSAGE, result(), named];
    const first = await sandbox.run(process.execPath, args);
    assert.equal(first.exitCode, 0, first.stderr);
    rmSync(result());
    assert.equal((await sign(publicKey)).exitCode, 0);
    assertSigned(publicKey);
    makeKey('other', '', '-t', 'ed25519');
    renameSync(join(ssh, 'other.pub'), named);
    assert.equal((await sign(publicKey)).exitCode, 77);
  });

  it('that is nowhere is refused, and says where it was looked for', async () => {
    const publicKey = makeKey('work', '', '-t', 'ed25519');
    for (const name of ['work', 'work.pub']) renameSync(join(ssh, name), join(sandbox.root, name));
    makeKey('other', '', '-t', 'ed25519');
    const nowhere = await sign(publicKey);
    assert.equal(nowhere.exitCode, 77);
    assert.match(
      nowhere.stderr,
      /not at hand: SHA256:[^]*\.ssh has no such \.pub file, and no SSH agent runs/,
    );
    assert.match(nowhere.stderr, /ssh-add FILE/);
    const env = await startAgent('other');
    const { exitCode, stderr } = await sign(publicKey, { env });
    assert.equal(exitCode, 77);
    assert.match(stderr, /ssh-keygen did not sign[^]*No private key found/);
  });

  it('is refused without ssh-keygen, and if that signs with another key or prints nonsense', async () => {
    const publicKey = makeKey('work', '', '-t', 'ed25519');
    makeKey('other', '', '-t', 'ed25519');
    const empty = join(sandbox.root, 'bin');
    mkdirSync(empty);
    const none = await sign(publicKey, { env: { PATH: empty } });
    assert.equal(none.exitCode, 77);
    assert.match(none.stderr, /there is no ssh-keygen on the PATH/);
    const program = join(empty, 'ssh-keygen');
    const env = { PATH: `${empty}:${sandbox.env['PATH'] ?? ''}` };
    const other = `exec /usr/bin/env PATH="$REAL" ssh-keygen -q -Y sign -n nf-secrets -f ${join(ssh, 'other')}`;
    for (const [body, says] of [
      [other, /it has signed with another key/],
      ['cat >/dev/null; echo nonsense', /what it printed is of no use: it is no SSH signature/],
      ['yes', /printed more than/],
      ['echo fault >&2; exit 3', /it ended with 3: fault/],
    ] as const) {
      writeFileSync(program, `#!/bin/sh\n${body}\n`, { mode: 0o700 });
      const { exitCode, stderr } = await sign(publicKey, {
        env: { ...env, REAL: sandbox.env['PATH'] ?? '' },
      });
      assert.equal(exitCode, 77, stderr);
      assert.match(stderr, says);
      assert.ok(!existsSync(result()));
    }
  });
});

import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { identityFile, ledgerDirectory, nextflowStoreFile, runRoot } from '../fixtures/places.ts';
import { assertRefused } from '../fixtures/refusal.ts';
import { CLI, type Result, type RunOptions, Sandbox } from '../fixtures/sandbox.ts';
import { fillVault } from '../fixtures/vault-values.ts';

describe('nf-secrets exec', () => {
  let sandbox: Sandbox;

  beforeEach(async () => {
    sandbox = new Sandbox();
    await fillVault('user', { FAKE_USER: 'fake-user', FAKE_BOTH: 'fake-mine' }, sandbox);
    await fillVault('workspace', { FAKE_WS: 'fake-ws', FAKE_BOTH: 'fake-theirs' }, sandbox);
  });
  afterEach(() => {
    assertNothingLeft();
    sandbox.remove();
  });

  const exec = async (words: string[], options?: RunOptions): Promise<Result> =>
    sandbox.nfSecrets(['exec', ...words], options);
  const sh = async (script: string, options: RunOptions & { args?: string[] } = {}): Promise<Result> =>
    exec([...(options.args ?? []), '--', 'sh', '-c', script], options);
  /** What Nextflow would read, of a child that was started with these options. */
  const stored = async (args: string[] = [], options: RunOptions = {}): Promise<Record<string, string>> => {
    const { stdout, exitCode, stderr } = await sh('cat "$NXF_SECRETS_FILE"', { args, ...options });
    assert.equal(exitCode, 0, stderr);
    const entries = JSON.parse(String(stdout)) as { name: string; value: string }[];
    return Object.fromEntries(entries.map(({ name, value }) => [name, value]));
  };
  const entriesOf = (directory: string): string[] => (existsSync(directory) ? readdirSync(directory) : []);
  const assertNothingLeft = (): void => {
    assert.deepEqual(entriesOf(runRoot(sandbox)), [], 'run root');
    assert.deepEqual(entriesOf(ledgerDirectory(sandbox)), [], 'ledger');
  };

  it('opens no debugger at USR1, which schedulers send before a time limit', async () => {
    const { exitCode, stderr } = await sh('kill -USR1 $PPID; sleep 1; exit 42');
    assert.equal(exitCode, 42, stderr);
    assert.doesNotMatch(stderr, /debugger|inspector/i);
  });

  describe('ends as the command does', () => {
    const CODES: readonly [title: string, words: string[], exitCode: number][] = [
      ['0', ['true'], 0],
      ['1', ['false'], 1],
      ['any code', ['sh', '-c', 'exit 42'], 42],
      ['255', ['sh', '-c', 'exit 255'], 255],
      ['a code that is one of ours', ['sh', '-c', 'exit 66'], 66],
      ['TERM', ['sh', '-c', 'kill -TERM $$'], 128 + 15],
      ['KILL', ['sh', '-c', 'kill -KILL $$'], 128 + 9],
      ['SEGV', ['sh', '-c', 'kill -SEGV $$'], 128 + 11],
      ['a command that is not there', ['fake-command-that-is-not-there'], 127],
      ['a path that is not there', ['./nowhere'], 127],
      ['a path below a file', ['./plain/below'], 126],
      ['a file that is no program', ['./plain'], 126],
      ['a directory', ['./directory'], 126],
    ];
    for (const [title, words, exitCode] of CODES) {
      it(`${title}: ${exitCode}`, async () => {
        writeFileSync(join(sandbox.workspace, 'plain'), 'fake');
        mkdirSync(join(sandbox.workspace, 'directory'));
        const result = await exec(['--', ...words]);
        assert.equal(result.exitCode, exitCode, result.stderr);
        assert.match(
          result.stderr,
          new RegExp(`ended with exit code ${exitCode}\\. Its secrets are removed`),
        );
        // What a shell says there itself.
        const shell = await sandbox.run('bash', ['-c', '"$@"', 'bash', ...words]);
        assert.equal(shell.exitCode ?? 0, shell.signal === null ? exitCode : 0, 'as bash');
      });
    }
  });

  it('hands the command its arguments, stdin, stdout, stderr and directory', async () => {
    const words = [
      '--',
      'sh',
      '-c',
      'printf "%s|" "$@"; cat; pwd; echo fake-error >&2',
      'sh',
      '--secret',
      '-x',
      'a b',
      '',
    ];
    const { stdout, stderr, exitCode } = await exec(words, { input: 'fake input\n' });
    assert.equal(exitCode, 0);
    assert.equal(String(stdout), `--secret|-x|a b||fake input\n${sandbox.workspace}\n`);
    assert.match(stderr, /^fake-error$/m);
  });

  it('takes options before the command only, with or without --', async () => {
    const { stdout } = await exec(['--without-user', 'echo', '--without-user', '--help']);
    assert.equal(String(stdout), '--without-user --help\n');
  });

  describe('gives the command an environment with', () => {
    const environment = async (env: RunOptions['env'] = {}): Promise<Map<string, string>> => {
      const { stdout } = await exec(['--', 'env', '-0'], { env });
      const lines = String(stdout).split('\0').filter(Boolean);
      return new Map(
        lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      );
    };

    it('the way to the store, and nothing of ours', async () => {
      const env = await environment({
        SOPS_AGE_KEY: /AGE-SECRET-KEY-\S+/.exec(readFileSync(identityFile(sandbox), 'utf8'))?.[0] ?? '',
        SOPS_AGE_KEY_FILE: identityFile(sandbox),
        SOPS_AGE_RECIPIENTS: 'age1fake',
        NF_SECRETS_WORKSPACE: sandbox.workspace,
        NF_SECRETS_RUN_ROOT: '',
        ELECTRON_RUN_AS_NODE: '1',
        NXF_ENABLE_SECRETS: 'false',
        FAKE_OWN: 'stays',
        NF_SECRETSX: 'stays',
      });
      const run = env.get('NF_SECRETS_RUN') ?? '';
      assert.match(run, /^[a-z0-9]{12}$/);
      assert.equal(env.get('NXF_SECRETS_FILE'), join(runRoot(sandbox), run, 'store.json'));
      assert.equal(env.get('NXF_ENABLE_SECRETS'), 'true');
      assert.deepEqual([env.get('FAKE_OWN'), env.get('NF_SECRETSX')], ['stays', 'stays']);
      assert.equal(env.get('PATH'), sandbox.env['PATH']);
      const ours = [...env.keys()].filter((name) => /^(SOPS_AGE_|NF_SECRETS_|ELECTRON_)/.test(name));
      assert.deepEqual(ours, ['NF_SECRETS_RUN']);
    });

    it('no value, and no name of a secret', async () => {
      const text = JSON.stringify([...(await environment())]);
      assert.doesNotMatch(text, /fake-(user|mine|ws|theirs)|FAKE_(USER|BOTH|WS)/);
    });

    it('no NXF_DEBUG, with which tasks would write their secrets into .command.log, and says so', async () => {
      for (const given of ['1', '2', '3']) {
        const { stdout, stderr } = await sh('printf "%s" "${NXF_DEBUG-none}"', { env: { NXF_DEBUG: given } });
        assert.equal(String(stdout), 'none');
        assert.match(stderr, /NXF_DEBUG is left out/);
      }
      assert.doesNotMatch((await sh('true', { env: { NXF_DEBUG: '0' } })).stderr, /NXF_DEBUG/);
    });

    it('NXF_ENABLE_SECRETS on, and says so', async () => {
      const { stderr } = await sh('true', { env: { NXF_ENABLE_SECRETS: 'false' } });
      assert.match(stderr, /NXF_ENABLE_SECRETS=false is overridden/);
    });
  });

  describe('provides', () => {
    it('every secret: user over workspace over the person’s own Nextflow store', async () => {
      mkdirSync(dirname(nextflowStoreFile(sandbox)), { recursive: true });
      const own = [
        { name: 'FAKE_NXF', value: 'fake-nxf' },
        { name: 'FAKE_USER', value: 'fake-lowest' },
      ];
      writeFileSync(nextflowStoreFile(sandbox), JSON.stringify(own), { mode: 0o600 });
      assert.deepEqual(await stored(), {
        FAKE_BOTH: 'fake-mine',
        FAKE_NXF: 'fake-nxf',
        FAKE_USER: 'fake-user',
        FAKE_WS: 'fake-ws',
      });
      assert.deepEqual(await stored(['--without-user']), {
        FAKE_BOTH: 'fake-theirs',
        FAKE_NXF: 'fake-nxf',
        FAKE_USER: 'fake-lowest',
        FAKE_WS: 'fake-ws',
      });
      assert.deepEqual(
        JSON.parse(readFileSync(nextflowStoreFile(sandbox), 'utf8')),
        own,
        'that one is only read',
      );
    });

    it('only those of --secret', async () => {
      assert.deepEqual(await stored(['--secret', 'FAKE_WS']), { FAKE_WS: 'fake-ws' });
      assert.deepEqual(await stored(['--secret', 'FAKE_WS', '--secret=FAKE_BOTH', '--secret', 'FAKE_WS']), {
        FAKE_BOTH: 'fake-mine',
        FAKE_WS: 'fake-ws',
      });
      assert.deepEqual(await stored(['--without-user', '--secret', 'FAKE_BOTH']), {
        FAKE_BOTH: 'fake-theirs',
      });
    });

    it('nothing, where there is nothing', async () => {
      const empty = new Sandbox();
      try {
        const { stdout, stderr } = await empty.nfSecrets([
          'exec',
          '--',
          'sh',
          '-c',
          'cat "$NXF_SECRETS_FILE"',
        ]);
        assert.equal(String(stdout), '[]');
        assert.match(stderr, /0 secrets/);
        assert.ok(!existsSync(identityFile(empty)), 'and makes no identity');
      } finally {
        empty.remove();
      }
    });

    it('encoded what Nextflow would damage, and says what that means', async () => {
      await sandbox.ok(['set', 'FAKE_ODD'], { input: 'fake "quoted"\nfake' });
      const { stderr, stdout } = await sh('cat "$NXF_SECRETS_FILE"');
      assert.doesNotMatch(String(stdout), /quoted\\"/);
      assert.match(stderr, /FAKE_ODD +user, encoded/);
      assert.match(stderr, /would read the encoded text/);
    });

    it('says which secrets from where, and where they are meanwhile', async () => {
      const { stderr } = await sh('true');
      assert.match(stderr, /Run [a-z0-9]{12}: 3 secrets for sh:/);
      assert.match(stderr, /FAKE_BOTH +user, overrides workspace$/m);
      assert.match(stderr, /FAKE_WS +workspace$/m);
      assert.ok(stderr.includes(`plain text in ${runRoot(sandbox)}/`), stderr);
      assert.doesNotMatch(stderr, /fake-/);
    });
  });

  describe('refuses, and starts nothing', () => {
    const CASES: readonly [words: string[], exitCode: number, ...says: string[]][] = [
      [
        ['--secret', 'FAKE_USR', '--'],
        66,
        'FAKE_USR is not set',
        'Did you mean FAKE_USER?',
        'nf-secrets set FAKE_USR',
      ],
      [['--secret', 'FAKE_USER', '--without-user', '--'], 66, 'FAKE_USER is not set'],
      [['--secret', 'no-name', '--'], 64, 'no_name'],
      [['--run-root', 'with space', '--'], 73, 'with space'],
      [['--workspace', 'nowhere', '--'], 64, 'nowhere'],
    ];
    for (const [words, exitCode, ...says] of CASES) {
      it(words.join(' '), async () => {
        assertRefused(await exec([...words, 'touch', 'started']), exitCode, ...says);
        assert.ok(!existsSync(join(sandbox.workspace, 'started')));
      });
    }

    it('without a command', async () => {
      assertRefused(await exec([]), 64, 'command');
      assertRefused(await exec(['--']), 64, 'command');
    });

    it('with a value that no task could get, put there by another program', async () => {
      mkdirSync(dirname(nextflowStoreFile(sandbox)), { recursive: true });
      writeFileSync(nextflowStoreFile(sandbox), '[{"name": "FAKE_A", "value": 1}]', { mode: 0o600 });
      assertRefused(await exec(['--', 'touch', 'started']), 65, nextflowStoreFile(sandbox));
      assert.ok(!existsSync(join(sandbox.workspace, 'started')));
    });
  });

  describe('inside another exec', () => {
    const inner = `"${process.execPath}" "${CLI}" exec`;

    it('uses the outer lease, which stays until the outer one ends', async () => {
      const script = `${inner} -- sh -c 'echo "$NXF_SECRETS_FILE $NF_SECRETS_RUN"' && test -f "$NXF_SECRETS_FILE" && echo "$NXF_SECRETS_FILE $NF_SECRETS_RUN"`;
      const { stdout, stderr, exitCode } = await sh(script);
      assert.equal(exitCode, 0, stderr);
      const [inside, outside] = String(stdout).trim().split('\n');
      assert.equal(inside, outside);
      assert.equal(stderr.match(/Run [a-z0-9]{12}: /g)?.length, 1);
      assert.match(stderr, /inside run [a-z0-9]{12}: its secrets are passed on/);
    });

    it('hands its exit code on', async () => {
      assert.equal((await sh(`${inner} -- sh -c 'exit 43'`)).exitCode, 43);
    });

    it('has only the secrets of the outer one: another is 66', async () => {
      const args = ['--secret', 'FAKE_WS'];
      assert.equal((await sh(`${inner} --secret FAKE_WS -- true`, { args })).exitCode, 0);
      const result = await sh(`${inner} --secret FAKE_USER -- touch started`, { args });
      assert.equal(result.exitCode, 66);
      assert.match(result.stderr, /does not have the secret FAKE_USER/);
      assert.ok(!existsSync(join(sandbox.workspace, 'started')));
    });

    it('starts a run of its own where the outer one is over, or is none', async () => {
      const store = join(sandbox.root, 'fakefakefake', 'store.json');
      mkdirSync(dirname(store));
      for (const env of [
        { NF_SECRETS_RUN: 'fakefakefake', NXF_SECRETS_FILE: store },
        { NF_SECRETS_RUN: 'fakefakefake', NXF_SECRETS_FILE: undefined },
        { NF_SECRETS_RUN: 'otherotherot', NXF_SECRETS_FILE: nextflowStoreFile(sandbox) },
        { NF_SECRETS_RUN: '', NXF_SECRETS_FILE: undefined },
      ]) {
        assert.equal((await stored([], { env }))['FAKE_USER'], 'fake-user');
      }
    });
  });

  it('does not follow a signal of its own making: what the command leaves behind has nothing', async () => {
    // The command goes on in the background with the path of a store that is gone.
    const { stdout } = await sh('echo "$NXF_SECRETS_FILE"');
    assert.ok(!existsSync(dirname(String(stdout).trim())));
  });

  it('leaves what it did not make, says what and how to remove it: 75, or the command’s own code', async () => {
    for (const [code, expected] of [
      [0, 75],
      [3, 3],
    ] as const) {
      const result = await sh(`touch "$(dirname "$NXF_SECRETS_FILE")/own"; exit ${code}`);
      assert.equal(result.exitCode, expected);
      const own = /Not removed: (\S+own) .*Remove it: rm -r '(\S+own)'/.exec(result.stderr);
      assert.ok(own?.[1] !== undefined && own[1] === own[2], result.stderr);
      assert.deepEqual(readdirSync(dirname(own[1])), ['own'], 'the values are gone in any case');
      assert.equal(readdirSync(ledgerDirectory(sandbox)).length, 1, 'and it stays on record');
      // For the check that follows each test.
      await sandbox.run('sh', ['-c', 'rm -r "$0"/* "$1"/*', runRoot(sandbox), ledgerDirectory(sandbox)]);
    }
  });

  it('removes what Nextflow made beside the store', async () => {
    const script = 'cp "$NXF_SECRETS_FILE" "$(dirname "$NXF_SECRETS_FILE")/.nf-0123abcDEF.secrets"';
    const { exitCode, stderr } = await sh(script);
    assert.equal(exitCode, 0, stderr);
  });

  it('follows no link that the command put in the place of its directory', async () => {
    const target = join(sandbox.root, 'precious');
    mkdirSync(target);
    writeFileSync(join(target, 'store.json'), 'precious');
    const script = 'd=$(dirname "$NXF_SECRETS_FILE"); rm -r "$d"; ln -s "$0" "$d"';
    const result = await exec(['--', 'sh', '-c', script, target]);
    assert.equal(result.exitCode, 75, result.stderr);
    assert.equal(readFileSync(join(target, 'store.json'), 'utf8'), 'precious');
    await sandbox.run('sh', ['-c', 'rm -r "$0"/* "$1"/*', runRoot(sandbox), ledgerDirectory(sandbox)]);
  });

  it('says when the command removed its directory itself', async () => {
    const { exitCode, stderr } = await sh('rm -r "$(dirname "$NXF_SECRETS_FILE")"');
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /had been removed already/);
  });

  it('keeps on record a store that was moved away, and says where it is: 75', async () => {
    const result = await sh('d=$(dirname "$NXF_SECRETS_FILE"); mv "$d" "$d.moved"');
    assert.equal(result.exitCode, 75, result.stderr);
    assert.match(result.stderr, /were moved to \S+\.moved and are still there/);
    await sandbox.ok(['sweep']);
    assert.equal(readdirSync(ledgerDirectory(sandbox)).length, 1);
    const [moved = ''] = readdirSync(runRoot(sandbox));
    await sandbox.run('rm', ['-r', join(runRoot(sandbox), moved)]);
    await sandbox.ok(['sweep', '--run', moved.replace('.moved', '')]);
  });

  it('runs a script whose first line names no shell, as shells do', async () => {
    const script = join(sandbox.workspace, 'script');
    writeFileSync(script, 'exit 44\n');
    chmodSync(script, 0o755);
    assert.equal((await exec(['--', script])).exitCode, 44);
  });
});

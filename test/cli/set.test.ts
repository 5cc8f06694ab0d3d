import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NASTY_VALUES } from '../fixtures/nasty-values.ts';
import { userVaultFile } from '../fixtures/places.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { CLI, type Result, type RunOptions, Sandbox } from '../fixtures/sandbox.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';
import { readVault } from '../fixtures/vault-file.ts';
import { valuesOf } from '../fixtures/vault-values.ts';

const MAX = 65_536;

describe('nf-secrets set', () => {
  let sandbox: Sandbox;

  // One vault for all: each case has names of its own.
  before(async () => {
    sandbox = new Sandbox();
    await sandbox.ok(['set', 'FAKE_FIRST'], { input: 'fake' });
  });
  after(() => {
    sandbox.remove();
  });

  const stored = async (name: string): Promise<string | undefined> =>
    (await valuesOf('user', sandbox)).get(name);
  let counter = 0;
  const freshName = (): string => `FAKE_${(counter += 1)}`;
  const file = (content: string | Uint8Array): string => {
    const path = join(sandbox.root, `input-${freshName()}`);
    writeFileSync(path, content);
    return path;
  };
  /** Sets a fresh name. @returns what is stored then. */
  const setTo = async (args: string[], options: RunOptions = {}): Promise<string | undefined> => {
    const name = freshName();
    await sandbox.ok(['set', name, ...args], options);
    return stored(name);
  };
  /** Tries to set a fresh name, which must then not be there. */
  const refused = async (args: string[], options: RunOptions = {}): Promise<Result> => {
    const name = freshName();
    const result = await sandbox.nfSecrets(['set', name, ...args], options);
    assert.equal(await stored(name), undefined);
    return result;
  };

  describe('from stdin', () => {
    const INPUTS: readonly [input: string, value: string, title?: string][] = [
      ['fake', 'fake'],
      ['fake\n', 'fake'],
      ['fake\r\n', 'fake'],
      ['fake\n\n', 'fake\n'],
      ['fake\r\n\r\n', 'fake\r\n'],
      ['fake\r', 'fake\r'],
      ['fake\n\r', 'fake\n\r'],
      ['\n\n', '\n'],
      [' fake ', ' fake '],
      ['fake 1\nfake 2\n', 'fake 1\nfake 2'],
      ['\ufefffake\n', '\ufefffake'],
    ];
    it('drops one final newline', async () => {
      await sideBySide(INPUTS, async ([input, value]) => {
        assert.equal(await setTo([], { input }), value, JSON.stringify(input));
      });
    });

    it('drops nothing with --keep-newline', async () => {
      await sideBySide(INPUTS.slice(0, 4), async ([input]) => {
        assert.equal(await setTo(['--keep-newline'], { input }), input, JSON.stringify(input));
      });
    });

    it('a slow writer is waited for', async () => {
      const name = freshName();
      const script = `{ printf fake-; sleep 0.3; printf slow; } | "${process.execPath}" "${CLI}" set ${name}`;
      assert.equal((await sandbox.run('sh', ['-c', script])).exitCode, 0);
      assert.equal(await stored(name), 'fake-slow');
    });
  });

  describe('from a file', () => {
    it('takes the bytes exactly', async () => {
      const values = ['fake\n', 'fake\r\n', '\ufefffake', '\n', NASTY_VALUES['all control characters']!];
      await sideBySide(values, async (value) => {
        assert.equal(await setTo(['--from-file', file(value)]), value, JSON.stringify(value));
      });
    });

    it('takes a relative path from the current directory, and one that starts with a dash', async () => {
      writeFileSync(join(sandbox.workspace, '-fake'), 'fake-dash');
      assert.equal(await setTo(['--from-file', '-fake']), 'fake-dash');
    });

    it('reads a pipe: --from-file <(command)', async () => {
      const name = freshName();
      const script = `"${process.execPath}" "${CLI}" set ${name} --from-file <(printf 'fake-%s\\n' piped)`;
      const result = await sandbox.run('bash', ['-c', script]);
      assert.equal(result.exitCode, 0, result.stderr);
      assert.equal(await stored(name), 'fake-piped\n');
    });

    it('says when there is none, and which one may be meant', async () => {
      writeFileSync(join(sandbox.workspace, 'token.txt'), 'fake');
      assertRefused(
        await refused(['--from-file', 'tokn.txt']),
        64,
        'tokn.txt does not exist',
        'Did you mean token.txt?',
      );
      assertRefused(await refused(['--from-file', 'nowhere/at/all']), 64, 'nowhere/at/all does not exist');
      mkdirSync(join(sandbox.workspace, 'directory'), { recursive: true });
      assertRefused(await refused(['--from-file', 'directory']), 65, 'directory', 'it is a directory');
    });
  });

  describe('from the environment', () => {
    it('takes the value exactly', async () => {
      for (const value of [
        'fake',
        'fake\n',
        NASTY_VALUES['both quotes']!,
        NASTY_VALUES['beyond the basic plane']!,
      ]) {
        assert.equal(await setTo(['--from-env', 'FAKE_VARIABLE'], { env: { FAKE_VARIABLE: value } }), value);
      }
    });

    it('says when there is no such variable, and which one may be meant', async () => {
      const env = { FAKE_VARIABLE: 'fake-value' };
      const result = await refused(['--from-env', 'FAKE_VARIABEL'], { env });
      assertRefused(result, 64, 'FAKE_VARIABEL is not set', 'Did you mean FAKE_VARIABLE?');
      assert.doesNotMatch(result.stderr, /fake-value/);
    });

    it('refuses an empty one, and one that is not UTF-8', async () => {
      assertRefusedWithRemedy(await refused(['--from-env', 'FAKE_V'], { env: { FAKE_V: '' } }), 65, 'empty');
      const name = freshName();
      const script = `export FAKE_V=$'fake\\xff'; exec "${process.execPath}" "${CLI}" set ${name} --from-env FAKE_V`;
      const result = await sandbox.run('bash', ['-c', script]);
      assert.equal(await stored(name), undefined, 'another value than the one that is there');
      assertRefusedWithRemedy(result, 65, 'UTF-8');
    });
  });

  describe('--generate', () => {
    it('makes 32 letters and digits, or as many as it says, never the same', async () => {
      const first = await setTo(['--generate']);
      assert.match(first ?? '', /^[A-Za-z0-9]{32}$/);
      assert.notEqual(await setTo(['--generate']), first);
      assert.match((await setTo(['--generate=8'])) ?? '', /^[A-Za-z0-9]{8}$/);
      assert.match((await setTo(['--generate=1'])) ?? '', /^[A-Za-z0-9]$/);
      assert.match((await setTo([`--generate=${MAX}`])) ?? '', /^[A-Za-z0-9]{65536}$/);
    });

    it('stands before the name too', async () => {
      const name = freshName();
      await sandbox.ok(['set', '--generate', name]);
      assert.match((await stored(name)) ?? '', /^[A-Za-z0-9]{32}$/);
    });

    it('does not print what it made', async () => {
      const name = freshName();
      const { stdout, stderr } = await sandbox.nfSecrets(['set', name, '--generate']);
      assert.equal(stdout.length, 0);
      assert.ok(!stderr.includes((await stored(name)) ?? ''));
    });

    it('refuses a length that is none', async () => {
      for (const length of ['0', '-1', '1.5', 'ten', '65537', '1e400', '']) {
        assertRefused(await refused([`--generate=${length}`]), 64, '1 to 65536');
      }
    });
  });

  it('takes a value from one place only', async () => {
    const env = { FAKE_V: 'fake' };
    for (const args of [
      ['--from-file', 'x', '--from-env', 'FAKE_V'],
      ['--from-file', 'x', '--generate'],
      ['--from-env', 'FAKE_V', '--generate=5'],
    ]) {
      assertRefused(await refused(args, { env }), 64, /cannot be used with/);
    }
  });

  describe('refuses what no task could get', () => {
    const utf8 = (text: string): Buffer => Buffer.from(text);
    const BAD: readonly [title: string, value: Buffer, says: string | RegExp][] = [
      ['nothing', utf8(''), 'empty'],
      ['a NUL byte', utf8('fake\0fake'), 'NUL'],
      ['a byte that is not UTF-8', Buffer.from('fake\xfffake', 'latin1'), 'UTF-8'],
      ['half a character', utf8('fake☃').subarray(0, -1), 'UTF-8'],
      ['half a pair of surrogates in UTF-8', Buffer.from([0x66, 0xed, 0xa0, 0x80]), 'UTF-8'],
      ['UTF-16', Buffer.from('fake', 'utf16le'), 'NUL'],
      ['an overlong slash', Buffer.from([0xc0, 0xaf]), 'UTF-8'],
      ['one byte too many', utf8('x'.repeat(MAX + 1)), /65537|more than 65536/],
      ['three bytes a character, too many', utf8('☃'.repeat(21_846)), /65538|more than 65536/],
      ['far too many', utf8('x'.repeat(10 << 20)), '6553'],
    ];
    for (const [title, value, says] of BAD) {
      it(title, async () => {
        await sideBySide([[], ['--keep-newline'], ['--from-file', file(value)]], async (args) => {
          assertRefusedWithRemedy(await refused(args, { input: value }), 65, says);
        });
      });
    }

    it('a newline alone is nothing, on stdin', async () => {
      for (const input of ['\n', '\r\n']) assertRefusedWithRemedy(await refused([], { input }), 65, 'empty');
    });

    it('but not 65,536 bytes, whatever is dropped from their end', async () => {
      const full = 'x'.repeat(MAX);
      for (const input of [full, `${full}\n`, `${full}\r\n`]) assert.equal(await setTo([], { input }), full);
      assert.equal(await setTo(['--from-file', file(full)]), full);
      assert.equal(await setTo([], { input: '☃'.repeat(21_845) }), '☃'.repeat(21_845));
      assertRefused(await refused(['--keep-newline'], { input: `${full}\n` }), 65);
    });
  });

  describe('a value that is typed as an argument', () => {
    // None of these may be repeated: the terminal may be recorded.
    const VALUE = 'fakeHunter2';
    const TYPED = [
      ['FAKE_ARG', VALUE],
      [`FAKE_ARG=${VALUE}`],
      ['FAKE_ARG', '--', VALUE],
      ['--', `FAKE_ARG=${VALUE}`],
      ['FAKE_ARG', '=', VALUE],
      ['FAKE_ARG', `--value=${VALUE}`],
      ['FAKE_ARG', '--value', VALUE],
      ['FAKE_ARG', `-${VALUE}`],
      ['FAKE_ARG', `--${VALUE}`],
      [`--FAKE_ARG=${VALUE}`],
      ['FAKE_ARG', '--scope', 'user', VALUE],
      ['FAKE_ARG', '--description', 'x', VALUE],
      ['FAKE_ARG', '--generate', VALUE],
      ['FAKE_ARG', `--from-fil=${VALUE}`],
    ];
    it('is refused and not repeated, wherever it stands', async () => {
      await sideBySide(TYPED, async (args) => {
        const result = await sandbox.nfSecrets(['set', ...args], { input: 'fake' });
        assertRefused(result, 64);
        assert.ok(!result.stderr.includes(VALUE), `${args.join(' ')}: ${result.stderr}`);
      });
      assert.equal(await stored('FAKE_ARG'), undefined);
    });
  });

  it('says what it did, and how it stands to other scopes', async () => {
    const say = async (...args: string[]): Promise<string> => {
      const { stderr, exitCode, stdout } = await sandbox.nfSecrets(['set', ...args], { input: 'fake' });
      assert.equal(exitCode, 0, stderr);
      assert.equal(stdout.length, 0);
      return stderr;
    };
    assert.match(await say('FAKE_SAID'), /Created FAKE_SAID \(user\)\.$/m);
    assert.match(await say('FAKE_SAID'), /Updated FAKE_SAID \(user\)\.$/m);
    assert.match(
      await say('FAKE_SAID', '--scope', 'workspace'),
      /Created .*Your user secret .* overrides it/,
    );
    assert.match(await say('FAKE_SAID'), /Updated .*overrides the one in the workspace/);
    mkdirSync(join(sandbox.nextflowHome, 'secrets'), { recursive: true });
    const store = join(sandbox.nextflowHome, 'secrets', 'store.json');
    writeFileSync(store, '[{"name": "FAKE_NXF", "value": "fake"}]');
    assert.match(await say('FAKE_NXF'), /overrides the one in Nextflow's own store/);
  });

  it('keeps a description until another is given, drops it for an empty one', async () => {
    const name = freshName();
    const info = (): unknown => readVault(userVaultFile(sandbox)).info_unencrypted[name]?.['description'];
    await sandbox.ok(['set', name, '--description', 'the first'], { input: 'fake' });
    await sandbox.ok(['set', name], { input: 'fake' });
    assert.equal(info(), 'the first');
    await sandbox.ok(['set', name, '--description', 'another'], { input: 'fake' });
    assert.equal(info(), 'another');
    await sandbox.ok(['set', name, '--description', ''], { input: 'fake' });
    assert.equal(info(), undefined);
  });

  it('says who changed it: git’s address here, else the login name, never the host', async () => {
    const name = freshName();
    const by = (): unknown => readVault(userVaultFile(sandbox)).info_unencrypted[name]?.['updatedBy'];
    await sandbox.ok(['set', name], { input: 'fake' });
    assert.match(String(by()), /^[^@]+$/);
    const env = {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'user.email',
      GIT_CONFIG_VALUE_0: 'fake@example.org',
    };
    await sandbox.ok(['set', name], { input: 'fake', env });
    assert.equal(by(), 'fake@example.org');
  });

  describe('refuses names that Nextflow or sops could not use', () => {
    const NAMES: readonly [name: string, says: string | RegExp][] = [
      ['my-key', 'Did you mean my_key?'],
      ['my key', 'a space'],
      ['A', 'at least two'],
      ['', 'at least two'],
      ['1A', 'digit'],
      ['__A', 'two underscores'],
      ['A__B', 'two underscores'],
      ['é_KEY', '"é"'],
      ['A'.repeat(101), 'more than 100'],
      ['A_'.repeat(40), 'too many underscores'],
      ['KEY_unencrypted', 'plain text'],
      ['../KEY', '"."'],
      ['KEY\x1b[31m', 'control character'],
      ['KEY\n', 'control character'],
    ];
    it('and says why', async () => {
      await sideBySide(NAMES, async ([name, says]) => {
        const result = await sandbox.nfSecrets(['set', '--', name], { input: 'fake' });
        assertRefused(result, 64, says);
        assert.doesNotMatch(result.stderr, /[\x00-\x09\x0b-\x1f]/);
      });
    });

    it('but not those that only JavaScript finds odd', async () => {
      await sideBySide(
        ['constructor', 'toString', 'hasOwnProperty', '_x', 'A_', 'a'.repeat(100)],
        async (name) => {
          await sandbox.ok(['set', name], { input: `fake-${name}` });
          assert.equal(String(await sandbox.ok(['get', name])), `fake-${name}`);
        },
      );
    });
  });
});

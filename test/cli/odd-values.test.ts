import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Sandbox } from '../fixtures/sandbox.ts';

const TOKEN = 'fake-token-0123';

describe('a value that is probably not meant', () => {
  let sandbox: Sandbox;

  before(() => {
    sandbox = new Sandbox();
  });
  after(() => {
    sandbox.remove();
  });

  /** @returns what is said about the value, which must never be shown. */
  const said = async (
    args: string[],
    options: { input?: string; env?: Record<string, string> } = {},
  ): Promise<string> => {
    const result = await sandbox.nfSecrets(args, options);
    assert.equal(result.exitCode, 0, result.stderr);
    assert.ok(!result.stderr.includes(TOKEN), result.stderr);
    return result.stderr;
  };
  const file = (content: string): string => {
    writeFileSync(join(sandbox.workspace, 'value'), content);
    return 'value';
  };
  const stored = async (): Promise<string> => String(await sandbox.ok(['get', 'FAKE_A']));
  const set = ['set', 'FAKE_A'];

  it('a final newline in a file: stored, said, and the command that it names stores it without', async () => {
    const words = await said([...set, '--from-file', file(`${TOKEN}\n`)]);
    assert.match(words, /FAKE_A ends with a newline.* nf-secrets set FAKE_A < 'value'/);
    assert.equal(await stored(), `${TOKEN}\n`);
    await sandbox.ok(set, { input: readFileSync(join(sandbox.workspace, 'value')) });
    assert.equal(await stored(), TOKEN);
    assert.match(
      await said([...set, '--scope', 'workspace', '--from-file', 'value']),
      /nf-secrets set FAKE_A --scope workspace < 'value'/,
    );
  });

  it('a final newline in a variable, or a second one on stdin: said; one that was asked for is not', async () => {
    const env = { FAKE_V: `${TOKEN}\n` };
    assert.match(
      await said([...set, '--from-env', 'FAKE_V'], { env }),
      /newline.*printenv FAKE_V \| nf-secrets set/,
    );
    assert.match(await said(set, { input: `${TOKEN}\n\n` }), /ends with a newline/);
    assert.doesNotMatch(await said(set, { input: `${TOKEN}\n` }), /newline/);
    assert.doesNotMatch(await said([...set, '--keep-newline'], { input: `${TOKEN}\n` }), /newline/);
  });

  it('a private key loses its newline on stdin: said, and with --keep-newline OpenSSH reads it', async () => {
    const key = join(sandbox.root, 'id');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const input = readFileSync(key, 'utf8');
    const words = await said(set, { input });
    assert.match(words, /without the newline at its end.* nf-secrets set FAKE_A --keep-newline/);
    assert.doesNotMatch(await said([...set, '--keep-newline'], { input }), /newline/);
    writeFileSync(join(sandbox.root, 'again'), await stored(), { mode: 0o600 });
    execFileSync('ssh-keygen', ['-y', '-f', join(sandbox.root, 'again')]);
    assert.doesNotMatch(await said([...set, '--from-file', key]), /newline/);
  });

  it('line ends of Windows, a byte order mark, spaces around it: said, with a remedy that works', async () => {
    const crlf = await said([...set, '--from-file', file(`${TOKEN}: 1\r\nb: 2\r\n`)]);
    const command = /To store it without: (tr .*)$/m.exec(crlf)?.[1] ?? '';
    assert.match(command, /^tr -d '\\r' < 'value' \| nf-secrets set FAKE_A --keep-newline$/);
    assert.equal(await stored(), `${TOKEN}: 1\r\nb: 2\r\n`);
    assert.match(
      await said([...set, '--from-file', file(`\ufeff${TOKEN}`)]),
      /byte order mark.*tail -c \+4 'value'/,
    );
    assert.match(
      await said([...set, '--from-env', 'FAKE_V'], { env: { FAKE_V: ` ${TOKEN}` } }),
      /starts or ends with a space/,
    );
    assert.doesNotMatch(await said(set, { input: TOKEN }), /The value of/);
    assert.doesNotMatch(await said([...set, '--generate=20']), /The value of/);
  });

  it('import says it for each name, and counts many', async () => {
    const words = await said(['import', '-', '--format', 'json', '--overwrite'], {
      input: JSON.stringify({ FAKE_A: `${TOKEN}\n`, FAKE_B: ` ${TOKEN}`, FAKE_C: TOKEN }),
    });
    assert.match(words, /FAKE_A ends with a newline/);
    assert.match(words, /FAKE_B starts or ends with a space/);
    assert.doesNotMatch(words, /FAKE_C/);
    const many = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`MANY_${index}`, `${TOKEN}\n`]),
    );
    const counted = await said(['import', '-', '--format', 'json', '--dry-run'], {
      input: JSON.stringify(many),
    });
    assert.equal(counted.match(/ends with a newline/g)?.length, 10);
    assert.match(counted, /and 20 more/);
  });
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Dice } from '../fixtures/planted-keys.ts';
import { assertRefused } from '../fixtures/refusal.ts';
import { Sandbox } from '../fixtures/sandbox.ts';

interface Found {
  readonly diagnostics: readonly { code: string; file: string; line: number; column: number }[];
  readonly notSearched: readonly { file?: string; count: number; reason: string }[];
}

describe('nf-secrets scan, of keys beside the code', () => {
  let sandbox: Sandbox;
  const key = `ghp_${new Dice(7).alnum(36)}`;

  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => {
    sandbox.remove();
  });

  const at = (name: string): string => join(sandbox.workspace, name);
  const write = (files: Readonly<Record<string, string | Buffer>>): void => {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(at(name)), { recursive: true });
      writeFileSync(at(name), content);
    }
  };
  const scan = async (...args: string[]): Promise<Found> =>
    JSON.parse((await sandbox.ok(['scan', '--json', ...args])).toString()) as Found;
  const places = ({ diagnostics }: Found): string[] =>
    diagnostics.map(({ code, file, line }) => `${code} ${file}:${line}`);

  for (const withGit of [true, false])
    it(`reads what git ignores with --ignored alone, ${withGit ? 'asking git' : 'without git'}`, async () => {
      if (withGit) execFileSync('git', ['init', '--quiet'], { cwd: sandbox.workspace });
      write({
        '.gitignore': '.env\nold/\n',
        '.env': `TOKEN=${key}\n`,
        'old/params.yml': `token: ${key}\n`,
        'work/ab/.command.sh': `export TOKEN=${key}\n`,
        'run.sh': `export TOKEN=${key}\n`,
      });
      assert.deepEqual(places(await scan()), ['literal-secret run.sh:1']);
      assert.deepEqual(places(await scan('--ignored')), [
        'literal-secret .env:1',
        'literal-secret old/params.yml:1',
        'literal-secret run.sh:1',
      ]);
    });

  it('completes --ignored', async () => {
    const options = (await sandbox.ok(['complete', '--', 'scan', '--'])).toString();
    assert.match(options, /^--ignored\b/m);
  });

  it('reads texts of UTF-16, and the words of binary files', async () => {
    const text = `A=1\r\nTOKEN=${key}\r\n`;
    write({
      '.env': Buffer.from(`\ufeff${text}`, 'utf16le'),
      'big.env': Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
      'params.yml': Buffer.from(`token: ${key}\n`, 'utf16le'),
      'bin/run': Buffer.from(`\0\u0001\0token=${key}\0\0`, 'latin1'),
      'run.sh': Buffer.from(`#!/bin/sh\n\0\nexport TOKEN=${key}\n`),
    });
    const found = await scan();
    assert.deepEqual(places(found), [
      'literal-secret .env:2',
      'literal-secret big.env:2',
      'literal-secret bin/run:1',
      'literal-secret params.yml:1',
      'literal-secret run.sh:3',
    ]);
    assert.equal(found.diagnostics[0]?.column, 'TOKEN='.length + 1);
    assert.deepEqual(found.notSearched, []);
  });

  it('follows no link beside the code, and waits for no pipe', async () => {
    const outside = join(sandbox.root, 'outside.yml');
    writeFileSync(outside, `token: ${key}\n`);
    symlinkSync(outside, at('params.yml'));
    symlinkSync(at('run.sh'), at('again.sh'));
    execFileSync('mkfifo', [at('pipe.yml')]);
    write({ 'run.sh': `export TOKEN=${key}\n` });
    const found = await scan();
    assert.deepEqual(places(found), ['literal-secret run.sh:1']);
    assert.deepEqual(found.notSearched, []);
  });

  it('names what is too large, in JSON too, and --strict counts it', async () => {
    write({ 'main.nf': 'workflow {\n}\n', 'large.json': '' });
    truncateSync(at('large.json'), (4 << 20) + 1);
    const reason = 'it has more than 4 MiB';
    assert.deepEqual((await scan()).notSearched, [{ file: 'large.json', count: 1, reason }]);
    const { stderr, exitCode } = await sandbox.nfSecrets(['scan']);
    assert.equal(exitCode, 0);
    assert.match(stderr, /Not searched for keys: 1 file: large\.json \(it has more than 4 MiB\)$/m);
    const strict = await sandbox.nfSecrets(['scan', '--strict']);
    assertRefused(strict, 1, /--strict: 1 file was not searched for keys/);
  });

  it('tells how many files it left out when there are too many', async () => {
    write({ 'conf/a.yml': `token: ${key}\n` });
    for (let index = 0; index < 20_000; index++) writeFileSync(at(`conf/b${index}.yml`), 'a: 1\n');
    const found = await scan();
    assert.deepEqual(places(found), ['literal-secret conf/a.yml:1']);
    assert.deepEqual(found.notSearched, [{ count: 1, reason: 'there are too many' }]);
  });
});

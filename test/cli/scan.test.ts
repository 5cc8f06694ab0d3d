import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { assertRefused } from '../fixtures/refusal.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { fillVault } from '../fixtures/vault-values.ts';

interface Scan {
  readonly references: readonly {
    name: string;
    kind: string;
    optional: boolean;
    file: string;
    line: number;
    column: number;
    endColumn: number;
    process: string | null;
  }[];
  readonly dynamic: readonly { file: string; line: number; column: number; text: string }[];
  readonly diagnostics: readonly {
    code: string;
    severity: string;
    file: string;
    line: number;
    message: string;
  }[];
}

describe('nf-secrets scan', () => {
  let sandbox: Sandbox;

  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => {
    sandbox.remove();
  });

  const write = (files: Readonly<Record<string, string | Buffer>>): void => {
    for (const [name, content] of Object.entries(files)) {
      const path = join(sandbox.workspace, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
  };
  const scan = async (...args: string[]): Promise<Scan> =>
    JSON.parse((await sandbox.ok(['scan', '--json', ...args])).toString()) as Scan;
  const using = (name: string): string => `process P {\n  secret '${name}'\n  script:\n  'true'\n}\n`;
  const names = ({ references }: Scan): string[] => references.map(({ file, name }) => `${file} ${name}`);

  it('gives the shape of a reference, a dynamic one and a diagnostic', async () => {
    write({
      'main.nf': "process P {\n  secret secrets.KEY ? 'KEY' : ''\n  secret name\n  script:\n  'true'\n}\n",
    });
    const found = await scan();
    assert.deepEqual(found.references, [
      {
        name: 'KEY',
        kind: 'property',
        optional: true,
        file: 'main.nf',
        line: 2,
        column: 18,
        endColumn: 21,
        process: 'P',
      },
      {
        name: 'KEY',
        kind: 'directive',
        optional: true,
        file: 'main.nf',
        line: 2,
        column: 25,
        endColumn: 28,
        process: 'P',
      },
    ]);
    assert.deepEqual(found.dynamic, [{ file: 'main.nf', line: 3, column: 10, text: 'name' }]);
    assert.deepEqual(
      found.diagnostics.map(({ code, severity, line }) => [code, severity, line]),
      [['dynamic-name', 'info', 3]],
    );
  });

  it('reads every script and config below a directory, but no work directories', async () => {
    write({
      'main.nf': using('KEY_1'),
      'modules/a/main.nf': using('KEY_2'),
      'conf/base.config': "process.secret = ['KEY_3']",
      'work/ab/cdef/main.nf': using('NO_1'),
      [join('modules', 'work', 'x.nf')]: using('NO_2'),
      '.nextflow/assets/x.nf': using('NO_3'),
      'README.md': "secret 'NO_4'",
    });
    assert.deepEqual(names(await scan()), [
      'conf/base.config KEY_3',
      'main.nf KEY_1',
      'modules/a/main.nf KEY_2',
    ]);
    assert.deepEqual(names(await scan('modules')), ['a/main.nf KEY_2']);
  });

  for (const withGit of [true, false]) {
    it(`passes over what git ignores, ${withGit ? 'asking git' : 'without git'}`, async () => {
      write({
        'main.nf': using('KEY_1'),
        '.gitignore': 'results/\n*.local.config\n!keep.local.config\n/top.nf\n',
        'results/x.nf': using('NO_1'),
        'a.local.config': "process.secret = ['NO_2']",
        'keep.local.config': "process.secret = ['KEY_2']",
        'top.nf': using('NO_3'),
        'sub/top.nf': using('KEY_3'),
        'sub/.gitignore': 'own.nf\n',
        'sub/own.nf': using('NO_4'),
      });
      if (withGit) assert.equal((await sandbox.run('git', ['init', '-q'])).exitCode, 0);
      assert.deepEqual(names(await scan()), ['keep.local.config KEY_2', 'main.nf KEY_1', 'sub/top.nf KEY_3']);
    });
  }

  it('runs no program that a repository names', async () => {
    write({ 'main.nf': using('KEY_1') });
    await sandbox.run('git', ['init', '-q']);
    const trap = join(sandbox.root, 'trap');
    writeFileSync(trap, `#!/bin/sh\ntouch '${trap}.sprung'\n`, { mode: 0o755 });
    for (const key of [
      'core.fsmonitor',
      'core.pager',
      'core.sshCommand',
      'diff.external',
      'filter.x.clean',
    ]) {
      await sandbox.run('git', ['config', key, trap]);
    }
    await scan();
    assertRefused(await sandbox.run('test', ['-e', `${trap}.sprung`]), 1);
  });

  it('reads a file with all that it includes', async () => {
    write({
      'main.nf':
        "include { P } from './modules/p'\ninclude { Q } from \"${projectDir}/q.nf\"\ninclude { R } from './dir'\n",
      'modules/p.nf': using('KEY_1'),
      'q.nf': using('KEY_2'),
      'dir/main.nf': `include { P } from '../main'\n${using('KEY_3')}`,
      'other.nf': using('NO_1'),
    });
    const found = await scan('main.nf');
    assert.deepEqual(names(found).sort(), ['dir/main.nf KEY_3', 'modules/p.nf KEY_1', 'q.nf KEY_2']);
  });

  it('reads the templates of processes, each once, beside their script or in the project', async () => {
    const process = (name: string, body: string): string => `process ${name} {\n  script:\n  ${body}\n}\n`;
    write({
      'main.nf': `include { M } from './modules/m'\n${process('P', "template 'p.sh'")}${process('Q', "template 'p.sh'")}`,
      'modules/m/main.nf': `${process('M', "template 'm.py'")}${process('N', 'template "${projectDir}/n.sh"')}`,
      'modules/m/templates/m.py': 'print("${secrets.IN_M}")\n',
      'templates/p.sh': 'echo ü ${secrets.IN_P} \\${secrets.NO} $IN_NO\n',
      'templates/other.sh': '${secrets.NO}',
      'n.sh': '\n $secrets.IN_N',
    });
    for (const path of ['.', 'main.nf']) {
      const { references, diagnostics } = await scan(path);
      const found = references.map(
        (one) => `${one.file}:${one.line}:${one.column} ${one.name} ${one.process}`,
      );
      assert.deepEqual(found.sort(), [
        'modules/m/templates/m.py:1:18 IN_M M',
        'n.sh:2:11 IN_N N',
        'templates/p.sh:1:18 IN_P P',
      ]);
      const inScript = diagnostics.filter(({ code }) => code === 'in-script').map(({ file }) => file);
      assert.deepEqual(inScript.sort(), ['modules/m/templates/m.py', 'n.sh', 'templates/p.sh']);
    }
  });

  it('says what it could not read, and goes on', async () => {
    write({
      'main.nf': using('KEY_1'),
      'binary.nf': Buffer.from([0, 1, 2, 115, 101, 99, 114, 101, 116]),
      'huge.nf': Buffer.alloc((4 << 20) + 1, ' '),
      'include.nf':
        "include { A } from './gone'\ninclude { B } from params.x\ninclude { C } from 'plugin/nf-x'\n",
    });
    symlinkSync('loop.nf', join(sandbox.workspace, 'loop.nf'));
    await sandbox.run('mkfifo', ['pipe.nf']);
    const { references, diagnostics } = await scan();
    assert.equal(references.length, 1);
    assert.deepEqual(
      diagnostics.filter(({ code }) => code === 'not-read').map(({ file }) => file),
      ['binary.nf', 'huge.nf', 'loop.nf', 'pipe.nf'],
    );
    const included = await scan('include.nf');
    assert.deepEqual(
      included.diagnostics.map(({ code, line }) => [code, line]),
      [
        ['not-read', 1],
        ['not-read', 2],
      ],
    );
  });

  it('knows what is set, and what of the workspace nothing uses', async () => {
    write({ 'main.nf': using('KEY_1') + using('KEY_2').replace('P', 'Q') });
    await fillVault('workspace', { KEY_1: 'fake-1', UNUSED_KEY: 'fake-2' }, sandbox);
    const { diagnostics } = await scan();
    assert.deepEqual(
      diagnostics.map(({ code, severity, file }) => [code, severity, file]),
      [
        ['unused', 'info', '.nf-secrets/workspace.sops.json'],
        ['not-set', 'error', 'main.nf'],
      ],
    );
    assert.match(diagnostics[0]?.message ?? '', /UNUSED_KEY/);
  });

  it('calls nothing unused where a file is not read: it may be what uses it', async () => {
    write({ 'main.nf': using('KEY_1'), 'other.nf': '\0' });
    await fillVault('workspace', { KEY_1: 'fake-1', KEY_2: 'fake-2' }, sandbox);
    const { diagnostics } = await scan();
    assert.deepEqual(
      diagnostics.map(({ code, file }) => [code, file]),
      [['not-read', 'other.nf']],
    );
  });

  it('finds keys that stand in the code, and does not show them', async () => {
    const token = `ghp_${'a1B2'.repeat(9)}`;
    write({ 'nextflow.config': `params.token = '${token}'\n` });
    const result = await sandbox.nfSecrets(['scan', '--strict']);
    assert.equal(result.exitCode, 1);
    assert.match(result.stderr, /nextflow\.config:1:17 error literal-secret/);
    assert.ok(!result.stderr.includes(token) && !result.stdout.includes(token));
  });

  describe('--strict', () => {
    const exitCode = async (...args: string[]): Promise<number | null> =>
      (await sandbox.nfSecrets(['scan', ...args])).exitCode;

    it('ends with 1 for what is wrong wherever the code runs', async () => {
      await fillVault('user', { KEY_1: 'fake-1' }, sandbox);
      const faults: Readonly<Record<string, Readonly<Record<string, string>>>> = {
        printed: { 'main.nf': 'workflow { println secrets.KEY_1 }\n' },
        'in-params': { 'main.nf': 'params.key = secrets.KEY_1\n' },
        'in-script': { 'main.nf': 'process P {\n  script:\n  "f ${secrets.KEY_1}"\n}\n' },
        'invalid-name': { 'main.nf': using('bad-name') },
        'config-string': { 'nextflow.config': "process.secret = 'KEY_1'\n" },
        'directive-string': { 'main.nf': "process P {\n  secret { 'KEY_1' }\n  script:\n  'true'\n}\n" },
        'literal-secret': { 'nextflow.config': `params.x = 'ghp_${'a1B2'.repeat(9)}'\n` },
      };
      for (const [code, files] of Object.entries(faults)) {
        write({ 'main.nf': '', 'nextflow.config': '', ...files });
        const result = await sandbox.nfSecrets(['scan', '--strict']);
        assert.equal(result.exitCode, 1, code);
        assert.match(result.stderr, new RegExp(`--strict: 1 of these count \\(${code}\\)`));
        assert.equal(await exitCode('--strict=set'), 1, code);
        assert.equal(await exitCode(), 0, code);
      }
    });

    it('says nothing against code that is right, whatever is set on this machine', async () => {
      write({
        'main.nf': `${using('KEY_1')}include { X } from params.x\n`,
        'nextflow.config': 'aws.secretKey = secrets.K2\n',
      });
      const result = await sandbox.nfSecrets(['scan', '--strict']);
      assert.equal(result.exitCode, 0, result.stderr);
      assert.match(result.stderr, /not-set .*does not count; --strict=set counts it/);
      assert.equal(await exitCode('--strict', '--json'), 0);
      assert.equal(await exitCode('--strict=set', '--json'), 1);
      await fillVault('user', { KEY_1: 'fake-1', K2: 'fake-2' }, sandbox);
      assert.equal(await exitCode('--strict=set'), 0);
    });

    it('takes no path for its value, and wherever it stands the stricter one', async () => {
      write({ 'main.nf': using('KEY_1'), set: '', 'bad.nf': 'println secrets.KEY_1\n' });
      assert.equal(await exitCode('--strict', 'main.nf'), 0);
      assert.equal(await exitCode('main.nf', '--strict'), 0);
      assert.equal(await exitCode('--strict', 'bad.nf'), 1);
      assert.equal(await exitCode('--workspace', '.', '--strict', 'main.nf'), 0);
      assert.equal(await exitCode('--strict=set', 'main.nf'), 1);
      assert.equal(await exitCode('--strict=set', '--strict', 'main.nf'), 1);
      assert.equal(await exitCode('--strict', '--strict=set', 'main.nf'), 1);
      assert.equal(await exitCode('--strict', '--', 'main.nf'), 0);
    });

    it('refuses any other value', async () => {
      write({ 'main.nf': using('KEY_1') });
      assertRefused(await sandbox.nfSecrets(['scan', '--strict=sets']), 64, 'Did you mean set?');
      assertRefused(await sandbox.nfSecrets(['scan', '--strict=', 'main.nf']), 64, 'code, set');
    });
  });

  it('refuses what is not there', async () => {
    assertRefused(await sandbox.nfSecrets(['scan', 'nowhere']), 64, 'nowhere', 'does not exist');
  });

  it('delete and rename say where a name is used', async () => {
    write({ 'main.nf': using('KEY_1') });
    await fillVault('user', { KEY_1: 'fake-1' }, sandbox);
    const renamed = await sandbox.nfSecrets(['rename', 'KEY_1', 'KEY_2', '--yes']);
    assert.match(renamed.stderr, /KEY_1 is used in main\.nf:2/);
    const deleted = await sandbox.nfSecrets(['delete', 'KEY_2', '--yes']);
    assert.doesNotMatch(deleted.stderr, /is used in/);
    assert.equal(deleted.exitCode, 0);
  });
});

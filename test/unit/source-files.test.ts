import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { MAX_SOURCE_BYTES, readSourceFile, SCAN_WORDS } from '../../src/core/pipeline/source-file.ts';
import { listSourceFiles, PASSED_OVER } from '../../src/core/pipeline/source-files.ts';
import { SourceReader } from '../../src/core/pipeline/source-reader.ts';
import { scanSource } from '../../src/core/references/scan-source.ts';
import { phrase } from '../../src/core/system/phrase.ts';
import { source } from '../fixtures/generated-source.ts';
import { FORMS } from '../fixtures/source-forms.ts';
import { fakeWorld } from '../fixtures/world.ts';

/** Files, links and rules in the shapes that a stranger's tree may have; a name that ends in `/` is a directory. */
const TREE: Readonly<Record<string, string>> = {
  'main.nf': '',
  'a.b/c.nf': '',
  'a/c.nf': '',
  'a.nf': '',
  'dir.nf/main.nf': '',
  'x.config/y.config': '',
  'work/x.nf': '',
  [['sub', 'work', 'x.nf'].join('/')]: '',
  '.hidden/x.nf': '',
  'no-source.txt': '',
  'ign/.gitignore': '*.nf\n!keep.nf\nskip/\n',
  'ign/x.nf': '',
  'ign/keep.nf': '',
  'ign/in/keep.nf': '',
  'ign/skip/a.config': '',
  'ign/skip/deep/keep.nf': '',
  '.gitignore': 'results/\n/only.nf\n*.tmp.nf\n',
  'results/a/b.nf': '',
  'only.nf': '',
  'sub/only.nf': '',
  'q.tmp.nf': '',
};

/** Makes files, which are added to git unless it ignores them. */
function writeTree(root: string): void {
  for (const [path, text] of Object.entries(TREE)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  symlinkSync('a.nf', join(root, 'link.nf'));
  symlinkSync('a', join(root, 'link-to-directory.nf'));
  symlinkSync('a', join(root, 'linked'));
  execFileSync('mkfifo', [join(root, 'pipe.nf')]);
}

describe('the source files of a directory', () => {
  let root: string;
  let world: ReturnType<typeof fakeWorld>;

  beforeEach(() => {
    root = mkdtempSync(join(realpathSync(tmpdir()), 'nf-secrets-list-'));
    world = fakeWorld({ env: { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null' } });
  });

  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  const UNUSUAL = ['link-to-directory.nf', 'link.nf', 'pipe.nf'];

  it('are those that git knows or would add, in a repository', async () => {
    const tree = join(root, 'tree');
    mkdirSync(tree);
    writeTree(tree);
    execFileSync('git', ['init', '-q', tree]);
    const files = (...args: string[]): string[] =>
      execFileSync('git', ['-C', tree, 'ls-files', '-z', ...args], { encoding: 'utf8' }).split('\0');
    // A file that git has it has, whatever the rules say now.
    execFileSync('git', ['-C', tree, 'add', '-f', 'q.tmp.nf']);
    const known = files('--cached', '--others', '--exclude-standard')
      .filter((path) => /\.(nf|config)$/.test(path))
      .filter((path) => !path.split('/').some((name) => PASSED_OVER.has(name)));
    // git lists no pipes.
    const expected = [...known, 'pipe.nf'].sort();
    const listed = await listSourceFiles(tree, world);
    assert.deepEqual(listed.paths, expected);
    assert.deepEqual([...listed.unusual].sort(), UNUSUAL);
    assert.ok(expected.includes('q.tmp.nf') && !expected.includes('only.nf'));
    // The root is a directory of the repository, or a link to one.
    symlinkSync('tree/ign', join(root, 'ign'));
    for (const below of ['tree/ign', 'ign'])
      assert.deepEqual((await listSourceFiles(join(root, below), world)).paths, ['in/keep.nf', 'keep.nf']);
  });

  it('are those of the rules alone where there is no git to ask', async () => {
    writeTree(root);
    const expected = [
      ...['.hidden/x.nf', 'a.b/c.nf', 'a.nf', 'a/c.nf', 'dir.nf/main.nf', 'ign/in/keep.nf', 'ign/keep.nf'],
      ...['link-to-directory.nf', 'link.nf', 'main.nf', 'pipe.nf', 'sub/only.nf', 'x.config/y.config'],
    ];
    const listed = await listSourceFiles(root, undefined);
    assert.deepEqual(listed.paths, expected);
    assert.deepEqual([...listed.unusual].sort(), UNUSUAL);
    // A repository that git refuses, and no repository.
    execFileSync('git', ['init', '-q', root]);
    writeFileSync(join(root, '.git', 'config'), 'no config');
    assert.deepEqual((await listSourceFiles(root, world)).paths, expected);
    rmSync(join(root, '.git'), { recursive: true });
    assert.deepEqual((await listSourceFiles(root, world)).paths, expected);
  });

  it('cost no start of git where there is no repository', async () => {
    const tree = join(root, 'tree');
    mkdirSync(tree);
    writeTree(tree);
    const started = join(root, 'started');
    const bin = join(root, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'git'), `#!/bin/sh\necho >> ${started}\nexit 1\n`);
    chmodSync(join(bin, 'git'), 0o755);
    const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
    await listSourceFiles(tree, fakeWorld({ env }));
    assert.ok(!existsSync(started));
    mkdirSync(join(root, '.git'));
    await listSourceFiles(tree, fakeWorld({ env }));
    assert.ok(existsSync(started));
  });

  it('are none once the listing has been given up', async () => {
    writeTree(root);
    const given = AbortSignal.abort();
    assert.deepEqual((await listSourceFiles(root, world, { signal: given })).paths, []);
    execFileSync('git', ['init', '-q', root]);
    assert.deepEqual((await listSourceFiles(root, world, { signal: given })).paths, []);
  });
});

describe('a source file that is read with many others', () => {
  let root: string;
  const every = new SourceReader({ script: [''], config: [''] });

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'nf-secrets-read-'));
  });

  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  const plain = (path: string): unknown => {
    const bytes = readSourceFile(path);
    return 'bytes' in bytes ? { text: bytes.bytes.toString('utf8') } : bytes;
  };

  it('has the same text, or the same reason that there is none, as one that is read alone', () => {
    const contents: Readonly<Record<string, string | Buffer>> = {
      empty: '',
      ascii: "secret 'KEY'\r\n",
      unicode: "secret 'ÄÖ☃😀'",
      'byte order mark': Buffer.from("\ufeffsecret 'KEY'"),
      'no unicode': Buffer.from('secret \xff\xc3 \xe2\x82 \xa0', 'latin1'),
      utf16: Buffer.from("\ufeffsecret 'KEY'", 'utf16le'),
      'binary at its start': 'a\0b',
      'a NUL far on': `${'x'.repeat(8000)}\0`,
      'a NUL in the last byte that counts': `${'x'.repeat(7999)}\0`,
      ...Object.fromEntries(
        [-1, 0, 1].flatMap((more) =>
          [64 << 10, MAX_SOURCE_BYTES].map((size) => [`of ${size + more} bytes`, 'x'.repeat(size + more)]),
        ),
      ),
    };
    for (const [name, content] of Object.entries(contents)) {
      for (const path of [join(root, `${name}.nf`), join(root, `${name}.config`)]) {
        writeFileSync(path, content);
        for (const isRegular of [true, false])
          assert.deepEqual(every.read(path, isRegular), plain(path), name);
      }
    }
  });

  it('may be anything else by then', () => {
    symlinkSync('/dev/zero', join(root, 'endless.nf'));
    symlinkSync('loop.nf', join(root, 'loop.nf'));
    mkdirSync(join(root, 'directory.nf'));
    for (const name of ['endless.nf', 'loop.nf', 'directory.nf', 'gone.nf']) {
      const path = join(root, name);
      for (const isRegular of [true, false]) assert.deepEqual(every.read(path, isRegular), plain(path), name);
      assert.ok('problem' in (every.read(path, true) ?? {}), name);
    }
    execFileSync('mkfifo', [join(root, 'pipe.nf')]);
    assert.deepEqual(every.read(join(root, 'pipe.nf'), false), plain(join(root, 'pipe.nf')));
    // A listing called it regular: it counts as empty, and nothing waits for somebody to write.
    assert.deepEqual(every.read(join(root, 'pipe.nf'), true), { text: '' });
  });

  it('has no rest of the one before', () => {
    writeFileSync(join(root, 'long.nf'), "secret 'LONG'");
    writeFileSync(join(root, 'short.nf'), 'abc');
    assert.deepEqual(every.read(join(root, 'long.nf'), true), { text: "secret 'LONG'" });
    assert.deepEqual(every.read(join(root, 'short.nf'), true), { text: 'abc' });
    const some = new SourceReader(WORDS);
    some.read(join(root, 'long.nf'), true);
    assert.equal(some.read(join(root, 'short.nf'), true), undefined);
  });

  it('is left out if it has none of the words of its language', () => {
    const some = new SourceReader(WORDS);
    const read = (name: string, text: string): unknown => {
      writeFileSync(join(root, name), text);
      return some.read(join(root, name), true);
    };
    assert.equal(read('main.nf', "process A { script: 'lineage \\' }"), undefined);
    assert.equal(read('nextflow.config', 'process.cpus = 2'), undefined);
    assert.deepEqual(read('nextflow.config', 'lineage.enabled = true'), { text: 'lineage.enabled = true' });
    assert.deepEqual(read('main.nf', "template 'ä'"), { text: "template 'ä'" });
    assert.deepEqual(read('main.nf', 'binary \0'), { problem: phrase`it is binary` });
    assert.deepEqual(readFileSync(join(root, 'main.nf'), 'utf8'), 'binary \0');
  });
});

const WORDS = { script: [SCAN_WORDS.script], config: [SCAN_WORDS.config] };

/** Configs with something to tell and without the plain word `secret`. */
const OTHER_WORDS = [
  'lineage.enabled = true',
  'lineage { enabled = x }',
  "aws.secretKey = 'abcdefgh12345'",
  "tower { accessToken = 'zzzzyyyy999' }",
  "process.'sec\\u0072et' = ['KEY']",
  "process { 's\\145cret' = ['KEY'] }",
  "process { 'sec\\\nret' = ['KEY'] }",
  "x = SecretsLoader.instance.load().getSecret('KEY')",
  'x = SecretsProvider.load().listSecretsNames()',
];

describe('the words without which a scan finds nothing', () => {
  const nothing = (text: string, language: 'script' | 'config'): boolean => {
    const { references, dynamic, diagnostics, templates } = scanSource(text, language);
    return references.length + dynamic.length + diagnostics.length + templates.length === 0;
  };

  it('are in all texts that have something to tell', () => {
    for (const text of OTHER_WORDS) {
      assert.ok(!nothing(text, 'config'), text);
      assert.match(text, new RegExp(SCAN_WORDS.config));
    }
    for (const { text, language } of FORMS)
      if (!nothing(text, language)) assert.match(text, new RegExp(SCAN_WORDS[language]));
  });

  it('leave nothing to find where they are taken out of any program', () => {
    let left = 0;
    fc.assert(
      fc.property(source, fc.constantFrom('', 'x'), ({ text, language }, instead) => {
        const without = text.replaceAll(new RegExp(SCAN_WORDS[language], 'g'), instead);
        // What is left may join to a word.
        if (new RegExp(SCAN_WORDS[language]).test(without)) return;
        left += 1;
        assert.ok(nothing(without, language), without);
      }),
      { numRuns: 300 },
    );
    assert.ok(left > 100);
  });
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { callDirectly } from '../../src/core/system/file-calls.ts';
import { checkoutOf, unmergedAmong, withStages } from '../../src/core/system/git-index.ts';

const FILES = [
  '.nf-secrets/workspace.sops.json',
  'deep/er/.nf-secrets/workspace.sops.json',
  'z'.repeat(5000),
];

const hasStages = (index: Buffer, path: string): boolean => withStages(index, [path]).length > 0;

describe('the index of git, read without git', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(realpathSync(tmpdir()), 'nf-secrets-test-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  const git = (args: readonly string[], input = ''): string =>
    execFileSync('git', ['-C', directory, '-c', 'init.defaultBranch=main', ...args], {
      input,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: directory, GIT_CONFIG_GLOBAL: '/dev/null' },
    });

  /** Puts versions of paths into the index, with others around them. */
  const fill = (stages: Readonly<Record<string, readonly number[]>>): void => {
    const blob = git(['hash-object', '-w', '--stdin'], 'fake').trim();
    const others = [
      '.gitignore',
      '.nf-secrets/.gitignore',
      '.nf-secrets/workspace.sops.json2',
      'deep/er/a',
      'x',
      'zz',
    ];
    const lines = [
      ...others.map((path) => `100644 ${blob} 0\t${path}`),
      ...Object.entries(stages).flatMap(([path, all]) =>
        all.map((stage) => `100644 ${blob} ${stage}\t${path}`),
      ),
    ];
    git(['update-index', '--index-info'], `${lines.join('\n')}\n`);
  };
  const index = (): Buffer => readFileSync(join(directory, '.git', 'index'));

  for (const format of ['sha1', 'sha256']) {
    for (const version of [2, 3, 4]) {
      it(`of version ${version} with ${format}: finds the paths that have stages, and no others`, () => {
        git(['init', '-q', `--object-format=${format}`]);
        for (const unmerged of FILES) {
          for (const stages of [[1, 2, 3], [2, 3], [3], [1, 2]]) {
            git(['read-tree', '--empty']);
            git(['update-index', '--index-version', String(version === 3 ? 2 : version)]);
            fill({ ...Object.fromEntries(FILES.map((path) => [path, [0]])), [unmerged]: stages });
            // An entry with extended flags makes git write version 3.
            if (version === 3) {
              writeFileSync(join(directory, 'new'), '');
              git(['add', '--intent-to-add', 'new']);
            }
            assert.equal(index().readUInt32BE(4), version);
            for (const path of FILES) assert.equal(hasStages(index(), path), path === unmerged, path);
            assert.equal(hasStages(index(), 'x'), false);
          }
        }
      });
    }
  }

  it('is not deceived by the list of conflicts that were resolved', () => {
    git(['init', '-q']);
    fill({ [FILES[0] ?? '']: [1, 2, 3] });
    assert.ok(hasStages(index(), FILES[0] ?? ''));
    mkdirSync(join(directory, '.nf-secrets'));
    writeFileSync(join(directory, FILES[0] ?? ''), 'merged');
    git(['add', FILES[0] ?? '']);
    assert.ok(index().includes('REUC'));
    assert.ok(!hasStages(index(), FILES[0] ?? ''));
  });

  it('that is large: finds them at its beginning and at its end, and sees a new index', async () => {
    git(['init', '-q']);
    const blob = git(['hash-object', '-w', '--stdin'], 'fake').trim();
    const lines = Array.from({ length: 5000 }, (_, number) => `100644 ${blob} 0\tmany/files/${number}`);
    git(['update-index', '--index-info'], `${lines.join('\n')}\n`);
    const checkout = { root: directory, gitDirectory: join(directory, '.git') };
    for (const before of [false, true]) {
      const direct = callDirectly(before);
      try {
        for (const folder of ['.nf-secrets', 'z/.nf-secrets']) {
          const paths = ['workspace.sops.json', 'workspace.sops.json.sig', 'members.json'].map((name) =>
            join(directory, folder, name),
          );
          const entry = (stage: number, name: string): string =>
            `100644 ${blob} ${stage}\t${folder}/${name}\n`;
          git(['update-index', '--index-info'], entry(0, 'workspace.sops.json'));
          assert.deepEqual(await unmergedAmong(checkout, paths), []);
          git(
            ['update-index', '--index-info'],
            entry(2, 'workspace.sops.json.sig') + entry(3, 'members.json'),
          );
          assert.deepEqual(await unmergedAmong(checkout, paths), paths.slice(1));
          git(['update-index', '--force-remove', ...paths.map((path) => relative(directory, path))]);
          assert.deepEqual(await unmergedAmong(checkout, paths), []);
        }
      } finally {
        callDirectly(direct);
      }
    }
  });

  it('of garbage, of any length: nothing, and no error', () => {
    git(['init', '-q']);
    fill({ [FILES[0] ?? '']: [1, 2, 3] });
    for (const version of [2, 4]) {
      git(['update-index', '--index-version', String(version)]);
      const sound = index();
      for (let length = 0; length < sound.length; length += 7)
        for (const path of FILES) assert.equal(typeof hasStages(sound.subarray(0, length), path), 'boolean');
      const junk = Buffer.concat([sound.subarray(0, 12), Buffer.alloc(4000, 0xff)]);
      for (const path of FILES) assert.equal(hasStages(junk, path), false);
    }
  });

  it('is found from a file of a worktree, a submodule or a checkout, and nowhere else', async () => {
    git(['init', '-q']);
    const file = join(directory, FILES[1] ?? '');
    assert.deepEqual(await checkoutOf(file), { root: directory, gitDirectory: join(directory, '.git') });
    const inner = join(directory, 'deep');
    mkdirSync(dirname(file), { recursive: true });
    for (const [text, expected] of [
      ['gitdir: ../.git/worktrees/fake\n', join(directory, '.git/worktrees/fake')],
      ['gitdir: /fake/git\r\n', '/fake/git'],
      ['fake', undefined],
      [`gitdir: ${'x'.repeat(10_000)}`, undefined],
    ] as const) {
      writeFileSync(join(inner, '.git'), text);
      assert.equal((await checkoutOf(file))?.gitDirectory, expected);
    }
  });

  it('that is a pipe, a directory or not there: nothing is unmerged, and nothing waits', async () => {
    const made = join(directory, '.git');
    mkdirSync(made);
    const checkout = { root: directory, gitDirectory: made };
    const paths = [join(directory, FILES[0] ?? '')];
    assert.deepEqual(await unmergedAmong(checkout, paths), []);
    execFileSync('mkfifo', [join(made, 'index')]);
    assert.deepEqual(await unmergedAmong(checkout, paths), []);
    rmSync(join(made, 'index'));
    mkdirSync(join(made, 'index'));
    assert.deepEqual(await unmergedAmong(checkout, paths), []);
  });
});

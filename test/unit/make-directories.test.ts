import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePrivateDirectory } from '../../src/core/system/durable-file.ts';
import { ExitCode, HumanError } from '../../src/core/system/human-error.ts';
import { makeDirectories } from '../../src/core/system/make-directories.ts';

const refused =
  (text: RegExp) =>
  (error: unknown): boolean =>
    error instanceof HumanError &&
    error.exitCode === ExitCode.cannotCreate &&
    text.test(error.message) &&
    error.remedies.length > 0;

describe('a directory that is to be made', () => {
  let directory: string;
  const path = (...names: string[]): string => join(directory, ...names);

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'nf-secrets-make-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it('is made with its parents, in this mode, once', async () => {
    assert.equal(await makeDirectories(path('a', 'b', 'c'), 0o700), true);
    for (const made of [path('a'), path('a', 'b'), path('a', 'b', 'c')])
      assert.equal(statSync(made).mode & 0o777, 0o700);
    assert.equal(await makeDirectories(path('a', 'b', 'c'), 0o700), false);
  });

  it('is made by several at the same time', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => makeDirectories(path('x', 'y', 'z'))));
    assert.ok(made.includes(true));
    assert.ok(statSync(path('x', 'y', 'z')).isDirectory());
  });

  it('is refused below a file, and where a file is', async () => {
    writeFileSync(path('file'), '');
    for (const place of [path('file'), path('file', 'below'), path('file', 'further', 'below')])
      await assert.rejects(ensurePrivateDirectory(place), refused(/^Cannot create /));
  });

  it('is refused behind a link that leads nowhere, naming the link', async () => {
    symlinkSync(path('purged', 'nextflow'), path('home'));
    for (const place of [path('home'), path('home', 'secrets', 'runs')])
      await assert.rejects(makeDirectories(place), refused(/home is a symbolic link to \S*purged\/nextflow/));
    assert.equal(existsSync(path('purged')), false);
  });

  // As below the directory of an automounter: it is there, and says of any new name that there is no such thing.
  it('is refused where the file system takes none, without an endless search @linux', async () => {
    await assert.rejects(
      makeDirectories('/proc/self/.local/share'),
      refused(/\.local cannot be made: \/proc\/self takes/),
    );
  });
});

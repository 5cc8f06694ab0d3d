import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { giveAway, nfSecretsAsOther, OTHER } from '../fixtures/other-user.ts';
import { CLI, type Result, Sandbox } from '../fixtures/sandbox.ts';

/**
 * Prints the compiled form of a script of a length that ends its program with 99. A function that has run is in it for
 * sure; what is not, V8 compiles from the real source.
 */
const HOSTILE = `
const open = '(function (exports, require, module) {(exports.end ?? process.exit)(99);';
const script = new (require('node:vm').Script)(open.padEnd(Number(process.argv[1]) - 2) + '})');
script.runInThisContext()({ end: () => undefined });
process.stdout.write(script.createCachedData());`;

describe('the code cache of the command', () => {
  let sandbox: Sandbox;
  let dist: string;

  beforeEach(() => {
    sandbox = new Sandbox();
    dist = join(sandbox.root, 'dist');
    cpSync(dirname(CLI), dist, {
      recursive: true,
      filter: (path) => !/\/dist\/(cache|extension)/.test(path),
    });
    writeFileSync(join(sandbox.root, 'package.json'), '{"type": "module"}');
  });
  afterEach(() => {
    sandbox.remove();
  });

  const list = (): Promise<Result> => sandbox.run(process.execPath, [join(dist, 'cli.js'), 'list']);
  const caches = (directory: string): string[] =>
    existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : [];
  const theOne = (directory: string): string => {
    const found = caches(directory);
    assert.equal(found.length, 1, found.join());
    return found[0] ?? '';
  };

  /** Code that ends the program with 99, in the form that V8 takes for the program's own. */
  function hostile(): Buffer {
    // V8 knows a source by its length.
    const { length } = readFileSync(join(dist, 'main.cjs'));
    // Not made here: V8 takes only what was made with the same flags, and another test may have set some.
    const data = execFileSync(process.execPath, ['-e', HOSTILE, String(length)], { env: sandbox.env });
    return Buffer.concat([createHash('sha256').update(data).digest(), data]);
  }

  it('is beside the program after the first run, and the same afterwards', async () => {
    assert.equal((await list()).exitCode, 0);
    const cache = theOne(join(dist, 'cache'));
    const bytes = readFileSync(cache);
    assert.equal((await list()).exitCode, 0);
    assert.deepEqual(readFileSync(theOne(join(dist, 'cache'))), bytes);
    assert.deepEqual(readdirSync(sandbox.home), []);
  });

  it('is made anew where it is damaged, cut off, empty or no cache', async () => {
    await list();
    const cache = theOne(join(dist, 'cache'));
    const good = readFileSync(cache);
    const flipped = Buffer.from(good);
    flipped.writeUInt8(flipped.readUInt8(good.length >> 1) ^ 0x55, good.length >> 1);
    for (const bad of [flipped, good.subarray(0, 1000), Buffer.alloc(0), Buffer.alloc(good.length)]) {
      writeFileSync(cache, bad);
      const result = await list();
      assert.equal(result.exitCode, 0, result.stderr);
      assert.ok(!readFileSync(theOne(join(dist, 'cache'))).equals(bad));
    }
  });

  it('is not read where others could have written it', async () => {
    await list();
    const cache = theOne(join(dist, 'cache'));
    const bytes = hostile();
    writeFileSync(cache, bytes);
    assert.equal((await list()).exitCode, 99, 'what is read is run');
    for (const path of [cache, join(dist, 'cache')]) {
      for (const mode of [0o775, 0o757]) {
        writeFileSync(cache, bytes);
        chmodSync(path, mode);
        assert.equal((await list()).exitCode, 0, path);
        chmodSync(path, 0o755);
      }
    }
  });

  it('is not read where somebody else has written it @root', async () => {
    await list();
    const cache = theOne(join(dist, 'cache'));
    writeFileSync(cache, hostile());
    lchownSync(cache, OTHER, OTHER);
    assert.equal((await list()).exitCode, 0);
  });

  it('is not made by anybody but the owner of the program @root', async () => {
    chmodSync(sandbox.root, 0o755);
    chmodSync(dist, 0o777);
    assert.equal((await nfSecretsAsOther(sandbox, ['completion', 'bash'])).exitCode, 0);
    assert.deepEqual(caches(join(dist, 'cache')), []);
    giveAway(dist);
    assert.equal((await list()).exitCode, 0);
    assert.deepEqual(caches(join(dist, 'cache')), []);
    assert.equal((await nfSecretsAsOther(sandbox, ['completion', 'bash'])).exitCode, 0);
    theOne(join(dist, 'cache'));
  });

  it('is not made by a command that ended before its work: it has not run the code of the others', async () => {
    const get = (name: string): Promise<Result> =>
      sandbox.run(process.execPath, [join(dist, 'cli.cjs'), 'get', name]);
    assert.equal((await get('FAKE_TOKEN')).exitCode, 66);
    assert.deepEqual(caches(join(dist, 'cache')), []);
    await sandbox.nfSecrets(['set', 'FAKE_TOKEN'], { input: 'fake-value' });
    assert.equal((await get('FAKE_TOKEN')).exitCode, 0);
    theOne(join(dist, 'cache'));
  });

  it('makes nothing in a home', async () => {
    mkdirSync(join(sandbox.home, '.cache'));
    chmodSync(dist, 0o555);
    assert.equal((await list()).exitCode, 0);
    assert.deepEqual(readdirSync(join(sandbox.home, '.cache')), []);
  });

  it('is made once for each set of flags of V8', async () => {
    const withFlag = (): Promise<Result> =>
      sandbox.run(process.execPath, ['--stack-trace-limit=50', join(dist, 'cli.js'), 'list']);
    await list();
    await withFlag();
    const both = caches(join(dist, 'cache')).map((path) => readFileSync(path));
    assert.equal(both.length, 2);
    await list();
    await withFlag();
    assert.deepEqual(
      caches(join(dist, 'cache')).map((path) => readFileSync(path)),
      both,
    );
  });
});

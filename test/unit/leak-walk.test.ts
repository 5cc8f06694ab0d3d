import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Look, lookInto } from '../../src/core/leaks/look.ts';
import { Needles } from '../../src/core/leaks/needles.ts';
import { shownPath } from '../../src/core/leaks/shown-path.ts';
import { filesBelow, type Walk } from '../../src/core/leaks/walk.ts';
import { SecretValue } from '../../src/core/secrets/secret-value.ts';

const VALUE = 'fakeTokenQ9zX2vTb4n7Wk';

describe('the walk through a tree that others can write to', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(realpathSync(tmpdir()), 'nf-secrets-test-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const write = (path: string, content = VALUE): void => {
    mkdirSync(join(directory, path, '..'), { recursive: true });
    writeFileSync(join(directory, path), content);
  };
  const look = async (walk: Partial<Walk> = {}, root = directory): Promise<Look & { asked: string[] }> => {
    const needles = new Needles([['T', new SecretValue(VALUE)]]);
    const asked: string[] = [];
    const onUnread = (path: string): void => void asked.push(path);
    const files = filesBelow(root, { enters: () => true, onUnread, ...walk });
    return { ...(await lookInto(files, needles, { fromEachEnd: Infinity, time: 60_000 })), asked };
  };
  const found = ({ leaks }: Look): string[] => leaks.map(({ path }) => path.slice(directory.length + 1));

  it('looks into files and directories whose names are not UTF-8', async function () {
    const name = Buffer.concat([Buffer.from(join(directory, 'a')), Buffer.from([0xff, 0x62])]);
    try {
      mkdirSync(name);
    } catch {
      // This file system has names of UTF-8 alone.
      this.skip();
    }
    writeFileSync(Buffer.concat([name, Buffer.from([0x2f, 0xfe])]), VALUE);
    writeFileSync(Buffer.concat([name, Buffer.from(`/of-${VALUE}-`), Buffer.from([0xc3])]), VALUE);
    const result = await look();
    assert.equal(result.files, 2);
    assert.deepEqual(found(result), ['a\\xffb/\\xfe', 'a\\xffb/of-***-\\xc3', 'a\\xffb/of-***-\\xc3']);
    assert.deepEqual([result.unread, result.asked], [[], []]);
  });

  it('says which of them it could not open', async () => {
    const name = Buffer.concat([Buffer.from(join(directory, 'a')), Buffer.from([0xff])]);
    writeFileSync(name, VALUE);
    chmodSync(name, 0);
    write('closed/file');
    chmodSync(join(directory, 'closed'), 0o444);
    chmodSync(directory, 0o755);
    const isRoot = process.geteuid?.() === 0;
    try {
      if (isRoot) process.seteuid?.('nobody');
      const result = await look();
      assert.equal(result.files, 0);
      assert.deepEqual(
        result.unread.map((path) => path.slice(directory.length + 1)),
        ['a\\xff', 'closed/file'],
      );
      // Also if it cannot be told whether they are new.
      const since = await look({ since: Date.now() + 60_000 });
      assert.deepEqual(since.unread, [join(directory, 'closed', 'file')]);
    } finally {
      if (isRoot) process.seteuid?.(0);
      chmodSync(join(directory, 'closed'), 0o700);
    }
  });

  it('neither follows nor waits for links, loops of links, pipes, sockets and devices', async () => {
    write('fine');
    write('other/secret');
    mkdirSync(join(directory, 'tree'));
    for (const [name, target] of [
      ['up', '..'],
      ['self', 'self'],
      ['other', '../other'],
      ['file', '../fine'],
      ['null', '/dev/zero'],
    ] as const)
      symlinkSync(target, join(directory, 'tree', name));
    execFileSync('mkfifo', [join(directory, 'tree', 'pipe')]);
    const server = createServer().listen(join(directory, 'tree', 'socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      const links: string[] = [];
      const result = await look({ onLink: (path) => links.push(path) }, join(directory, 'tree'));
      assert.deepEqual([result.leaks, result.files, result.unread, result.asked], [[], 0, [], []]);
      assert.equal(links.length, 5);
    } finally {
      server.close();
    }
  });

  it('does not leave the tree when a directory becomes a link on the way', async () => {
    write('outside/secret');
    for (const name of ['a', 'b', 'c']) write(`tree/${name}/file`, 'nothing');
    let swapped = 0;
    // Between the list that names it and the moment that it is opened.
    const result = await look(
      {
        enters: (path) => {
          renameSync(path, `${directory}/moved-${++swapped}`);
          symlinkSync('../outside', path);
          return true;
        },
      },
      join(directory, 'tree'),
    );
    assert.equal(swapped, 3);
    assert.deepEqual([result.leaks, result.files], [[], 0]);
    assert.equal(result.asked.length, 3, 'they are said');
  });

  it('does not read a file of another directory that takes the place of its own', async () => {
    write('outside/secret');
    write('tree/a/secret', 'nothing');
    const needles = new Needles([['T', new SecretValue(VALUE)]]);
    const files = filesBelow(join(directory, 'tree'), { enters: () => true });
    async function* swapped(): ReturnType<typeof filesBelow> {
      for await (const file of files) {
        renameSync(join(directory, 'tree', 'a'), join(directory, 'moved'));
        symlinkSync('../outside', join(directory, 'tree', 'a'));
        yield file;
      }
    }
    const result = await lookInto(swapped(), needles, { fromEachEnd: Infinity, time: 60_000 });
    assert.deepEqual([result.leaks, result.files], [[], 0]);
    assert.deepEqual(result.unread, [join(directory, 'tree', 'a', 'secret')]);
  });

  it('leaves out what is told by its inode, whatever its name, and nothing else', async () => {
    write('store/run/store.json');
    write('results/run/store.json');
    const { dev, ino } = lstatSync(join(directory, 'store', 'run'), { bigint: true });
    renameSync(join(directory, 'store', 'run'), join(directory, 'store', 'other'));
    write('store/run/store.json');
    const result = await look({ isOurs: (identity) => identity === `${dev}:${ino}` });
    assert.deepEqual(found(result), ['results/run/store.json', 'store/run/store.json']);
  });

  it('takes a file that was moved here since for a new one', async () => {
    write('old');
    utimesSync(join(directory, 'old'), 1_000_000, 1_000_000);
    assert.equal((await look({ since: Date.now() - 60_000 })).files, 1);
    assert.equal((await look({ since: Date.now() + 60_000 })).files, 0);
  });

  it('goes 100 directories deep and says what is below', async () => {
    const deep = Array.from({ length: 130 }, () => 'd').join('/');
    write(`${deep}/file`);
    write(`${deep.slice(0, 2 * 90)}file`);
    const result = await look();
    assert.equal(result.leaks.length, 1);
    assert.deepEqual(
      result.asked.map((path) => path.split('/d').length - 1),
      [101],
    );
  });

  it('lists a directory with very many entries in time and memory that do not grow with it', async () => {
    for (let index = 0; index < 20_000; index++) writeFileSync(join(directory, `f${index}`), '');
    let count = 0;
    let most = 0;
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    for await (const { path } of filesBelow(directory, { enters: () => true })) {
      count += 1;
      assert.ok(shownPath(path).startsWith(directory));
      if (count % 1_000 === 0) most = Math.max(most, process.memoryUsage().heapUsed - before);
    }
    assert.equal(count, 20_000);
    assert.ok(most < 64 << 20, `${most >> 20} MB`);
  });
});

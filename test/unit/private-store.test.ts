import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatNextflowStore } from '../../src/core/nextflow/nextflow-store.ts';
import { SecretValue } from '../../src/core/secrets/secret-value.ts';
import {
  holdTaskFile,
  placeForRun,
  provisionStore,
  releaseStore,
  storePath,
} from '../../src/core/targets/local/private-store.ts';
import { until } from '../fixtures/until.ts';
import { fakeWorld } from '../fixtures/world.ts';

const RUN = 'abcdefghij12';

describe('the private store of a run', () => {
  let root: string;
  const world = fakeWorld();
  beforeEach(() => {
    root = mkdtempSync(join(realpathSync(tmpdir()), 'nf-secrets-store-'));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  const secrets = [['KEY', new SecretValue('grüß "☃"\n')]] as const;

  it('is readable by its owner alone, and Nextflow can read it', async () => {
    const item = await placeForRun(RUN, join(root, 'a', 'runs'), world);
    await provisionStore(item, secrets);
    assert.equal(statSync(item.path).mode & 0o777, 0o700);
    assert.equal(statSync(storePath(item.path)).mode & 0o777, 0o600);
    assert.deepEqual(JSON.parse(readFileSync(storePath(item.path), 'utf8')), [
      { name: 'KEY', value: 'grüß "☃"\n' },
    ]);
  });

  it('is ASCII, whatever the values', () => {
    assert.match(formatNextflowStore(secrets).toString('latin1'), /^[\x20-\x7e]+$/);
  });

  it('is released with what Nextflow derived from it, twice if need be', async () => {
    const item = await placeForRun(RUN, root, world);
    await provisionStore(item, secrets);
    writeFileSync(join(item.path, '.nf-0a1b2c3d.secrets'), '');
    writeFileSync(join(item.path, '.nf-48a702d8-7c2b-43bb-b21e-15528011825d.secrets'), '');
    assert.deepEqual(await releaseStore(item, RUN), []);
    assert.equal(existsSync(item.path), false);
    assert.deepEqual(await releaseStore(item, RUN), []);
  });

  for (const [what, isRemoved] of [
    ['that Nextflow removed is put back', true],
    ['that Nextflow left stays as it is', false],
  ] as const) {
    it(`a file for tasks ${what}`, async () => {
      const item = await placeForRun(RUN, root, world);
      await provisionStore(item, secrets);
      const file = join(item.path, '.nf-1a-2b.secrets');
      const letGo = holdTaskFile(item);
      writeFileSync(file, 'export KEY="fake"');
      await until('it is held', () => existsSync(`${file}.kept`));
      if (isRemoved) rmSync(file);
      await letGo();
      assert.equal(readFileSync(file, 'utf8'), 'export KEY="fake"');
      assert.equal(existsSync(`${file}.kept`), false);
      assert.deepEqual(await releaseStore(item, RUN), []);
    });
  }

  it('is released with a link to what Nextflow derived, of a launcher that was killed', async () => {
    const item = await placeForRun(RUN, root, world);
    await provisionStore(item, secrets);
    writeFileSync(join(item.path, '.nf-1a.secrets.kept'), '');
    assert.deepEqual(await releaseStore(item, RUN), []);
    assert.equal(existsSync(item.path), false);
  });

  it('keeps its hands off what it does not know, and says so', async () => {
    const item = await placeForRun(RUN, root, world);
    await provisionStore(item, secrets);
    writeFileSync(join(item.path, 'notes.txt'), 'mine');
    const [left] = await releaseStore(item, RUN);
    assert.equal(left?.item, join(item.path, 'notes.txt'));
    assert.ok(existsSync(left.item));
    assert.equal(existsSync(storePath(item.path)), false);
  });

  it('follows no link when it is released', async () => {
    const treasure = join(root, 'treasure');
    mkdirSync(treasure);
    writeFileSync(join(treasure, 'store.json'), 'mine');
    // The directory swapped for a link, and a file inside swapped for one.
    symlinkSync(treasure, join(root, RUN));
    assert.equal((await releaseStore({ kind: 'private-store', path: join(root, RUN) }, RUN)).length, 1);
    rmSync(join(root, RUN));
    mkdirSync(join(root, RUN));
    symlinkSync(join(treasure, 'store.json'), join(root, RUN, 'store.json'));
    assert.deepEqual(await releaseStore({ kind: 'private-store', path: join(root, RUN) }, RUN), []);
    assert.equal(readFileSync(join(treasure, 'store.json'), 'utf8'), 'mine');
  });

  it('is only released from a directory that is called by the run', async () => {
    mkdirSync(join(root, 'precious'));
    writeFileSync(join(root, 'precious', 'store.json'), 'mine');
    assert.equal(
      (await releaseStore({ kind: 'private-store', path: join(root, 'precious') }, RUN)).length,
      1,
    );
    assert.ok(existsSync(join(root, 'precious', 'store.json')));
  });

  it('never takes over a directory that is there already', async () => {
    mkdirSync(join(root, RUN));
    const item = await placeForRun(RUN, root, world);
    await assert.rejects(provisionStore(item, secrets), /Cannot create the private store/);
  });

  it('is refused in a directory that others can change', async () => {
    chmodSync(root, 0o777);
    await assert.rejects(placeForRun(RUN, root, world), /can be changed by every user/);
    chmodSync(root, 0o1777);
    await placeForRun(RUN, root, world);
  });

  it('is refused in a directory of another user', async () => {
    // Root can give the directory away; anybody else can only be somebody else.
    const stranger = world.uid + 1;
    if (world.uid === 0) chownSync(root, stranger, stranger);
    const asWhom = world.uid === 0 ? world : { ...world, uid: stranger };
    await assert.rejects(placeForRun(RUN, root, asWhom), /belongs to another user/);
  });

  for (const name of [
    'with space',
    "quote'",
    'dollar$',
    'ünïcode',
    'semi;colon',
    'new\nline',
    'star*',
    'par(en',
  ]) {
    it(`is refused at a path ${JSON.stringify(name)}, which Nextflow would not quote`, async () => {
      await assert.rejects(placeForRun(RUN, join(root, name), world), /do not quote/);
      assert.equal(existsSync(join(root, name)), false);
      // A harmless name that leads to such a place is no better.
      mkdirSync(join(root, name));
      symlinkSync(join(root, name), join(root, 'link'));
      await assert.rejects(placeForRun(RUN, join(root, 'link'), world), /do not quote/);
      assert.ok(lstatSync(join(root, 'link')).isSymbolicLink());
    });
  }
});

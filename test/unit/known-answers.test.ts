import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepAnswer, knownAnswer } from '../../src/core/nextflow/known-answers.ts';
import { fakeWorld } from '../fixtures/world.ts';

describe('answers of Nextflow that are kept', () => {
  let root: string;
  let jar: string;
  let now: Date;
  beforeEach(() => {
    root = mkdtempSync(join(realpathSync(tmpdir()), 'nf-secrets-answers-'));
    jar = join(root, 'jars', 'nextflow.jar');
    mkdirSync(join(root, 'jars'));
    writeFileSync(jar, '');
    now = new Date('2026-01-02T03:04:05Z');
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  const world = (): ReturnType<typeof fakeWorld> =>
    fakeWorld({ homeDir: root, cwd: root, env: { NF_SECRETS_HOME: join(root, 'home') }, now: () => now });
  const key = (number: number): Buffer => Buffer.from(`key ${number}`);
  const kept = (): object => JSON.parse(readFileSync(join(root, 'home', 'answers.json'), 'utf8')) as object;
  const keep = async (number: number, answer: object = { number }): Promise<void> =>
    keepAnswer(key(number), { ...answer }, [jar], world());

  it('are found by their question alone', async () => {
    await keep(1);
    assert.deepEqual((await knownAnswer(key(1), world()))?.answer, { number: 1 });
    assert.equal(await knownAnswer(key(2), world()), undefined);
  });

  it('are not found by the digest of the question, which is not in the file', async () => {
    await keep(1);
    const text = readFileSync(join(root, 'home', 'answers.json'), 'utf8');
    assert.ok(!text.includes(key(1).toString('hex')));
  });

  it('are replaced by newer ones, and the oldest go', async () => {
    for (let number = 0; number < 33; number++) await keep(number);
    await keep(32, { number: 'new' });
    assert.equal(Object.keys(kept()).length, 32);
    assert.equal(await knownAnswer(key(0), world()), undefined);
    assert.deepEqual((await knownAnswer(key(1), world()))?.answer, { number: 1 });
    assert.deepEqual((await knownAnswer(key(32), world()))?.answer, { number: 'new' });
  });

  it('are forgotten after 30 days', async () => {
    await keep(1);
    now = new Date('2026-02-02T03:04:05Z');
    assert.equal(await knownAnswer(key(1), world()), undefined);
    await keep(2);
    assert.equal(Object.keys(kept()).length, 1);
  });

  it('are not kept if they are too large, or if a file of Nextflow is gone', async () => {
    await keep(1, { text: 'x'.repeat(300_000) });
    await keepAnswer(key(2), {}, [jar, join(root, 'gone.jar')], world());
    await keepAnswer(key(3), {}, [], world());
    for (const number of [1, 2, 3]) assert.equal(await knownAnswer(key(number), world()), undefined);
  });

  it('are not used without the files that gave them', async () => {
    await keep(1);
    const path = join(root, 'home', 'answers.json');
    const entries = JSON.parse(readFileSync(path, 'utf8')) as Record<string, { parts: object }>;
    for (const entry of Object.values(entries)) entry.parts = {};
    writeFileSync(path, JSON.stringify(entries));
    assert.equal(await knownAnswer(key(1), world()), undefined);
  });

  it('are not used if a file of Nextflow has changed', async () => {
    await keep(1);
    writeFileSync(jar, 'new');
    assert.equal(await knownAnswer(key(1), world()), undefined);
  });
});
